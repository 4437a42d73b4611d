"""Every way a rollout can go for a guest, and the shortest way to each kind of harm.

A node is a stage of the rollout, a place, and what a guest there has. Guests do not meet, so that
one at a time is enough. From a node a guest may be moved to any place that the plan allows; the
rollout may go on, or be undone in reverse and done again. A move that the destination refuses
leaves the guest where it is. Moves that change the guest, or that nothing tells the end of, are not
followed: the harm is done. Nodes are visited in the order of the number of lines that the story of
them has, so that the first story of each kind is as short as any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Optional

from guestabi.compat import effects
from guestabi.fleet.plan.births import Nursery
from guestabi.fleet.plan.found import Event, Explored, Failure
from guestabi.fleet.plan.line import Stop, crossings, line
from guestabi.fleet.plan.parts import Part, parts
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.stages import Place

Share = Callable[[Callable[[int], "Explored"], Sequence[int]], Iterable["Explored"]]
"""Like the built-in ``map``; another one may share the work among processes."""

_TOGETHER = 16
"""Parts that are one piece of work, whoever does it: figures do not depend on cores."""


def explore(
    plan: Plan,
    progress: Optional[Callable[[int, int], None]] = None,
    nursery: Optional[Nursery] = None,
    share: Share = map,
) -> Explored:
    """Visit all that can come to be. ``progress`` is told the pieces done, and how many there are;
    ``nursery`` is for plans of the same hosts: what one has worked out, the next need not.

    Raises BadInput for guests that cannot be where the plan says they are.
    """
    every = parts(plan)
    starts = range(0, len(every), _TOGETHER)

    def piece(start: int) -> Explored:
        return _explored(plan, every[start : start + _TOGETHER], nursery or Nursery())

    pieces = []
    for number, each in enumerate(share(piece, starts)):
        pieces.append(each)
        if progress:
            progress(number + 1, len(starts))
    found = Explored(parts=len(every))
    for each in pieces:
        found.add(each)
    return found


def _explored(plan: Plan, some: Sequence[Part], nursery: Nursery) -> Explored:
    found = Explored()
    known = nursery.moves
    for part in some:
        of_part = Explored()
        of_part.failures = list(_Search(plan, part, nursery, of_part).run())
        found.add(of_part)
    found.moves = nursery.moves - known
    return found


_Node = tuple[int, int, int]
"""Stop, place (-1: nobody is looked at yet), guest (-1)."""


class _Tried(NamedTuple):
    """What comes of moving a guest to each of some places: (place, guest there) of good moves,
    (place, whether it is known that it changes) of others that are not refused."""

    good: tuple[tuple[int, int], ...]
    bad: tuple[tuple[int, bool], ...]


class _Search:
    def __init__(self, plan: Plan, part: Part, nursery: Nursery, found: Explored) -> None:
        self.plan = plan
        self.part = part
        self.nursery = nursery
        self.found = found
        self.stops = line(plan, part)
        self.places: list[Place] = []
        self.numbers: dict[Place, int] = {}
        for stop in self.stops:
            for place in (*stop.stage.taking, *stop.stage.closing):
                if place not in self.numbers:
                    self.numbers[place] = len(self.places)
                    self.places.append(place)
        self.targets = [self._targets(stop) for stop in self.stops]
        self.up = [self._numbered(stop.stage.leave_up) for stop in self.stops]
        self.down = [self._numbered(stop.stage.leave_down) for stop in self.stops]
        self.there = [
            self._numbered((*stop.stage.taking, *stop.stage.closing)) for stop in self.stops
        ]
        self.closed = [self._numbered(stop.stage.closing) for stop in self.stops]
        self.came: dict[_Node, Optional[tuple[_Node, str]]] = {}
        self.failures: dict[tuple[str, bool], tuple[int, _Node, str, int, str]] = {}
        self.queue: list[list[_Node]] = [[]]
        self.cost: dict[_Node, int] = {}
        self.free: dict[tuple[int, int, int, str], str] = {}
        self.went: dict[tuple[int, int, tuple[int, ...]], _Tried] = {}

    def _numbered(self, places: Iterable[Place]) -> set[int]:
        return {self.numbers[place] for place in places}

    def _targets(self, stop: Stop) -> dict[int, tuple[int, ...]]:
        return {
            self.numbers[place]: tuple(self.numbers[other] for other in others)
            for place, others in stop.stage.targets.items()
        }

    def run(self) -> Iterator[Failure]:
        self._reach((0, -1, -1), 0, None)
        cost = 0
        while cost < len(self.queue):
            for node in self.queue[cost]:
                if self.cost[node] == cost:
                    self._visit(node, cost)
            self.queue[cost] = []
            cost += 1
        self.found.states += sum(1 for node in self.cost if node[1] >= 0)
        for (name, sure), (_, node, kind, place, way) in self.failures.items():
            stage = self.stops[node[0]].stage
            events = tuple(self._story(node))
            yield Failure(name, sure, kind, events, self.places[place], way, stage.step)

    def _reach(self, node: _Node, cost: int, came: Optional[tuple[_Node, str]]) -> None:
        before = self.cost.get(node)
        if before is not None and before <= cost:
            return
        self.cost[node] = cost
        self.came[node] = came
        while len(self.queue) <= cost:
            self.queue.append([])
        self.queue[cost].append(node)

    def _fail(self, name: str, sure: bool, node: _Node, kind: str, place: int, way: str) -> None:
        key = (name, sure)
        cost = self.cost[node]
        if key not in self.failures or cost < self.failures[key][0]:
            self.failures[key] = (cost, node, kind, place, way)

    def _visit(self, node: _Node, cost: int) -> None:
        number, place, _ = node
        stop = self.stops[number]
        if place < 0:
            self._births(node, stop, cost)
            if stop.up:
                self._reach((number + 1, -1, -1), cost + stop.up, (node, "up"))
            if stop.down:
                self._reach((number - 1, -1, -1), cost + stop.down, (node, "down"))
            return
        self._moves(node, cost)
        self._obligations(node, stop)
        self._onward(node, stop, cost)
        if stop.stage.reboot_stuck:
            self._restarts(node, stop, cost)

    def _births(self, node: _Node, stop: Stop, cost: int) -> None:
        for place in stop.stage.births:
            self._boot(node, stop, place, cost, "boot")
        if node[0] == 0:
            for name, guests in self.part.guests:
                config = stop.stage.fleet.configs[name]
                number = self.nursery.arrived(guests, config, self.plan.path)
                at = self.numbers[Place(name, config)]
                given = f"given {self.plan.guests.index(guests)}"
                self._reach((0, at, number), cost + 1, (node, given))

    def _boot(self, node: _Node, stop: Stop, place: Place, cost: int, what: str) -> None:
        went = self.nursery.born(place.config, stop.stage.fleet.pins[place.group])
        number = self.numbers[place]
        self.found.asked += 1
        self.found.transitions += 1
        if went.effect in effects.GOOD:
            self._reach((node[0], number, went.guest), cost + 1, (node, f"{what} {number}"))
        else:
            self._fail("starts", went.effect != "unknown", node, "birth", number, "")

    def _moves(self, node: _Node, cost: int) -> None:
        number, place, guest = node
        targets = self.targets[number][place]
        self.found.transitions += len(targets)
        key = (place, guest, targets)
        went = self.went.get(key)
        if went is None:
            went = self.went[key] = self._try(place, guest, targets)
        for target, after in went.good:
            self._reach((number, target, after), cost + 1, (node, f"move {target}"))
        for target, sure in went.bad:
            self._fail("unchanged", sure, node, "changes", target, "")

    def _try(self, place: int, guest: int, targets: tuple[int, ...]) -> _Tried:
        here = self.places[place].config
        good, bad = [], []
        for target in targets:
            there = self.places[target].config
            effect, after = self.nursery.move(guest, here.policy, there)
            if target != place and there != here:
                self.found.crossings += 1
            if effect in effects.GOOD:
                good.append((target, after))
            elif effect != "refused":
                bad.append((target, effect == "changed"))
        return _Tried(tuple(good), tuple(bad))

    def _obligations(self, node: _Node, stop: Stop) -> None:
        number, place, _ = node
        ways = []
        if place in self.up[number]:
            ways.append(("up", "leaves"))
        if place in self.down[number] and stop.down:
            ways.append(("down", "undone"))
        if not stop.stage.middle and place not in self.closed[number]:
            ways.append(("stay", "leaves"))
        for way, name in ways:
            self.found.asked += 1
            if way == "up":
                self.found.tested.add(stop.stage.step)
            free = self._leaves(node, way)
            if free != "yes" and way != "stay" and stop.stage.reboot_stuck:
                free = self._restarted(stop, {"up": self.up, "down": self.down}[way][number], free)
            if free != "yes":
                self._fail(name, free == "no", node, "stuck", place, way)

    def _restarted(self, stop: Stop, leave: set[int], free: str) -> str:
        pins = stop.stage.fleet.pins
        came = [
            self.nursery.born(each.config, pins[each.group]).effect
            for each in stop.stage.births
            if self.numbers[each] not in leave
        ]
        if any(each in effects.GOOD for each in came):
            return "yes"
        return "unknown" if "unknown" in came else free

    def _leaves(self, node: _Node, way: str) -> str:
        """Whether the guest can go where it need not leave again: ``yes``, ``no``, ``unknown``."""
        key = (*node, way)
        found = self.free.get(key)
        if found is None:
            found = self.free[key] = self._search_way_out(node, way)
        return found

    def _search_way_out(self, node: _Node, way: str) -> str:
        number, place, guest = node
        leave = {"up": self.up, "down": self.down}[way][number] if way != "stay" else set()
        seen, waiting, unsure = {(place, guest)}, [(place, guest)], False
        while waiting:
            at, who = waiting.pop()
            source = self.places[at].config.policy
            for target in self.targets[number][at]:
                effect, after = self.nursery.move(who, source, self.places[target].config)
                unsure = unsure or effect == "unknown"
                if effect not in effects.GOOD:
                    continue
                if target not in leave:
                    return "yes"
                if (target, after) not in seen:
                    seen.add((target, after))
                    waiting.append((target, after))
        return "unknown" if unsure else "no"

    def _onward(self, node: _Node, stop: Stop, cost: int) -> None:
        number, place, guest = node
        if stop.up and place not in self.up[number] and place in self.there[number + 1]:
            after = guest
            if self.places[place].group in stop.reboots:
                at = self.places[place]
                pins = self.stops[number + 1].stage.fleet.pins[at.group]
                went = self.nursery.born(at.config, pins)
                self.found.asked += 1
                if went.effect not in effects.GOOD:
                    self._fail("starts", went.effect != "unknown", node, "birth", place, "")
                    return
                after = went.guest
            self.found.transitions += 1
            self._reach((number + 1, place, after), cost + stop.up, (node, "up"))
        if stop.down and place not in self.down[number] and place in self.there[number - 1]:
            self.found.transitions += 1
            self._reach((number - 1, place, guest), cost + stop.down, (node, "down"))

    def _restarts(self, node: _Node, stop: Stop, cost: int) -> None:
        number, place, _ = node
        for way, leave in (("up", self.up), ("down", self.down)):
            if place in leave[number] and self._leaves(node, way) != "yes":
                for other in stop.stage.births:
                    if self.numbers[other] not in leave[number]:
                        self._boot(node, stop, other, cost, "reboot")

    def _story(self, node: _Node) -> list[Event]:
        events: list[list[Event]] = []
        while True:
            came = self.came[node]
            if came is None:
                break
            before, how = came
            what, _, detail = how.partition(" ")
            if what in ("up", "down"):
                start, end = self.stops[before[0]].at, self.stops[node[0]].at
                steps = crossings(self.plan, start, end)
                events.append([Event(each, step) for each, step in steps])
            elif what == "given":
                events.append([Event("given", int(detail), self.places[node[1]])])
            else:
                events.append([Event(what, -1, self.places[int(detail)])])
            node = before
        return [event for group in reversed(events) for event in group]
