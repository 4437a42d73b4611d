"""One vCPU of a model kernel: its own values, and every call that a VMM makes on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

from guestabi.errors import UsageError
from guestabi.model import timers, unlisted
from guestabi.model.handles import ModelHandle, check_id, refuse, refuse_register
from guestabi.model.registers import Refused, Row
from guestabi.uapi import devices, regid
from guestabi.uapi.caps import FEATURE_BY_NAME

if TYPE_CHECKING:
    from guestabi.model.vm import ModelVm

SVE_VLS = 0x606000000015FFFF
_BIT = {name: row.bit for name, row in FEATURE_BY_NAME.items()}
_EPHEMERAL = frozenset({_BIT["power-off"]})
_POINTER_AUTHENTICATION = frozenset({_BIT["ptrauth-address"], _BIT["ptrauth-generic"]})


class ModelVcpu(ModelHandle):
    """A vCPU. ``values`` are the values of its own that were written, by id."""

    def __init__(self, vm: ModelVm, index: int) -> None:
        super().__init__(vm.counts)
        self._vm = vm
        self._index = index
        self.values: dict[int, int] = {}
        self.features: Optional[frozenset[int]] = None
        self._finalized = False
        self._pmu_irq = False
        self._pmu_ready = False

    # Life ----------------------------------------------------------------------------------

    def init(self, target: int, features: Sequence[int]) -> None:
        self._call("KVM_ARM_VCPU_INIT")
        if not all(isinstance(bit, int) for bit in features):
            raise UsageError("vCPU features are bits", hint="uapi.caps.FEATURE_BY_NAME[name].bit")
        wanted = frozenset(features)
        traits = self._vm.kernel.traits
        if any(bit >= traits.feature_bits for bit in wanted):
            refuse("KVM_ARM_VCPU_INIT", "ENOENT")
        if traits.one_feature_set:
            wanted -= _EPHEMERAL
        if target != self._vm.kernel.profile.record.vm.target or not self._acceptable(wanted):
            refuse("KVM_ARM_VCPU_INIT", "EINVAL")
        if self._vm.contradicts(wanted):
            refuse("KVM_ARM_VCPU_INIT", "EINVAL")
        self.features = wanted
        if self._vm.features is None:
            self._vm.features = wanted
        self._reset()

    def _acceptable(self, wanted: frozenset[int]) -> bool:
        kernel = self._vm.kernel
        offered = {_BIT[name] for name in kernel.profile.record.host.vcpu_features}
        if kernel.traits.e2h0_alone:
            offered.add(_BIT["el2-e2h0"])
        if not wanted <= offered or len(wanted & _POINTER_AUTHENTICATION) == 1:
            return False
        if self.features is not None and self.features != wanted:
            return False
        return not kernel.traits.one_feature_set or self._vm.features in (None, wanted)

    def _reset(self) -> None:
        rows = self._vm.rows
        self.values = {id: v for id, v in self.values.items() if not rows[id].lost_by_reinit}
        for other in self._vm.vcpus.values():
            if other is not self:
                kept = other.values.items()
                other.values = {id: v for id, v in kept if not rows[id].lost_by_other}

    def finalize(self, feature: int) -> None:
        self._call("KVM_ARM_VCPU_FINALIZE")
        if self.features is None:
            refuse("KVM_ARM_VCPU_FINALIZE", "ENOEXEC")
        if feature != _BIT["sve"] or feature not in self.features:
            refuse("KVM_ARM_VCPU_FINALIZE", "EINVAL")
        if self._finalized:
            refuse("KVM_ARM_VCPU_FINALIZE", "EPERM")
        self._finalized = True

    def run(self, *, immediate_exit: bool = False) -> None:
        if not immediate_exit:
            raise UsageError("a model runs no guest code", hint="run(immediate_exit=True)")
        self._call("KVM_RUN")
        if self.features is None:
            refuse("KVM_RUN", "ENOEXEC")
        if self._waits_for_finalize():
            refuse("KVM_RUN", "EPERM")
        has_pmu = _BIT["pmu-v3"] in self.features
        if has_pmu and not self._pmu_ready and self._vm.kernel.traits.run_needs_pmu:
            refuse("KVM_RUN", "EINVAL")
        self._vm.ran = True

    # Registers -----------------------------------------------------------------------------

    def get_reg_list(self) -> list[int]:
        self._call("KVM_GET_REG_LIST")
        if self.features is None:
            refuse("KVM_GET_REG_LIST", "ENOEXEC")
        if self._waits_for_finalize():
            refuse("KVM_GET_REG_LIST", "EPERM")
        kernel = self._vm.kernel
        return [
            id | self._vm.flag_of(id)
            for id, row in self._vm.rows.items()
            if not self._vm.moves(id)
            and kernel.lists(id, self._vm.value_of(row))
            and self._offers(id)
        ]

    def get_one_reg(self, id: int) -> bytes:
        size = check_id(id, None)
        self._call("KVM_GET_ONE_REG")
        row = self._row("KVM_GET_ONE_REG", id, None)
        if row.volatile:
            self._vm.ticks += 1
            return (self._held(row) + self._vm.ticks & (1 << 8 * size) - 1).to_bytes(size, "little")
        return timers.read(row, self._held(row), self._held_by_id).to_bytes(size, "little")

    def set_one_reg(self, id: int, data: bytes) -> None:
        check_id(id, data)
        self._call("KVM_SET_ONE_REG")
        row = self._row("KVM_SET_ONE_REG", id, data)
        if row.id == SVE_VLS and self._finalized:
            refuse_register("KVM_SET_ONE_REG", "EPERM", id, data)
        if self._vm.kernel.takes_lock(row):
            with self._vm.locked():
                self._write(row, id, data)
        else:
            self._write(row, id, data)

    def _write(self, row: Row, id: int, data: bytes) -> None:
        held = self._held(row)
        try:
            new = row.law(held, int.from_bytes(data, "little"), self._vm.ran)
        except Refused as refused:
            self._vm.kernel.note_guess(row, refused)
            refuse_register("KVM_SET_ONE_REG", refused.errno, id, data)
        if row.vm_mask:
            self._vm.values[row.store] = new
        if row.vm_mask != (1 << 8 * row.size) - 1:
            self.values[row.store] = new

    def _held(self, row: Row) -> int:
        own = self.values.get(row.store)
        if own is None:
            own = row.reset_value(self._index)
        shared = self._vm.value_of(row)
        return own & ~row.vm_mask | shared & row.vm_mask

    def _held_by_id(self, id: int) -> int:
        rows = self._vm.rows
        return self._held(rows[id]) if id in rows else 0

    def _row(self, ioctl: str, id: int, data: Optional[bytes]) -> Row:
        if self.features is None:
            refuse_register(ioctl, "ENOEXEC", id, data)
        plain = self._vm.unflag(id)
        kernel = self._vm.kernel
        if self._vm.moves(plain):
            refuse_register(ioctl, "ENOENT", id, data)
        if plain not in self._vm.rows or not kernel.reaches(plain) or not self._offers(plain):
            refuse_register(ioctl, unlisted.errno_of(plain), id, data)
        if plain != SVE_VLS and _is_sve(plain) and not self._finalized:
            refuse_register(ioctl, "EPERM", id, data)
        return self._vm.rows[plain]

    def _offers(self, id: int) -> bool:
        return self._vm.kernel.offers(id, self.features or frozenset())

    def _waits_for_finalize(self) -> bool:
        return _BIT["sve"] in (self.features or ()) and not self._finalized

    # Attributes ----------------------------------------------------------------------------

    def has_device_attr(self, group: int, attribute: int) -> bool:
        self._call("KVM_HAS_DEVICE_ATTR")
        return self._is_pmu(group, attribute)

    def get_device_attr(self, group: int, attribute: int, size: int) -> bytes:
        self._call("KVM_GET_DEVICE_ATTR")
        if not self._is_pmu(group, attribute) or not self._pmu_irq:
            refuse("KVM_GET_DEVICE_ATTR", "ENXIO")
        return devices.PMU_PPI.to_bytes(size, "little")

    def set_device_attr(self, group: int, attribute: int, data: Optional[bytes]) -> None:
        self._call("KVM_SET_DEVICE_ATTR")
        if group != devices.VCPU_PMU_V3_CTRL:
            refuse("KVM_SET_DEVICE_ATTR", "ENXIO")
        if _BIT["pmu-v3"] not in (self.features or ()):
            refuse("KVM_SET_DEVICE_ATTR", "ENODEV")
        if attribute == devices.VCPU_PMU_V3_IRQ:
            self._set_pmu_irq()
        elif attribute == devices.VCPU_PMU_V3_INIT:
            self._init_pmu()
        else:
            refuse("KVM_SET_DEVICE_ATTR", "ENXIO")

    def _is_pmu(self, group: int, attribute: int) -> bool:
        known = (devices.VCPU_PMU_V3_IRQ, devices.VCPU_PMU_V3_INIT)
        has_pmu = _BIT["pmu-v3"] in (self.features or ())
        return group == devices.VCPU_PMU_V3_CTRL and attribute in known and has_pmu

    def _set_pmu_irq(self) -> None:
        if self._vm.gic is None:
            refuse("KVM_SET_DEVICE_ATTR", "EINVAL")
        if self._pmu_irq:
            refuse("KVM_SET_DEVICE_ATTR", "EBUSY")
        self._pmu_irq = True

    def _init_pmu(self) -> None:
        if self._pmu_ready:
            refuse("KVM_SET_DEVICE_ATTR", "EBUSY")
        if self._vm.gic is not None and not self._vm.gic_ready:
            refuse("KVM_SET_DEVICE_ATTR", "ENODEV")
        if self._vm.gic is not None and not self._pmu_irq:
            refuse("KVM_SET_DEVICE_ATTR", "ENXIO")
        self._pmu_ready = True


def _is_sve(id: int) -> bool:
    return isinstance(regid.decode(id), regid.Sve)
