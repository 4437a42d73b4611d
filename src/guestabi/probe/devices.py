"""What the in-kernel GIC tells a guest of its host, and which of it userspace may restore."""

from __future__ import annotations

from typing import Any

from guestabi.errors import KvmError
from guestabi.kvm.protocol import Device
from guestabi.uapi.devices import DIST_REGISTERS, VGIC_GRP_DIST_REGS, DistRegister

REGISTER_BYTES = 4


def measure(device: Device, name: str) -> list[dict[str, Any]]:
    """Return a record per distributor register that can be read. Writes are put back."""
    records = []
    for register in DIST_REGISTERS:
        try:
            default = _read(device, register)
        except KvmError:
            continue
        record: dict[str, Any] = {
            "device": f"vgic-{name}",
            "attribute": register.name,
            "default": hex(default),
        }
        patterns = [
            _try(device, register, value)
            for value in (default & ~mask | bits for mask, bits in register.tries)
            if value != default
        ]
        if patterns:
            record["patterns"] = patterns
            _write(device, register, default)
        records.append(record)
    return records


def _try(device: Device, register: DistRegister, value: int) -> dict[str, Any]:
    row: dict[str, Any] = {"value": hex(value)}
    try:
        _write(device, register, value)
    except KvmError as error:
        row["errno"] = error.errno_name
        return row
    got = _read(device, register)
    if got != value:
        row["got"] = hex(got)
    return row


def _read(device: Device, register: DistRegister) -> int:
    data = device.get_device_attr(VGIC_GRP_DIST_REGS, register.offset, REGISTER_BYTES)
    return int.from_bytes(data, "little")


def _write(device: Device, register: DistRegister, value: int) -> None:
    data = value.to_bytes(REGISTER_BYTES, "little")
    device.set_device_attr(VGIC_GRP_DIST_REGS, register.offset, data)
