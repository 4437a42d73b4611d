"""Baselines: the greatest guest ABI that every one of a set of hosts accepts, as pins.

Greatest is meant register by register. Of a register that was measured field by field, and that
all hosts list: in each field the most capable value (sign-aware) that every host accepts and that
is beyond no host's default. Of one that was only tried with whole values: the least default that
every host accepts, because nothing orders the others. Of one that some hosts do not list: what a
guest sees there without it, and nothing else will do. Where the hosts show guests the same, no pin
is needed; what they agree on is kept beside the pins, as another host may not share it. What
nothing tells is listed as unknown.

Where ``allow_dead`` is asked for, a register of a feature that the guest's own ID registers, as
pinned, call absent does not count; and a feature is switched off, if it can be, where one of its
registers has no value that suits all hosts. Without it no feature is ever switched off for that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Union

from guestabi.compat.grades import services
from guestabi.compat.known import field_names, is_visible
from guestabi.compat.pins import Conflict, Pins, meet
from guestabi.compat.verdict import CANNOT_TELL, SAFE
from guestabi.errors import UsageError
from guestabi.fleet.certain import is_certain
from guestabi.fleet.shown import dead, shown
from guestabi.fleet.switching import switched_off
from guestabi.fleet.unknown import Unknown, unknown_of
from guestabi.fleet.unordered import SHOWN, described
from guestabi.profile import canonical
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import name_of
from guestabi.uapi.regid import hex_id

MARK = "guestabi-baseline"
"""The key that makes a JSON object a baseline; its value is the format's version."""

FORMAT = 2
"""The newest: with ``allow_dead``, ``dead`` and ``unknown``. A baseline that needs none of them is
written as format 1, which older programs read."""

SWITCHED_OFF = "switches a feature off, as no value of one of its registers suits every host"


@dataclass(frozen=True)
class Pin:
    """One register (an id) and the value that a guest is born with. ``fields``: names of those in
    which a guest of one of the hosts would see another value without the pin, from bit 0 up."""

    id: int
    value: int
    fields: tuple[str, ...]
    reason: str

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form; the register's name is the catalogue's."""
        return {
            "id": hex_id(self.id),
            "register": name_of(self.id),
            "value": hex(self.value),
            "fields": list(self.fields),
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Baseline:
    """``hosts``: (label, digest) of those that it was made of, sorted; ``pins``: by id;
    ``agreed``: (id, value) of what all hosts show guests without any pin, by id; ``unknown``: of
    what nothing tells whether guests see the same, by id. ``dead``: with ``allow_dead``, the ids of
    registers that do not count, as their features are absent, and that would have stood against a
    baseline, or been unknown."""

    name: str
    version: int
    hosts: tuple[tuple[str, str], ...]
    pins: tuple[Pin, ...]
    agreed: tuple[tuple[int, int], ...] = ()
    unknown: tuple[Unknown, ...] = ()
    allow_dead: bool = False
    dead: tuple[int, ...] = ()

    def exit_status(self) -> int:
        """0: guests see the same on all hosts; 101: not all is known."""
        return CANNOT_TELL if self.unknown else SAFE

    @cached_property
    def values(self) -> dict[int, int]:
        """What a VMM sets when a guest is born: value by register id."""
        return {pin.id: pin.value for pin in self.pins}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything else in the file, 64 hex digits."""
        return canonical.sha256(self._unsealed())

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form, sealed."""
        return {**self._unsealed(), "digest": self.digest}

    def _unsealed(self) -> dict[str, Any]:
        if not (self.allow_dead or self.unknown):
            return {MARK: 1, **self._plain()}
        return {
            MARK: FORMAT,
            **self._plain(),
            "allow_dead": self.allow_dead,
            "dead": [{"id": hex_id(number), "register": name_of(number)} for number in self.dead],
            "unknown": [each.to_builtins() for each in self.unknown],
        }

    def _plain(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "version": self.version,
            "hosts": [{"name": label, "digest": digest} for label, digest in self.hosts],
            "pins": [pin.to_builtins() for pin in self.pins],
            "agreed": [
                {"id": hex_id(number), "register": name_of(number), "value": hex(value)}
                for number, value in self.agreed
            ],
        }


@dataclass(frozen=True)
class NoBaseline:
    """A smallest set of hosts without a common ABI: any fewer of the hosts asked about have one.
    ``conflict`` names the registers and fields on which they disagree."""

    hosts: tuple[HostProfile, ...]
    conflict: Conflict

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form of ``guestabi baseline`` where there is none."""
        return {
            "schema": 1,
            "baseline": None,
            "hosts": [{"name": host.label, "digest": host.digest} for host in self.hosts],
            "clashes": [
                {
                    "id": hex_id(clash.register),
                    "register": clash.name,
                    "fields": list(clash.fields),
                    "bits": hex(clash.bits),
                }
                for clash in self.conflict.clashes
            ],
        }


