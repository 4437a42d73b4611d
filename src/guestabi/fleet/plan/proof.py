"""The answer to a plan: proved, or the stories that break it, each lived through a second time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Optional

from guestabi.compat.verdict import CANNOT_TELL, SAFE, UNSAFE
from guestabi.fleet.plan.between import family, undoes
from guestabi.fleet.plan.births import Nursery
from guestabi.fleet.plan.found import PROPERTIES, Event, Explored, Failure
from guestabi.fleet.plan.replay import Tried, replay
from guestabi.fleet.plan.search import Share, explore
from guestabi.fleet.plan.shape import Config, Plan
from guestabi.fleet.plan.stages import Place
from guestabi.registers.catalogue import name_of

STATUS = {"proved": SAFE, "broken": UNSAFE, "unknown": CANNOT_TELL, "vacuous": CANNOT_TELL}
"""Exit statuses by verdict. A plan that moves nobody proves nothing."""


@dataclass(frozen=True)
class Told:
    """One failure, and what was tried at its end."""

    failure: Failure
    tried: tuple[Tried, ...]


@dataclass(frozen=True)
class Proof:
    """``stories``: sure ones first, then in the order of PROPERTIES; ``notes``: what holds
    whatever the verdict, and what the proof does not speak of."""

    plan: Plan
    found: Explored
    stories: tuple[Told, ...]
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """A key of STATUS."""
        return self.found.verdict

    def exit_status(self) -> int:
        """0: proved; 100: broken; 101: cannot tell, or nobody moves."""
        return STATUS[self.verdict]

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form of ``guestabi plan check``."""
        return {
            "schema": 1,
            "plan": self.plan.name,
            "verdict": self.verdict,
            "counts": {
                "states": self.found.states,
                "transitions": self.found.transitions,
                "moves": self.found.moves,
                "crossings": self.found.crossings,
                "parts": self.found.parts,
            },
            "properties": {
                name: next((_said(t) for t in self.stories if t.failure.property == name), "holds")
                for name in PROPERTIES
            },
            "stories": [_story(self.plan, told) for told in self.stories],
            "notes": list(self.notes),
        }


def prove(
    plan: Plan,
    progress: Optional[Callable[[int, int], None]] = None,
    nursery: Optional[Nursery] = None,
    share: Share = map,
) -> Proof:
    """Search ``plan``, and replay every story that breaks it.

    Raises BadInput for guests that cannot be where the plan has them.
    """
    found = explore(plan, progress, nursery, share)
    stories = tuple(Told(failure, replay(plan, failure)) for failure in found.failures)
    return Proof(plan, found, stories, tuple(_notes(plan, found)))


def _notes(plan: Plan, found: Explored) -> Iterator[str]:
    for number, step in enumerate(plan.steps):
        if step.rolls and number not in found.tested:
            yield f"step {step.name!r}: no guest has to make way for it, so nothing is shown of it"
    yield from _unset(plan)
    policies = [config.policy for config in plan.configs]
    vmms = dict.fromkeys(each.name for each in policies if family(each) == "qemu")
    if len(vmms) > 1:
        yield (
            f"guests go between {' and '.join(vmms)}: the proof takes them to be born with the "
            "machine type of the oldest"
        )
    undoing = {config.profile.label: undoes(config) for config in plan.configs}
    for label, lost in sorted(undoing.items()):
        if lost:
            yield (
                f"not shown: what guests wrote themselves. On every move to {label}, "
                f"{lost[0]} and {len(lost) - 1} more are restored and undone: running performance "
                "counters stop"
            )


def _unset(plan: Plan) -> Iterator[str]:
    """Pins that are in force where the VMM cannot set them."""
    told = set()
    for fleet in plan.fleets:
        for name, config in fleet.configs.items():
            for number, value in fleet.pins[name].items():
                key = (config.policy.name, number)
                mattering = config.profile.defaults.get(number) != value
                listed = number in config.profile.registers
                if key not in told and mattering and listed and not config.policy.can_pin(number):
                    told.add(key)
                    yield (
                        f"{config.policy.name} cannot set {name_of(number)}: guests that boot "
                        f"under it, in {name} first, are born without that pin"
                    )


def _said(told: Told) -> str:
    return "broken" if told.failure.sure else "unknown"


def _story(plan: Plan, told: Told) -> dict[str, Any]:
    failure = told.failure
    return {
        "property": failure.property,
        "sure": failure.sure,
        "kind": failure.kind,
        "way": failure.way or None,
        "step": _step(plan, failure.step),
        "place": _place(failure.place),
        "story": [_event(plan, event) for event in failure.events],
        "tried": [
            {
                "place": _place(each.place),
                "effect": each.effect,
                "findings": [finding.to_builtins() for finding in each.findings],
                "changes": [change.to_builtins() for change in each.changes],
            }
            for each in told.tried
        ],
    }


def _event(plan: Plan, event: Event) -> dict[str, Any]:
    return {
        "event": event.what,
        "step": _step(plan, event.step) if event.what != "given" else None,
        "guests": plan.guests[event.step].name if event.what == "given" else None,
        "place": None if event.place is None else _place(event.place),
    }


def _step(plan: Plan, number: int) -> Optional[str]:
    return plan.steps[number].name if 0 <= number < len(plan.steps) else None


def _place(place: Place) -> dict[str, str]:
    config: Config = place.config
    return {
        "group": place.group,
        "profile": config.profile.label,
        "digest": config.profile.digest,
        "vmm": config.policy.name,
    }
