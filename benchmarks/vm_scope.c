/* Writes registers, one thread a descriptor, with nothing between the calls: threads then meet in
 * the kernel as those of a VMM do. A library that vm_scope_guest.py loads in the lab's guest. */
#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

struct writer {
	pthread_t thread;
	pthread_barrier_t *ready;
	int fd, count, error;
	const struct kvm_one_reg *writes;
	double from, to;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec * 1e-9;
}

static void *run(void *argument)
{
	struct writer *writer = argument;

	pthread_barrier_wait(writer->ready);
	writer->from = now();
	/* KVM_ARM_VM_SET_ONE_REG on a VM has the number of KVM_SET_ONE_REG on a vCPU. */
	for (int i = 0; i < writer->count && !writer->error; i++)
		if (ioctl(writer->fd, KVM_SET_ONE_REG, &writer->writes[i]) < 0)
			writer->error = errno;
	writer->to = now();
	return NULL;
}

/* Seconds from the first write to the end of the last; a failure is an errno, negative. */
double put(const int *fds, int threads, const struct kvm_one_reg *writes, int count)
{
	struct writer *writers = calloc(threads, sizeof(*writers));
	pthread_barrier_t ready;
	double from = 0, to = 0;
	int error = 0;

	if (!writers)
		return -ENOMEM;
	pthread_barrier_init(&ready, NULL, threads);
	for (int i = 0; i < threads; i++) {
		writers[i] = (struct writer){ .ready = &ready, .fd = fds[i], .writes = writes,
					      .count = count };
		if (pthread_create(&writers[i].thread, NULL, run, &writers[i]))
			abort(); /* the others wait for it for ever */
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(writers[i].thread, NULL);
		if (!i || writers[i].from < from)
			from = writers[i].from;
		if (writers[i].to > to)
			to = writers[i].to;
		error = error ?: writers[i].error;
	}
	pthread_barrier_destroy(&ready);
	free(writers);
	return error ? -error : to - from;
}
