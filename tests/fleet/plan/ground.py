"""The ground that the naive planner walks on: hosts, and who may go where, as the plan says.

Written from what a plan means, not from guestabi.fleet.plan.stages: nothing is merged or collapsed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from guestabi.fleet.plan.shape import Config, Plan, Step


class Place(NamedTuple):
    """Hosts of a group that run the same."""

    group: str
    config: Config


class At(NamedTuple):
    """``done`` steps are done, and with ``middle`` the next is under way."""

    done: int
    middle: bool


@dataclass
class Standing:
    """How the fleet stands between two steps, by group name."""

    runs: dict[str, Config]
    pins: dict[str, dict[int, int]]
    closed: set[str]
    moves: object
    births: set[str]

    def after(self, step: Step) -> Standing:
        now = Standing(
            dict(self.runs),
            {name: dict(pins) for name, pins in self.pins.items()},
            set(self.closed),
            self.moves,
            set(self.births),
        )
        for name in step.groups:
            if step.kind in ("kernel", "vmm"):
                now.runs[name] = step.to[name]
            elif step.kind in ("pins", "baseline"):
                now.pins[name].update(step.pins)
            elif step.kind == "unpin":
                for number in step.pins:
                    now.pins[name].pop(number, None)
            elif step.kind == "drain":
                now.closed.add(name)
            elif step.kind == "open":
                now.closed.discard(name)
        if step.kind == "moves":
            now.moves = step.moves
        if step.kind == "births":
            now.births = set(step.births or ())
        return now


class Ground:
    """Where guests may be, come and boot at each stage of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.size = {group.name: group.hosts for group in plan.groups}
        start = plan.start
        self.standings = [
            Standing(
                dict(start.configs),
                {name: dict(pins) for name, pins in start.pins.items()},
                set(),
                start.moves,
                set(start.births),
            )
        ]
        for step in plan.steps:
            self.standings.append(self.standings[-1].after(step))

    def places(self, at: At) -> list[Place]:
        """Everywhere that hosts are then."""
        there = [self.standings[at.done]] + ([self.standings[at.done + 1]] if at.middle else [])
        found = {Place(name, config): 0 for each in there for name, config in each.runs.items()}
        return list(found)

    def changed(self, done: int) -> set[str]:
        """The groups that have hosts of both kinds in the middle of step ``done``."""
        before, after = self.standings[done].runs, self.standings[done + 1].runs
        return {name for name in before if before[name] != after[name]}

    def old(self, at: At) -> set[Place]:
        """In a middle: who must be empty before the step is done."""
        step, runs = self.plan.steps[at.done], self.standings[at.done].runs
        names = set(step.groups) if step.kind == "drain" else self.changed(at.done)
        return {Place(name, runs[name]) for name in names}

    def new(self, at: At) -> set[Place]:
        """In a middle: who must be empty before the step is undone."""
        runs = self.standings[at.done + 1].runs
        return {Place(name, runs[name]) for name in self.changed(at.done)}

    def takes(self, at: At, place: Place) -> bool:
        """Whether guests may come to a place, or boot there if births are allowed."""
        if place.group in self.standings[at.done].closed:
            return False
        if not at.middle:
            return True
        step = self.plan.steps[at.done]
        if step.kind == "drain":
            return place.group not in step.groups
        alone = self.size[place.group] == 1
        return not (step.kind == "kernel" and alone and place.group in self.changed(at.done))

    def may_move(self, at: At, here: Place, there: Place) -> bool:
        """Whether a guest may be moved from one place to another, or to the like of its own."""
        if not self.takes(at, there):
            return False
        if here == there:
            return self.size[here.group] > 1
        moves = self.standings[at.done].moves
        if here.group == there.group or moves == "anywhere":
            return True
        return isinstance(moves, frozenset) and (here.group, there.group) in moves

    def targets(self, at: At, here: Place) -> list[Place]:
        """Where a guest may be moved."""
        return [there for there in self.places(at) if self.may_move(at, here, there)]

    def births(self, at: At) -> list[Place]:
        """Where guests may boot."""
        allowed = self.standings[at.done].births
        return [each for each in self.places(at) if each.group in allowed and self.takes(at, each)]