@dataclass(frozen=True)
class _Joined:
    """What a set of hosts has in common."""

    pins: Pins
    agreed: tuple[tuple[int, int], ...]
    unknown: tuple[Unknown, ...]
    dead: tuple[int, ...]


def baseline(
    hosts: Sequence[HostProfile],
    name: str = "baseline",
    version: int = 1,
    *,
    allow_dead: bool = False,
) -> Union[Baseline, NoBaseline]:
    """Return the baseline of ``hosts``, whatever their order, or the smallest conflict.

    ``allow_dead``: registers of features that the pins call absent do not count. Raises UsageError
    for no hosts, a name that cannot be printed, a version below 1.
    """
    if not name or not name.isprintable():
        raise UsageError(f"{name!r} is no name for a baseline", hint="use printable characters")
    if version < 1:
        raise UsageError(f"{version} is no version of a baseline", hint="versions start at 1")
    distinct = _distinct(hosts)
    joined = _join(distinct, allow_dead)
    if isinstance(joined, Conflict):
        return _smallest(distinct, allow_dead)
    labels = tuple(sorted({(host.label, host.digest) for host in hosts}))
    pins = _pins(joined.pins, distinct)
    more = (joined.agreed, joined.unknown, allow_dead, joined.dead)
    return Baseline(name, version, labels, pins, *more)


def _join(hosts: Sequence[HostProfile], allow_dead: bool) -> Union[_Joined, Conflict]:
    met = meet(hosts)
    clashes = met.clashes if isinstance(met, Conflict) else ()
    pins = met.partial if isinstance(met, Conflict) else met
    shown_by_one = described((clash.register for clash in clashes), hosts)
    pins = _with(pins, shown_by_one, SHOWN)
    clashes = tuple(clash for clash in clashes if clash.register not in shown_by_one)
    certain = [clash for clash in clashes if is_certain(clash, hosts)]
    if allow_dead:
        off = switched_off((clash.register for clash in certain), hosts, pins.values)
        pins = _with(pins, off, SWITCHED_OFF)
    gone = {c.register for c in certain if allow_dead and dead(c.register, hosts, pins.values)}
    certain = [clash for clash in certain if clash.register not in gone]
    if certain:
        return Conflict(tuple(certain), pins)
    agreed = _agreed(pins, hosts)
    clashing = {clash.register for clash in clashes}
    unknown = () if len(hosts) == 1 else _unknown(pins, dict(agreed), clashing - gone, gone, hosts)
    if allow_dead:
        gone |= {each.id for each in unknown if dead(each.id, hosts, pins.values)}
    left = tuple(each for each in unknown if each.id not in gone)
    return _Joined(pins, agreed, left, tuple(sorted(gone)))


def _with(pins: Pins, values: Mapping[int, int], reason: str) -> Pins:
    reasons = {**pins.reasons, **dict.fromkeys(values, reason)}
    return Pins({**pins.values, **values}, reasons)


def _unknown(
    pins: Pins,
    agreed: Mapping[int, int],
    clashing: Collection[int],
    gone: Collection[int],
    hosts: Sequence[HostProfile],
) -> tuple[Unknown, ...]:
    found: list[Unknown] = []
    for number in sorted(_visible(hosts) - agreed.keys() - set(gone)):
        pinned = number in pins.values
        found += unknown_of(number, hosts, pinned=pinned, clashing=number in clashing)
    return tuple(found)


def _distinct(hosts: Sequence[HostProfile]) -> list[HostProfile]:
    """One host a digest, in an order that depends on nothing but the hosts."""
    found: dict[str, HostProfile] = {}
    for host in sorted(hosts, key=lambda host: (host.label, host.digest)):
        found.setdefault(host.digest, host)
    return list(found.values())


def _smallest(hosts: list[HostProfile], allow_dead: bool) -> NoBaseline:
    groups = (group for size in range(2, len(hosts) + 1) for group in combinations(hosts, size))
    tried = ((group, _join(group, allow_dead)) for group in groups)
    return next(NoBaseline(group, met) for group, met in tried if isinstance(met, Conflict))


def _pins(met: Pins, hosts: list[HostProfile]) -> tuple[Pin, ...]:
    found = []
    for number, value in sorted(met.values.items()):
        bits = 0
        for host in hosts:
            bits |= value ^ (shown(number, host)[0] or 0)
        found.append(Pin(number, value, field_names(number, bits), met.reasons[number]))
    return tuple(found)


def _visible(hosts: Sequence[HostProfile]) -> set[int]:
    listed = {number for host in hosts for number in host.registers if is_visible(number)}
    return listed | services().keys()


def _agreed(met: Pins, hosts: Sequence[HostProfile]) -> tuple[tuple[int, int], ...]:
    found = []
    for number in sorted(_visible(hosts) - met.values.keys()):
        seen = {shown(number, host) for host in hosts}
        value, unknown = seen.pop()
        if not seen and value is not None and not unknown:
            found.append((number, value))
    return tuple(found)
