/* Faults of the VM-scoped register ioctls (docs/uapi-vm-one-reg.md), and of the flagged ids of
 * kernel/reg-scope, on a kernel that has one of the two.
 *
 *     vm_faults [wrong ERRNO|value] MODE
 *
 *     MODE: race N | pointers | sizes | fuzz SEED COUNT | contradiction | canary
 *
 * Prints one JSON object. The first answer that is not the specified one ends the program with
 * status 1 and a line on standard error; so does a fault in the kernel's log, which each mode reads
 * when it is done. "wrong" expects success wherever ERRNO alone is right, or another value than the
 * right one: the mode must fail then. "canary" writes to the log what the reader looks for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define VM_GET 0xc010aeabUL
#define VM_SET 0x4010aeacUL
#define VM_LIST 0xc008aeb0UL
#define CAP_VM_ONE_REG 4210
#define MOVE_OLD 2
#define CAP_REG_SCOPE 210
#define SCOPE_FLAG (1ULL << 28)

#define WIDGET 0x6030000000160009ULL
#define PSCI 0x6030000000140000ULL
#define STD_BMAP 0x6030000000160000ULL
#define ISAR0 0x603000000013c030ULL
#define MPIDR 0x603000000013c005ULL
#define X0 0x6030000000100000ULL
#define PC 0x6030000000100040ULL

#define SIZE_SHIFT 52
#define LAST_SIZE 8 /* 2048 bits */
#define ARCH_SHIFT 56
#define PSCI_0_2 (1 << KVM_ARM_VCPU_PSCI_0_2)
#define MAX_LIST 1024
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* A set of answers: a bit per errno, bit 0 for success. */
#define BIT(errno_) (1ULL << (errno_))
#define OK BIT(0)

static const char *mode;
static int kvm;
static int has_vm_regs, has_scope;
static int wrong = -1; /* an errno; 0 stands for values */
static unsigned long checks;
/* Where a check failed: the round or call, the id that was made up last, and more. */
static unsigned long step;
static uint64_t last_id;
static char where[128];

/* --- The kernel's log --- */

static const char *const fault_words[] = {
	"WARNING", "BUG:", "kernel BUG", "Oops", "KASAN", "Call trace", "Unable to handle kernel",
	"possible circular locking", "possible recursive locking", "inconsistent lock state",
	"suspicious RCU", "hung task", "blocked for more than", "detected stall",
};
#define FIRST_LINE "Booting Linux on physical CPU"

static int is_fault(const char *line)
{
	for (size_t i = 0; i < LEN(fault_words); i++)
		if (strstr(line, fault_words[i]))
			return 1;
	return 0;
}

/* How many lines tell of a fault; the first of them goes to standard error. */
static int faults_in_log(void)
{
	enum { READ_ALL = 3, BUFFER_SIZE = 10 };
	int size = klogctl(BUFFER_SIZE, NULL, 0);
	char *log = calloc(1, size + 1);
	int faults = 0;

	if (size <= 0 || !log || klogctl(READ_ALL, log, size) <= 0) {
		fprintf(stderr, "%s: the kernel's log cannot be read\n", mode);
		exit(1);
	}
	if (!strstr(log, FIRST_LINE)) {
		fprintf(stderr, "%s: the kernel's log has lost its beginning\n", mode);
		exit(1);
	}
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
		if (is_fault(line) && !faults++)
			fprintf(stderr, "%s: kernel log: %s\n", mode, line);
	free(log);
	return faults;
}

/* Lockdep ends itself at its first report; -1 in a kernel without it. */
static int lockdep_is_on(void)
{
	FILE *stats = fopen("/proc/lockdep_stats", "r");
	char line[256];
	int on = -1;

	while (stats && fgets(line, sizeof(line), stats))
		sscanf(line, " debug_locks: %d", &on);
	if (stats)
		fclose(stats);
	return on;
}

/* --- Expectations --- */

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list arguments;

	faults_in_log();
	va_start(arguments, format);
	fprintf(stderr, "%s: ", mode);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, " (step %lu, id %#lx)%s\n", step, (long)last_id, where);
	va_end(arguments);
	exit(1);
}

static const char *name_of(int error)
{
	return error ? strerrorname_np(error) : "OK";
}

static void expect(const char *what, int got, uint64_t allowed)
{
	if (wrong > 0 && allowed == BIT(wrong))
		allowed = OK;
	checks++;
	if (got < 64 && (allowed & BIT(got)))
		return;
	fprintf(stderr, "%s: allowed were", mode);
	for (int error = 0; error < 64; error++)
		if (allowed & BIT(error))
			fprintf(stderr, " %s", name_of(error));
	fputc('\n', stderr);
	fail("%s: %s", what, name_of(got));
}

static void equal(const char *what, uint64_t got, uint64_t wanted)
{
	checks++;
	if (got != wanted + !wrong)
		fail("%s: %#lx, not %#lx", what, (long)got, (long)wanted);
}

/* --- KVM: each call returns an errno, or 0 --- */

static int call(int fd, unsigned long request, const void *argument)
{
	return ioctl(fd, request, argument) < 0 ? errno : 0;
}

static int one(int fd, unsigned long request, uint64_t id, const void *value)
{
	struct kvm_one_reg reg = { id, (uintptr_t)value };

	return call(fd, request, &reg);
}

static int set(int vm, uint64_t id, uint64_t value)
{
	return one(vm, VM_SET, id, &value);
}

static uint64_t get(int vm, uint64_t id)
{
	uint64_t value = 0;

	expect("get", one(vm, VM_GET, id, &value), OK);
	return value;
}

static int enable(int vm, uint32_t cap, uint64_t flags)
{
	struct kvm_enable_cap argument = { .cap = cap, .args = { flags } };

	return call(vm, KVM_ENABLE_CAP, &argument);
}

/* A descriptor, or the end: without one there is nothing to test. */
static int opened(const char *what, int fd)
{
	if (fd < 0)
		fail("%s: %s", what, name_of(errno));
	return fd;
}

