"""The argument structures of the ioctls, as ``struct`` formats (native order, no padding).

Facts from ``include/uapi/linux/kvm.h`` and ``arch/arm64/include/uapi/asm/kvm.h``.
"""

from __future__ import annotations

import struct

ONE_REG = struct.Struct("=QQ")
"""struct kvm_one_reg: id, address of the value."""

VCPU_INIT = struct.Struct("=I7I")
"""struct kvm_vcpu_init: target, seven words of feature bits."""

REG_LIST_COUNT = struct.Struct("=Q")
"""struct kvm_reg_list begins with the count; that many 64-bit ids follow."""

ENABLE_CAP = struct.Struct("=II4Q64x")
"""struct kvm_enable_cap: capability, flags, four arguments."""

CREATE_DEVICE = struct.Struct("=III")
"""struct kvm_create_device: type, descriptor (out), flags."""

DEVICE_ATTR = struct.Struct("=IIQQ")
"""struct kvm_device_attr: flags, group, attribute, address."""

REG_MASK_RANGE = struct.Struct("=QI52x")
"""struct reg_mask_range: address of the mask array, range."""

FEATURE_ID_MASKS = 3 * 8 * 8
"""KVM_ARM_FEATURE_ID_RANGE_SIZE: masks for op0=3, op1 in {0, 1, 3}, CRn=0, CRm 0..7, op2 0..7."""

USER_MEMORY_REGION = struct.Struct("=IIQQQ")
"""struct kvm_userspace_memory_region: slot, flags, guest address, size, host address."""

MP_STATE = struct.Struct("=I")
"""struct kvm_mp_state: one of KVM_MP_STATE_*."""

MP_STATE_RUNNABLE = 0
MP_STATE_STOPPED = 5
"""What arm64 knows of them: KVM_MP_STATE_STOPPED is powered off, as PSCI has it."""

CREATE_DEVICE_TEST = 1
"""KVM_CREATE_DEVICE_TEST: say whether the type exists, create nothing."""

RUN_IMMEDIATE_EXIT = 1
"""Offset of ``immediate_exit`` in struct kvm_run."""


def feature_id_index(op1: int, crm: int, op2: int) -> int:
    """Return a register's place in the mask array (KVM_ARM_FEATURE_ID_RANGE_IDX)."""
    return {0: 0, 1: 1, 3: 2}[op1] << 6 | crm << 3 | op2
