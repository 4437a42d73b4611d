"""Breadth-first through every interleaving, up to the bound: the shortest story of each failure.

A state is one integer: which guest (states of guests are numbered as they are met), where it is,
and the versions of the two hosts. The moves of a guest are worked out once for a guest and a host,
and reused wherever the two meet; so are the checks. There is no symmetry reduction.
"""

from __future__ import annotations

import time
from typing import Iterator, NamedTuple, Optional, Sequence

from guestabi.errors import UsageError
from guestabi.model.properties import FAILS, PROPERTIES, Note, Property
from guestabi.model.semantics import Behaviour, Design
from guestabi.model.world import (
    HOSTS,
    KERNELS,
    LOST,
    NONE,
    SAVED,
    VCPUS,
    VMMS,
    Action,
    Guest,
    Rules,
    Step,
    World,
)


class Bound(NamedTuple):
    """How large the world is."""

    kernels: int = KERNELS
    """Kernel versions; each but the first adds a register."""
    vmms: int = VMMS
    hosts: int = HOSTS
    vcpus: int = VCPUS
    guests: int = 1


BOUND = Bound()

AWAY = 2
"""The place of a guest that is on no host: there is none, or it is a stream."""

PLACES = 3
BOTH = (0, 1)


class Line(NamedTuple):
    """One step of a trace: an action of ``host`` (0, 1), or of the guest on it."""

    action: Action
    host: int


class Failure(NamedTuple):
    """What was found, and the shortest way there."""

    note: Note
    trace: tuple[Line, ...]


class Answer(NamedTuple):
    """One property under one design and one behaviour."""

    property: str
    behaviour: str
    holds: bool
    refuses: bool
    """Is there a move that is refused? It leaves the guest whole and keeps it where it is."""
    window: bool
    """Can a value change after a vCPU exists, before the first run?"""
    states: int
    failure: Optional[Failure]


class Explored(NamedTuple):
    """One world explored to its end."""

    states: int
    steps: int
    seconds: float
    found: dict[str, dict[tuple[str, str], Failure]]
    """Property → (level, kind) → the first of that kind."""


class _Move(NamedTuple):
    target: int
    """The state after it, but for the fleet and, unless ``away``, the host."""
    away: bool
    lines: tuple[Line, Line]
    notes: tuple[tuple[str, Note], ...]


def check(
    design: Design,
    behaviour: Behaviour,
    properties: Sequence[Property] = (),
    bound: Bound = BOUND,
) -> list[Answer]:
    """Return the answer to each property that applies to ``behaviour``.

    One world is explored for all properties that ask for the same one.
    """
    chosen = [row for row in properties or PROPERTIES.values() if row.applies(behaviour)]
    if not chosen and not properties:
        raise UsageError("no property to check")
    answers = {}
    for rules in dict.fromkeys(row.asks for row in chosen):
        rows = [row for row in chosen if row.asks == rules]
        explored = explore(design, behaviour, rules, rows, bound)
        for row in rows:
            answers[row.id] = _answer(row.id, behaviour.name, explored)
    return [answers[row.id] for row in chosen]


def _answer(name: str, behaviour: str, explored: Explored) -> Answer:
    found = explored.found.get(name, {})
    levels = {level for level, _ in found}
    failures = [failure for (level, _), failure in found.items() if level == FAILS]
    # A value lost in silence is worse than a move refused: tell the worst, by the shortest way.
    failures.sort(key=lambda each: (each.note.kind == "refused", len(each.trace)))
    failure = failures[0] if failures else None
    refuses = "refuses" in levels or any(each.note.kind == "refused" for each in failures)
    return Answer(
        name, behaviour, not failures, refuses, "window" in levels, explored.states, failure
    )


def explore(
    design: Design,
    behaviour: Behaviour,
    rules: Rules,
    properties: Sequence[Property],
    bound: Bound = BOUND,
) -> Explored:
    """Explore one world to its end and note the first of everything that the checks find."""
    if bound.hosts != HOSTS or bound.vcpus != VCPUS or bound.guests != 1:
        raise UsageError("only the numbers of kernel and VMM versions can be chosen")
    if bound.kernels < 1 or bound.vmms < 1:
        raise UsageError("there is no world without a kernel and a VMM")
    return _Search(World(design, behaviour, rules), properties, bound).run()


