"""The stories of a plan's failures, as points in time and place, and in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Optional

from guestabi.fleet.plan.found import Event, Failure
from guestabi.fleet.plan.shape import Config, Plan
from guestabi.fleet.plan.stages import Place
from guestabi.report.clean import clean
from guestabi.report.svg_grid import cut

_SAID = {
    "begin": "begins",
    "finish": "done",
    "do": "done",
    "undo-begin": "begins to be undone",
    "undo-finish": "undone",
    "undo-do": "undone",
}


class Point(NamedTuple):
    """The guest at a time. ``column``: 2n when n steps are done, 2n+1 while one more is under way.

    ``what``: ``given``, ``boot``, ``move``, ``reboot``; ``pass`` where only time went on; ``end``
    is the harm, at the place that it is of.
    """

    column: int
    place: Place
    what: str


@dataclass(frozen=True)
class Story:
    """``number`` from 1. ``column``: how far the rollout is in the end."""

    number: int
    failure: Failure
    points: tuple[Point, ...]
    column: int

    @property
    def mark(self) -> str:
        """The symbol of how it ends: ``refused``, ``changed`` or ``unknown``."""
        if not self.failure.sure:
            return "unknown"
        return "changed" if self.failure.kind == "changes" else "refused"


def stories(plan: Plan, failures: list[Failure]) -> tuple[Story, ...]:
    """Return the stories of ``failures``, in their order."""
    return tuple(_story(plan, number, each) for number, each in enumerate(failures, start=1))


def _story(plan: Plan, number: int, failure: Failure) -> Story:
    column = 0
    place: Optional[Place] = None
    points = []
    for event in failure.events:
        if event.place is not None:
            place = event.place
            points.append(Point(column, place, event.what))
            continue
        column = _after(event)
        if place is not None:
            points.append(Point(column, place, "pass"))
    end = column
    if failure.kind == "birth" and place == failure.place and _reboots(plan, column, place):
        end += 1
    points.append(Point(end, failure.place, "end"))
    return Story(number, failure, tuple(points), column)


def _after(event: Event) -> int:
    before = 2 * event.step
    if event.what in ("begin", "undo-begin"):
        return before + 1
    return before if event.what.startswith("undo-") else before + 2


def _reboots(plan: Plan, column: int, place: Place) -> bool:
    """Whether the guest is there until the step that comes next shuts it down."""
    if column % 2 or column // 2 == len(plan.steps):
        return False
    step = plan.steps[column // 2]
    return step.kind == "reboot" and place.group in step.groups


def harm(failure: Failure) -> str:
    """Say what goes wrong: ``cannot leave: step 2 cannot be undone``."""
    may = failure.sure
    if failure.kind == "changes":
        return "the move changes the guest" if may else "the move may change the guest"
    if failure.kind == "birth":
        return "cannot start" if may else "may be unable to start"
    said = "cannot leave" if may else "may be unable to leave"
    if failure.way not in ("up", "down"):
        return f"{said} its host"
    end = "finished" if failure.way == "up" else "undone"
    return f"{said}: step {failure.step + 1} cannot be {end}"


def told(story: Story, called: Callable[[Config], str], *, short: bool) -> str:
    """Return the story on one line. ``called``: what a configuration is called; ``short``: names
    of groups are cut."""

    def where(place: Place, before: Optional[Place]) -> str:
        if place == before:
            return "another host like it"
        group = clean(place.group)
        return f"{cut(group) if short else group} ({called(place.config)})"

    said: list[str] = []
    crossed: list[Event] = []
    place: Optional[Place] = None
    for event in story.failure.events:
        if event.place is None:
            crossed.append(event)
            continue
        said += _crossings(crossed)
        crossed = []
        verb = {"given": "is on", "move": "moves to", "reboot": "is rebooted on"}
        before = place if event.what == "move" else None
        said.append(f"{verb.get(event.what, 'boots on')} {where(event.place, before)}")
        place = event.place
    said += _crossings(crossed)
    if story.failure.kind == "changes":
        said.append(f"moves to {where(story.failure.place, place)}")
    elif story.failure.kind == "birth":
        again = story.failure.place == place
        said.append("is rebooted" if again else f"boots on {where(story.failure.place, None)}")
    return ", ".join(said)


def _crossings(events: list[Event]) -> list[str]:
    """Say what is done with the steps: ``steps 1 to 3 done``, ``step 4 begins``."""
    runs: list[tuple[str, list[int]]] = []
    for event in events:
        what, step = _SAID[event.what], event.step
        if what in ("done", "undone"):
            # What was begun just now, and is done, was done.
            if runs and runs[-1][1] == [step] and runs[-1][0] in ("begins", "begins to be undone"):
                runs.pop()
            if runs and runs[-1][0] == what and abs(runs[-1][1][-1] - step) == 1:
                runs[-1][1].append(step)
                continue
        runs.append((what, [step]))
    return [
        f"step {steps[0] + 1} {what}"
        if len(steps) == 1
        else f"steps {steps[0] + 1} to {steps[-1] + 1} {what}"
        for what, steps in runs
    ]
