"""Mending a plan: edits of its file, tried in the order of what they cost, each proved anew."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Optional

import msgspec

from guestabi.compat.effects import GOOD
from guestabi.errors import GuestAbiError
from guestabi.fleet.plan.births import Nursery
from guestabi.fleet.plan.edits import Edit, edits
from guestabi.fleet.plan.found import PROPERTIES
from guestabi.fleet.plan.proof import Proof, prove
from guestabi.fleet.plan.resolve import Sources, resolve
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.written import PlanFile, to_toml

MOST_EDITS = 4
MOST_TRIED = 120
"""Bounds of the search: edits in one repair, and plans that are proved anew."""


@dataclass(frozen=True)
class Try:
    """Edits that were made together, and what still breaks the plan then."""

    edits: tuple[Edit, ...]
    left: str


@dataclass(frozen=True)
class Repair:
    """``proof`` is of the mended plan, whose file is ``proof.plan.file``; None where none of the
    edits mends it. ``tried``: what was, in order; ``cut``: not all combinations were."""

    edits: tuple[Edit, ...]
    proof: Optional[Proof]
    tried: tuple[Try, ...]
    cut: bool = False

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form of ``guestabi plan repair``."""
        return {
            "schema": 1,
            "repaired": self.proof is not None,
            "edits": [{"kind": each.kind, "words": each.words} for each in self.edits],
            "plan": None if self.proof is None else to_toml(self.proof.plan.file),
            "proof": None if self.proof is None else self.proof.to_builtins(),
            "tried": [
                {"edits": [edit.words for edit in each.edits], "left": each.left}
                for each in self.tried
            ],
            "all_tried": not self.cut,
        }


def repair(
    broken: Proof, sources: Sources, progress: Optional[Callable[[int, int], None]] = None
) -> Repair:
    """Return the cheapest repair of a plan that is not proved."""
    tried: list[Try] = []
    nursery = Nursery()
    queue: list[tuple[int, int, tuple[Edit, ...], Proof]] = [(0, 0, (), broken)]
    seen = {msgspec.json.encode(broken.plan.file)}
    number = 0
    while queue and number < MOST_TRIED:
        cost, _, made, proof = heapq.heappop(queue)
        if made and is_mended(proof, broken):
            return Repair(made, proof, tuple(tried))
        if made:
            tried.append(Try(made, left(proof)))
        if len(made) == MOST_EDITS:
            continue
        for edit, mended in _next(proof, sources, seen, nursery):
            number += 1
            heapq.heappush(queue, (cost + edit.cost, number, (*made, edit), mended))
            if progress:
                progress(number, MOST_TRIED)
    rest = sorted(queue, key=lambda each: each[:2])
    for _, _, made, proof in rest:
        if is_mended(proof, broken):
            return Repair(made, proof, tuple(tried))
        tried.append(Try(made, left(proof)))
    return Repair((), None, tuple(tried), cut=bool(rest))


def is_mended(proof: Proof, broken: Proof) -> bool:
    """Whether it is proved, and of no fewer steps: a plan in which nobody moves is no repair."""
    return proof.verdict == "proved" and _tested(proof.plan, proof) >= _tested(broken.plan, broken)


def left(proof: Proof) -> str:
    """Say what still breaks the plan, by the shortest story."""
    if not proof.stories:
        return "no guest goes anywhere any more"
    told = min(proof.stories, key=lambda each: (not each.failure.sure, each.failure.length))
    names = dict.fromkeys(
        name
        for tried in told.tried
        for finding in tried.findings
        if finding.effect not in GOOD
        for name in finding.members[:3]
    )
    why = f" ({', '.join(list(names)[:4])})" if names else ""
    sure = "not so" if told.failure.sure else "not known"
    return f"{PROPERTIES[told.failure.property]}: {sure}{why}"


def _tested(plan: Plan, proof: Proof) -> set[str]:
    return {plan.steps[number].name for number in proof.found.tested}


def _next(
    proof: Proof, sources: Sources, seen: set[bytes], nursery: Nursery
) -> Iterator[tuple[Edit, Proof]]:
    for edit in edits(proof, sources):
        key = msgspec.json.encode(edit.file)
        if key in seen:
            continue
        seen.add(key)
        mended = _proved(edit.file, proof.plan.path, sources, nursery)
        if mended is not None:
            yield edit, mended


def _proved(file: PlanFile, path: str, sources: Sources, nursery: Nursery) -> Optional[Proof]:
    try:
        return prove(resolve(file, path, sources), nursery=nursery)
    except GuestAbiError:
        # An edit that makes no plan, such as a step that then changes nothing.
        return None
