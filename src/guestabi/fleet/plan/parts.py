"""A plan taken apart: groups between which no guest is ever moved do not matter to each other, and
groups that are alike at every step are one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from guestabi.fleet.plan.shape import Guests, Plan


@dataclass(frozen=True)
class Part:
    """``hosts``: number of hosts by group name, of the groups that are looked at; ``guests``:
    those that are there at the start, by the group that stands for theirs; ``stands_for``: how many
    groups of the plan this is."""

    hosts: Mapping[str, int]
    guests: tuple[tuple[str, Guests], ...]
    stands_for: int


def parts(plan: Plan) -> tuple[Part, ...]:
    """Return the plan's parts, in the order of its groups; parts that are alike are one."""
    found: dict[Hashable, Part] = {}
    for names in _apart(plan):
        hosts, stands_for = _merged(plan, names)
        guests = tuple(
            (each.group, each) for each in plan.guests if stands_for.get(each.group) == each.group
        )
        part = Part(hosts, guests, len(names))
        key: Hashable = (
            names[0] if len(hosts) > 1 else (likeness(plan, names[0]), hosts[names[0]] > 1)
        )
        if key in found:
            before = found[key]
            part = Part(before.hosts, before.guests, before.stands_for + part.stands_for)
        found[key] = part
    return tuple(found.values())


def _apart(plan: Plan) -> list[list[str]]:
    """Groups that guests can go between, whatever the step."""
    names = [group.name for group in plan.groups]
    if any(fleet.moves == "anywhere" for fleet in plan.fleets):
        return [names]
    if any(step.reboot_stuck for step in plan.steps):
        return [names]
    head = {name: name for name in names}

    def find(name: str) -> str:
        while head[name] != name:
            head[name] = head[head[name]]
            name = head[name]
        return name

    for fleet in plan.fleets:
        for one, two in fleet.moves if isinstance(fleet.moves, frozenset) else ():
            head[find(one)] = find(two)
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(find(name), []).append(name)
    return list(found.values())


def _merged(plan: Plan, names: list[str]) -> tuple[dict[str, int], dict[str, str]]:
    """Number of hosts by the first group of each kind, and that group by each name."""
    hosts: dict[str, int] = {}
    first: dict[Hashable, str] = {}
    stands_for = {}
    pairs = any(isinstance(fleet.moves, frozenset) for fleet in plan.fleets)
    anywhere = all(fleet.moves == "anywhere" for fleet in plan.fleets)
    for name in names:
        key = likeness(plan, name)
        upgraded = any(step.kind == "kernel" and name in step.groups for step in plan.steps)
        if pairs or (plan.hosts[name] == 1 and (upgraded or not anywhere)):
            # One host is not two: nobody moves to the like of it, or in while its kernel changes.
            key = name
        head = first.setdefault(key, name)
        hosts[head] = hosts.get(head, 0) + plan.hosts[name]
        stands_for[name] = head
    return hosts, stands_for


def likeness(plan: Plan, name: str) -> Hashable:
    """Return all that is ever said of a group, but for its name and how many hosts it has."""
    guests = frozenset(
        (each.born.key, tuple(sorted(each.pins.items())))
        for each in plan.guests
        if each.group == name
    )
    told = tuple(
        (
            fleet.configs[name].key,
            tuple(sorted(fleet.pins[name].items())),
            name in fleet.closed,
            name in fleet.births,
        )
        for fleet in plan.fleets
    )
    named = tuple(step.kind in ("reboot", "drain") and name in step.groups for step in plan.steps)
    return guests, told, named
