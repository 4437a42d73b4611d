"""A loader policy: how one VMM saves a guest's registers and restores them elsewhere.

One closed TOML file a VMM in ``policies/data``. Every fact in it is a table ``{is, source}``: what
the VMM does, and where that was read or seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, Mapping, Optional, Union

from msgspec import Struct

from guestabi.errors import UnknownName
from guestabi.policies import sheet
from guestabi.registers.catalogue import find
from guestabi.uapi import regid

CLASSES = {
    "core": regid.CLASS_CORE,
    "demux": regid.CLASS_DEMUX,
    "sysreg": regid.CLASS_SYSREG,
    "firmware": regid.CLASS_FIRMWARE,
    "sve": regid.CLASS_SVE,
    "bitmap": regid.CLASS_BITMAP,
}
"""Names of register classes, as a policy file spells them."""

Evidence = Literal["observed", "source", "ours"]
Missing = Literal["refuse", "graded", "drop", "drop-if-zero", "drop-if-unseen"]
Defaulted = Literal["keep", "refuse-visible", "off"]
Readback = Literal["refuse", "refuse-visible", "accept"]
SetClear = Literal["in-order", "cleared-first"]
Devices = Literal["keep", "write", "restore"]
Order = Literal["all-vcpus-first", "vcpu-by-vcpu"]
AtLoad = Literal["set", "not-set"]


class _Names(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: list[str]
    source: str


class _Sizes(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Union[list[int], Literal["all"]]
    source: str


class _Missing(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Missing
    source: str


class _Defaulted(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Defaulted
    source: str


class _Refuse(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Literal["refuse", "accept"]
    source: str


class _Readback(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Readback
    source: str


class _SetClear(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: SetClear
    source: str


class _Order(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Order
    source: str


class _Devices(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Devices
    source: str


class _Pins(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Union[list[str], Literal["all"]]
    source: str


class _AtLoad(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: AtLoad
    source: str


class _VmRegisters(Struct, forbid_unknown_fields=True, rename={"value": "is"}):
    value: Literal["carried"]
    source: str


class _Save(Struct, forbid_unknown_fields=True):
    apart: _Names
    lost: _Names
    sizes: _Sizes
    vm_registers: Optional[_VmRegisters] = None


class _Load(Struct, forbid_unknown_fields=True):
    missing: _Missing
    longer: _Refuse
    above_all: _Missing
    defaulted: _Defaulted
    refused: _Refuse
    readback: _Readback
    order: _Order
    devices: _Devices
    set_clear: Optional[_SetClear] = None


class _Birth(Struct, forbid_unknown_fields=True):
    pins: _Pins
    sizes: Optional[_Sizes] = None
    at_load: Optional[_AtLoad] = None


class _Tolerance(Struct, forbid_unknown_fields=True):
    register: str
    missing: Missing
    source: str


class _File(Struct, forbid_unknown_fields=True):
    name: str
    title: str
    evidence: Evidence
    save: _Save
    load: _Load
    birth: _Birth
    tolerance: list[_Tolerance] = []


@dataclass(frozen=True)
class Policy:
    """What a VMM does with registers on a move. Ids and classes are numbers, sizes bytes."""

    name: str
    title: str
    evidence: str
    """``observed`` in real moves, read in the VMM's ``source``, or ``ours``"""
    apart: frozenset[int]
    """Classes that the VMM carries by other means than the register list, whole."""
    lost_classes: frozenset[int]
    lost_ids: frozenset[int]
    """What it does not save at all, though the kernel lists it."""
    sizes: Optional[frozenset[int]]
    """Register widths that it can handle; another one and it gives up. None: all."""
    missing: str
    """A saved register that the destination does not list: ``refuse``; ``drop``;
    ``drop-if-zero``; ``drop-if-unseen``: drop a register of a feature that the guest does not
    have, or that holds what a kernel without it shows, else refuse; ``graded``: drop what no guest
    can have used, else refuse."""
    longer: str
    """More saved registers than the destination lists: ``refuse`` or ``accept``."""
    above_all: str
    """A missing register whose id is above every id that the destination lists."""
    defaulted: str
    """A register that the stream lacks: ``keep`` its reset value, ``refuse-visible``, or set a
    VM-scoped one to its opt-in value: ``off``."""
    refused: str
    """A value that the kernel refuses: ``refuse`` the guest, or ``accept`` and go on."""
    readback: str
    """A value that reads back otherwise: ``refuse``; ``refuse-visible``, of what the guest knows
    its machine by; or ``accept``: nobody looks."""
    order: str
    """``all-vcpus-first``: initialised before the first write; ``vcpu-by-vcpu``: one is
    initialised and gets its registers, then the next."""
    devices: str
    """Registers of the interrupt controller by which a guest knows it: ``keep`` the destination's
    own, ``write`` the guest's and not look, or ``restore`` them: write and read back."""
    set_clear: str
    """Registers that only set or only clear bits, on kernels that have such: written ``in-order``
    of their ids, which undoes one by the other, or ``cleared-first``. A file that does not say:
    in-order."""
    pins: Optional[frozenset[int]]
    """Registers that it can set at birth. None: all of them."""
    pin_sizes: Optional[frozenset[int]]
    """Widths of registers that it can set at birth. None (and no line in the file): all."""
    pins_at_load: bool
    """Whether it sets the pins again before it loads, which counts for registers that the stream
    lacks. A file that does not say: it does."""
    vm_registers: bool
    """Whether it sets, saves and restores registers that only the VM's own ioctls reach. A file
    that does not say: it does not know of them."""
    tolerances: Mapping[int, str]
    """Registers with an answer of their own to ``missing``."""
    sources: Mapping[str, str]
    """Where each fact was read or seen, by its place in the file."""
    unsettable: frozenset[int] = frozenset()
    """Registers that it cannot set at birth, whatever ``pins`` says: see :meth:`on`."""

    def on(self, vm_only: frozenset[int]) -> Policy:
        """Return the policy on hosts with registers ``vm_only`` that only the VM's own ioctls
        reach: a VMM that does not know of them leaves them behind, and cannot set them."""
        if self.vm_registers or vm_only <= self.lost_ids & self.unsettable:
            return self
        return replace(self, lost_ids=self.lost_ids | vm_only, unsettable=self.unsettable | vm_only)

    def carries_apart(self, number: int) -> bool:
        """Whether the VMM carries register ``number`` by other means than the list."""
        return (number >> regid.CLASS_SHIFT & 0xFFF) in self.apart and number not in self.lost_ids

    def loses(self, number: int) -> bool:
        """Whether the VMM leaves register ``number`` behind."""
        return number in self.lost_ids or (number >> regid.CLASS_SHIFT & 0xFFF) in self.lost_classes

    def can_pin(self, number: int) -> bool:
        """Whether the VMM can set register ``number`` when a guest is born."""
        if self.pin_sizes is not None and regid.size_of(number) not in self.pin_sizes:
            return False
        return number not in self.unsettable and (self.pins is None or number in self.pins)


