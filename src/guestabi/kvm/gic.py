"""An in-kernel GIC, created and initialised as a VMM does it, at the places of a common machine."""

from __future__ import annotations

from guestabi.kvm.protocol import Device, Vm
from guestabi.uapi import devices


def create_gic(vm: Vm, name: str) -> Device:
    """Create the GIC of that name (``v3``, ``v2``) on a VM whose vCPUs all exist."""
    gic = next(row for row in devices.GICS if row.name == name)
    device = vm.create_device(gic.device_type)
    try:
        for attribute, address in gic.addresses:
            device.set_device_attr(devices.VGIC_GRP_ADDR, attribute, address.to_bytes(8, "little"))
        device.set_device_attr(devices.VGIC_GRP_CTRL, devices.VGIC_CTRL_INIT, None)
    except BaseException:
        device.close()
        raise
    return device