static int new_vm(int moved)
{
	int vm = opened("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0));

	if (moved)
		expect("MOVE_OLD", enable(vm, CAP_VM_ONE_REG, MOVE_OLD), OK);
	return vm;
}

/* The end of a VM is some milliseconds of waiting: many are ended at a time. */
static int discarded[2];
static sem_t discards;

static void *discarder(void *unused)
{
	int vm;

	while (read(discarded[0], &vm, sizeof(vm)) == sizeof(vm)) {
		close(vm);
		sem_post(&discards);
	}
	return unused;
}

static void start_discarders(void)
{
	enum { AT_A_TIME = 8 };
	pthread_t thread;

	opened("pipe", pipe(discarded));
	sem_init(&discards, 0, AT_A_TIME);
	for (int i = 0; i < AT_A_TIME; i++)
		if (pthread_create(&thread, NULL, discarder, NULL))
			fail("pthread_create");
}

static void discard_vm(int vm)
{
	sem_wait(&discards);
	if (write(discarded[1], &vm, sizeof(vm)) != sizeof(vm))
		fail("pipe");
}

static int new_vcpu(int vm, int index)
{
	return opened("KVM_CREATE_VCPU", ioctl(vm, KVM_CREATE_VCPU, index));
}

static int init(int vm, int vcpu, uint32_t features)
{
	struct kvm_vcpu_init target = { 0 };

	if (call(vm, KVM_ARM_PREFERRED_TARGET, &target))
		fail("KVM_ARM_PREFERRED_TARGET");
	memset(target.features, 0, sizeof(target.features));
	target.features[0] = features;
	return call(vcpu, KVM_ARM_VCPU_INIT, &target);
}

struct list {
	uint64_t n;
	uint64_t reg[MAX_LIST];
};

static void read_list(int fd, unsigned long request, struct list *list)
{
	list->n = MAX_LIST;
	expect("list", call(fd, request, list), OK);
}

static int has(const struct list *list, uint64_t id)
{
	for (uint64_t i = 0; i < list->n; i++)
		if (list->reg[i] == id)
			return 1;
	return 0;
}

/* --- Memory with known holes: a page each --- */

enum { PLAIN, PLAIN_2, HOLE, READ_ONLY, NO_ACCESS, PLAIN_3, HOLE_2, PAGES };
static uint8_t *arena;
static size_t page;

static void make_arena(void)
{
	page = sysconf(_SC_PAGESIZE);
	arena = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED)
		fail("mmap");
	munmap(arena + HOLE * page, page);
	munmap(arena + HOLE_2 * page, page);
	mprotect(arena + READ_ONLY * page, page, PROT_READ);
	mprotect(arena + NO_ACCESS * page, page, PROT_NONE);
}

static int usable(uint64_t address, uint64_t size, int to_write)
{
	uint64_t from = address - (uintptr_t)arena;

	if (from >= PAGES * page || size > PAGES * page - from)
		return 0;
	for (uint64_t at = from / page; at <= (from + size - 1) / page; at++)
		if (at == HOLE || at == HOLE_2 || at == NO_ACCESS || (at == READ_ONLY && to_write))
			return 0;
	return 1;
}

/* The last ``size`` bytes before a hole. */
static uint8_t *before_hole(size_t size)
{
	return arena + HOLE * page - size;
}

/* Addresses at which ``size`` bytes cannot be read, or cannot be written. */
static size_t bad_addresses(size_t size, int to_write, uint64_t *bad)
{
	const uint64_t fixed[] = {
		0, 1, page - 1,
		(uintptr_t)arena + HOLE * page, (uintptr_t)arena + NO_ACCESS * page,
		(uintptr_t)arena | 0xffULL << 56, (uintptr_t)arena | 1ULL << 56,
		1ULL << 48, (1ULL << 48) - 1, 1ULL << 52, (1ULL << 52) - 1, 1ULL << 55,
		0xffff000000000000ULL, 0xffff800080000000ULL, 1ULL << 63, -1ULL, -8ULL, -16ULL,
	};
	size_t n = LEN(fixed);

	memcpy(bad, fixed, sizeof(fixed));
	for (size_t part = 1; part < size; part++)
		bad[n++] = (uintptr_t)before_hole(part);
	if (to_write)
		bad[n++] = (uintptr_t)arena + READ_ONLY * page;
	return n;
}

/* --- pointers --- */

static void point(const char *what, uint64_t address)
{
	snprintf(where, sizeof(where), " %s at %#lx", what, (long)address);
}

static void bad_structs(int fd, unsigned long request)
{
	uint64_t bad[64];
	size_t n = bad_addresses(sizeof(struct kvm_one_reg), 0, bad);

	for (size_t i = 0; i < n; i++) {
		point("argument", bad[i]);
		expect("bad argument", call(fd, request, (void *)bad[i]), BIT(EFAULT));
	}
	*where = 0;
}

static void bad_values(int fd, unsigned long request, uint64_t id, int to_write, uint64_t answer)
{
	uint64_t bad[64];
	size_t n = bad_addresses(sizeof(uint64_t), to_write, bad);

	for (size_t i = 0; i < n; i++) {
		point("value", bad[i]);
		expect("bad value address", one(fd, request, id, (void *)bad[i]), answer);
	}
	*where = 0;
}

/* The argument ends where memory does, or lies askew; so does the value. */
static void odd_places(int fd, unsigned long request, uint64_t id, uint64_t answer)
{
	struct kvm_one_reg reg = { id, (uintptr_t)before_hole(8) };
	uint64_t value = 0;
	uint8_t *askew = arena + page - 3;

	memcpy(before_hole(8), &value, sizeof(value));
	expect("value before a hole", call(fd, request, &reg), answer);
	reg.addr = (uintptr_t)askew;
	memcpy(askew, &value, sizeof(value));
	memcpy(arena + 1, &reg, sizeof(reg));
	expect("askew", call(fd, request, arena + 1), answer);
	memcpy(before_hole(sizeof(reg)), &reg, sizeof(reg));
	expect("argument before a hole", call(fd, request, before_hole(sizeof(reg))), answer);
}

static void list_pointers(int fd, unsigned long request, uint64_t length)
{
	uint64_t bad[64], n = length;
	size_t count = bad_addresses(sizeof(n), 1, bad);
	uint8_t *header = before_hole(sizeof(n));

	for (size_t i = 0; i < count; i++) {
		point("list", bad[i]);
		expect("bad list", call(fd, request, (void *)bad[i]), BIT(EFAULT));
	}
	*where = 0;
	memcpy(header, &n, sizeof(n));
	expect("ids in a hole", call(fd, request, header), BIT(EFAULT));
	n = 0;
	memcpy(header, &n, sizeof(n));
	expect("no room before a hole", call(fd, request, header), BIT(E2BIG));
	memcpy(&n, header, sizeof(n));
	equal("n before a hole", n, length);
	n = length;
	memcpy(before_hole(8 * length + 7), &n, sizeof(n));
	expect("last id half in a hole", call(fd, request, before_hole(8 * length + 7)), BIT(EFAULT));
	memcpy(arena + 3, &n, sizeof(n));
	expect("list askew", call(fd, request, arena + 3), OK);
}

