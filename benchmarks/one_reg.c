/* The cost of KVM_GET_ONE_REG in C: the yardstick for guestabi.kvm.device.
 * Prints nanoseconds per call, measured over CALLS calls on an initialised vCPU. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

static int must(const char *what, int result)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 20000;
	uint64_t value = 0;
	struct kvm_one_reg reg = { 0x603000000013c020ULL, (uintptr_t)&value };
	struct kvm_vcpu_init init = { 0 };
	struct timespec from, to;

	int kvm = must("open", open("/dev/kvm", O_RDWR));
	int vm = must("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0));
	int vcpu = must("KVM_CREATE_VCPU", ioctl(vm, KVM_CREATE_VCPU, 0));
	must("KVM_ARM_PREFERRED_TARGET", ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init));
	init.features[0] = 1 << KVM_ARM_VCPU_PSCI_0_2;
	must("KVM_ARM_VCPU_INIT", ioctl(vcpu, KVM_ARM_VCPU_INIT, &init));

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < calls; i++)
		must("KVM_GET_ONE_REG", ioctl(vcpu, KVM_GET_ONE_REG, &reg));
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.0f\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / calls);
	return 0;
}
