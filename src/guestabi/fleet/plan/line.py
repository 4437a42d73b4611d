"""The rollout as a line of stages, as one part of the fleet sees it: what concerns it stays, what
does not is only a number of steps to be taken, or undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guestabi.fleet.plan.parts import Part
from guestabi.fleet.plan.shape import Plan, Step
from guestabi.fleet.plan.stages import Stage, stages


@dataclass(frozen=True)
class Stop:
    """A stage that is looked at. ``at``: its place on the line of all stages; ``up``, ``down``: how
    many stages on the next stop lies, 0 where there is none, or no way back to it. ``reboots``:
    groups that a step on the way up shuts down and boots anew."""

    at: int
    stage: Stage
    up: int
    down: int
    reboots: frozenset[str]


def line(plan: Plan, part: Part) -> tuple[Stop, ...]:
    """Return the stops of ``part``."""
    every = stages(plan, part.hosts)
    kept = [0]
    for at in range(1, len(every)):
        if _crossed(plan, every, at, part):
            # The last stage before a change matters, and the first after it.
            kept += [at - 1, at] if kept[-1] != at - 1 else [at]
    if kept[-1] != len(every) - 1:
        kept.append(len(every) - 1)
    commits = [step.kind == "commit" for step in plan.steps]
    found = []
    for place, at in enumerate(kept):
        up = kept[place + 1] - at if place + 1 < len(kept) else 0
        down = at - kept[place - 1] if place else 0
        if down and any(commits[every[at - down].step : every[at].step]):
            down = 0
        reboots: frozenset[str] = frozenset()
        if up == 1 and not every[at].middle and not every[at + 1].middle:
            step = plan.steps[every[at].step]
            reboots = frozenset(step.groups) if step.kind == "reboot" else frozenset()
        found.append(Stop(at, every[at], up, down, reboots))
    return tuple(found)


def _crossed(plan: Plan, every: tuple[Stage, ...], at: int, part: Part) -> bool:
    """Whether the part changes between the stages before ``at`` and at it."""
    before = every[at - 1]
    step = plan.steps[before.step]
    if step.kind in ("moves", "births"):
        return True
    return step.kind != "commit" and any(_concerns(step, name, before) for name in part.hosts)


def _concerns(step: Step, name: str, before: Stage) -> bool:
    return name in step.groups and step.to.get(name) != before.fleet.configs[name]


def crossings(plan: Plan, start: int, end: int) -> Iterator[tuple[str, int]]:
    """Yield what is done on the way between two places of the line: (``begin``, ``finish`` or
    ``do``; with ``undo-`` before it on the way back; number of the step)."""
    marks: list[tuple[str, int]] = []
    for number, step in enumerate(plan.steps):
        marks += [("begin", number), ("finish", number)] if step.rolls else [("do", number)]
    if start <= end:
        yield from marks[start:end]
        return
    for what, number in reversed(marks[end:start]):
        back = {"begin": "finish", "finish": "begin", "do": "do"}[what]
        yield f"undo-{back}", number
