"""What one outcome means for the guest, under one loader policy: the policy's rules, as a table."""

from __future__ import annotations

from guestabi.compat.known import is_visible
from guestabi.policies import Policy

ORDER = ("same", "benign", "changed", "unknown", "refused")
"""Verdicts and effects from best to worst; ``unknown`` is never good."""

GOOD = ("same", "benign")

_RANK = {name: rank for rank, name in enumerate(ORDER)}

_LOSS = {"dead": "benign", "zero": "benign", "live": "changed"}
"""By grade: what it means that a register of the stream is left out. The rest is not known: a
value that nobody wrote at birth may have been written since, and an unknown id may be anything."""

_GRADED = {"dead": "benign", "zero": "benign", "poison": "unknown", "possible": "unknown"}
"""By grade: what a loader does that looks before it leaves a register out. The rest it refuses."""

_UNSEEN = {"dead": "benign", "zero": "benign"}
"""By grade: what a loader does that leaves out what the guest cannot tell. The rest it refuses."""

_READBACK = {
    "dead": "benign",
    "poison": "benign",
    "computed": "benign",
    "undone": "changed",
    "likewise": "same",
    "visible": "changed",
    "state": "changed",
}

_DEFAULTED = {
    "hidden": "benign",
    "state": "benign",
    "visible": "changed",
    "possible": "changed",
    "unknown": "unknown",
}


def worst(effects: list[str]) -> str:
    """Return the worst of ``effects``; ``same`` where there are none."""
    return max(effects, key=_RANK.__getitem__, default="same")


def rank(effect: str) -> int:
    """Return the place of an effect or verdict in ORDER."""
    return _RANK[effect]


def of_missing(action: str, value: int | None, grade: str) -> str:
    """The effect of a register that the destination lacks; ``action`` is the policy's."""
    if action == "refuse" or (action == "drop-if-zero" and value != 0):
        return "refused"
    if action == "drop-if-unseen":
        return _UNSEEN.get(grade, "refused")
    if action == "graded":
        return _GRADED.get(grade, "refused")
    return _LOSS.get(grade, "unknown")


def of_common(policy: Policy, kind: str, grade: str) -> str:
    """The effect of a register that both sides list."""
    if kind == "refused":
        return "refused" if policy.refused == "refuse" else "changed"
    if kind == "readback":
        if grade == "undone" and policy.set_clear == "cleared-first":
            return "same"
        effect = _READBACK.get(grade, "unknown")
        looks = policy.readback == "refuse" or (
            policy.readback == "refuse-visible" and grade == "visible"
        )
        return "refused" if looks and effect not in GOOD else effect
    return "benign" if kind == "scope" else "unknown"


def of_defaulted(policy: Policy, grade: str) -> str:
    """The effect of a register that the stream lacks."""
    effect = _DEFAULTED.get(grade, "unknown")
    return "refused" if policy.defaulted == "refuse-visible" and effect not in GOOD else effect


def of_lost(number: int, before: int | None, after: int | None, grade: str) -> str:
    """The effect of a register that the VMM leaves behind, though the kernel lists it. ``grade``
    is that of a register which the destination lacks; empty where it is listed."""
    if grade in ("dead", "zero"):
        return "same"
    if grade == "possible":
        return "unknown"
    if not is_visible(number):
        return "changed"
    return "same" if before is not None and before == after else "changed"
