"""What a VMM writes into a stream, and what comes of loading it: saves and loads, as functions.

Registers are numbered 1..KERNELS-1 as the kernel versions that brought them; register 0 stands for
the VM-wide registers that were always there. A mask has bit r-1 set when the service of register r
is on. ``k`` is a kernel version, ``v`` a VMM version; see :class:`~.semantics.Behaviour`.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from guestabi.model.semantics import Behaviour, Design

Masks = tuple[int, int]
"""What each of the two vCPUs shows."""

Entry = tuple[int, int, int]
"""Register, value on vCPU 0, value on vCPU 1."""


class Stream(NamedTuple):
    """A saved guest."""

    section: tuple[Entry, ...]
    """Registers in the section for VM-scoped ones."""
    listed: tuple[Entry, ...]
    """New registers among those of the vCPUs."""
    flagged: bool
    """Are ids of VM-wide registers, old ones too, written with the scope bit?"""
    k: int
    v: int


class Loaded(NamedTuple):
    """What came of a load. ``refused`` is the register that stopped it, or None."""

    masks: Masks
    refused: Optional[int] = None
    writes: tuple[int, ...] = ()
    """Registers that code which knows them wrote, once a write."""
    late: int = 0
    """Mask of the registers whose value was changed after a vCPU existed."""
    seen: int = 0
    """Mask of the registers that the list has, for a VMM that asks for it at the first init."""


def bit(register: int) -> int:
    """Return the mask of one register."""
    return 1 << (register - 1)


def known(k: int) -> int:
    """Return the mask of all new registers that kernel ``k`` has."""
    return (1 << k) - 1


def fresh(design: Design, k: int) -> int:
    """Return what a vCPU of a new VM shows."""
    return known(k) if design.default else 0


def is_listed(design: Design, mask: int, register: int, k: int) -> bool:
    """Say whether a vCPU that shows ``mask`` on kernel ``k`` lists ``register``."""
    if design.listed == "when-set":
        return register <= k and bool(mask & bit(register))
    return register <= k and design.listed == "always"


def uses_interface(behaviour: Behaviour, v: int) -> bool:
    """Say whether VMM version ``v`` knows the design's interface at all."""
    return behaviour.generic or v >= 1


def named(behaviour: Behaviour, v: int, register: int) -> bool:
    """Say whether VMM version ``v`` handles ``register`` through the design's interface."""
    return behaviour.generic or register <= v


def flags(design: Design, behaviour: Behaviour, k: int, v: int) -> bool:
    """Say whether ids of VM-wide registers carry the scope bit in a stream saved here."""
    return design.flag and k >= 1 and uses_interface(behaviour, v)


def seen_at_init(design: Design, behaviour: Behaviour, mask: int, k: int) -> int:
    """Return the mask of what a VMM remembers of a vCPU's list when the first one is made."""
    if behaviour.list_at != "init":
        return 0
    listed = (register for register in range(1, k + 1) if is_listed(design, mask, register, k))
    return sum(bit(register) for register in listed)


def save(design: Design, behaviour: Behaviour, masks: Masks, seen: int, k: int, v: int) -> Stream:
    """Return the stream that VMM ``v`` writes on kernel ``k`` for a guest that shows ``masks``.

    ``seen`` is what :func:`seen_at_init` gave when its first vCPU was made.
    """
    section, listed = [], []
    for register in range(1, k + 1):
        one, two = (int(bool(mask & bit(register))) for mask in masks)
        aware = named(behaviour, v, register)
        if design.vm_section:
            if aware and (one or behaviour.saves_zeros):
                section.append((register, one, two))
        elif _is_saved(design, behaviour, aware, masks[0], seen, register, k):
            listed.append((register, one, two))
    return Stream(tuple(section), tuple(listed), flags(design, behaviour, k, v), k, v)


def _is_saved(
    design: Design, behaviour: Behaviour, aware: bool, mask: int, seen: int, register: int, k: int
) -> bool:
    if aware or behaviour.list_at != "init":
        wanted = aware or behaviour.save == "list"
        return wanted and is_listed(design, mask, register, k)
    return behaviour.save == "list" and bool(seen & bit(register))


