"""One VM of a model kernel: VM-wide values, vCPUs, devices, and the VM-wide lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Optional

from guestabi.model.devices import ModelGic
from guestabi.model.handles import ModelHandle, check_id, refuse, refuse_register
from guestabi.model.registers import Refused, Row, implementation_ids
from guestabi.model.vcpu import ModelVcpu
from guestabi.registers.telling import TELLS
from guestabi.uapi import devices, regid, structs
from guestabi.uapi.caps import CAPABILITIES, FEATURE_BY_NAME
from guestabi.uapi.regid import SCOPE_VM_FLAG

if TYPE_CHECKING:
    from guestabi.model.kernel import ModelKvm

VM_ONE_REG = CAPABILITIES["KVM_CAP_ARM_VM_ONE_REG"]
REG_SCOPE = CAPABILITIES["KVM_CAP_ARM_REG_SCOPE"]
IMP_ID_REGS = CAPABILITIES["KVM_CAP_ARM_WRITABLE_IMP_ID_REGS"]
_CHUNK = CAPABILITIES["KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE"]
_CAN_BE_ENABLED = (
    "KVM_CAP_ARM_NISV_TO_USER",
    "KVM_CAP_ARM_REG_SCOPE",
    "KVM_CAP_ARM_SEA_TO_USER",
    "KVM_CAP_ARM_SYSTEM_SUSPEND",
    "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS",
)
CONFIG_LOCK = "config"
"""The VM-wide lock: taken by a write of a VM-wide register and by the creation of a vCPU."""


class ModelVm(ModelHandle):
    """A VM. ``values`` are the VM-wide values that were written, by id."""

    def __init__(self, kernel: ModelKvm) -> None:
        super().__init__(kernel.counts)
        self.kernel = kernel
        self.rows: Mapping[int, Row] = kernel.rows
        self.values: dict[int, int] = {}
        self.vcpus: dict[int, ModelVcpu] = {}
        self.features: Optional[frozenset[int]] = None
        self.enabled: set[int] = set()
        self.gic: Optional[ModelGic] = None
        self.gic_ready = False
        self.ran = False
        self.moved = False
        self.ticks = 0
        self._chunk = 0
        self._lock = threading.RLock()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the VM-wide lock; each acquisition is counted."""
        self.counts.add(self.counts.locks, CONFIG_LOCK)
        with self._lock:
            yield

    def check_extension(self, capability: int) -> int:
        self._call("KVM_CHECK_EXTENSION")
        if capability == _CHUNK:
            return self._chunk
        return self.kernel.answer_to(capability)

    def enable_cap(self, capability: int, args: Sequence[int] = ()) -> None:
        self._call("KVM_ENABLE_CAP")
        if capability == _CHUNK:
            self._set_chunk([*args, 0][0])
            return
        if capability == VM_ONE_REG and self.kernel.has_native:
            self._enable_vm_one_reg([*args, 0, 0, 0, 0][:4])
            return
        known = {CAPABILITIES[name] for name in _CAN_BE_ENABLED}
        if capability not in known or not self.kernel.answer_to(capability):
            refuse("KVM_ENABLE_CAP", "EINVAL")
        if capability == IMP_ID_REGS:
            if self.vcpus:
                refuse("KVM_ENABLE_CAP", "EINVAL")
            self.rows = {**self.rows, **implementation_ids(self.rows)}
        self.enabled.add(capability)

    def _set_chunk(self, size: int) -> None:
        sizes = self.kernel.answer_to(CAPABILITIES["KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES"])
        if not sizes or size & ~sizes or size & (size - 1):
            refuse("KVM_ENABLE_CAP", "EINVAL")
        self._chunk = size

    def _enable_vm_one_reg(self, args: Sequence[int]) -> None:
        if args[0] & ~self.kernel.flags or any(args[1:]):
            refuse("KVM_ENABLE_CAP", "EINVAL")
        with self.locked():
            if self.vcpus:
                refuse("KVM_ENABLE_CAP", "EBUSY")
            self.moved = self.moved or bool(args[0])

    def moves(self, id: int) -> bool:
        """Whether ``id`` was moved from the vCPUs to the VM."""
        return self.moved and id in self.kernel.old_ids

    def contradicts(self, features: frozenset[int]) -> bool:
        """Whether a register that was moved, and set, is not of vCPUs with ``features``."""
        return any(
            tells.register in self.values
            and self.moves(tells.register)
            and (self.values[tells.register] & tells.mask == tells.without)
            == (FEATURE_BY_NAME[tells.feature].bit in features)
            for tells in TELLS
        )

    def preferred_target(self) -> int:
        self._call("KVM_ARM_PREFERRED_TARGET")
        return self.kernel.profile.record.vm.target

    def create_vcpu(self, index: int) -> ModelVcpu:
        self._call("KVM_CREATE_VCPU")
        with self.locked():
            if self.gic_ready:
                refuse("KVM_CREATE_VCPU", "EBUSY")
            if not 0 <= index < self.kernel.most_vcpus:
                refuse("KVM_CREATE_VCPU", "EINVAL")
            if index in self.vcpus:
                refuse("KVM_CREATE_VCPU", "EEXIST")
            vcpu = ModelVcpu(self, index)
            self.vcpus[index] = vcpu
            return vcpu

    def has_device_type(self, device_type: int) -> bool:
        self._call("KVM_CREATE_DEVICE")
        return self._gic_of(device_type) is not None

    def create_device(self, device_type: int) -> ModelGic:
        self._call("KVM_CREATE_DEVICE")
        gic = self._gic_of(device_type)
        if gic is None:
            refuse("KVM_CREATE_DEVICE", "ENODEV")
        if self.gic is not None:
            refuse("KVM_CREATE_DEVICE", "EEXIST")
        self.gic = ModelGic(self, gic, self.kernel.profile.devices)
        return self.gic

    def get_reg_writable_masks(self) -> list[int]:
        self._call("KVM_ARM_GET_REG_WRITABLE_MASKS")
        found = self.kernel.masks()
        if found is None:
            refuse("KVM_ARM_GET_REG_WRITABLE_MASKS", "EINVAL")
        return found

    def has_device_attr(self, group: int, attribute: int) -> bool:
        self._call("KVM_HAS_DEVICE_ATTR")
        return False

    def get_device_attr(self, group: int, attribute: int, size: int) -> bytes:
        self._call("KVM_GET_DEVICE_ATTR")
        refuse("KVM_GET_DEVICE_ATTR", "ENXIO")

    def set_device_attr(self, group: int, attribute: int, data: Optional[bytes]) -> None:
        self._call("KVM_SET_DEVICE_ATTR")
        refuse("KVM_SET_DEVICE_ATTR", "ENXIO")

    def flag_of(self, id: int) -> int:
        """Return bit 28 where a vCPU's list shall carry it on ``id``."""
        if REG_SCOPE not in self.enabled:
            return 0
        return SCOPE_VM_FLAG if self.kernel.is_vm_wide(id) else 0

    def unflag(self, id: int) -> int:
        """Return ``id`` without the scope flag, on kernels that know the flag."""
        if self.kernel.design == "scope-flag" and id & SCOPE_VM_FLAG:
            plain = id & ~SCOPE_VM_FLAG
            if plain in self.rows and self.kernel.is_vm_wide(plain):
                return plain
        return id

    def value_of(self, row: Row) -> int:
        return self.values.get(row.store, row.default)

    def _gic_of(self, device_type: int) -> Optional[devices.Gic]:
        offered = self.kernel.profile.record.host.gics
        for gic in devices.GICS:
            if gic.device_type == device_type and gic.name in offered:
                return gic
        return None


