"""What a search of a plan comes to: promises, stories that break them, and counts."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from guestabi.fleet.plan.stages import Place

PROPERTIES = {
    "unchanged": "no guest's ABI ever changes",
    "leaves": "every guest can always leave its host",
    "undone": "every step can be undone",
    "starts": "a guest can start wherever guests are born",
}
"""What is proved of a plan, in the order in which it is told."""


class Event(NamedTuple):
    """One line of a story. ``what``: ``begin``, ``finish``, ``do``, or the same after ``undo-``,
    of step number ``step``; ``given`` (the guest that is there from the start, ``step`` its number
    in the plan), ``boot``, ``move``, ``reboot`` (shut down, and booted at ``place``)."""

    what: str
    step: int = -1
    place: Optional[Place] = None


@dataclass(frozen=True)
class Failure:
    """The shortest story in which ``property`` is broken or, for ``sure`` False, may be for all
    that is known. ``kind``: ``changes`` (a move to ``place`` changes the guest), ``stuck`` (it
    cannot leave ``place``; ``way`` ``up``, ``down`` or ``stay`` says why it should), ``birth`` (it
    cannot start at ``place``). ``step``: the step that is under way, or those done."""

    property: str
    sure: bool
    kind: str
    events: tuple[Event, ...]
    place: Place
    way: str = ""
    step: int = -1

    @builtins.property
    def length(self) -> int:
        """How many lines the story has, the harm among them."""
        return len(self.events) + 1


@dataclass
class Explored:
    """What a search found. ``states``: nodes with a guest; ``transitions``: what was tried from
    them; ``moves``: different moves that were worked out; ``crossings``: of those, between
    hosts that run different things; ``asked``: times that a guest had to leave, or to start."""

    failures: list[Failure] = field(default_factory=list)
    states: int = 0
    transitions: int = 0
    moves: int = 0
    crossings: int = 0
    asked: int = 0
    parts: int = 0
    tested: set[int] = field(default_factory=set)
    """Rolling steps (their numbers) that some guest had to make way for."""

    def add(self, other: Explored) -> None:
        """Take in what was found elsewhere: counts add up, and of two stories of the same harm the
        shorter one stays, of equal ones the first."""
        for name in ("states", "transitions", "moves", "crossings", "asked"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.tested |= other.tested
        best = {(each.property, each.sure): each for each in self.failures}
        for each in other.failures:
            key = (each.property, each.sure)
            if key not in best or each.length < best[key].length:
                best[key] = each
        order = list(PROPERTIES)
        self.failures = sorted(
            best.values(), key=lambda each: (not each.sure, order.index(each.property))
        )

    @builtins.property
    def verdict(self) -> str:
        """``proved``, ``broken``, ``unknown``; ``vacuous`` where no move
        between hosts that run different things was ever tried."""
        if any(failure.sure for failure in self.failures):
            return "broken"
        if self.failures:
            return "unknown"
        return "proved" if self.crossings else "vacuous"
