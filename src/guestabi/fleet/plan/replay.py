"""A second opinion on a story: lived through once more, from the profiles and the policies alone.

Nothing of the search is used, nor of what it has worked out: every birth and move is asked of
compat.move, with all its outcomes, and who may go where is read off the plan's steps again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Optional

from guestabi.compat import effects
from guestabi.compat.devices import Devices, devices_of
from guestabi.compat.findings import Finding, findings
from guestabi.compat.move import Moved, born, move
from guestabi.compat.outcome import Weighed
from guestabi.compat.seen import Change
from guestabi.errors import GuestAbiError
from guestabi.fleet.plan.between import between
from guestabi.fleet.plan.found import Event, Failure
from guestabi.fleet.plan.shape import Config, Fleet, Plan
from guestabi.fleet.plan.stages import Place

MOST_ALIKE = 4
"""Of places whose hosts run the same, how many are told at the end of a story."""


class NotAsTold(GuestAbiError):
    """A story that does not happen: the search and the rest of the program disagree."""


@dataclass(frozen=True)
class Tried:
    """A move or birth that was tried: ``effect``, and all that was found, the worst first.
    ``foreign``: the VMM there reads no streams of this one."""

    place: Place
    effect: str
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...] = ()
    foreign: bool = False


@dataclass(frozen=True)
class _Guest:
    place: Place
    state: Mapping[int, Optional[int]]
    devices: Devices
    pins: Mapping[int, int]
    has: Hashable
    """What tells it from others that are at the same place."""

    @classmethod
    def of(
        cls,
        place: Place,
        state: Mapping[int, Optional[int]],
        devices: Devices,
        pins: Mapping[int, int],
    ) -> _Guest:
        has = frozenset(state.items()), frozenset(devices.items())
        return cls(place, state, devices, pins, has)


def replay(plan: Plan, failure: Failure) -> tuple[Tried, ...]:
    """Live through ``failure``'s story. Return what was tried at its end: the move or birth that
    does the harm, or every move that the guest might have left by. Raises NotAsTold."""
    walk = _Walk(plan)
    for number, event in enumerate(failure.events):
        walk.take(event, f"line {number + 1} of the story")
    return walk.end(failure)


class _Walk:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.done = 0
        self.middle = False
        self.guest: Optional[_Guest] = None
        self._last: Optional[_Guest] = None
        self._moved: dict[Config, tuple[Tried, _Guest]] = {}

    def take(self, event: Event, where: str) -> None:
        if event.place is None:
            self._step(event, where)
        elif event.what == "move":
            tried, guest = self._move(event.place)
            self._must(tried.effect in effects.GOOD, f"{where}: the move is {tried.effect}")
            self.guest = guest
        else:
            self._start(event, event.place, where)

    def _start(self, event: Event, place: Place, where: str) -> None:
        if event.what == "given":
            guests = self.plan.guests[event.step]
            self._must((self.done, self.middle) == (0, False), f"{where}: too late")
            home = Place(place.group, guests.born)
            tried, guest = self._boot(home, guests.pins)
            self._must(tried.effect in effects.GOOD, f"{where}: it cannot boot")
            self.guest = guest
            if home != place:
                tried, guest = self._arrive(guest, place)
                self._must(tried.effect in effects.GOOD, f"{where}: it cannot be there")
                self.guest = guest
            return
        if event.what == "reboot":
            self._must(self.guest is not None and self._stuck(), f"{where}: it could leave alive")
        self._must(place in self._taking() and self._births(place), f"{where}: no births there")
        tried, guest = self._boot(place, self._pins(place.group))
        self._must(tried.effect in effects.GOOD, f"{where}: it cannot boot")
        self.guest = guest

    def _step(self, event: Event, where: str) -> None:
        undo = event.what.startswith("undo-")
        what = event.what.removeprefix("undo-")
        step = self.plan.steps[event.step]
        # (done, middle) before and after, going up; going down they swap.
        ends = {
            "begin": ((event.step, False), (event.step, True)),
            "finish": ((event.step, True), (event.step + 1, False)),
            "do": ((event.step, False), (event.step + 1, False)),
        }[what if not undo else {"begin": "finish", "finish": "begin", "do": "do"}[what]]
        start, end = reversed(ends) if undo else ends
        self._must(step.rolls == (what != "do"), f"{where}: {step.name} has no such part")
        self._must((self.done, self.middle) == start, f"{where}: not at that step")
        self._must(not (undo and step.kind == "commit"), f"{where}: there is no way back")
        if self.middle and self.guest is not None:
            leaving = self._leaving("down" if undo else "up")
            self._must(self.guest.place not in leaving, f"{where}: a guest is still there")
        self.done, self.middle = end
        if not undo and step.kind == "reboot" and self.guest is not None:
            place = self.guest.place
            if place.group in step.groups:
                tried, self.guest = self._boot(place, self._pins(place.group))
                self._must(tried.effect in effects.GOOD, f"{where}: it cannot boot")

    def end(self, failure: Failure) -> tuple[Tried, ...]:
        if failure.kind == "birth":
            tried = self._birth(failure)
            wanted = tried.effect not in effects.GOOD
            self._must(wanted and (tried.effect != "unknown") == failure.sure, "it can start")
            return (tried,)
        self._must(self.guest is not None, "nobody is harmed")
        if failure.kind == "changes":
            tried, _ = self._move(failure.place)
            said = "changed" if failure.sure else "unknown"
            self._must(tried.effect == said, f"the last move is {tried.effect}, not {said}")
            return (tried,)
        assert self.guest is not None
        self._must(self.guest.place == failure.place, "it is elsewhere")
        leaving = set() if failure.way == "stay" else self._leaving(failure.way)
        if failure.way != "stay":
            self._must(failure.place in leaving, "it need not leave")
        free = self._free(failure.way)
        self._must(free == ("no" if failure.sure else "unknown"), f"it can leave: {free}")
        places = [place for place in self._targets() if place not in leaving]
        places.sort(key=lambda place: (place.group, place.config.key))
        return tuple(self._move(place)[0] for place in _some(places))

    def _birth(self, failure: Failure) -> Tried:
        fleet = self._fleet()
        step = self.plan.steps[self.done] if self.done < len(self.plan.steps) else None
        if step is not None and step.kind == "reboot" and self.guest is not None:
            fleet = fleet.after(step)
        tried, _ = self._boot(failure.place, fleet.pins[failure.place.group])
        return tried

    def _fleet(self) -> Fleet:
        return self.plan.fleets[self.done]

    def _pins(self, group: str) -> Mapping[int, int]:
        return self._fleet().pins[group]

    def _births(self, place: Place) -> bool:
        return place.group in self._fleet().births

    def _taking(self) -> set[Place]:
        now = self._fleet()
        step = self.plan.steps[self.done] if self.middle else None
        after = now if step is None else now.after(step)
        named = frozenset(step.groups if step is not None else ())
        found = set()
        for group in self.plan.groups:
            both = {now.configs[group.name], after.configs[group.name]}
            shut = group.name in now.closed
            if step is not None and group.name in named:
                taken_down = step.kind == "drain" or (step.kind == "kernel" and group.hosts == 1)
                shut = shut or taken_down
            if not shut:
                found |= {Place(group.name, config) for config in both}
        return found

    def _leaving(self, way: str) -> set[Place]:
        if not self.middle:
            return set()
        now, step = self._fleet(), self.plan.steps[self.done]
        after = now.after(step)
        found = set()
        for name in step.groups:
            old, new = now.configs[name], after.configs[name]
            if step.kind == "drain" and way == "up":
                found.add(Place(name, old))
            elif old != new:
                found.add(Place(name, old if way == "up" else new))
        return found

    def _targets(self) -> list[Place]:
        assert self.guest is not None
        here, now = self.guest.place, self._fleet()
        lonely = self.plan.hosts[here.group] == 1
        return [
            place
            for place in self._taking()
            if now.may_go(here.group, place.group) and not (lonely and place == here)
        ]

    def _free(self, way: str) -> str:
        leaving = set() if way == "stay" else self._leaving(way)
        start, unsure = self.guest, False
        seen: set[object] = set()
        waiting = [start]
        while waiting:
            self.guest = waiting.pop()
            for place in self._targets():
                tried, guest = self._move(place)
                unsure = unsure or tried.effect == "unknown"
                if tried.effect in effects.GOOD:
                    if place not in leaving:
                        self.guest = start
                        return "yes"
                    # Where guests may go anywhere, what counts is what the host runs.
                    where = place.config if self._fleet().moves == "anywhere" else place
                    if (where, guest.has) not in seen:
                        seen.add((where, guest.has))
                        waiting.append(guest)
        self.guest = start
        return "unknown" if unsure else "no"

    def _stuck(self) -> bool:
        step = self.plan.steps[self.done] if self.middle else None
        if step is None or not step.reboot_stuck or self.guest is None:
            return False
        ways = [way for way in ("up", "down") if self.guest.place in self._leaving(way)]
        return any(self._free(way) != "yes" for way in ways)

    def _boot(self, place: Place, pins: Mapping[int, int]) -> tuple[Tried, _Guest]:
        config = place.config
        state, odd = born(config.profile, config.policy, pins)
        guest = _Guest.of(place, state, devices_of(config.profile), dict(pins))
        return _tried(place, odd, config), guest

    def _move(self, place: Place) -> tuple[Tried, _Guest]:
        assert self.guest is not None
        return self._arrive(self.guest, place)

    def _arrive(self, guest: _Guest, place: Place) -> tuple[Tried, _Guest]:
        # Hosts that run the same make the same of a guest, whatever their group.
        here, there = guest.place.config, place.config
        if self._last is not guest:
            self._last, self._moved = guest, {}
        known = self._moved.get(there)
        if known is not None:
            tried, arrived = known
            return replace(tried, place=place), replace(arrived, place=place)
        policy = between(here.policy, there.policy)
        if policy is None:
            return Tried(place, "refused", (), foreign=True), guest
        moved: Moved = move(
            guest.state,
            there.profile,
            policy,
            guest.pins,
            source=here.profile,
            devices=guest.devices,
        )
        tried = _tried(place, moved.weighed, there, moved.changes)
        arrived = _Guest.of(place, moved.state_after, moved.devices_after, guest.pins)
        self._moved[there] = tried, arrived
        return tried, arrived

    def _must(self, true: bool, said: str) -> None:
        if not true:
            raise NotAsTold(
                f"{self.plan.path}: the search tells a story that does not happen: {said}",
                hint="please report this, with the plan",
            )


def _some(places: list[Place]) -> list[Place]:
    """The first few places of each kind of hosts."""
    seen: dict[Config, int] = {}
    found = []
    for place in places:
        seen[place.config] = seen.get(place.config, 0) + 1
        if seen[place.config] <= MOST_ALIKE:
            found.append(place)
    return found


def _tried(
    place: Place,
    weighed: tuple[Weighed, ...] | list[Weighed],
    config: Config,
    changes: tuple[Change, ...] = (),
) -> Tried:
    effect = effects.worst([each.effect for each in weighed])
    return Tried(place, effect, tuple(findings(list(weighed), config.policy)), changes)
