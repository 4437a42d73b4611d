"""QEMU's ``scripts/analyze-migration.py``: the state of a migration stream as JSON.

A section "cpu (N)" a vCPU, N a number of the stream. ``cpreg_vmstate_indexes`` and ``..._values``
are the registers that QEMU carries by the list (target/arm/machine.c, vmstate_arm_cpu): under KVM
with the ids of KVM_GET_REG_LIST as they are (target/arm/kvm.c, kvm_arm_init_cpreg_list), 32 and 64
bits wide. Core and SVE registers travel in other fields, which are not read.

QEMU's own emulator writes ids of the same form; beside them it has AArch32's, which no arm64 KVM
lists, and no PSCI version, which every one lists.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Optional

from guestabi.errors import BadInput
from guestabi.fleet.imports.dump import Dump, checked_id
from guestabi.profile import reading
from guestabi.registers.catalogue import find
from guestabi.uapi.regid import size_of

INDEXES, VALUES, LENGTH = "cpreg_vmstate_indexes", "cpreg_vmstate_values", "cpreg_vmstate_array_len"

NOTES = (
    "from a migration stream of QEMU, its first vCPU",
    "values are those of a guest at the time of its move, not those that a new guest has",
    "left out by the stream's list: core and SVE registers",
)

_CPU = re.compile(r"cpu \((\d{1,9})\)", re.ASCII)
_HEX = re.compile(r"0x[0-9a-f]{1,16}", re.ASCII)


def cpus(plain: Mapping[str, Any]) -> list[str]:
    """Return the names of the sections of vCPUs, in the stream's order of numbers."""
    named = (found for found in map(_CPU.fullmatch, plain) if found is not None)
    return [name for _, name in sorted((int(found[1]), found[0]) for found in named)]


def parse(text: str, path: str) -> Dump:
    """Read the registers of the first vCPU. Raises BadInput."""
    plain = reading.json_object(text, path)
    names = cpus(plain)
    section = plain[names[0]] if names else None
    if not isinstance(section, dict) or INDEXES not in section or VALUES not in section:
        raise BadInput(
            path,
            "has no registers of an Arm vCPU",
            hint="'analyze-migration.py -f STREAM' writes them, with -d state or without -d",
        )
    indexes = [checked_id(each, path) for each in _numbers(section, INDEXES, path)]
    values = _numbers(section, VALUES, path)
    length = _numbers(section, LENGTH, path)
    if not len(indexes) == len(values) == (length[0] if len(length) == 1 else -1):
        raise BadInput(path, f"is torn: {len(indexes)} ids and {len(values)} values")
    found: dict[int, Optional[int]] = dict(zip(indexes, values))
    if len(found) != len(indexes):
        raise BadInput(path, "has a register twice")
    for number, value in zip(indexes, values):
        if value >> 8 * size_of(number):
            raise BadInput(path, f"register {number:#x}: the value is wider than the register")
    if find("PSCI_VERSION").id not in found:
        raise BadInput(path, "is of a guest that did not run on KVM: it has no PSCI_VERSION")
    return Dump(found, NOTES)


def _numbers(section: Mapping[str, Any], key: str, path: str) -> list[int]:
    said = section.get(key)
    # An array of one is written as its element.
    rows: list[Any] = said if isinstance(said, list) else [said]
    if not all(isinstance(each, str) and _HEX.fullmatch(each) for each in rows):
        raise BadInput(path, f"{key} is no array of hexadecimal numbers")
    return [int(each, 16) for each in rows]
