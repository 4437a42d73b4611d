"""What guest code sees of a host, given its registers, and what changes for it on a move.

A profile may hold what guest code found there (``HostProfile.guest``). What it finds elsewhere, or
with other registers, follows: an answer that is a register's moves with the register; a service
answers while its bit is set; a PSCI function while the version has it; everything else is the
host's own, and nothing that a VMM carries holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Optional, Union

from msgspec import Struct

from guestabi.compat.devices import Devices
from guestabi.compat.grades import NOT_SUPPORTED, services
from guestabi.policies import sheet
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import all_registers, find

Seen = Union[int, str]
State = Mapping[int, Optional[int]]


@dataclass(frozen=True)
class Change:
    """An answer that the guest gets otherwise than before."""

    name: str
    before: Seen
    after: Seen

    def to_builtins(self) -> dict[str, str]:
        """Return the JSON form: answers as hex text, or the words that they are."""
        return {"name": self.name, "before": _said(self.before), "after": _said(self.after)}


def _said(answer: Seen) -> str:
    return hex(answer) if isinstance(answer, int) else answer


class _Since(Struct, forbid_unknown_fields=True):
    answers: list[str]
    register: str
    value: int
    source: str


class _Part(Struct, forbid_unknown_fields=True):
    answer: str
    fields: list[str]
    source: str


class _Words(Struct, forbid_unknown_fields=True):
    answer: str
    register: str
    shift: int
    source: str


class _Device(Struct, forbid_unknown_fields=True):
    answer: str
    device: str
    source: str


class _File(Struct, forbid_unknown_fields=True):
    since: list[_Since]
    part: list[_Part]
    word: list[_Words]
    device: list[_Device]


@cache
def _file() -> _File:
    return sheet.read(Path(__file__).with_name("seen.toml"), _File)


@cache
def _masks() -> dict[str, int]:
    return {
        row.answer: sum(find(row.answer).field(name).mask for name in row.fields)
        for row in _file().part
    }


@cache
def _since(name: str) -> tuple[tuple[int, int], ...]:
    rows = _file().since
    return tuple(
        (find(row.register).id, row.value)
        for row in rows
        if any(fnmatchcase(name, pattern) for pattern in row.answers)
    )


@cache
def _services(name: str) -> tuple[tuple[int, int], ...]:
    return tuple(
        (each.register, 1 << each.bit)
        for rows in services().values()
        for each in rows
        if name in each.answers
    )


@cache
def _words(name: str) -> tuple[tuple[int, int], ...]:
    return tuple((find(row.register).id, row.shift) for row in _file().word if row.answer == name)


@cache
def _place(name: str) -> Optional[tuple[str, str]]:
    return next(((row.device, name) for row in _file().device if row.answer == name), None)


@cache
def held_by(name: str) -> frozenset[int]:
    """Return the registers that an answer may follow: its own, bitmaps, firmware versions."""
    own = _by_name().get(name)
    others = {number for number, _ in (*_services(name), *_since(name), *_words(name))}
    return frozenset(others if own is None else {own, *others})


@cache
def following() -> Mapping[int, frozenset[str]]:
    """Return, by register, the answers that may follow it; of those that no register of their own
    name holds, such as hypercalls, all that the catalogue and this file's rows know."""
    found: dict[int, set[str]] = {number: {name} for name, number in _by_name().items()}
    named = {each for rows in services().values() for row in rows for each in row.answers}
    named.update(row.answer for row in _file().word)
    for name in named:
        for number in held_by(name):
            found.setdefault(number, set()).add(name)
    return {number: frozenset(names) for number, names in found.items()}


@cache
def _by_name() -> dict[str, int]:
    return {each.name: each.id for each in all_registers()}


class Eyes:
    """Guest code on ``host``. Without answers in the profile it is blind, and nothing changes."""

    def __init__(self, host: HostProfile) -> None:
        self.host = host
        self.answers: Mapping[str, Seen] = host.guest or {}
        self._devices = {
            (each.device, each.attribute): int(each.default, 16) for each in host.devices
        }

    @cached_property
    def own(self) -> Mapping[str, int]:
        """The registers that hold an answer here, by the answer's name: what the guest found is
        what the register has."""
        ids = {row.name: number for number, row in self.host.registers.items()}
        return {
            name: number
            for name, said in self.answers.items()
            if (number := ids.get(name)) is not None and self._shows(name, number) == said
        }

    @cached_property
    def odd(self) -> frozenset[str]:
        """Answers that a listed register of the same name does not hold here."""
        names = {row.name for row in self.host.registers.values()}
        return frozenset(names & self.answers.keys() - self.own.keys())

    @cached_property
    def versioned(self) -> frozenset[str]:
        """The answers that come with a firmware version."""
        return frozenset(name for name in self.answers if _since(name))

    def sees(self, name: str, state: State, devices: Devices) -> Seen:
        """Return one answer to a guest that has ``state`` and ``devices`` here."""
        measured = self.answers[name]
        for register, since in _since(name):
            version = state.get(register)
            if version is not None and version < since:
                return NOT_SUPPORTED
        for register, bit in _services(name):
            bitmap = state.get(register)
            if register in self.host.registers and bitmap is not None and not bitmap & bit:
                return NOT_SUPPORTED
        words = _words(name)
        if words and isinstance(measured, int):
            held = [(state.get(r), shift) for r, shift in words if r in self.host.registers]
            return sum((value or 0) << shift for value, shift in held) if held else measured
        place = _place(name)
        if place is not None and self._devices.get(place) == measured:
            return devices.get(place, measured)
        number = self.own.get(name)
        value = None if number is None else state.get(number)
        return measured if value is None else value & _masks().get(name, -1)

    def _shows(self, name: str, number: int) -> Optional[int]:
        default = self.host.registers[number].default
        return None if default is None else default & _masks().get(name, -1)


def may_differ(
    before: Eyes, state: State, after: Eyes, state_after: State, differing: frozenset[str]
) -> set[str]:
    """Return the names of all that ``changes`` can find, and few more: for those who ask often.

    ``differing``: answers that the two profiles do not share.
    """
    names = {*differing, *before.odd, *after.odd, *_on_devices()}
    for number, _ in state.items() ^ state_after.items():
        names |= following().get(number, frozenset())
        if number in _versions():
            names |= before.versioned
    return names


@cache
def _on_devices() -> frozenset[str]:
    return frozenset(row.answer for row in _file().device)


@cache
def _versions() -> frozenset[int]:
    return frozenset(find(row.register).id for row in _file().since)


def changes(
    before: Eyes,
    state: State,
    devices: Devices,
    after: Eyes,
    state_after: State,
    devices_after: Devices,
    names: Optional[Iterable[str]] = None,
) -> tuple[Change, ...]:
    """Return what guest code sees otherwise, sorted by name; of ``names`` alone if given.

    Answers that one of the two profiles does not have are not compared.
    """
    both = before.answers.keys() & after.answers.keys()
    found = []
    for name in sorted(both if names is None else both & set(names)):
        was, now = before.sees(name, state, devices), after.sees(name, state_after, devices_after)
        if was != now:
            found.append(Change(name, was, now))
    return tuple(found)