def load(
    design: Design, behaviour: Behaviour, stream: Stream, pins: Masks, k: int, v: int
) -> Loaded:
    """Load ``stream`` with VMM ``v`` on kernel ``k``.

    ``pins`` are the registers that another hand than the VMM's set at birth (a mask) and their
    values; a twin destination has them set before the load.
    """
    start = fresh(design, k)
    if behaviour.twin and pins[0]:
        missing = pins[0] & ~known(k)
        if missing and design.unknown_id == "ENOENT":
            return Loaded((start, start), (missing & -missing).bit_length())
        start = (start & ~pins[0] | pins[1]) & known(k)
    if stream.flagged and not _takes_flag(design, behaviour, k, v):
        return Loaded((start, start), 0)
    kept = pins[0] if behaviour.twin else 0
    return _Loading(design, behaviour, k, v, start, kept).run(stream)


def _takes_flag(design: Design, behaviour: Behaviour, k: int, v: int) -> bool:
    if uses_interface(behaviour, v) or behaviour.load == "write":
        return (design.flag and k >= 1) or design.unknown_id == "ignored"
    return behaviour.load == "skip"


class _Loading:
    """One load under way."""

    def __init__(
        self, design: Design, behaviour: Behaviour, k: int, v: int, start: int, kept: int
    ) -> None:
        self.design, self.behaviour, self.k, self.v = design, behaviour, k, v
        self.start = start
        self.kept = kept
        self.at_init = start if design.vm_write != "never" else fresh(design, k)
        self.masks = [start, start]
        self.writes: list[int] = []
        self.late = 0

    def run(self, stream: Stream) -> Loaded:
        refused = self._entries(stream)
        if refused is None:
            self._unset_what_it_lacks(stream)
        masks = (self.masks[0], self.masks[1])
        seen = seen_at_init(self.design, self.behaviour, self.at_init, self.k)
        return Loaded(masks, refused, tuple(self.writes), self.late, seen)

    def _entries(self, stream: Stream) -> Optional[int]:
        for register, one, two in stream.section:
            if not self._section_entry(register, one, two):
                return register
        for register, one, two in stream.listed:
            if not self._listed_entry(stream, register, one, two):
                return register
        return None

    def _section_entry(self, register: int, one: int, two: int) -> bool:
        if not named(self.behaviour, self.v, register):
            return self.behaviour.unknown_section == "skip"
        return self._write_aware(register, one, two)

    def _listed_entry(self, stream: Stream, register: int, one: int, two: int) -> bool:
        if named(self.behaviour, self.v, register):
            return self._write_aware(register, one, two)
        if self.behaviour.load == "skip":
            return True
        if self.behaviour.load == "check" and not is_listed(
            self.design, self.at_init, register, self.k
        ):
            return False
        return self._write_vcpus(register, one, two)

    def _write_aware(self, register: int, one: int, two: int) -> bool:
        if register > self.k:
            return self.design.unknown_id == "ignored"
        if self.design.vm_write != "never":
            self.writes.append(register)
            self._put(register, one, two)
            self.at_init = self.at_init & ~bit(register) | one * bit(register)
            return True
        self.writes += [register] if self.design.scope_told else [register, register]
        return self._write_vcpus(register, one, two)

    def _write_vcpus(self, register: int, one: int, two: int) -> bool:
        if register > self.k or self.design.vcpu_write == "never":
            return self.design.unknown_id == "ignored"
        if self.design.vcpu_write != "ignored":
            before = list(self.masks)
            self._put(register, one, two)
            self.late |= (before[0] ^ self.masks[0]) | (before[1] ^ self.masks[1])
        return True

    def _put(self, register: int, one: int, two: int) -> None:
        if self.design.store == "vm":
            one = two
        for at, value in enumerate((one, two)):
            self.masks[at] = self.masks[at] & ~bit(register) | value * bit(register)

    def _unset_what_it_lacks(self, stream: Stream) -> None:
        # Who knows a register by name knows what a stream without it means: it was off.
        has = {entry[0] for entry in (*stream.section, *stream.listed)}
        for register in range(1, min(self.k, self.v) + 1):
            on = self.start & bit(register) & ~self.kept
            if on and register not in has:
                self._write_aware(register, 0, 0)
