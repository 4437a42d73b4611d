"""A proof of a plan as SARIF: one result a story, about the plan's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guestabi.fleet.plan.found import PROPERTIES
from guestabi.report.clean import clean
from guestabi.report.junit.plan import lines
from guestabi.report.sarif.log import Result, Rule, log

if TYPE_CHECKING:
    from guestabi.fleet.plan.proof import Proof, Told


def render(proof: Proof) -> dict[str, Any]:
    """Return the log as plain data."""
    results = [_result(proof, told) for told in proof.stories]
    if proof.verdict == "vacuous":
        rule = Rule("plan-vacuous", "A plan in which no guest moves proves nothing.", "warning")
        said = "no guest goes anywhere: this proves nothing"
        results.append(Result(rule, said, proof.plan.path, "vacuous", "", {}))
    properties = {
        "plan": clean(proof.plan.name),
        "verdict": proof.verdict,
        "states": proof.found.states,
        "notes": [clean(note) for note in proof.notes],
    }
    return log(results, properties)


def _result(proof: Proof, told: Told) -> Result:
    name = told.failure.property
    rule = Rule(f"plan-{name}", f"{PROPERTIES[name]}.", "error" if told.failure.sure else "warning")
    said = " ".join(lines(proof, told))
    key = f"{name}:{told.failure.sure}:{told.failure.kind}:{told.failure.place.group}"
    group = clean(told.failure.place.group)
    return Result(rule, said, proof.plan.path, key, group, {"story": told.failure.length})
