"""The interrupt controller of a model VM, and the attributes of a vCPU's PMU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Optional

from guestabi.model.handles import ModelHandle, refuse
from guestabi.profile.schema import DeviceRecord
from guestabi.uapi import devices

if TYPE_CHECKING:
    from guestabi.model.vm import ModelVm

_OFFSETS = {row.name: row.offset for row in devices.DIST_REGISTERS}


class ModelGic(ModelHandle):
    """A VGIC. Distributor registers can be reached once it is initialised."""

    def __init__(self, vm: ModelVm, gic: devices.Gic, records: list[DeviceRecord]) -> None:
        super().__init__(vm.counts)
        self._vm = vm
        self._addresses = dict.fromkeys((row[0] for row in gic.addresses), False)
        self._records: Mapping[int, DeviceRecord] = {
            _OFFSETS[record.attribute]: record
            for record in records
            if record.device == f"vgic-{gic.name}" and record.attribute in _OFFSETS
        }
        self._values = {at: int(record.default, 16) for at, record in self._records.items()}

    def has_device_attr(self, group: int, attribute: int) -> bool:
        self._call("KVM_HAS_DEVICE_ATTR")
        return self._known(group, attribute)

    def get_device_attr(self, group: int, attribute: int, size: int) -> bytes:
        self._call("KVM_GET_DEVICE_ATTR")
        self._ready("KVM_GET_DEVICE_ATTR", group, attribute)
        return self._values[attribute].to_bytes(size, "little")

    def set_device_attr(self, group: int, attribute: int, data: Optional[bytes]) -> None:
        self._call("KVM_SET_DEVICE_ATTR")
        if group == devices.VGIC_GRP_DIST_REGS:
            self._ready("KVM_SET_DEVICE_ATTR", group, attribute)
            self._write(attribute, int.from_bytes(data or b"", "little"))
        elif not self._known(group, attribute):
            refuse("KVM_SET_DEVICE_ATTR", "ENXIO")
        elif group == devices.VGIC_GRP_ADDR:
            if self._addresses[attribute]:
                refuse("KVM_SET_DEVICE_ATTR", self._again(attribute))
            self._addresses[attribute] = True
        else:
            self._vm.gic_ready = True

    def _known(self, group: int, attribute: int) -> bool:
        if group == devices.VGIC_GRP_ADDR:
            return attribute in self._addresses
        if group == devices.VGIC_GRP_CTRL:
            return attribute == devices.VGIC_CTRL_INIT
        return group == devices.VGIC_GRP_DIST_REGS and attribute in self._records

    def _again(self, attribute: int) -> str:
        one_only = self._addresses.keys() - {3}
        return "EEXIST" if attribute in one_only else self._vm.kernel.traits.redistributor_twice

    def _ready(self, ioctl: str, group: int, attribute: int) -> None:
        if not self._known(group, attribute):
            refuse(ioctl, "ENXIO")
        early = ioctl == "KVM_GET_DEVICE_ATTR" and self._vm.kernel.traits.early_iidr
        if not self._vm.gic_ready and not (early and attribute == _OFFSETS["GICD_IIDR"]):
            refuse(ioctl, "EBUSY")

    def _write(self, offset: int, value: int) -> None:
        default = int(self._records[offset].default, 16)
        tried = {int(row.value, 16): row for row in self._records[offset].patterns}
        if value != default and value in tried:
            row = tried[value]
            if row.errno is not None:
                refuse("KVM_SET_DEVICE_ATTR", row.errno)
            if row.got is None:
                self._values[offset] = value
        elif value == default and tried:
            self._values[offset] = value
        elif tried and value != self._values[offset]:
            refuse("KVM_SET_DEVICE_ATTR", "EINVAL")
