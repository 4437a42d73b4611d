"""A check as JUnit XML: one test case a question, for whatever reads test reports in CI."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from guestabi.report.clean import clean, one_line
from guestabi.report.places import place
from guestabi.report.values import hexed
from guestabi.report.verdicts import QUESTIONS

if TYPE_CHECKING:
    from guestabi.compat.findings import Finding
    from guestabi.compat.verdict import Check, Question

_UNSAFE = ("refused", "changed")


def render(check: Check) -> str:
    """Return the document. ``failure``: unsafe; ``error``: cannot tell."""
    verdicts = [question.verdict for question in check.questions.values()]
    failures = sum(verdict in _UNSAFE for verdict in verdicts)
    errors = verdicts.count("unknown")
    suite = clean(f"{check.source.label} to {check.destination.label} under {check.vmm}")
    counts = f'tests="{len(verdicts)}" failures="{failures}" errors="{errors}"'
    cases = "".join(_case(name, question) for name, question in check.questions.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="guestabi" {counts}>\n'
        f' <testsuite name={quoteattr(suite)} {counts} skipped="0">\n'
        f"{cases} </testsuite>\n</testsuites>\n"
    )


def _case(name: str, question: Question) -> str:
    head = f'  <testcase classname="guestabi.check" name={quoteattr(name)}'
    said = "\n".join(_line(finding) for finding in question.findings)
    if question.verdict in _UNSAFE or question.verdict == "unknown":
        tag = "failure" if question.verdict in _UNSAFE else "error"
        message = quoteattr(f"{question.verdict}: {QUESTIONS[name]}")
        kind = f"{tag} type={quoteattr(question.verdict)} message={message}"
        body = f"   <{kind}>{escape(said)}</{tag}>"
    elif said:
        body = f"   <system-out>{escape(said)}</system-out>"
    else:
        return f"{head}/>\n"
    return f"{head}>\n{body}\n  </testcase>\n"


def _line(finding: Finding) -> str:
    values = f"{hexed(finding.source)} -> {hexed(finding.destination)}"
    parts = [f"{finding.severity}: {one_line(finding.title)}."]
    if finding.register:
        parts.append(f"{place(finding)}: {values}.")
    if finding.remedy:
        parts.append(f"remedy: {one_line(finding.remedy)}")
    parts.append(f"[{finding.rule} {finding.fingerprint}]")
    return clean(" ".join(parts))
