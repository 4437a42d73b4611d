"""Conformance of lists and values: what is there, what it holds, which values are taken."""

from __future__ import annotations

import hashlib
from typing import Iterable, Optional

from guestabi.errors import KvmError
from guestabi.kvm.protocol import Kvm, Vcpu
from guestabi.probe.capture import SVE_VLS
from guestabi.probe.conformance import Sheet, said
from guestabi.probe.machine import Configuration, Machine
from guestabi.probe.sweep import POISON, PSCI_VERSIONS, WORKAROUND_LEVELS
from guestabi.registers.catalogue import field_segments, lookup, name_of
from guestabi.uapi import regid

STRANGERS = (
    ("another architecture", 0x2030_0000_0013_C020),
    ("no architecture", 0x0030_0000_0013_C020),
    ("a class that does not exist", 0x6030_0000_0077_0000),
    ("a system register that does not exist", regid.sysreg(3, 7, 15, 15, 7)),
    ("an ID register's place beyond the last", regid.sysreg(3, 0, 0, 9, 0)),
    ("a 32-bit system register", 0x6020_0000_0013_C020),
    ("a firmware register that does not exist", 0x6030_0000_0014_00FF),
    ("a bitmap that does not exist", 0x6030_0000_0016_00FF),
    ("a cache that does not exist", 0x6020_0000_0011_00FF),
    ("a core register beyond the last", 0x6030_0000_0010_0FFF),
    ("a core register between two", 0x6030_0000_0010_0001),
    ("a core register of another width", 0x6020_0000_0010_0000),
)
"""Ids that no kernel has, of every class."""


