"""Where everything in the picture of a plan is: columns of time, lanes of groups."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

from guestabi.fleet.plan.parts import likeness
from guestabi.fleet.plan.shape import ROLLING, Config, Plan
from guestabi.fleet.plan.stages import Place, Stage, stages
from guestabi.report.plan_svg_story import Story
from guestabi.report.svg_grid import MARGIN, WIDTH

LANES = 40
"""More lanes than this are not drawn, but for those that a story needs."""

SLOT = 26
SLANT = 16
LABEL = 19
"""Pixels: from one event to the next; how far the border between old and new leans; from one label
under a lane to the next."""

_TRACK = 16
_TEXT_ROW = 25
_PIN_ROW = 18
_BETWEEN = 20
_LEFT = 168


@dataclass(frozen=True)
class Lane:
    """Groups that are alike at every step. ``stages``: of the first of them, by column; ``visits``
    and ``ends``: numbers of the stories that come here, and that end here. In pixels: ``top`` of
    the box, ``height`` of the box, ``bottom`` of all that is said below it."""

    names: tuple[str, ...]
    hosts: int
    stages: Mapping[int, Stage]
    pinned: bool
    visits: tuple[int, ...]
    ends: tuple[int, ...]
    top: float
    height: float
    bottom: float

    def config(self, column: int) -> Config:
        """What its hosts run; in the middle of a step, what they ran before it."""
        return self.stages[column - column % 2].fleet.configs[self.names[0]]

    def splits(self, column: int) -> bool:
        """Whether its hosts are of two kinds there."""
        return column % 2 == 1 and self.config(column) != self.config(column + 1)

    def shut(self, column: int) -> bool:
        """Whether it takes nobody in."""
        stage = self.stages.get(column)
        return stage is not None and bool(stage.closing)

    def births(self, column: int) -> tuple[Place, ...]:
        """Where on it guests may boot."""
        stage = self.stages.get(column)
        return stage.births if stage else ()

    def track(self, story: int, column: int, place: Place) -> float:
        """The height at which a story goes through it."""
        number = self.visits.index(story)
        if not self.splits(column):
            return self.top + _TEXT_ROW + 8 + number * _TRACK
        half = self.height / 2
        y = self.top + (number + 0.7) * half / (len(self.visits) + 0.4)
        return y if place.config == self.config(column) else y + half


@dataclass(frozen=True)
class Column:
    """A time, in pixels: even ones are between steps, odd ones are steps."""

    x: float
    width: float

    @property
    def end(self) -> float:
        return self.x + self.width

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Layout:
    """``slots``: where in its column an event of a story is: (story, point's number) -> x."""

    columns: tuple[Column, ...]
    lanes: tuple[Lane, ...]
    left_out: int
    slots: Mapping[tuple[int, int], float]
    top: float

    @property
    def width(self) -> float:
        return max(float(WIDTH), self.columns[-1].end + MARGIN)

    @property
    def bottom(self) -> float:
        return self.lanes[-1].bottom

    @cached_property
    def _lane_of(self) -> Mapping[str, Lane]:
        return {name: lane for lane in self.lanes for name in lane.names}

    def lane(self, place: Place) -> Lane:
        """Return the lane that a place is on, which is one that is drawn."""
        return self._lane_of[place.group]


def lay_out(
    plan: Plan, told: tuple[Story, ...], top: float, label: float, heads: list[float]
) -> Layout:
    """Return where things are, from ``top`` pixels down. ``label``: the widest name of what hosts
    run; ``heads``: by step, how wide its head would like to be."""
    events = _events(told)
    columns = _columns(plan, {at: len(each) for at, each in events.items()}, label, heads)
    slots = {}
    for at, each in events.items():
        column = columns[at]
        inside = 2 * SLANT + 36 if at % 2 else 28
        step = min(SLOT + 14, (column.width - inside) / len(each))
        start = column.middle - step * (len(each) - 1) / 2 if at % 2 else column.x + SLOT / 2 + 4
        slots.update({key: start + number * step for number, key in enumerate(each)})
    alike = _alike(plan)
    needed = {point.place.group for story in told for point in story.points}
    drawn = [names for names in alike if needed & {*names}]
    drawn += [names for names in alike if names not in drawn][: max(0, LANES - len(drawn))]
    lanes, y = [], top
    for names in sorted(drawn, key=alike.index):
        lanes.append(_lane(plan, names, told, y))
        y = lanes[-1].bottom + _BETWEEN
    return Layout(columns, tuple(lanes), len(alike) - len(drawn), slots, top)


def _events(told: tuple[Story, ...]) -> dict[int, list[tuple[int, int]]]:
    """What happens in each column, from left to right; on the way back from right to left."""
    found: dict[int, list[tuple[int, int]]] = {}
    for story in told:
        ways: dict[int, tuple[list[int], list[int]]] = {}
        column, back = 0, False
        for number, point in enumerate(story.points):
            if point.column != column:
                column, back = point.column, point.column < column
            if point.what != "pass":
                ways.setdefault(column, ([], []))[back].append(number)
        for at, (there, again) in ways.items():
            order = [*there, *reversed(again)]
            found.setdefault(at, []).extend((story.number, number) for number in order)
    return found


def _columns(
    plan: Plan, events: Mapping[int, int], label: float, heads: list[float]
) -> tuple[Column, ...]:
    widths = [max(label + 24, events.get(0, 0) * SLOT + 28.0)]
    for number, step in enumerate(plan.steps):
        wide = 2 * SLANT + 40.0 if step.rolls else 34.0
        under = events.get(2 * number + 1, 0)
        widths.append(max(wide, under * SLOT + 2 * SLANT + 36 if under else 0))
        state = label + 24 if step.kind in ROLLING else 44.0
        state = max(state, events.get(2 * number + 2, 0) * SLOT + 28.0)
        widths.append(max(state, heads[number] - widths[-1]))
    spare = max(0.0, WIDTH - MARGIN - _LEFT - sum(widths)) / (len(plan.steps) + 1)
    columns, x = [], float(_LEFT)
    for number, width in enumerate(widths):
        columns.append(Column(x, width + (spare if number % 2 == 0 else 0)))
        x = columns[-1].end
    return tuple(columns)


def _lane(plan: Plan, names: tuple[str, ...], told: tuple[Story, ...], y: float) -> Lane:
    mine = {*names}
    visits = tuple(s.number for s in told if any(p.place.group in mine for p in s.points))
    ends = tuple(s.number for s in told if s.failure.place.group in mine)
    columns = {
        2 * stage.step + stage.middle: stage
        for stage in stages(plan, {names[0]: plan.hosts[names[0]]})
    }
    pinned = any(fleet.pins[names[0]] for fleet in plan.fleets)
    split = any(step.kind in ROLLING and names[0] in step.groups for step in plan.steps)
    height = max(50.0, _TEXT_ROW + _TRACK * (len(visits) + 1))
    if split:
        height = max(height, 26.0 * len(visits) + 8)
    top = y + (_PIN_ROW if pinned else 0)
    bottom = top + height + LABEL * len(ends)
    hosts = sum(plan.hosts[name] for name in names)
    return Lane(names, hosts, columns, pinned, visits, ends, top, height, bottom)


def _alike(plan: Plan) -> list[tuple[str, ...]]:
    """Names of groups that are alike at every step, in the order of the plan."""
    apart = any(isinstance(fleet.moves, frozenset) for fleet in plan.fleets)
    found: dict[Hashable, list[str]] = {}
    for group in plan.groups:
        key = group.name if apart else (likeness(plan, group.name), group.hosts == 1)
        found.setdefault(key, []).append(group.name)
    return [tuple(names) for names in found.values()]
