"""A check as JUnit XML: one test case a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guestabi.report.clean import one_line
from guestabi.report.junit.document import Case, document
from guestabi.report.places import place
from guestabi.report.values import hexed
from guestabi.report.verdicts import QUESTIONS

if TYPE_CHECKING:
    from guestabi.compat.findings import Finding
    from guestabi.compat.verdict import Check, Question

_OUTCOMES = {"refused": "failed", "changed": "failed", "unknown": "unknown"}


def render(check: Check) -> str:
    """Return the document. ``failure``: unsafe; ``error``: cannot tell."""
    suite = f"{check.source.label} to {check.destination.label} under {check.vmm}"
    return document(suite, [_case(name, each) for name, each in check.questions.items()])


def _case(name: str, question: Question) -> Case:
    return Case(
        "check",
        name,
        _OUTCOMES.get(question.verdict, "passed"),
        question.verdict,
        f"{question.verdict}: {QUESTIONS[name]}",
        tuple(_line(finding) for finding in question.findings),
    )


def _line(finding: Finding) -> str:
    values = f"{hexed(finding.source)} -> {hexed(finding.destination)}"
    parts = [f"{finding.severity}: {one_line(finding.title)}."]
    if finding.register:
        parts.append(f"{place(finding)}: {values}.")
    if finding.remedy:
        parts.append(f"remedy: {one_line(finding.remedy)}")
    parts.append(f"[{finding.rule} {finding.fingerprint}]")
    return " ".join(parts)
