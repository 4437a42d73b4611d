"""The table, designs × properties, as data: what ``guestabi model check`` answers."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional, Sequence

from guestabi.errors import UnknownName
from guestabi.model import explore, story
from guestabi.model.explore import BOUND, Answer, Bound
from guestabi.model.properties import PROPERTIES
from guestabi.model.replay import replay
from guestabi.model.semantics import BEHAVIOURS, DESIGNS, Design

SCHEMA = 1


class Told(NamedTuple):
    """An answer with its story; ``replayed`` says what acting the trace out showed."""

    answer: Answer
    story: tuple[str, ...]
    replayed: str


class Cell(NamedTuple):
    """One property of one design, over all behaviours that it applies to."""

    behaviours: dict[str, Told]

    @property
    def holds(self) -> bool:
        """Does it hold whatever the VMM's behaviour?"""
        return all(told.answer.holds for told in self.behaviours.values())

    @property
    def states(self) -> int:
        """States explored, all behaviours together."""
        return sum(told.answer.states for told in self.behaviours.values())

    @property
    def worst(self) -> Optional[Told]:
        """The failure to tell: a silent one before a refusal, then the shortest."""
        failed = [told for told in self.behaviours.values() if told.answer.failure]
        return min(failed, key=_rank, default=None)


def _rank(told: Told) -> tuple[bool, int]:
    failure = told.answer.failure
    assert failure is not None
    return failure.note.kind == "refused", len(failure.trace)


def design(name: str) -> Design:
    """Return the row of a design. Raises UnknownName with the nearest ones."""
    if name not in DESIGNS:
        raise UnknownName("design", name, DESIGNS)
    return DESIGNS[name]


def column(row: Design, bound: Bound = BOUND) -> dict[str, Cell]:
    """Return every property's cell under one design; each failure was replayed.

    Raises ReplayMismatch when acting a trace out does not show what the search says.
    """
    cells: dict[str, dict[str, Told]] = {name: {} for name in PROPERTIES}
    for behaviour in BEHAVIOURS.values():
        for answer in explore.check(row, behaviour, bound=bound):
            lines: tuple[str, ...] = ()
            seen = ""
            if answer.failure:
                seen = replay(row, behaviour, answer.property, answer.failure)
                lines = tuple(story.tell(row, behaviour, answer.property, answer.failure))
            cells[answer.property][behaviour.name] = Told(answer, lines, seen)
    return {name: Cell(told) for name, told in cells.items()}


def explored(cells: Mapping[str, Cell]) -> int:
    """Return how many states one design's worlds have; each world is explored once for all
    properties that ask for it.
    """
    worlds = {
        (PROPERTIES[name].asks, behaviour): told.answer.states
        for name, cell in cells.items()
        for behaviour, told in cell.behaviours.items()
    }
    return sum(worlds.values())


def to_builtins(columns: dict[str, dict[str, Cell]], bound: Bound = BOUND) -> dict[str, Any]:
    """Return the table as plain data, in the documented order of keys."""
    return {
        "schema": SCHEMA,
        "bound": dict(bound._asdict()),
        "properties": {
            row.id: {"name": row.name, "meaning": row.meaning} for row in PROPERTIES.values()
        },
        "behaviours": {row.name: row.title for row in BEHAVIOURS.values()},
        "titles": {name: design(name).title for name in columns},
        "designs": {
            name: {each: _cell(cell) for each, cell in cells.items()}
            for name, cells in columns.items()
        },
    }


def _cell(cell: Cell) -> dict[str, Any]:
    worst = cell.worst
    return {
        "holds": cell.holds,
        "states": cell.states,
        "trace": _trace(worst) if worst else None,
        "behaviours": {
            name: {
                "holds": told.answer.holds,
                "refuses": told.answer.refuses,
                "window": told.answer.window,
                "states": told.answer.states,
                "kind": told.answer.failure.note.kind if told.answer.failure else None,
                "trace": _trace(told) if told.answer.failure else None,
            }
            for name, told in cell.behaviours.items()
        },
    }


def _trace(told: Told) -> list[dict[str, Any]]:
    failure = told.answer.failure
    assert failure is not None
    lines = story.to_builtins(failure.trace)
    return [{**line, "says": says} for line, says in zip(lines, told.story, strict=False)]


def chosen(names: Sequence[str]) -> list[Design]:
    """Return the rows of the designs that are named; all of them if none is."""
    return [design(name) for name in names or DESIGNS]
