"""Baselines: the greatest guest ABI that every one of a set of hosts accepts, as pins.

Greatest is meant register by register. Of a register that was measured field by field, and that
all hosts list: in each field the most capable value (sign-aware) that every host accepts and that
is beyond no host's default. Of one that was only tried with whole values: the least default that
every host accepts, because nothing orders the others. Of one that some hosts do not list: what a
guest sees there without it, and nothing else will do. Where the hosts show guests the same, no pin
is needed; what they agree on is kept beside the pins, as another host may not share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Optional, Union

from guestabi.compat.grades import services, unlisted
from guestabi.compat.known import absent_of, field_names, is_visible, role_of
from guestabi.compat.pins import Conflict, Pins, meet
from guestabi.errors import UsageError
from guestabi.profile import canonical
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import name_of
from guestabi.uapi.regid import hex_id

MARK = "guestabi-baseline"
"""The key that makes a JSON object a baseline; its value is the format's version."""

FORMAT = 1


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
    ``agreed``: (id, value) of what all hosts show guests without any pin, by id."""

    name: str
    version: int
    hosts: tuple[tuple[str, str], ...]
    pins: tuple[Pin, ...]
    agreed: tuple[tuple[int, int], ...] = ()

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
        return {
            MARK: FORMAT,
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


def baseline(
    hosts: Sequence[HostProfile], name: str = "baseline", version: int = 1
) -> Union[Baseline, NoBaseline]:
    """Return the baseline of ``hosts``, whatever their order, or the smallest conflict.

    Raises UsageError for no hosts, a name that cannot be printed, a version below 1.
    """
    if not name or not name.isprintable():
        raise UsageError(f"{name!r} is no name for a baseline", hint="use printable characters")
    if version < 1:
        raise UsageError(f"{version} is no version of a baseline", hint="versions start at 1")
    distinct = _distinct(hosts)
    met = meet(distinct)
    if isinstance(met, Conflict):
        return _smallest(distinct)
    labels = sorted({(host.label, host.digest) for host in hosts})
    return Baseline(name, version, tuple(labels), _pins(met, distinct), _agreed(met, distinct))


def shown(number: int, host: HostProfile) -> tuple[Optional[int], int]:
    """Return what a guest without pins sees of a register, None: not known; and the bits of it
    of which nothing tells."""
    register = host.registers.get(number)
    if register is not None:
        return register.default, 0
    if role_of(number) == "bitmap":
        return unlisted(number, host)
    return absent_of(number), 0


def _distinct(hosts: Sequence[HostProfile]) -> list[HostProfile]:
    """One host a digest, in an order that depends on nothing but the hosts."""
    found: dict[str, HostProfile] = {}
    for host in sorted(hosts, key=lambda host: (host.label, host.digest)):
        found.setdefault(host.digest, host)
    return list(found.values())


def _smallest(hosts: list[HostProfile]) -> NoBaseline:
    groups = (group for size in range(2, len(hosts) + 1) for group in combinations(hosts, size))
    tried = ((group, meet(group)) for group in groups)
    return next(NoBaseline(group, met) for group, met in tried if isinstance(met, Conflict))


def _pins(met: Pins, hosts: list[HostProfile]) -> tuple[Pin, ...]:
    found = []
    for number, value in sorted(met.values.items()):
        bits = 0
        for host in hosts:
            bits |= value ^ (shown(number, host)[0] or 0)
        found.append(Pin(number, value, field_names(number, bits), met.reasons[number]))
    return tuple(found)


def _agreed(met: Pins, hosts: list[HostProfile]) -> tuple[tuple[int, int], ...]:
    listed = {number for host in hosts for number in host.registers if is_visible(number)}
    found = []
    for number in sorted((listed | services().keys()) - met.values.keys()):
        seen = {shown(number, host) for host in hosts}
        value, unknown = seen.pop()
        if not seen and value is not None and not unknown:
            found.append((number, value))
    return tuple(found)
