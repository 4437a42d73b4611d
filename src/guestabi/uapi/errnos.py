"""What an errno means on one ioctl: rows, read in the arm64 KVM sources.

``arch/arm64/kvm/{arm,guest,sys_regs,hypercalls,psci,reset}.c`` and ``virt/kvm/kvm_main.c``.
"""

from __future__ import annotations

import errno

MEANINGS: dict[tuple[str, int], str] = {
    ("KVM_GET_ONE_REG", errno.ENOEXEC): "the vCPU is not initialised yet",
    ("KVM_GET_ONE_REG", errno.ENOENT): "this kernel has no such register for this vCPU",
    ("KVM_GET_ONE_REG", errno.EPERM): "SVE state before KVM_ARM_VCPU_FINALIZE",
    ("KVM_GET_ONE_REG", errno.EINVAL): "the id is malformed, or the register cannot be read",
    ("KVM_SET_ONE_REG", errno.ENOEXEC): "the vCPU is not initialised yet",
    ("KVM_SET_ONE_REG", errno.ENOENT): "this kernel has no such register for this vCPU",
    ("KVM_SET_ONE_REG", errno.EINVAL): "this kernel does not accept the value",
    ("KVM_SET_ONE_REG", errno.EBUSY): "a vCPU of the VM has run: the register is fixed",
    ("KVM_SET_ONE_REG", errno.EPERM): "the register cannot be written at this time",
    ("KVM_GET_REG_LIST", errno.ENOEXEC): "the vCPU is not initialised yet",
    ("KVM_GET_REG_LIST", errno.E2BIG): "the buffer is too short for the list",
    ("KVM_GET_REG_LIST", errno.EPERM): "SVE is on and the vCPU is not finalized",
    ("KVM_ARM_VM_GET_ONE_REG", errno.ENOENT): "this kernel has no such VM-scoped register",
    ("KVM_ARM_VM_SET_ONE_REG", errno.ENOENT): "this kernel has no such VM-scoped register",
    ("KVM_ARM_VM_SET_ONE_REG", errno.EINVAL): "this kernel does not accept the value",
    ("KVM_ARM_VM_SET_ONE_REG", errno.EBUSY): "a vCPU exists: VM-scoped registers are fixed",
    ("KVM_ARM_VM_GET_REG_LIST", errno.E2BIG): "the buffer is too short for the list",
    ("KVM_ARM_VCPU_INIT", errno.EINVAL): "target or features not offered, or not those of the VM",
    ("KVM_ARM_VCPU_INIT", errno.ENOENT): "a feature bit that this kernel does not know",
    ("KVM_ARM_VCPU_FINALIZE", errno.EPERM): "the feature is already finalized",
    ("KVM_RUN", errno.ENOEXEC): "the vCPU is not initialised yet",
    ("KVM_RUN", errno.EINVAL): "a feature of the vCPU (its PMU, say) is not completely set up",
    ("KVM_RUN", errno.EPERM): "the vCPU is not finalized",
    ("KVM_CREATE_VM", errno.EINVAL): "the VM type (IPA size) is not supported here",
    ("KVM_CREATE_VCPU", errno.EEXIST): "a vCPU with this index exists",
    ("KVM_CREATE_VCPU", errno.EBUSY): "the interrupt controller is already initialised",
    ("KVM_CREATE_DEVICE", errno.ENODEV): "the host cannot offer this device",
    ("KVM_CREATE_DEVICE", errno.EEXIST): "the VM has such a device already",
}


def meaning(ioctl: str, number: int) -> str:
    """Return what errno ``number`` means on ``ioctl``, or an empty string."""
    return MEANINGS.get((ioctl, number), "")