static void vm_pointers(int moved, int created)
{
	const uint64_t unknown[] = { WIDGET + 1, X0, MPIDR, WIDGET | SCOPE_FLAG };
	const uint64_t nonsense[] = { WIDGET ^ 0x40ULL << ARCH_SHIFT, WIDGET | 0xfULL << SIZE_SHIFT };
	const uint64_t known[] = { WIDGET, PSCI, STD_BMAP, ISAR0 };
	int vm = new_vm(moved), vcpu = created ? new_vcpu(vm, 0) : -1;
	uint64_t late = created ? BIT(EBUSY) : OK;
	struct list list;

	bad_structs(vm, VM_GET);
	bad_structs(vm, VM_SET);
	bad_structs(vm, KVM_ENABLE_CAP);
	read_list(vm, VM_LIST, &list);
	list_pointers(vm, VM_LIST, list.n);
	for (size_t i = 0; i < (moved ? LEN(known) : 1); i++) {
		uint64_t before = get(vm, known[i]);

		bad_values(vm, VM_GET, known[i], 1, BIT(EFAULT));
		bad_values(vm, VM_SET, known[i], 0, BIT(EFAULT));
		equal("a value that could not be read", get(vm, known[i]), before);
		expect("set of no value that there is", set(vm, known[i], 1ULL << 63 | 0xff),
		       created ? BIT(EBUSY) : BIT(EINVAL));
		equal("a value that was refused", get(vm, known[i]), before);
		expect("read-only value", one(vm, VM_SET, known[i], arena + READ_ONLY * page),
		       created ? BIT(EBUSY) : OK | BIT(EINVAL));
	}
	odd_places(vm, VM_GET, WIDGET, OK);
	odd_places(vm, VM_SET, WIDGET, late);
	for (size_t i = 0; i < LEN(unknown); i++) {
		bad_values(vm, VM_GET, unknown[i], 1, BIT(ENOENT));
		bad_values(vm, VM_SET, unknown[i], 0, BIT(ENOENT));
	}
	for (size_t i = 0; i < LEN(nonsense); i++) {
		bad_values(vm, VM_GET, nonsense[i], 1, BIT(EINVAL));
		bad_values(vm, VM_SET, nonsense[i], 0, BIT(EINVAL));
	}
	if (created)
		close(vcpu);
	expect("set after the vCPU was closed", set(vm, WIDGET, 1), late);
	close(vm);
}

static void vcpu_pointers(int moved)
{
	int vm = new_vm(moved), vcpu = new_vcpu(vm, 0);
	uint64_t psci = has_scope ? PSCI | SCOPE_FLAG : PSCI;
	struct list list;

	expect("init", init(vm, vcpu, PSCI_0_2), OK);
	if (has_scope)
		expect("enable", enable(vm, CAP_REG_SCOPE, 0), OK);
	read_list(vcpu, KVM_GET_REG_LIST, &list);
	equal("PSCI_VERSION in the vCPU's list", has(&list, psci), !moved);
	list_pointers(vcpu, KVM_GET_REG_LIST, list.n);
	bad_structs(vcpu, KVM_GET_ONE_REG);
	bad_structs(vcpu, KVM_SET_ONE_REG);
	bad_values(vcpu, KVM_GET_ONE_REG, psci, 1, moved ? BIT(ENOENT) : BIT(EFAULT));
	bad_values(vcpu, KVM_SET_ONE_REG, psci, 0, moved ? BIT(ENOENT) : BIT(EFAULT));
	bad_values(vcpu, KVM_GET_ONE_REG, WIDGET, 1, BIT(ENOENT));
	bad_values(vcpu, KVM_GET_ONE_REG, X0 ^ 0x40ULL << ARCH_SHIFT, 1, BIT(EINVAL));
	odd_places(vcpu, KVM_GET_ONE_REG, psci, moved ? BIT(ENOENT) : OK);
	expect("GET of the VM's on a vCPU", one(vcpu, VM_GET, WIDGET, arena), BIT(EINVAL));
	close(vcpu);
	close(vm);
}

static void pointers(void)
{
	for (int state = 0; has_vm_regs && state < 4; state++)
		vm_pointers(state & 1, state >> 1);
	for (int moved = 0; moved <= has_vm_regs; moved++)
		vcpu_pointers(moved);
}

/* --- sizes --- */

static void list_sizes(int fd, unsigned long request)
{
	static struct list list, full;
	uint64_t last[] = { 0, 0, 0, 0, 0, 1ULL << 31, -1ULL >> 1, -1ULL - 1, -1ULL };

	read_list(fd, request, &full);
	last[1] = 1;
	last[2] = full.n - 1;
	last[3] = full.n;
	last[4] = full.n + 1;
	for (size_t i = 0; i < LEN(last); i++) {
		/* The length of a vCPU's list counts modulo 2^32, in every kernel. */
		uint64_t room = request == VM_LIST ? last[i] : (uint32_t)last[i];
		int fits = room >= full.n;

		memset(&list, 0xa5, sizeof(list));
		list.n = last[i];
		snprintf(where, sizeof(where), " n = %#lx", (long)last[i]);
		expect("list", call(fd, request, &list), fits ? OK : BIT(E2BIG));
		equal("n", list.n, full.n);
		for (uint64_t at = 0; at < MAX_LIST; at++)
			equal("id", list.reg[at],
			      fits && at < full.n ? full.reg[at] : 0xa5a5a5a5a5a5a5a5ULL);
		if (!fits)
			continue;
		memcpy(before_hole(8 * full.n), &last[i], 8);
		expect("list into a hole", call(fd, request, before_hole(8 * full.n)), BIT(EFAULT));
		memcpy(before_hole(8 * full.n + 8), &last[i], 8);
		expect("exact list", call(fd, request, before_hole(8 * full.n + 8)), OK);
	}
	*where = 0;
}

static void vm_sizes(int moved, int created)
{
	const uint64_t ids[] = { WIDGET, PSCI, STD_BMAP, ISAR0 };
	int vm = new_vm(moved), vcpu = created ? new_vcpu(vm, 0) : -1;
	struct list list;

	list_sizes(vm, VM_LIST);
	read_list(vm, VM_LIST, &list);
	for (uint64_t i = 1; i < list.n; i++)
		if (list.reg[i] <= list.reg[i - 1])
			fail("the list is not in ascending order");
	for (size_t i = 0; i < LEN(ids); i++)
		for (uint64_t code = 0; code < 4096; code++) {
			/* Architecture and size, all that can be written */
			uint64_t id = (ids[i] & ~(0xfffULL << SIZE_SHIFT)) | code << SIZE_SHIFT;
			int nonsense = code >> 4 != KVM_REG_ARM64 >> ARCH_SHIFT ||
				       (code & 15) > LAST_SIZE;
			uint64_t answer = nonsense ? BIT(EINVAL) : has(&list, id) ? OK : BIT(ENOENT);
			uint64_t got[3] = { -1ULL, -1ULL, -1ULL };

			last_id = id;
			expect("get", one(vm, VM_GET, id, &got[1]), answer);
			equal("before the value", got[0], -1ULL);
			equal("behind the value", got[2], -1ULL);
			if (answer != OK)
				equal("a value that was not got", got[1], -1ULL);
			expect("set", one(vm, VM_SET, id, &got[1]),
			       answer == OK && created ? BIT(EBUSY) : answer);
		}
	if (created)
		close(vcpu);
	close(vm);
}

