"""A plan's stories in words: one line for each thing that happens, and one for how it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from guestabi.registers.catalogue import name_of
from guestabi.report.clean import clean

if TYPE_CHECKING:
    from guestabi.fleet.plan.found import Event
    from guestabi.fleet.plan.proof import Told
    from guestabi.fleet.plan.shape import Plan
    from guestabi.fleet.plan.stages import Place


def end(plan: Plan, told: Told) -> str:
    """Return the last line of a story, without a symbol."""
    failure = told.failure
    where = at(failure.place)
    name = f"step {clean(plan.steps[failure.step].name)!r}" if failure.way != "stay" else ""
    maybe = "" if failure.sure else "nothing tells whether "
    if failure.kind == "birth":
        said = "a guest cannot boot" if failure.sure else "a guest can boot"
        return f"{maybe}{said} on {where}"
    if failure.kind == "changes":
        kept = "and is another machine there" if failure.sure else "as the machine that it was"
        return f"{maybe}it moves to {where} {kept}"
    cannot = "cannot" if failure.sure else "can"
    why = {"up": f": {name} cannot be finished", "down": f": {name} cannot be undone", "stay": ""}
    return f"{maybe}it {cannot} leave {where}{why[failure.way] if failure.sure else ''}"


def line(plan: Plan, event: Event) -> str:
    """Return one line of a story."""
    if event.place is not None:
        where = at(event.place)
        if event.what == "given":
            guests = plan.guests[event.step]
            born = f", born on {clean(guests.born.label)}{_pins(guests.pins)}"
            return f"guests {clean(guests.name)!r} are on {where}{born}"
        said = {
            "boot": "a guest boots on",
            "move": "it moves to",
            "reboot": "it is shut down, and boots on",
        }
        return f"{said[event.what]} {where}"
    step = plan.steps[event.step]
    name = f"step {clean(step.name)!r}"
    said = {
        "begin": f"{name} begins: {_what(plan, event.step)}",
        "finish": f"{name} is done",
        "do": f"{name}: {_what(plan, event.step)}",
        "undo-begin": f"{name} begins to be undone",
        "undo-finish": f"{name} is undone",
        "undo-do": f"{name} is undone",
    }
    return said[event.what]


def _what(plan: Plan, number: int) -> str:
    """What a step does, in words."""
    step = plan.steps[number]
    names = _names(step.groups)
    if step.kind in ("kernel", "vmm"):
        before = plan.fleets[number].configs
        pairs = dict.fromkeys((before[name], step.to[name]) for name in step.groups)
        if step.kind == "vmm":
            texts = [f"{a.policy.name} → {b.policy.name}" for a, b in pairs]
        else:
            texts = [f"{clean(a.profile.label)} → {clean(b.profile.label)}" for a, b in pairs]
        shown = "; ".join(dict.fromkeys(texts[:3])) + (" …" if len(texts) > 3 else "")
        return f"{names}: {shown}"
    if step.kind in ("pins", "baseline"):
        return f"guests that boot on {names} get{_pins(step.pins, ' ')}"
    said = {
        "unpin": f"no longer pinned on {names}: {', '.join(name_of(n) for n in step.pins)}",
        "drain": f"{names} is emptied",
        "open": f"{names} takes guests in again",
        "reboot": f"the guests on {names} are rebooted",
        "commit": "from here on, what was done is not undone",
        "moves": "where guests may move changes",
        "births": f"guests boot only on {_names(sorted(step.births or ()))}",
    }
    return said[step.kind]


def _names(groups: Iterable[str]) -> str:
    found = [clean(name) for name in groups]
    more = f" and {len(found) - 4:,} more" if len(found) > 5 else ""
    return ", ".join(found[: 4 if more else 5]) + more


def _pins(pins: Mapping[int, int], before: str = ", with ") -> str:
    if not pins:
        return ""
    shown = [f"{name_of(number)} = {value:#x}" for number, value in sorted(pins.items())]
    more = f" and {len(shown) - 4} more" if len(shown) > 4 else ""
    return f"{before}{', '.join(shown[:4])}{more}"


def at(place: Place) -> str:
    """Return a place in words."""
    return f"{clean(place.group)} ({clean(place.config.label)})"
