"""A proof of a plan as JUnit XML: one test case a property."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guestabi.compat.effects import GOOD
from guestabi.fleet.plan.found import PROPERTIES
from guestabi.report import plan_words
from guestabi.report.junit.document import Case, document

if TYPE_CHECKING:
    from guestabi.fleet.plan.proof import Proof, Told


def render(proof: Proof) -> str:
    """Return the document. ``failure``: a story breaks it; ``error``: cannot tell."""
    return document(proof.plan.name, [_case(proof, name) for name in PROPERTIES])


def _case(proof: Proof, name: str) -> Case:
    told = next((each for each in proof.stories if each.failure.property == name), None)
    if told is None and proof.verdict == "vacuous":
        said = "no guest goes anywhere: this proves nothing"
        return Case("plan", name, "unknown", "vacuous", f"{PROPERTIES[name]}: {said}", (said,))
    if told is None:
        return Case("plan", name)
    sure = told.failure.sure
    kind, said = ("broken", "not so") if sure else ("unknown", "not known")
    message = f"{PROPERTIES[name]}: {said}"
    outcome = "failed" if sure else "unknown"
    return Case("plan", name, outcome, kind, message, tuple(lines(proof, told)))


def lines(proof: Proof, told: Told) -> list[str]:
    """Return a story as lines, with what was tried at its end."""
    found = [plan_words.line(proof.plan, event) for event in told.failure.events]
    numbered = [f"{number + 1}. {text}" for number, text in enumerate(found)]
    numbered.append(f"{len(found) + 1}. {plan_words.end(proof.plan, told)}")
    for tried in told.tried:
        numbered.append(f"to {plan_words.at(tried.place)}: {tried.effect}")
        bad = [each for each in tried.findings if each.effect not in GOOD]
        numbered += [f"  {each.title} [{each.rule} {each.fingerprint}]" for each in bad]
    return numbered