def names() -> tuple[str, ...]:
    """Return the names of the policies that ship, sorted."""
    return tuple(sheet.shipped(__file__, "data"))


@cache
def load(name: str) -> Policy:
    """Return the policy called ``name``. UnknownName, with the nearest, if none is."""
    files = sheet.shipped(__file__, "data")
    if name not in files:
        raise UnknownName("VMM policy", name, files, hint=f"there are {', '.join(files)}")
    return _policy(sheet.read(files[name], _File))


def read(path: str) -> Policy:
    """Return the policy in the TOML file ``path``. Raises BadInput."""
    return _policy(sheet.read(path, _File))


def parse(data: bytes, path: str) -> Policy:
    """Return the policy in the TOML text ``data``. Raises BadInput."""
    return _policy(sheet.parse(data, path, _File))


def _policy(file: _File) -> Policy:
    lost = file.save.lost.value
    return Policy(
        name=file.name,
        title=file.title,
        evidence=file.evidence,
        apart=frozenset(CLASSES[each] for each in file.save.apart.value),
        lost_classes=frozenset(CLASSES[each] for each in lost if each in CLASSES),
        lost_ids=frozenset(find(each).id for each in lost if each not in CLASSES),
        sizes=_widths(file.save.sizes),
        missing=file.load.missing.value,
        longer=file.load.longer.value,
        above_all=file.load.above_all.value,
        defaulted=file.load.defaulted.value,
        refused=file.load.refused.value,
        readback=file.load.readback.value,
        order=file.load.order.value,
        devices=file.load.devices.value,
        set_clear="in-order" if file.load.set_clear is None else file.load.set_clear.value,
        pins=None if file.birth.pins.value == "all" else _ids(file.birth.pins.value),
        pin_sizes=_widths(file.birth.sizes),
        pins_at_load=file.birth.at_load is None or file.birth.at_load.value == "set",
        vm_registers=file.save.vm_registers is not None,
        tolerances={find(each.register).id: each.missing for each in file.tolerance},
        sources=_sources(file),
    )


def _ids(registers: list[str]) -> frozenset[int]:
    return frozenset(find(each).id for each in registers)


def _widths(sizes: Optional[_Sizes]) -> Optional[frozenset[int]]:
    return None if sizes is None or sizes.value == "all" else frozenset(sizes.value)


def _sources(file: _File) -> dict[str, str]:
    found = {f"tolerance.{each.register}": each.source for each in file.tolerance}
    for part in ("save", "load", "birth"):
        section = getattr(file, part)
        for key in section.__struct_fields__:
            fact = getattr(section, key)
            if fact is not None:
                found[f"{part}.{key}"] = fact.source
    return dict(sorted(found.items()))