class _Search:
    def __init__(self, world: World, properties: Sequence[Property], bound: Bound) -> None:
        self.world = world
        self.bound = bound
        self.kinds = bound.kernels * bound.vmms
        self.fleets = self.kinds**HOSTS
        self.properties = properties
        self.guests: list[Guest] = [Guest()]
        self.numbers = {Guest(): 0}
        self.uses = [0]
        self.moves: dict[int, list[_Move]] = {}
        self.parents: dict[int, tuple[int, Line]] = {}
        self.found: dict[str, dict[tuple[str, str], Failure]] = {}
        self.changes = _host_changes(bound)
        self.oldest = [_oldest(fleet, bound) for fleet in range(self.fleets)]

    def run(self) -> Explored:
        started = time.perf_counter()
        start = AWAY * self.fleets
        seen = {start}
        level = [start]
        steps = 0
        while level:
            level, more = self._level(level, seen)
            steps += more
        return Explored(len(seen), steps, time.perf_counter() - started, self.found)

    def _level(self, level: list[int], seen: set[int]) -> tuple[list[int], int]:
        # The inner loop: everything that it needs is at hand, and it calls nothing per state.
        following: list[int] = []
        parents, moves_of, uses_of = self.parents, self.moves, self.uses
        changes, oldest_of, gate = self.changes, self.oldest, self.world.rules.gate
        kinds, fleets, kernels = self.kinds, self.fleets, self.bound.kernels
        steps = 0
        for state in level:
            rest, fleet = divmod(state, fleets)
            guest, place = divmod(rest, PLACES)
            base = state - fleet
            uses = uses_of[guest] if gate == "both" else 0
            for target, line, stays_at in changes[place][fleet]:
                if stays_at < uses:
                    continue
                steps += 1
                target += base
                if target not in seen:
                    seen.add(target)
                    parents[target] = (state, line)
                    following.append(target)
            oldest = oldest_of[fleet] if gate else 0
            for host in BOTH if place == AWAY else (place,):
                at = fleet // kinds if host == 0 else fleet % kinds
                key = (guest * kinds + at) * kernels + oldest
                moves = moves_of.get(key)
                if moves is None:
                    moves = moves_of[key] = self._work_out(guest, at, oldest)
                for target, away, lines, notes in moves:
                    steps += 1
                    line = lines[host]
                    if notes:
                        self._note(state, line, notes)
                    target += fleet if away else host * fleets + fleet
                    if target not in seen:
                        seen.add(target)
                        parents[target] = (state, line)
                        following.append(target)
        return following, steps

    def _work_out(self, number: int, host: int, oldest: int) -> list[_Move]:
        k, v = divmod(host, self.bound.vmms)
        guest = self.guests[number]
        if guest.phase in (NONE, SAVED):
            steps = self.world.to_host(guest, k, v)
        else:
            steps = self.world.at_host(guest, k, v, oldest)
        return [self._move(step) for step in steps]

    def _move(self, step: Step) -> _Move:
        notes = []
        for row in self.properties:
            note = row.check(self.world.design, self.world.behaviour, step)
            if note is not None:
                notes.append((row.id, note))
        away = step.after.phase in (NONE, SAVED)
        place = AWAY if away else 0
        target = (self._number(step.after) * PLACES + place) * self.fleets
        lines = (Line(step.action, 0), Line(step.action, 1))
        return _Move(target, away, lines, tuple(notes))

    def _number(self, guest: Guest) -> int:
        if guest not in self.numbers:
            self.numbers[guest] = len(self.guests)
            self.guests.append(guest)
            self.uses.append(self.world.uses(guest) if guest.phase != LOST else 0)
        return self.numbers[guest]

    def _note(self, state: int, line: Line, notes: tuple[tuple[str, Note], ...]) -> None:
        for name, note in notes:
            kinds = self.found.setdefault(name, {})
            if (note.level, note.kind) not in kinds:
                kinds[(note.level, note.kind)] = Failure(note, (*self._way(state), line))

    def _way(self, state: int) -> list[Line]:
        lines = []
        while state in self.parents:
            state, line = self.parents[state]
            lines.append(line)
        return lines[::-1]


def _split(fleet: int, bound: Bound) -> list[int]:
    """The kernel and VMM version of the first host, and of the second."""
    hosts = divmod(fleet, bound.kernels * bound.vmms)
    return [version for host in hosts for version in divmod(host, bound.vmms)]


def _oldest(fleet: int, bound: Bound) -> int:
    return min(_split(fleet, bound))


def _host_changes(bound: Bound) -> list[list[list[tuple[int, Line, int]]]]:
    """Place of the guest → fleet → (fleet after, line, oldest version after a step down)."""
    fleets = range((bound.kernels * bound.vmms) ** HOSTS)
    return [[list(_changes(place, fleet, bound)) for fleet in fleets] for place in range(PLACES)]


def _changes(place: int, fleet: int, bound: Bound) -> Iterator[tuple[int, Line, int]]:
    # Only an empty host is changed. A step up is never in the gate's way.
    for host in range(HOSTS):
        if host == place:
            continue
        for at, what, size in ((0, "kernel", bound.kernels), (1, "vmm", bound.vmms)):
            for by, way in ((1, "up"), (-1, "down")):
                versions = _split(fleet, bound)
                versions[2 * host + at] += by
                if not 0 <= versions[2 * host + at] < size:
                    continue
                one, two, three, four = versions
                after = (one * bound.vmms + two) * bound.kernels * bound.vmms
                after += three * bound.vmms + four
                line = Line((what, way), host)
                yield after, line, (min(versions) if by < 0 else bound.kernels)
