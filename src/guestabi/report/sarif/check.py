"""A check as SARIF: one result a finding and question. A result is about the profile to which the
guest goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guestabi.report.clean import clean, one_line
from guestabi.report.places import place
from guestabi.report.sarif.log import Result, Rule, log

if TYPE_CHECKING:
    from guestabi.compat.findings import Finding
    from guestabi.compat.verdict import Check


def render(check: Check) -> dict[str, Any]:
    """Return the log as plain data."""
    found = [
        _result(check, name, finding)
        for name, question in check.questions.items()
        for finding in question.findings
    ]
    properties = {
        "vmm": check.vmm,
        "source": clean(check.source.label),
        "destination": clean(check.destination.label),
        "verdicts": {name: q.verdict for name, q in check.questions.items()},
    }
    return log(found, properties)


def _result(check: Check, question: str, finding: Finding) -> Result:
    host = check.source if question in ("return", "rollback", "pinned") else check.destination
    return Result(
        Rule(finding.rule, finding.why, finding.severity),
        _message(question, finding),
        host.label,
        f"{question}:{finding.fingerprint}",
        place(finding) if finding.register else None,
        {"question": question, "finding": finding.to_builtins()},
    )


def _message(question: str, finding: Finding) -> str:
    text = f"{question}: {one_line(finding.title)}"
    return f"{text}. {one_line(finding.remedy)}" if finding.remedy else text