class NativeVm(ModelVm):
    """A VM of a kernel that offers VM-scoped registers by ioctls of their own."""

    def get_vm_reg_list(self) -> list[int]:
        """The ids that get_vm_one_reg and set_vm_one_reg take, ascending."""
        self._call("KVM_ARM_VM_GET_REG_LIST")
        return sorted(self._native_ids())

    def get_vm_one_reg(self, id: int) -> bytes:
        """The register's value, at any time. ENOENT for an id that is not in the list."""
        size = check_id(id, None)
        self._call("KVM_ARM_VM_GET_ONE_REG")
        row = self._native("KVM_ARM_VM_GET_ONE_REG", id, None)
        return self.value_of(row).to_bytes(size, "little")

    def set_vm_one_reg(self, id: int, data: bytes) -> None:
        """EBUSY once the first vCPU exists, ENOENT for an id that is not in the list, EINVAL for
        a value that the kernel does not take as it is."""
        check_id(id, data)
        self._call("KVM_ARM_VM_SET_ONE_REG")
        row = self._native("KVM_ARM_VM_SET_ONE_REG", id, data)
        value = int.from_bytes(data, "little")
        with self.locked():
            if self.vcpus:
                refuse_register("KVM_ARM_VM_SET_ONE_REG", "EBUSY", id, data)
            if not self._takes(row, value):
                refuse_register("KVM_ARM_VM_SET_ONE_REG", "EINVAL", id, data)
            self.values[row.store] = value

    def _takes(self, row: Row, value: int) -> bool:
        """Whether vCPUs with some of the measured features could have ``value``, as it is."""
        if self._as_measured(row, value):
            return True
        return any(
            value & tells.mask == tells.without
            and self._as_measured(row, value & ~tells.mask | row.default & tells.mask)
            for tells in TELLS
            if tells.register == row.id
        )

    def _as_measured(self, row: Row, value: int) -> bool:
        try:
            return row.law(self.value_of(row), value, False) == value
        except Refused as refused:
            self.kernel.note_guess(row, refused)
            return False

    def _native_ids(self) -> frozenset[int]:
        return self.kernel.new_ids | (self.kernel.old_ids if self.moved else frozenset())

    def _native(self, ioctl: str, id: int, data: Optional[bytes]) -> Row:
        if id not in self._native_ids():
            # As a vCPU looks at ids, but for those within struct kvm_regs, which a VM has not.
            known = id >> regid.ARCH_SHIFT == regid.ARCH_ARM64
            refuse_register(ioctl, "ENOENT" if known else "EINVAL", id, data)
        return self.rows[id]


def masks_of(plain: dict[str, str]) -> list[int]:
    """Return the mask array of KVM_ARM_GET_REG_WRITABLE_MASKS."""
    found = [0] * structs.FEATURE_ID_MASKS
    for id, mask in plain.items():
        decoded = regid.decode(int(id, 16))
        if isinstance(decoded, regid.SysReg):
            at = structs.feature_id_index(decoded.op1, decoded.crm, decoded.op2)
            found[at] = int(mask, 16)
    return found
