"""A second, naive planner: one guest, explicit states, breadth first, a line for each event.

Written from what a plan means, not from the search: nothing is merged, taken apart or collapsed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from plan_lives import Guest, Lived, Lives

from guestabi.compat import effects
from guestabi.fleet.plan.shape import Plan

from .ground import At, Ground, Place


class State(NamedTuple):
    """A stage of the rollout and, if one is looked at, a guest and where it is."""

    at: At
    place: Optional[Place] = None
    guest: Optional[Guest] = None


class Line(NamedTuple):
    """One thing that happens, spelled as the search spells its events. A rolling step that is
    undone begins (back into the middle) and ends like one that is done."""

    what: str
    step: int = -1
    place: Optional[Place] = None


class Harm(NamedTuple):
    """What the last line of a story says."""

    property: str
    sure: bool
    kind: str
    place: Place
    way: str = ""


@dataclass
class Found:
    """``shortest``: how many lines the shortest story has, by property and whether it is sure;
    ``crossed``: whether moves between hosts that run different things were tried; ``tested``:
    steps that some guest had to make way for."""

    shortest: dict[tuple[str, bool], int] = field(default_factory=dict)
    crossed: bool = False
    tested: set[int] = field(default_factory=set)

    @property
    def verdict(self) -> str:
        if any(sure for _, sure in self.shortest):
            return "broken"
        if self.shortest:
            return "unknown"
        return "proved" if self.crossed else "vacuous"


class Naive:
    """One plan, and all that can come of it. Raises BadInput for guests that cannot be there."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ground = Ground(plan)
        self.lives = Lives()
        runs = self.ground.standings[0].runs
        self.given = [
            (Place(each.group, runs[each.group]), self.lives.arrived(each, runs[each.group]))
            for each in plan.guests
        ]

    def explore(self) -> Found:
        """Visit every state, the nearest first."""
        found = Found()
        start = State(At(0, False))
        seen, waiting = {start}, deque([(start, 0)])
        while waiting:
            state, lines = waiting.popleft()
            for harm in self.harms(state):
                found.shortest.setdefault((harm.property, harm.sure), lines + 1)
            found.crossed = found.crossed or self._crosses(state)
            if state.at.middle and state.place in self.ground.old(state.at):
                found.tested.add(state.at.done)
            for _, after in self.ways(state):
                if after not in seen:
                    seen.add(after)
                    waiting.append((after, lines + 1))
        return found

    def walk(self, lines: Iterable[Line]) -> State:
        """Live through a story. Raises LookupError where it cannot go on as told."""
        state = State(At(0, False))
        for number, line in enumerate(lines):
            ways = dict(self.ways(state))
            if line not in ways:
                raise LookupError(f"line {number + 1} cannot happen: {_told(line)}")
            state = ways[line]
        return state

    def ways(self, state: State) -> Iterator[tuple[Line, State]]:
        """Yield everything that can happen next, and what is then."""
        yield from self._on(state)
        yield from self._back(state)
        if state.place is None or state.guest is None:
            yield from self._boots(state, "boot", self.ground.births(state.at))
            if state.at == (0, False):
                for number, (place, guest) in enumerate(self.given):
                    yield Line("given", number, place), State(state.at, place, guest)
            return
        for place in self.ground.targets(state.at, state.place):
            effect, guest = self.lives.moved(state.guest, place.config)
            if effect in effects.GOOD:
                yield Line("move", -1, place), State(state.at, place, guest)
        yield from self._boots(state, "reboot", self._restarts(state))

    def harms(self, state: State) -> Iterator[Harm]:
        """Yield what can go wrong here, as the next line of the story."""
        if state.place is None or state.guest is None:
            yield from self._stillborn(state, self.ground.births(state.at))
            return
        for place in self.ground.targets(state.at, state.place):
            effect, _ = self.lives.moved(state.guest, place.config)
            if effect in ("changed", "unknown"):
                yield Harm("unchanged", effect == "changed", "changes", place)
        yield from self._stillborn(state, self._restarts(state))
        if self._replaced(state):
            effect, _ = self._again(state)
            if effect not in effects.GOOD:
                yield Harm("starts", effect != "unknown", "birth", state.place)
        yield from self._stuck(state)

    def _on(self, state: State) -> Iterator[tuple[Line, State]]:
        done, middle = state.at
        if middle:
            if state.place not in self.ground.old(state.at):
                yield Line("finish", done), state._replace(at=At(done + 1, False))
        elif done < len(self.plan.steps):
            if self.plan.steps[done].rolls:
                yield Line("begin", done), state._replace(at=At(done, True))
                return
            effect, guest = self._again(state) if self._replaced(state) else ("same", state.guest)
            if effect in effects.GOOD:
                yield Line("do", done), State(At(done + 1, False), state.place, guest)

    def _back(self, state: State) -> Iterator[tuple[Line, State]]:
        done, middle = state.at
        if middle:
            if state.place not in self.ground.new(state.at):
                yield Line("undo-finish", done), state._replace(at=At(done, False))
        elif done:
            step = self.plan.steps[done - 1]
            if step.rolls:
                yield Line("undo-begin", done - 1), state._replace(at=At(done - 1, True))
            elif step.kind != "commit":
                yield Line("undo-do", done - 1), state._replace(at=At(done - 1, False))

    def _boots(self, state: State, what: str, places: list[Place]) -> Iterator[tuple[Line, State]]:
        for place in places:
            effect, guest = self._born(state.at.done, place)
            if effect in effects.GOOD:
                yield Line(what, -1, place), State(state.at, place, guest)

    def _stillborn(self, state: State, places: list[Place]) -> Iterator[Harm]:
        for place in places:
            effect, _ = self._born(state.at.done, place)
            if effect not in effects.GOOD:
                yield Harm("starts", effect != "unknown", "birth", place)

    def _born(self, done: int, place: Place) -> Lived:
        return self.lives.born(place.config, self.ground.standings[done].pins[place.group])

    def _replaced(self, state: State) -> bool:
        """Whether the next step shuts the guest down and boots another in its place."""
        done, middle = state.at
        if state.place is None or middle or done == len(self.plan.steps):
            return False
        step = self.plan.steps[done]
        return step.kind == "reboot" and state.place.group in step.groups

    def _again(self, state: State) -> Lived:
        assert state.place is not None
        return self._born(state.at.done + 1, state.place)

    def _restarts(self, state: State) -> list[Place]:
        """Where a guest that cannot leave alive is booted again, in steps that allow it."""
        if not state.at.middle or not self.plan.steps[state.at.done].reboot_stuck:
            return []
        for leave in (self.ground.old(state.at), self.ground.new(state.at)):
            if state.place in leave and self._out(state, leave) != "yes":
                return [place for place in self.ground.births(state.at) if place not in leave]
        return []

    def _out(self, state: State, leave: set[Place]) -> str:
        """Whether the guest can go, alive, where it need not leave: yes, no, unknown."""
        assert state.place is not None
        assert state.guest is not None
        seen = {(state.place, state.guest)}
        waiting = [*seen]
        unsure = False
        while waiting:
            here, guest = waiting.pop()
            for there in self.ground.targets(state.at, here):
                effect, after = self.lives.moved(guest, there.config)
                unsure = unsure or effect == "unknown"
                if effect not in effects.GOOD:
                    continue
                if there not in leave:
                    return "yes"
                if (there, after) not in seen:
                    seen.add((there, after))
                    waiting.append((there, after))
        return "unknown" if unsure else "no"

    def _stuck(self, state: State) -> Iterator[Harm]:
        assert state.place is not None
        if state.at.middle:
            old, new = self.ground.old(state.at), self.ground.new(state.at)
            if state.place in old:
                yield from self._must(state, "leaves", "up", old)
            if state.place in new:
                yield from self._must(state, "undone", "down", new)
        elif state.place.group not in self.ground.standings[state.at.done].closed:
            yield from self._must(state, "leaves", "stay", set())

    def _must(self, state: State, name: str, way: str, leave: set[Place]) -> Iterator[Harm]:
        out = self._out(state, leave)
        if out != "yes":
            starts = {self._born(state.at.done, place)[0] for place in self._restarts(state)}
            if starts & {*effects.GOOD}:
                return
            unsure = out == "unknown" or "unknown" in starts
            yield Harm(name, not unsure, "stuck", state.place, way)

    def _crosses(self, state: State) -> bool:
        here = state.place
        return here is not None and any(
            there.config != here.config for there in self.ground.targets(state.at, here)
        )


def _told(line: Line) -> str:
    where = "" if line.place is None else f" {line.place.group} ({line.place.config.label})"
    return f"{line.what} {line.step}{where}"