/* Of all sizes and architectures, only the id itself is there. */
static void vcpu_sizes(int moved)
{
	int vm = new_vm(moved), vcpu = new_vcpu(vm, 0);
	uint64_t base = has_scope ? PSCI | SCOPE_FLAG : PSCI;

	expect("init", init(vm, vcpu, PSCI_0_2), OK);
	list_sizes(vcpu, KVM_GET_REG_LIST);
	for (uint64_t code = 0; code < 4096; code++) {
		uint64_t id = (base & ~(0xfffULL << SIZE_SHIFT)) | code << SIZE_SHIFT;
		uint64_t answer = code >> 4 != KVM_REG_ARM64 >> ARCH_SHIFT ? BIT(EINVAL) :
				  id == base && !moved ? OK : BIT(ENOENT);
		uint64_t got[3] = { -1ULL, -1ULL, -1ULL };

		last_id = id;
		expect("get", one(vcpu, KVM_GET_ONE_REG, id, &got[1]), answer);
		equal("before the value", got[0], -1ULL);
		equal("behind the value", got[2], -1ULL);
		expect("set", one(vcpu, KVM_SET_ONE_REG, id, &got[1]), answer);
	}
	if (has_scope) {
		struct list flagged;

		expect("enable", enable(vm, CAP_REG_SCOPE, 0), OK);
		list_sizes(vcpu, KVM_GET_REG_LIST);
		read_list(vcpu, KVM_GET_REG_LIST, &flagged);
		equal("PSCI_VERSION's flag", has(&flagged, PSCI | SCOPE_FLAG), 1);
		equal("PSCI_VERSION without", has(&flagged, PSCI), 0);
	}
	close(vcpu);
	close(vm);
}

static void sizes(void)
{
	for (int state = 0; has_vm_regs && state < 4; state++)
		vm_sizes(state & 1, state >> 1);
	for (int moved = 0; moved <= has_vm_regs; moved++)
		vcpu_sizes(moved);
}

/* --- race: two sets by one thread while another creates the first vCPU --- */

/* Two sets in this order, of one register or of two. */
static const struct contest {
	int moved;
	uint64_t id[2], value[2];
} contests[] = {
	{ 0, { WIDGET, WIDGET }, { 1, 0 } },
	{ 1, { PSCI, WIDGET }, { 0x10000, 1 } },
	{ 1, { ISAR0, ISAR0 }, { 0, 0x10000 } },
	{ 1, { STD_BMAP, PSCI }, { 0, 2 } },
};

static struct {
	const struct contest *contest;
	int vm, answer[2], vcpu;
	unsigned long delay;
} contender;
/* Between rounds a thread sleeps; only at the start does it spin, for the two to start as one. */
static sem_t round_prepared, round_ended;
static atomic_ulong ready, go, started;

static void await(atomic_ulong *counter, unsigned long value)
{
	for (unsigned long spins = 0; atomic_load(counter) != value; spins++)
		if (spins > 20000)
			sched_yield();
}

static void spin(unsigned long turns)
{
	for (volatile unsigned long i = 0; i < turns; i++)
		;
}

/* Set, set, and watch that what was set stays while the vCPU comes and is initialised. */
static void *contend(void *rounds)
{
	for (unsigned long i = 1; i <= (uintptr_t)rounds; i++) {
		sem_wait(&round_prepared);
		const struct contest *contest = contender.contest;

		atomic_store(&ready, i);
		await(&go, i);
		atomic_store(&started, i);
		spin(contender.delay);
		for (int k = 0; k < 2; k++)
			contender.answer[k] = set(contender.vm, contest->id[k], contest->value[k]);
		for (int k = 0; k < 4; k++)
			if (!contender.answer[1])
				equal("a value that was set", get(contender.vm, contest->id[1]),
				      contest->value[1]);
		contender.vcpu = new_vcpu(contender.vm, 1);
		expect("init of the second", init(contender.vm, contender.vcpu, PSCI_0_2), OK);
		sem_post(&round_ended);
	}
	return NULL;
}

/* What the guest itself is told: call ``function``, and store x0 where userspace sees it. */
static uint64_t guest_asks(int vm, int vcpu, uint32_t function)
{
	enum { RAM = 0x80000000 };
	const uint32_t code[] = {
		0x52800000 | (function & 0xffff) << 5, /* mov w0, #low */
		0x72a00000 | (function >> 16) << 5,    /* movk w0, #high, lsl #16 */
		0xd4000002,                            /* hvc #0 */
		0xd2a20001,                            /* mov x1, #0x10000000 */
		0xf9000020,                            /* str x0, [x1] */
	};
	size_t size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	void *ram = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = { 0, 0, RAM, page, (uintptr_t)ram };
	uint64_t pc = RAM, x0 = 0;

	if (run == MAP_FAILED || ram == MAP_FAILED)
		fail("mmap");
	memcpy(ram, code, sizeof(code));
	expect("memory", call(vm, KVM_SET_USER_MEMORY_REGION, &region), OK);
	expect("pc", one(vcpu, KVM_SET_ONE_REG, PC, &pc), OK);
	expect("run", call(vcpu, KVM_RUN, NULL), OK);
	equal("exit", run->exit_reason, KVM_EXIT_MMIO);
	memcpy(&x0, run->mmio.data, sizeof(x0));
	munmap(run, size);
	munmap(ram, page);
	return x0;
}

static void after_race(int vm, const int *vcpu, const struct contest *contest, int see)
{
	uint64_t widget = get(vm, WIDGET);

	for (int k = 0; k < 2; k++) {
		expect("late set", set(vm, contest->id[k], contest->value[k]), BIT(EBUSY));
		expect("late nonsense", set(vm, contest->id[k], -1ULL), BIT(EBUSY));
	}
	expect("late MOVE_OLD", enable(vm, CAP_VM_ONE_REG, MOVE_OLD), BIT(EBUSY));
	if (see == 1)
		equal("the guest's widget", guest_asks(vm, vcpu[0], 0x8600e000),
		      widget ? 0x10000 : -1ULL);
	if (see == 2 && contest->moved)
		equal("the guest's PSCI version", guest_asks(vm, vcpu[1], 0x84000000),
		      get(vm, PSCI));
}

