"""A check as SARIF 2.1.0: one result a finding and question, for code-scanning dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import guestabi
from guestabi.report.clean import clean, one_line
from guestabi.report.places import place

if TYPE_CHECKING:
    from guestabi.compat.findings import Finding
    from guestabi.compat.verdict import Check

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(check: Check) -> dict[str, Any]:
    """Return the log as plain data. The artifact of a result is the destination's profile."""
    found = [(name, f) for name, q in check.questions.items() for f in q.findings]
    rules = {finding.rule: finding for _, finding in found}
    order = sorted(rules)
    driver = {
        "name": "guestabi",
        "version": guestabi.__version__,
        "rules": [_rule(rules[name]) for name in order],
    }
    results = [_result(check, name, finding, order) for name, finding in found]
    run = {
        "tool": {"driver": driver},
        "results": results,
        "properties": {
            "vmm": check.vmm,
            "source": clean(check.source.label),
            "destination": clean(check.destination.label),
            "verdicts": {name: q.verdict for name, q in check.questions.items()},
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.rule.replace("-", " ")},
        "fullDescription": {"text": one_line(finding.why)},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
    }


def _result(check: Check, question: str, finding: Finding, order: list[str]) -> dict[str, Any]:
    host = check.source if question in ("return", "rollback", "pinned") else check.destination
    return {
        "ruleId": finding.rule,
        "ruleIndex": order.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(question, finding)},
        "locations": [_location(host.label, finding)],
        "partialFingerprints": {"guestabi/v1": f"{question}:{finding.fingerprint}"},
        "properties": {"question": question, "finding": finding.to_builtins()},
    }


def _location(label: str, finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": quote(clean(label))}}
    }
    if finding.register:
        name = {"fullyQualifiedName": place(finding), "kind": "member"}
        location["logicalLocations"] = [name]
    return location


def _message(question: str, finding: Finding) -> str:
    text = f"{question}: {one_line(finding.title)}"
    return f"{text}. {one_line(finding.remedy)}" if finding.remedy else text
