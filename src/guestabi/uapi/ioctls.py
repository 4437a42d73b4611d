"""The KVM ioctls that guestabi uses: number, scope and argument, one row each.

Facts from ``include/uapi/linux/kvm.h``; the encoding is ``include/uapi/asm-generic/ioctl.h``
(arm64 and x86-64 share it).
"""

from __future__ import annotations

from dataclasses import dataclass

KVMIO = 0xAE
_NONE, _WRITE, _READ = 0, 1, 2


@dataclass(frozen=True)
class Ioctl:
    """One ioctl. ``scope`` is the descriptor that takes it: system, vm, vcpu or device (a set)."""

    name: str
    nr: int
    direction: int
    size: int
    """bytes of the argument structure; 0: the argument is a plain integer or nothing"""
    scope: tuple[str, ...]

    @property
    def number(self) -> int:
        return self.direction << 30 | self.size << 16 | KVMIO << 8 | self.nr


def _row(name: str, nr: int, direction: int, size: int, *scope: str) -> Ioctl:
    return Ioctl(name, nr, direction, size, scope)


TABLE: tuple[Ioctl, ...] = (
    _row("KVM_GET_API_VERSION", 0x00, _NONE, 0, "system"),
    _row("KVM_CREATE_VM", 0x01, _NONE, 0, "system"),
    _row("KVM_CHECK_EXTENSION", 0x03, _NONE, 0, "system", "vm"),
    _row("KVM_GET_VCPU_MMAP_SIZE", 0x04, _NONE, 0, "system"),
    _row("KVM_CREATE_VCPU", 0x41, _NONE, 0, "vm"),
    _row("KVM_SET_USER_MEMORY_REGION", 0x46, _WRITE, 32, "vm"),
    _row("KVM_RUN", 0x80, _NONE, 0, "vcpu"),
    _row("KVM_GET_MP_STATE", 0x98, _READ, 4, "vcpu"),
    _row("KVM_SET_MP_STATE", 0x99, _WRITE, 4, "vcpu"),
    _row("KVM_ENABLE_CAP", 0xA3, _WRITE, 104, "vm", "vcpu"),
    _row("KVM_ARM_SET_DEVICE_ADDR", 0xAB, _WRITE, 16, "vm"),
    _row("KVM_GET_ONE_REG", 0xAB, _WRITE, 16, "vcpu"),
    _row("KVM_SET_ONE_REG", 0xAC, _WRITE, 16, "vcpu"),
    _row("KVM_ARM_VM_GET_ONE_REG", 0xAB, _READ | _WRITE, 16, "vm"),
    _row("KVM_ARM_VM_SET_ONE_REG", 0xAC, _WRITE, 16, "vm"),
    _row("KVM_ARM_VCPU_INIT", 0xAE, _WRITE, 32, "vcpu"),
    _row("KVM_ARM_PREFERRED_TARGET", 0xAF, _READ, 32, "vm"),
    _row("KVM_GET_REG_LIST", 0xB0, _READ | _WRITE, 8, "vcpu"),
    _row("KVM_ARM_VM_GET_REG_LIST", 0xB0, _READ | _WRITE, 8, "vm"),
    _row("KVM_ARM_SET_COUNTER_OFFSET", 0xB5, _WRITE, 16, "vm"),
    _row("KVM_ARM_GET_REG_WRITABLE_MASKS", 0xB6, _READ, 64, "vm"),
    _row("KVM_ARM_VCPU_FINALIZE", 0xC2, _WRITE, 4, "vcpu"),
    _row("KVM_CREATE_DEVICE", 0xE0, _READ | _WRITE, 12, "vm"),
    _row("KVM_SET_DEVICE_ATTR", 0xE1, _WRITE, 24, "vm", "vcpu", "device"),
    _row("KVM_GET_DEVICE_ATTR", 0xE2, _WRITE, 24, "vm", "vcpu", "device"),
    _row("KVM_HAS_DEVICE_ATTR", 0xE3, _WRITE, 24, "vm", "vcpu", "device"),
)
"""The three KVM_ARM_VM_* register rows are our proposal (docs/uapi-vm-one-reg.md), which no
released kernel has. The GET differs from KVM_GET_ONE_REG in its direction bits, because that number
is KVM_ARM_SET_DEVICE_ADDR on a VM."""

BY_NAME = {row.name: row for row in TABLE}


def number(name: str) -> int:
    """Return the request number of ``name``. Raises KeyError for one that is not in the table."""
    return BY_NAME[name].number
