"""Firecracker's CPU template helper: ``fingerprint dump`` and ``template dump``.

Both list every register up to 128 bits with its value on vCPU 0, but for the PC and some that
depend on the boot (src/cpu-template-helper/src/template/dump/aarch64.rs). Every value is printed
128 digits wide.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Optional

import msgspec
from msgspec import Meta, Struct

from guestabi.errors import BadInput
from guestabi.fleet.imports.dump import Dump, checked_id
from guestabi.profile import reading
from guestabi.profile.schema import Text
from guestabi.uapi.regid import size_of

WIDEST = 128
"""Bits of the widest bitmap."""

LEFT_OUT = "left out by the dump: registers wider than 128 bits, and some that depend on the boot"


class _Modifier(Struct, forbid_unknown_fields=True):
    addr: Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{1,16}\Z")]
    bitmap: Annotated[str, Meta(max_length=1000)]


class _Feature(Struct, forbid_unknown_fields=True):
    index: int
    bitmap: str


class _Template(Struct, forbid_unknown_fields=True):
    reg_modifiers: Annotated[list[_Modifier], Meta(min_length=1)]
    kvm_capabilities: list[Text] = []
    vcpu_features: list[_Feature] = []


class _Fingerprint(Struct, forbid_unknown_fields=True):
    firecracker_version: Text
    kernel_version: Text
    microcode_version: Text
    bios_version: Text
    bios_revision: Text
    guest_cpu_config: _Template


def fingerprint(text: str, path: str) -> Dump:
    """Read what ``cpu-template-helper fingerprint dump`` wrote. Raises BadInput."""
    found: _Fingerprint = _convert(text, path, _Fingerprint, "fingerprint of an arm64 host")
    versions = f"microcode {found.microcode_version}, BIOS {found.bios_version}"
    origin = f"from a fingerprint of Firecracker {found.firecracker_version}; {versions}"
    notes = (origin, LEFT_OUT, *_changes(found.guest_cpu_config))
    return Dump(_values(found.guest_cpu_config, path), notes, found.kernel_version)


def template(text: str, path: str) -> Dump:
    """Read what ``cpu-template-helper template dump`` wrote. Raises BadInput for a template that
    fixes some bits alone: it is a change to a CPU, and not what a CPU has."""
    found: _Template = _convert(text, path, _Template, "CPU template for arm64")
    notes = ("from a Firecracker CPU template", LEFT_OUT, *_changes(found))
    return Dump(_values(found, path), notes)


def _convert(text: str, path: str, kind: type[Any], what: str) -> Any:
    plain = reading.json_object(text, path)
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise BadInput(path, f"is no {what}: {error}") from None


def _changes(found: _Template) -> tuple[str, ...]:
    asked = [
        *found.kvm_capabilities,
        *(f"{each.index}:{each.bitmap}" for each in found.vcpu_features),
    ]
    said = f"the VM was made with other capabilities or vCPU features: {', '.join(asked)}"
    return (said[:1000],) if asked else ()


def _values(found: _Template, path: str) -> dict[int, Optional[int]]:
    values: dict[int, Optional[int]] = {}
    for row in found.reg_modifiers:
        number = checked_id(int(row.addr, 16), path)
        if number in values:
            raise BadInput(path, f"register {row.addr} stands in it twice")
        values[number] = _value(row, number, path)
    return values


def _value(row: _Modifier, number: int, path: str) -> int:
    digits = row.bitmap.removeprefix("0b").replace("_", "")
    width = 8 * size_of(number)
    if not re.fullmatch("[01x]+", digits) or len(digits) > WIDEST:
        raise BadInput(path, f"register {row.addr}: {row.bitmap[:40]!r} is no bitmap")
    if "x" in digits or len(digits) < min(width, WIDEST):
        raise BadInput(
            path,
            f"register {row.addr}: its bitmap leaves bits open",
            hint="that changes a CPU; 'cpu-template-helper template dump' tells what one has",
        )
    value = int(digits, 2)
    if value >> width or width > WIDEST:
        raise BadInput(path, f"register {row.addr}: the value does not fit its {width} bits")
    return value
