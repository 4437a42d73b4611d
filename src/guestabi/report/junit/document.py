"""Results as JUnit XML, for whatever reads test reports in CI. What a case is about is not known
here: there is one adapter a noun beside this file.

The form is the one that Jenkins reads (jenkinsci/xunit-plugin, junit-10.xsd).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from guestabi.report.clean import clean, one_line

TAGS = {"passed": "system-out", "failed": "failure", "unknown": "error"}
"""By a case's outcome, the element that holds its text. What cannot be told is an error."""


@dataclass(frozen=True)
class Case:
    """One test case. ``outcome`` is a key of TAGS; ``kind`` and ``message`` are the failure's or
    error's type and summary; ``lines`` are what else is to be said, cleaned here."""

    group: str
    name: str
    outcome: str = "passed"
    kind: str = ""
    message: str = ""
    lines: tuple[str, ...] = ()


def document(suite: str, cases: Iterable[Case]) -> str:
    """Return the document of one suite, the cases in the order given."""
    found = list(cases)
    outcomes = [case.outcome for case in found]
    failures, errors = outcomes.count("failed"), outcomes.count("unknown")
    counts = f'tests="{len(found)}" failures="{failures}" errors="{errors}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="guestabi" {counts}>\n'
        f' <testsuite name={_quoted(suite)} {counts} skipped="0">\n'
        f"{''.join(map(_case, found))} </testsuite>\n</testsuites>\n"
    )


def _case(case: Case) -> str:
    head = f"  <testcase classname={_quoted(f'guestabi.{case.group}')} name={_quoted(case.name)}"
    said = escape("\n".join(map(clean, case.lines)))
    tag = TAGS[case.outcome]
    if case.outcome == "passed" and not said:
        return f"{head}/>\n"
    start = tag
    if case.outcome != "passed":
        start += f" type={_quoted(case.kind)} message={_quoted(case.message)}"
    return f"{head}>\n   <{start}>{said}</{tag}>\n  </testcase>\n"


def _quoted(text: str) -> str:
    return quoteattr(one_line(text))
