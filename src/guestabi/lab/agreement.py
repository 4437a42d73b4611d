"""Prediction beside observation: what ``check`` says of a move, and what the VMM did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guestabi import policies
from guestabi.compat import effects
from guestabi.compat.asked import leave
from guestabi.compat.move import move
from guestabi.lab.migrate import REFUSED, Journey, Observed
from guestabi.lab.profiles import shipped
from guestabi.lab.qemu_guest import Setup

# The exit status of a move: it was made, or refused.
SAFE, UNSAFE = 0, 100


@dataclass(frozen=True, slots=True)
class Compared:
    """One way of a guest: what was observed, and the verdict that was predicted for it.

    ``predicted`` is None where nothing is: the VMM has no loader policy.
    """

    way: str
    observed: Observed
    predicted: str | None

    @property
    def agrees(self) -> bool | None:
        """Whether the prediction holds: refused or not. None where nothing was predicted."""
        if self.predicted is None or self.predicted == "unknown":
            return None
        return (self.predicted == REFUSED) == (self.observed.outcome == REFUSED)

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form of one way."""
        seen = self.observed
        return {
            "way": self.way,
            "source": seen.source.name,
            "destination": seen.destination.name,
            "outcome": seen.outcome,
            "reasons": list(seen.reasons),
            "said": list(seen.said),
            "seconds": round(seen.seconds, 2),
            "predicted": self.predicted,
            "agrees": self.agrees,
        }


def compare(journey: Journey, setup: Setup) -> tuple[Compared, ...]:
    """Return the ways of ``journey`` beside what the VMM's policy predicts for them.

    The predictions are made from the captures that ship. Raises UnknownName where the atlas has
    none of a kernel.
    """
    predicted = _predicted(journey, setup)
    rows = [Compared("forward", journey.there, predicted.get("forward"))]
    if journey.back is not None:
        rows.append(Compared("return", journey.back, predicted.get("return")))
    return tuple(rows)


def exit_status(rows: tuple[Compared, ...]) -> int:
    """Return 0 where every way was made, 100 where one was refused."""
    return UNSAFE if any(row.observed.outcome == REFUSED for row in rows) else SAFE


def _predicted(journey: Journey, setup: Setup) -> dict[str, str]:
    if setup.vmm.name not in policies.names():
        return {}
    policy = policies.load(setup.vmm.name)
    a, b = shipped(journey.there.source), shipped(journey.there.destination)
    odd, there = leave(a, b, policy, setup.pins)
    back = move(there.state_after, a, policy, setup.pins, source=b, devices=there.devices_after)
    forward = effects.worst([there.verdict, *(each.effect for each in odd)])
    return {"forward": forward, "return": back.verdict}
