"""Prediction beside observation: what ``check`` says of a move, and what VMM and guest said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from guestabi import policies
from guestabi.compat import effects
from guestabi.compat.move import Moved, born, move
from guestabi.compat.outcome import Weighed
from guestabi.compat.seen import Change
from guestabi.lab.guests import Setup
from guestabi.lab.migrate import LOADED, REFUSED, Journey, Observed
from guestabi.lab.moves import change
from guestabi.lab.profiles import shipped
from guestabi.policies import Policy
from guestabi.vmm.report import plain

# The exit status of a move: it was made, or refused (or the guest fell silent).
SAFE, UNSAFE, CANNOT_TELL = 0, 100, 101

Answers = frozenset[tuple[str, str, str]]
"""Answers that changed: name, before, after, as text."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What ``check`` says of one way: a verdict, and what the guest sees otherwise."""

    verdict: str
    changes: tuple[Change, ...] = ()

    @property
    def answers(self) -> Answers:
        return frozenset(
            (each.name, plain(each.before), plain(each.after)) for each in self.changes
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """``agrees``: refused or not as predicted, and in a move that loads the guest reports exactly
    the changes that were predicted; None where nothing was predicted. ``unexpected`` and ``unseen``
    are names of answers: reported and not predicted, predicted and not reported."""

    agrees: bool | None
    unexpected: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


def judge(
    outcome: str, reported: Iterable[Mapping[str, Any]], said: Predicted | None
) -> Comparison:
    """Compare an outcome, and the changes that a guest ``reported`` (their JSON form), with what
    was ``said`` before."""
    if said is None or said.verdict == "unknown":
        return Comparison(None)
    if outcome != LOADED or said.verdict == REFUSED:
        return Comparison(outcome == said.verdict)
    seen = frozenset((each["name"], each["before"], each["after"]) for each in reported)
    unexpected, unseen = _names(seen - said.answers), _names(said.answers - seen)
    return Comparison(not unexpected and not unseen, unexpected, unseen)


@dataclass(frozen=True, slots=True)
class Compared:
    """One way of a guest: what was observed, and what was predicted for it.

    ``predicted`` is None where nothing is: the VMM has no loader policy.
    """

    way: str
    observed: Observed
    predicted: Predicted | None

    @property
    def comparison(self) -> Comparison:
        return judge(self.observed.outcome, self._changes(), self.predicted)

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form of one way."""
        seen, found = self.observed, self.comparison
        return {
            "way": self.way,
            "source": seen.source.name,
            "destination": seen.destination.name,
            "outcome": seen.outcome,
            "reasons": list(seen.reasons),
            "said": list(seen.said),
            "seconds": round(seen.seconds, 2),
            "changes": self._changes(),
            "predicted": None if self.predicted is None else self.predicted.verdict,
            "agrees": found.agrees,
            "unexpected": list(found.unexpected),
            "unseen": list(found.unseen),
        }

    def _changes(self) -> list[dict[str, Any]]:
        return [change(each) for each in self.observed.changes]


def compare(journey: Journey, setup: Setup, to: Setup | None = None) -> tuple[Compared, ...]:
    """Return the ways of ``journey`` beside what the loader policies predict for them.

    The predictions are made from the captures that ship. Raises UnknownName where the atlas has
    none of a kernel.
    """
    predicted = _predicted(journey, setup, to or setup)
    rows = [Compared("forward", journey.there, predicted.get("forward"))]
    if journey.back is not None:
        rows.append(Compared("return", journey.back, predicted.get("return")))
    return tuple(rows)


def compare_all(seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``lab.moves.run`` saw with, for each move, what is predicted for it::

    {..., "moves": [{"source", "destination", "observed", "predicted", "agrees", "changes",
                     "unexpected", "unseen", "reasons"}]}
    """
    policy = policies.load(seen["vmm"])
    hosts = [shipped(each["name"]) for each in seen["kernels"]]
    rows = []
    for each in seen["moves"]:
        a, b = hosts[each["source"]], hosts[each["destination"]]
        state, odd = born(a, policy, {})
        said = _said(odd, move(state, b, policy, source=a))
        found = judge(each["outcome"], each["changes"], said)
        rows.append(
            {
                "source": each["source"],
                "destination": each["destination"],
                "observed": each["outcome"],
                "predicted": said.verdict,
                "agrees": found.agrees,
                "changes": each["changes"],
                "unexpected": list(found.unexpected),
                "unseen": list(found.unseen),
                "reasons": each["reasons"],
            }
        )
    head = {key: seen[key] for key in ("schema", "vmm", "cpu", "emulator", "taken")}
    return {**head, "kernels": [each["name"] for each in seen["kernels"]], "moves": rows}


def exit_status(rows: tuple[Compared, ...]) -> int:
    """Return 0 where every way was made, 100 where one was refused or the guest fell silent."""
    return SAFE if all(row.observed.outcome == LOADED for row in rows) else UNSAFE


def matrix_status(compared: Mapping[str, Any]) -> int:
    """Return 0 where every move went as predicted, 100 where one did not, 101 where all did but
    for some that could not be predicted."""
    agree = {each["agrees"] for each in compared["moves"]}
    if False in agree:
        return UNSAFE
    return CANNOT_TELL if None in agree else SAFE


def _names(answers: Answers) -> tuple[str, ...]:
    return tuple(sorted({name for name, _, _ in answers}))


def _said(birth: Iterable[Weighed], moved: Moved) -> Predicted:
    verdict = effects.worst([moved.verdict, *(each.effect for each in birth)])
    return Predicted(verdict, moved.changes)


def _predicted(journey: Journey, setup: Setup, to: Setup) -> dict[str, Predicted]:
    here, there = _policy(setup), _policy(to)
    if here is None or there is None:
        return {}
    a, b = shipped(journey.there.source.name), shipped(journey.there.destination.name)
    state, odd = born(a, here, setup.pins)
    went = move(state, b, there, setup.pins, source=a)
    back = move(went.state_after, a, here, setup.pins, source=b, devices=went.devices_after)
    return {"forward": _said(odd, went), "return": _said([], back)}


def _policy(setup: Setup) -> Policy | None:
    name = setup.vmm.name
    return policies.load(name) if name in policies.names() else None