static void race(unsigned long rounds)
{
	enum { STEP = 100, FAR = 20000, SEE_EVERY = 16 };
	unsigned long both = 0, first = 0, none = 0, seen = 0;
	long lead = 0; /* of the sets over the creation */
	pthread_t thread;

	if (!has_vm_regs)
		fail("this kernel has no VM-scoped registers");
	sem_init(&round_prepared, 0, 0);
	sem_init(&round_ended, 0, 0);
	if (pthread_create(&thread, NULL, contend, (void *)rounds))
		fail("pthread_create");
	for (unsigned long i = 1; i <= rounds; i++) {
		const struct contest *contest = &contests[i % LEN(contests)];
		step = i;
		int vm = new_vm(contest->moved), see = i % SEE_EVERY == 0 ? 1 + i / SEE_EVERY % 2 : 0;
		uint64_t before[2] = { get(vm, contest->id[0]), get(vm, contest->id[1]) }, then;
		const int *answer = contender.answer;
		int vcpu[2];

		/* Let neither side win all the time: the loser of the last round starts earlier. */
		contender.contest = contest;
		contender.vm = vm;
		contender.delay = lead < 0 ? -lead : 0;
		sem_post(&round_prepared);
		await(&ready, i);
		atomic_store(&go, i);
		await(&started, i);
		spin(lead > 0 ? lead : 0);
		vcpu[0] = new_vcpu(vm, 0);
		then = get(vm, contest->id[0]);
		expect("init", init(vm, vcpu[0], PSCI_0_2), OK);
		sem_wait(&round_ended);
		vcpu[1] = contender.vcpu;

		expect("first set", answer[0], OK | BIT(EBUSY));
		expect("second set", answer[1], answer[0] ? BIT(EBUSY) : OK | BIT(EBUSY));
		/* The last of the values that were taken */
		uint64_t second = answer[1] ? before[1] : contest->value[1];
		uint64_t wanted = answer[0] ? before[0] : contest->value[0];

		if (contest->id[0] == contest->id[1])
			second = wanted = answer[1] ? wanted : contest->value[1];
		equal("the first register", get(vm, contest->id[0]), wanted);
		equal("the second register", get(vm, contest->id[1]), second);
		equal("the first register, as soon as the vCPU was there", then, wanted);
		after_race(vm, vcpu, contest, see);

		*(answer[0] ? &none : answer[1] ? &first : &both) += 1;
		lead += answer[0] ? (lead < FAR ? STEP : 0) : (lead > -FAR ? -STEP : 0);
		seen += !!see;
		close(vcpu[0]);
		close(vcpu[1]);
		discard_vm(vm);
	}
	pthread_join(thread, NULL);
	printf("\"rounds\": %lu, \"taken\": {\"both\": %lu, \"first\": %lu, \"none\": %lu}, "
	       "\"guests\": %lu, \"lead\": %ld, ", rounds, both, first, none, seen, lead);
}

/* --- fuzz: a model of the answers, and calls at random --- */

static uint64_t random_state;

