"""Switching features off: where no value of a register suits all hosts, and guests may do without
its feature, the ID fields that tell of the feature are pinned below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Optional

from guestabi.compat.known import requirements
from guestabi.fleet.shown import shown
from guestabi.profile.answers import answer
from guestabi.profile.host import HostProfile
from guestabi.registers.model import Field, Requirement

Place = tuple[int, Field]


def switched_off(
    clashing: Iterable[int], hosts: Sequence[HostProfile], values: Mapping[int, int]
) -> dict[int, int]:
    """Return values of ID registers with which as many of ``clashing`` as can be are of a feature
    that is absent: in each field the greatest that every host accepts, and at most that of
    ``values`` or of what all hosts show. Of the rest nothing is switched off."""
    standing = {number for number in clashing if requirements(number)}
    while standing:
        found = {
            place: _greatest(place, below, hosts, values)
            for place, below in _wanted(standing).items()
        }
        stuck = {
            number
            for number in standing
            if any(found[told_by, field] is None for told_by, field, _ in requirements(number))
        }
        if not stuck:
            return _merged(found, hosts, values)
        standing -= stuck
    return {}


def _wanted(standing: set[int]) -> dict[Place, list[Requirement]]:
    """By ID field, what it must not fulfil."""
    wanted: dict[Place, list[Requirement]] = {}
    for number in sorted(standing):
        for told_by, field, requirement in requirements(number):
            wanted.setdefault((told_by, field), []).append(requirement)
    return wanted


def _greatest(
    place: Place,
    below: list[Requirement],
    hosts: Sequence[HostProfile],
    values: Mapping[int, int],
) -> Optional[int]:
    """The greatest raw value of the field that all hosts accept and that fulfils none of ``below``;
    None where there is none, or the register has no common value."""
    told_by, field = place
    now = _common(told_by, hosts, values)
    if now is None:
        return None
    for raw in sorted(range(1 << field.width), key=lambda raw: -field.interpret(raw << field.low)):
        value = now & ~field.mask | raw << field.low
        told = field.interpret(value)
        if told > field.interpret(now) or any(each.holds(told) for each in below):
            continue
        if all(_holds(told_by, value, host) for host in hosts):
            return raw
    return None


def _common(number: int, hosts: Sequence[HostProfile], values: Mapping[int, int]) -> Optional[int]:
    if number in values:
        return values[number]
    seen = {shown(number, host) for host in hosts}
    value, unknown = seen.pop()
    return None if seen or unknown else value


def _holds(number: int, value: int, host: HostProfile) -> bool:
    register = host.registers.get(number)
    if register is None:
        return shown(number, host) == (value, 0)
    return answer(register, value).kind == "same"


def _merged(
    found: Mapping[Place, Optional[int]], hosts: Sequence[HostProfile], values: Mapping[int, int]
) -> dict[int, int]:
    changed: dict[int, int] = {}
    for (told_by, field), raw in found.items():
        now = changed.get(told_by, _common(told_by, hosts, values))
        if now is not None and raw is not None:
            changed[told_by] = now & ~field.mask | raw << field.low
    return {n: value for n, value in changed.items() if value != _common(n, hosts, values)}
