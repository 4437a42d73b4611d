"""Every way the fleet can stand during a rollout: before, in the middle of, and after each step.

In the middle of a kernel or VMM step a group has hosts of both kinds, and whoever is on one kind
must leave before the step is done, on the other before it is undone. The one host of a group
takes nobody in while its kernel is changed. Steps that roll nothing have no middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from guestabi.fleet.plan.shape import Config, Fleet, Plan, Step


class Place(NamedTuple):
    """Hosts of a group (by name) that run the same."""

    group: str
    config: Config


@dataclass(frozen=True)
class Stage:
    """``step``: how many steps are done, and with ``middle`` one more is under way.

    ``taking``: places that take guests in, and where guests boot if ``births`` allows;
    ``closing``: places that are there, and take nobody in. ``leave_up``: who must be empty before
    the step is done; ``leave_down``: before it is undone.
    """

    step: int
    middle: bool
    fleet: Fleet
    taking: tuple[Place, ...]
    closing: tuple[Place, ...] = ()
    leave_up: frozenset[Place] = frozenset()
    leave_down: frozenset[Place] = frozenset()
    alone: frozenset[Place] = frozenset()
    """Places of one host: nobody moves from such a place to the like of it."""
    reboot_stuck: bool = False

    @cached_property
    def births(self) -> tuple[Place, ...]:
        """Where guests may boot."""
        return tuple(each for each in self.taking if each.group in self.fleet.births)

    @cached_property
    def targets(self) -> Mapping[Place, tuple[Place, ...]]:
        """Where a guest at each place may be moved, the like of its own place among them."""
        found = {}
        for place in (*self.taking, *self.closing):
            found[place] = tuple(
                other
                for other in self.taking
                if self.fleet.may_go(place.group, other.group)
                and not (place == other and place in self.alone)
            )
        return found


def stages(plan: Plan, hosts: Mapping[str, int]) -> tuple[Stage, ...]:
    """Return all stages in the order of the rollout, of the groups in ``hosts`` alone (group name
    -> number of hosts)."""
    found = [_settled(plan, hosts, 0)]
    for number, step in enumerate(plan.steps):
        if step.rolls:
            found.append(_middle(plan, hosts, number, step))
        found.append(_settled(plan, hosts, number + 1))
    return tuple(found)


def _settled(plan: Plan, hosts: Mapping[str, int], number: int) -> Stage:
    fleet = plan.fleets[number]
    places = {name: Place(name, fleet.configs[name]) for name in hosts}
    open_ = tuple(place for name, place in places.items() if name not in fleet.closed)
    closed = tuple(place for name, place in places.items() if name in fleet.closed)
    alone = frozenset(place for name, place in places.items() if hosts[name] == 1)
    return Stage(number, False, fleet, open_, closed, alone=alone)


def _middle(plan: Plan, hosts: Mapping[str, int], number: int, step: Step) -> Stage:
    before, after = plan.fleets[number], plan.fleets[number + 1]
    taking: list[Place] = []
    closing: list[Place] = []
    up: list[Place] = []
    down: list[Place] = []
    alone: set[Place] = set()
    for name in hosts:
        old, new = Place(name, before.configs[name]), Place(name, after.configs[name])
        single = hosts[name] == 1
        here = [old] if old == new else [old, new]
        shut = name in before.closed or (
            name in step.groups
            and (step.kind == "drain" or (single and step.kind == "kernel" and old != new))
        )
        if old != new:
            up.append(old)
            down.append(new)
        elif name in step.groups and step.kind == "drain":
            up.append(old)
        if single:
            alone |= {*here}
        (closing if shut else taking).extend(here)
    return Stage(
        number,
        True,
        before,
        tuple(taking),
        tuple(closing),
        frozenset(up),
        frozenset(down),
        frozenset(alone),
        step.reboot_stuck,
    )