def ask(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    """Ask for lists, reset values, strangers and accepted values."""
    with Machine(kvm, configuration).init_all() as machine:
        _masks(machine, sheet)
        _lists(machine, sheet)
        for name, id in STRANGERS:
            for index, vcpu in enumerate(machine.vcpus):
                place = f"unknown/vcpu{index}: {name}"
                sheet.ask(f"{place}, get", vcpu.get_one_reg, id)
                sheet.ask(f"{place}, set", vcpu.set_one_reg, id, bytes(regid.size_of(id)))
        still = _reset_values(machine, sheet)
    with Machine(kvm, configuration).init_all() as machine:
        for id in still:
            _Values(machine, id, sheet).ask()


def read(vcpu: Vcpu, id: int) -> int:
    return int.from_bytes(vcpu.get_one_reg(id), "little")


def write(vcpu: Vcpu, id: int, value: int) -> None:
    vcpu.set_one_reg(id, value.to_bytes(regid.size_of(id), "little"))


def moves(vcpu: Vcpu, id: int) -> bool:
    """Whether the register differs between two readings."""
    return read(vcpu, id) != read(vcpu, id)


def digest(ids: Iterable[int]) -> str:
    """Return a short digest of a set of ids."""
    text = "\n".join(map(regid.hex_id, sorted(ids)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _masks(machine: Machine, sheet: Sheet) -> None:
    try:
        masks = machine.vm.get_reg_writable_masks()
    except KvmError as error:
        sheet.put("masks", error.errno_name)
        return
    sheet.put("masks", len([mask for mask in masks if mask]))
    for index, mask in enumerate(masks):
        if mask:
            sheet.put(f"masks/{index}", hex(mask))


def _lists(machine: Machine, sheet: Sheet) -> None:
    for index, vcpu in enumerate(machine.vcpus):
        ids = vcpu.get_reg_list()
        sheet.put(f"list/vcpu{index}: length", len(ids))
        sheet.put(f"list/vcpu{index}: distinct", len(set(ids)))
        sheet.put(f"list/vcpu{index}", digest(ids))
        sheet.put(f"list/vcpu{index}: again", digest(vcpu.get_reg_list()))


def _reset_values(machine: Machine, sheet: Sheet) -> list[int]:
    """Ask for every register's reset value; return the ids of those that keep still."""
    still = []
    for id in sorted(machine.vcpus[0].get_reg_list()):
        moving = any(moves(vcpu, id) for vcpu in machine.vcpus)
        for index, vcpu in enumerate(machine.vcpus):
            answer = "moves" if moving else hex(read(vcpu, id))
            sheet.put(f"reset/vcpu{index}: {name_of(id)}", answer)
        if not moving:
            still.append(id)
    return still


class _Values:
    """Asks one register, through the first vCPU, and looks at it through the second."""

    def __init__(self, machine: Machine, id: int, sheet: Sheet) -> None:
        self._first, self._second = machine.vcpus[:2]
        self._id = id
        self._name = name_of(id)
        self._sheet = sheet
        self._default = read(self._first, id)

    def ask(self) -> None:
        if self._id == SVE_VLS:
            place = f"values/{self._name}: its own, after finalize"
            self._sheet.ask(place, write, self._first, self._id, self._default)
            return
        self._sheet.put(f"values/{self._name}: its own", self._try(self._default))
        for label, value in tries(self._id, self._default):
            self._sheet.put(f"values/{self._name}: {label}", self._try(value))

    def _try(self, value: int) -> str:
        """Write ``value``; say what was answered, what is read, and what the other vCPU reads."""
        before = read(self._second, self._id)
        answer = said(write, self._first, self._id, value)
        got = read(self._first, self._id)
        shared = read(self._second, self._id) != before
        kept = "" if got == value else f", reads {got:#x}"
        write(self._first, self._id, self._default)
        back = read(self._first, self._id)
        lost = "" if back == self._default else f", then {back:#x}"
        return f"{answer}{kept}{', for all' if shared else ''}{lost}"


def tries(id: int, default: int) -> Iterable[tuple[str, int]]:
    """Yield values of a register to write, each with a label: for ID registers each field at its
    ends, one lower and one higher, and all fields at once; for others what may be taken."""
    decoded = regid.decode(id)
    whole: tuple[int, ...]
    if isinstance(decoded, regid.Firmware):
        whole = PSCI_VERSIONS if decoded.number == 0 else WORKAROUND_LEVELS
    elif isinstance(decoded, regid.Bitmap):
        whole = (0, *(1 << bit for bit in range(64)), (1 << 64) - 1)
    elif _is_identification(id):
        yield from _fields(id, default)
        return
    else:
        ones = (1 << 8 * regid.size_of(id)) - 1
        whole = (0, ones, POISON & ones)
    for value in whole:
        yield f"{value:#x}", value


def _fields(id: int, default: int) -> Iterable[tuple[str, int]]:
    for _, low, width in field_segments(id):
        top = (1 << width) - 1
        own = default >> low & top
        near = (("0", 0), ("one lower", own - 1), ("one higher", own + 1), ("top", top))
        for label, raw in near:
            if 0 <= raw <= top and raw != own:
                yield f"bit {low} width {width}, {label}", default & ~(top << low) | raw << low
    yield "zero", 0
    yield "all ones", (1 << 8 * regid.size_of(id)) - 1


def _is_identification(id: int) -> bool:
    decoded = regid.decode(id)
    if isinstance(decoded, regid.SysReg) and (decoded.op0, decoded.crn) == (3, 0):
        return True
    known = lookup(id)
    return known is not None and known.role == "identification"


def alternative(vcpu: Vcpu, id: int, default: int) -> Optional[int]:
    """Return a value that ``id`` takes and keeps beside ``default``, with one field lower or, if
    there is none such, higher; None where no field moves. The default is put back."""
    for step in (-1, 1):
        for _, low, width in field_segments(id):
            raw = (default >> low & (1 << width) - 1) + step
            if not 0 <= raw < 1 << width:
                continue
            value = default & ~((1 << width) - 1 << low) | raw << low
            if said(write, vcpu, id, value) == "ok" and read(vcpu, id) == value:
                write(vcpu, id, default)
                if read(vcpu, id) == default:
                    return value
    return None