static uint64_t random_bits(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static uint64_t below(uint64_t limit)
{
	return (random_bits() >> 32) % limit;
}

static int one_in(uint64_t n)
{
	return !below(n);
}

/* The registers that a VM has, or a vCPU, and what was set of the VM's */
static struct list plain_list, moved_list;
static struct fuzzed {
	int vm, vcpu, moved, created, initialised, scope;
	struct list vcpu_list;
	uint64_t value[MAX_LIST];
	uint8_t is_set[MAX_LIST];
} now;

enum operation { OP_VM_GET, OP_VM_SET, OP_VM_LIST, OP_VM_ENABLE, OP_GET, OP_SET, OP_LIST,
		 OP_FOREIGN, OPERATIONS };
static const char *const operation_names[] = {
	"vm-get", "vm-set", "vm-list", "enable", "vcpu-get", "vcpu-set", "vcpu-list", "foreign",
};
static unsigned long answers[OPERATIONS][64];

static const struct list *vm_list(void)
{
	return now.moved ? &moved_list : &plain_list;
}

/* The position of ``id``, or the list's length. */
static uint64_t position(const struct list *list, uint64_t id)
{
	uint64_t at = 0;

	while (at < list->n && list->reg[at] != id)
		at++;
	return at;
}

static uint64_t random_id(const struct list *own)
{
	uint64_t id, kind = below(16);

	if (kind < 9 && own->n)
		id = own->reg[below(own->n)];
	else if (kind < 12)
		id = moved_list.n ? moved_list.reg[below(moved_list.n)] : PSCI;
	else if (kind < 14)
		id = WIDGET;
	else
		id = now.vcpu_list.n ? now.vcpu_list.reg[below(now.vcpu_list.n)] : X0;
	switch (below(20)) {
	case 0: return id ^ 1ULL << below(64);
	case 1: return (id & ~(15ULL << SIZE_SHIFT)) | below(16) << SIZE_SHIFT;
	case 2: return (id & ~(255ULL << ARCH_SHIFT)) | below(256) << ARCH_SHIFT;
	case 3: return id + 1 - 2 * below(2);
	case 4: return id ^ SCOPE_FLAG;
	case 5: return random_bits();
	case 6: return id ^ 1ULL << below(64) ^ 1ULL << below(64);
	}
	return id;
}

/* Somewhere in the arena, mostly where ``size`` bytes fit; or where no memory is. */
static uint64_t random_address(uint64_t size)
{
	uint64_t good = (uintptr_t)arena + PLAIN_3 * page + below(8) * 256;

	switch (below(24)) {
	case 0: return below(2) * below(4096);
	case 1: return (uintptr_t)arena + below(PAGES * page);
	case 2: return (uintptr_t)before_hole(below(2 * size + 1));
	case 3: return (uintptr_t)arena + READ_ONLY * page + below(256) * 8;
	case 4: return random_bits() | 1ULL << 63;
	case 5: return good | 1ULL << (48 + below(16));
	case 6: return good + below(8);
	case 7: return (uintptr_t)arena + below(page);
	}
	return good;
}

static uint64_t random_value(uint64_t present)
{
	static const uint64_t versions[] = { 0, 1, 2, 0x10000, 0x10001, 0x10002, 0x10003, 0x20000 };

	switch (below(8)) {
	case 0: return versions[below(LEN(versions))];
	case 1: return random_bits();
	case 2: return present ^ 1ULL << below(64);
	case 3: return present & ~(15ULL << 4 * below(16));
	case 4: return below(2);
	}
	return present;
}

static void put(uint64_t address, const void *data, size_t size)
{
	if (usable(address, size, 1))
		memcpy((void *)address, data, size);
}

/* What may be answered to an id on the VM, whatever the value's address. */
static uint64_t vm_id_answer(uint64_t id)
{
	if (id >> ARCH_SHIFT != KVM_REG_ARM64 >> ARCH_SHIFT ||
	    (id >> SIZE_SHIFT & 15) > LAST_SIZE)
		return BIT(EINVAL);
	return has(vm_list(), id) ? OK : BIT(ENOENT);
}

/* The argument, at a random address or nowhere. */
static uint64_t place(const void *argument, size_t size)
{
	uint64_t address = one_in(4) ? random_address(size) : (uintptr_t)arena + PLAIN_2 * page;

	put(address, argument, size);
	return address;
}

/* The answer to a call with a struct kvm_one_reg; from ``reg`` what the kernel will read. */
static uint64_t arguments(uint64_t id, uint64_t *address, struct kvm_one_reg *reg)
{
	reg->id = last_id = id;
	reg->addr = random_address(8);
	*address = place(reg, sizeof(*reg));
	if (!usable(*address, sizeof(*reg), 0))
		return BIT(EFAULT);
	memcpy(reg, (void *)*address, sizeof(*reg));
	return OK;
}

static int count(enum operation operation, int answer, uint64_t allowed)
{
	expect(operation_names[operation], answer, allowed);
	answers[operation][answer]++;
	return answer;
}

static void fuzz_vm_get(void)
{
	struct kvm_one_reg reg;
	uint64_t address, value, at, allowed = arguments(random_id(vm_list()), &address, &reg);

	if (allowed == OK)
		allowed = vm_id_answer(reg.id);
	if (allowed == OK && !usable(reg.addr, 8, 1))
		allowed = BIT(EFAULT);
	if (count(OP_VM_GET, call(now.vm, VM_GET, (void *)address), allowed))
		return;
	memcpy(&value, (void *)reg.addr, sizeof(value));
	at = position(vm_list(), reg.id);
	if (now.is_set[at] || reg.id == WIDGET)
		equal("a value that was set", value, now.value[at]);
}

static void fuzz_vm_set(void)
{
	struct kvm_one_reg reg;
	uint64_t address, value = 0, before = 0, at, id = random_id(vm_list());
	uint64_t allowed = arguments(id, &address, &reg);

	if (allowed == OK)
		allowed = vm_id_answer(reg.id);
	if (allowed == OK) {
		before = get(now.vm, reg.id);
		value = random_value(before);
		/* Not over the argument */
		if (reg.addr + 8 <= address || reg.addr >= address + sizeof(reg))
			put(reg.addr, &value, sizeof(value));
		if (!usable(reg.addr, 8, 0))
			allowed = BIT(EFAULT);
		else
			memcpy(&value, (void *)reg.addr, sizeof(value));
		if (allowed == OK && now.created)
			allowed = BIT(EBUSY);
		else if (allowed == OK)
			allowed = reg.id == WIDGET ? (value > 1 ? BIT(EINVAL) : OK) :
				  value == before ? OK : OK | BIT(EINVAL);
	}
	if (!count(OP_VM_SET, call(now.vm, VM_SET, (void *)address), allowed)) {
		at = position(vm_list(), reg.id);
		now.value[at] = before = value;
		now.is_set[at] = 1;
	}
	/* Failed or not: what is not known has no value. */
	if (usable(address, sizeof(reg), 0) && vm_id_answer(reg.id) == OK)
		equal("the value after a set", get(now.vm, reg.id), before);
}

/* Lists of both kinds: ``length`` ids of ``ids``. */
static void fuzz_list(enum operation operation, int fd, unsigned long request,
		      const struct list *ids)
{
	const uint64_t rooms[] = { 0, ids->n - 1, ids->n, ids->n + 1, MAX_LIST, -1ULL, below(64),
				   random_bits() };
	uint64_t room = rooms[below(LEN(rooms))], allowed = OK, n;
	uint64_t address = one_in(3) ? random_address(8 * (ids->n + 1)) : (uintptr_t)arena;

	put(address, &room, sizeof(room));
	if (operation == OP_LIST && !now.initialised)
		allowed = BIT(ENOEXEC);
	else if (!usable(address, sizeof(room), 1))
		allowed = BIT(EFAULT);
	else {
		memcpy(&room, (void *)address, sizeof(room));
		if (operation == OP_LIST)
			room = (uint32_t)room;
		allowed = room < ids->n ? BIT(E2BIG) :
			  usable(address + 8, 8 * ids->n, 1) ? OK : BIT(EFAULT);
	}
	int answer = count(operation, call(fd, request, (void *)address), allowed);

	if (answer && answer != E2BIG)
		return;
	memcpy(&n, (void *)address, sizeof(n));
	equal("n", n, ids->n);
	if (!answer)
		equal("ids", !!memcmp((void *)(address + 8), ids->reg, 8 * ids->n), 0);
}

static void learn_vcpu_list(void)
{
	struct list list;

	read_list(now.vcpu, KVM_GET_REG_LIST, &list);
	for (uint64_t i = 0; i < vm_list()->n; i++)
		equal("the VM's in the vCPU's list", has(&list, vm_list()->reg[i]), 0);
	equal("PSCI_VERSION in the vCPU's list",
	      has(&list, now.scope ? PSCI | SCOPE_FLAG : PSCI), !now.moved);
	for (uint64_t i = 0; now.vcpu_list.n && i < list.n; i++)
		equal("an id", list.reg[i] & ~SCOPE_FLAG, now.vcpu_list.reg[i] & ~SCOPE_FLAG);
	now.vcpu_list = list;
}

static void fuzz_enable(void)
{
	struct kvm_enable_cap cap = { .cap = has_vm_regs ? CAP_VM_ONE_REG : CAP_REG_SCOPE };
	uint64_t address, allowed;

	if (one_in(4))
		cap.cap = CAP_VM_ONE_REG + CAP_REG_SCOPE - cap.cap;
	if (one_in(8))
		cap.flags = 1U << below(32);
	if (one_in(2))
		cap.args[0] = one_in(3) ? 1ULL << below(64) : MOVE_OLD;
	if (one_in(8))
		cap.args[1 + below(3)] = random_bits();
	address = place(&cap, sizeof(cap));
	if (!usable(address, sizeof(cap), 0))
		allowed = BIT(EFAULT);
	else {
		int ours;

		memcpy(&cap, (void *)address, sizeof(cap));
		ours = cap.cap == CAP_VM_ONE_REG ? has_vm_regs :
		       cap.cap == CAP_REG_SCOPE ? has_scope : 0;
		if (cap.flags || !ours)
			allowed = BIT(EINVAL);
		else if (cap.cap == CAP_REG_SCOPE)
			allowed = OK;
		else if (cap.args[0] & ~(uint64_t)MOVE_OLD || cap.args[1] || cap.args[2] ||
			 cap.args[3])
			allowed = BIT(EINVAL);
		else
			allowed = now.created ? BIT(EBUSY) : OK;
	}
	if (count(OP_VM_ENABLE, call(now.vm, KVM_ENABLE_CAP, (void *)address), allowed))
		return;
	if (cap.cap == CAP_REG_SCOPE) {
		now.scope = 1;
		if (now.initialised)
			learn_vcpu_list();
	} else if (cap.args[0] && !now.moved) {
		uint64_t widget = now.value[0];
		int is_set = now.is_set[0];

		now.moved = 1;
		memset(now.value, 0, sizeof(now.value));
		memset(now.is_set, 0, sizeof(now.is_set));
		now.value[position(&moved_list, WIDGET)] = widget;
		now.is_set[position(&moved_list, WIDGET)] = is_set;
	}
}

/* The answers to an id on a vCPU as far as they follow from the specification. */
static uint64_t vcpu_answer(const struct kvm_one_reg *reg, int to_write)
{
	uint64_t others = to_write ? 0 : BIT(EINVAL) | BIT(EBUSY) | BIT(EPERM);
	uint64_t id = reg->id, size = 1ULL << (id >> SIZE_SHIFT & 15);
	int fits = usable(reg->addr, size, to_write);

	if (has(vm_list(), id))
		return fits || to_write || id != WIDGET ? BIT(ENOENT) : BIT(ENOENT) | BIT(EFAULT);
	if ((id & ~(15ULL << SIZE_SHIFT)) >> 32 != KVM_REG_ARM64 >> 32)
		return BIT(EINVAL);
	/* Every kernel says EINVAL to a vector's id that is none, and reads no more of a vector than
	 * the vCPU has. */
	if ((id & KVM_REG_ARM_COPROC_MASK) == KVM_REG_ARM64_SVE &&
	    (!fits || !has(&now.vcpu_list, id)))
		return OK | BIT(ENOENT) | BIT(EINVAL) | BIT(EFAULT) | BIT(EPERM);
	if (has(&now.vcpu_list, id) || (has_scope && has(&now.vcpu_list, id ^ SCOPE_FLAG) &&
					has(&moved_list, id & ~SCOPE_FLAG)))
		return fits ? OK | others : BIT(EFAULT);
	if (id & SCOPE_FLAG && has(&now.vcpu_list, id & ~SCOPE_FLAG))
		return fits || to_write ? BIT(ENOENT) : BIT(ENOENT) | BIT(EFAULT);
	return OK | BIT(ENOENT) | BIT(EINVAL) | BIT(EFAULT) | others;
}

static void fuzz_vcpu_reg(enum operation operation)
{
	unsigned long request = operation == OP_GET ? KVM_GET_ONE_REG : KVM_SET_ONE_REG;
	struct kvm_one_reg reg;
	uint64_t address, id = random_id(&now.vcpu_list), present = 0;
	uint64_t allowed = arguments(id, &address, &reg);

	if (!now.initialised)
		allowed = BIT(ENOEXEC);
	else if (allowed == OK) {
		if (operation == OP_SET) {
			uint8_t whole[256] = { 0 };

			one(now.vcpu, KVM_GET_ONE_REG, reg.id, whole);
			memcpy(&present, whole, 8);
			present = random_value(present);
			if (reg.addr + 8 <= address || reg.addr >= address + sizeof(reg))
				put(reg.addr, &present, sizeof(present));
		}
		allowed = vcpu_answer(&reg, operation == OP_GET);
	}
	if (count(operation, call(now.vcpu, request, (void *)address), allowed) || !has_scope ||
	    operation == OP_SET || !has(&moved_list, reg.id & ~SCOPE_FLAG))
		return;
	memcpy(&present, (void *)reg.addr, 8);
	expect("the other form", one(now.vcpu, KVM_GET_ONE_REG, reg.id ^ SCOPE_FLAG, arena), OK);
	equal("the other form's value", memcmp(arena, &present, 8), 0);
}

/* Requests that a vCPU does not have. */
static void fuzz_foreign(void)
{
	unsigned long request = one_in(2) ? VM_GET : KVM_ENABLE_CAP;
	uint64_t address = random_address(16);

	count(OP_FOREIGN, call(now.vcpu, request, (void *)address), BIT(EINVAL));
}

static void begin_life(void)
{
	memset(&now, 0, sizeof(now));
	now.vm = new_vm(0);
	now.vcpu = -1;
}

static void end_life(void)
{
	if (now.vcpu >= 0)
		close(now.vcpu);
	discard_vm(now.vm);
}

static uint32_t random_features(void)
{
	static const struct {
		int cap;
		uint32_t features;
	} offers[] = {
		{ KVM_CAP_ARM_PMU_V3, 1 << KVM_ARM_VCPU_PMU_V3 },
		{ KVM_CAP_ARM_SVE, 1 << KVM_ARM_VCPU_SVE },
		{ KVM_CAP_ARM_PTRAUTH_ADDRESS,
		  1 << KVM_ARM_VCPU_PTRAUTH_ADDRESS | 1 << KVM_ARM_VCPU_PTRAUTH_GENERIC },
	};
	uint32_t features = one_in(8) ? 0 : PSCI_0_2;

	for (size_t i = 0; i < LEN(offers); i++)
		if (one_in(2) && ioctl(kvm, KVM_CHECK_EXTENSION, offers[i].cap) > 0)
			features |= offers[i].features;
	return features;
}

/* A vCPU, sometimes closed at once; with features that may contradict what was set. */
static void grow(void)
{
	if (!now.created) {
		now.vcpu = new_vcpu(now.vm, 0);
		now.created = 1;
		if (one_in(8)) {
			close(now.vcpu);
			now.vcpu = -1;
		}
	} else if (now.vcpu >= 0 && !now.initialised) {
		uint32_t features = random_features();
		int sve = KVM_ARM_VCPU_SVE, answer = init(now.vm, now.vcpu, features);

		expect("init", answer, now.moved ? OK | BIT(EINVAL) : OK);
		if (!answer && features & 1 << sve)
			expect("finalize", call(now.vcpu, KVM_ARM_VCPU_FINALIZE, &sve), OK);
		now.initialised = !answer;
		if (!answer)
			learn_vcpu_list();
	}
}

static void fuzz_vcpu(uint64_t kind)
{
	if (kind < 9)
		fuzz_vcpu_reg(OP_GET);
	else if (kind < 18)
		fuzz_vcpu_reg(OP_SET);
	else if (kind < 19)
		fuzz_foreign();
	else
		fuzz_list(OP_LIST, now.vcpu, KVM_GET_REG_LIST, &now.vcpu_list);
}

static void fuzz_once(void)
{
	uint64_t kind = below(20);

	if (now.vcpu >= 0 && (!has_vm_regs || one_in(2)))
		fuzz_vcpu(kind);
	else if (kind < 1 || !has_vm_regs)
		fuzz_enable();
	else if (kind < 10)
		fuzz_vm_get();
	else if (kind < 18)
		fuzz_vm_set();
	else
		fuzz_list(OP_VM_LIST, now.vm, VM_LIST, vm_list());
}

static void learn_lists(void)
{
	int vm = new_vm(0);

	if (has_vm_regs) {
		read_list(vm, VM_LIST, &plain_list);
		expect("MOVE_OLD", enable(vm, CAP_VM_ONE_REG, MOVE_OLD), OK);
		read_list(vm, VM_LIST, &moved_list);
	} else {
		struct list list;
		int vcpu = new_vcpu(vm, 0);

		expect("init", init(vm, vcpu, PSCI_0_2), OK);
		expect("enable", enable(vm, CAP_REG_SCOPE, 0), OK);
		read_list(vcpu, KVM_GET_REG_LIST, &list);
		for (uint64_t i = 0; i < list.n; i++)
			if (list.reg[i] & SCOPE_FLAG)
				moved_list.reg[moved_list.n++] = list.reg[i] & ~SCOPE_FLAG;
		close(vcpu);
	}
	close(vm);
}

static void print_answers(void)
{
	for (int operation = 0; operation < OPERATIONS; operation++) {
		const char *comma = "";

		printf("%s\"%s\": {", operation ? ", " : "\"answers\": {", operation_names[operation]);
		for (int error = 0; error < 64; error++)
			if (answers[operation][error]) {
				printf("%s\"%s\": %lu", comma, name_of(error),
				       answers[operation][error]);
				comma = ", ";
			}
		putchar('}');
	}
	printf("}, ");
}

static void fuzz(uint64_t seed, unsigned long calls)
{
	enum { LIFE = 1000 };
	unsigned long vms = 1;

	random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
	learn_lists();
	begin_life();
	for (step = 0; step < calls; step++) {
		if (one_in(LIFE)) {
			end_life();
			begin_life();
			vms++;
		} else if (one_in(now.created ? 50 : has_vm_regs ? 400 : 20))
			grow();
		fuzz_once();
	}
	end_life();
	printf("\"seed\": %lu, \"calls\": %lu, \"vms\": %lu, \"vm-registers\": [%lu, %lu], ",
	       (long)seed, calls, vms, (long)plain_list.n, (long)moved_list.n);
	print_answers();
}

/* --- contradiction: what was set stays, also where no vCPU can be had with it --- */

static void contradiction(void)
{
	const struct {
		uint64_t value;
		uint32_t features;
	} rows[] = { { 0x10001, 0 }, { 0x10000, 0 }, { 2, 0 }, { 1, PSCI_0_2 } };

	for (size_t i = 0; i < LEN(rows); i++) {
		int vm = new_vm(1), vcpu;

		expect("set", set(vm, PSCI, rows[i].value), OK);
		vcpu = new_vcpu(vm, 0);
		equal("with a vCPU", get(vm, PSCI), rows[i].value);
		expect("init", init(vm, vcpu, rows[i].features), BIT(EINVAL));
		equal("after the vCPU was refused", get(vm, PSCI), rows[i].value);
		close(vcpu);
		close(vm);
	}
}

/* --- canary --- */

static void canary(void)
{
	for (size_t i = 0; i < LEN(fault_words); i++) {
		/* Lines are rationed per opening. */
		int kmsg = opened("/dev/kmsg", open("/dev/kmsg", O_WRONLY));

		char line[128];
		int length = snprintf(line, sizeof(line), "canary of vm_faults: %s\n", fault_words[i]);

		if (write(kmsg, line, length) != length)
			fail("/dev/kmsg: %s", name_of(errno));
		close(kmsg);
	}
	printf("\"words\": %lu, ", LEN(fault_words));
}

/* --- */

static int run_mode(int argc, char **argv)
{
	mode = argv[0];
	if (!strcmp(mode, "race") && argc == 2)
		race(strtoul(argv[1], NULL, 0));
	else if (!strcmp(mode, "pointers") && argc == 1)
		pointers();
	else if (!strcmp(mode, "sizes") && argc == 1)
		sizes();
	else if (!strcmp(mode, "fuzz") && argc == 3)
		fuzz(strtoull(argv[1], NULL, 0), strtoul(argv[2], NULL, 0));
	else if (!strcmp(mode, "contradiction") && argc == 1)
		contradiction();
	else if (!strcmp(mode, "canary") && argc == 1)
		canary();
	else
		return 0;
	return 1;
}

static int error_named(const char *name)
{
	for (int error = 1; error < 64; error++)
		if (strerrorname_np(error) && !strcmp(strerrorname_np(error), name))
			return error;
	return 0;
}

int main(int argc, char **argv)
{
	struct timespec from, to;
	int faults;

	if (argc > 3 && !strcmp(argv[1], "wrong")) {
		wrong = error_named(argv[2]);
		argv += 2;
		argc -= 2;
	}
	mode = argc > 1 ? argv[1] : "vm_faults";
	kvm = opened("/dev/kvm", open("/dev/kvm", O_RDWR));
	has_vm_regs = ioctl(kvm, KVM_CHECK_EXTENSION, CAP_VM_ONE_REG) > 0;
	has_scope = ioctl(kvm, KVM_CHECK_EXTENSION, CAP_REG_SCOPE) > 0;
	if (has_vm_regs == has_scope)
		fail("this kernel offers neither of the interfaces, or both");
	make_arena();
	start_discarders();
	printf("{\"mode\": \"%s\", ", mode);
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (argc < 2 || !run_mode(argc - 1, argv + 1))
		fail("race N | pointers | sizes | fuzz SEED COUNT | contradiction | canary");
	clock_gettime(CLOCK_MONOTONIC, &to);
	faults = faults_in_log();
	printf("\"checks\": %lu, \"seconds\": %.1f, \"lockdep\": %d, \"faults\": %d}\n", checks,
	       to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9, lockdep_is_on(), faults);
	return faults ? 1 : 0;
}
