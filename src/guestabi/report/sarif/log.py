"""Results as SARIF 2.1.0, for code-scanning dashboards. What a result is about is not known here:
there is one adapter a noun beside this file.

The form is that of the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version
2.1.0"; tests hold it to the standard's own JSON schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional
from urllib.parse import quote

import guestabi
from guestabi.report.clean import clean, one_line

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

LEVELS = {"error": "error", "warning": "warning", "info": "note"}
"""SARIF's level by our severity."""


@dataclass(frozen=True)
class Rule:
    """What kind of thing was found: ``severity`` is a key of LEVELS, ``why`` a full sentence."""

    id: str
    why: str
    severity: str


@dataclass(frozen=True)
class Result:
    """One thing that was found. ``host`` is the profile that it is about, ``place`` a register and
    field if there is one, ``fingerprint`` the same whenever the same is found again."""

    rule: Rule
    message: str
    host: str
    fingerprint: str
    place: Optional[str] = None
    properties: Mapping[str, Any] = field(default_factory=dict)


def log(results: Iterable[Result], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the log of one run as plain data, the results in the order given. ``properties`` are
    what else a reader may want to know of the run; their text is cleaned by who gives it."""
    found = list(results)
    rules = {result.rule.id: result.rule for result in found}
    order = sorted(rules)
    driver = {
        "name": "guestabi",
        "version": guestabi.__version__,
        "rules": [_rule(rules[name]) for name in order],
    }
    run = {
        "tool": {"driver": driver},
        "results": [_result(result, order.index(result.rule.id)) for result in found],
        "properties": dict(properties),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.id.replace("-", " ")},
        "fullDescription": {"text": one_line(rule.why)},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(result: Result, index: int) -> dict[str, Any]:
    return {
        "ruleId": result.rule.id,
        "ruleIndex": index,
        "level": LEVELS[result.rule.severity],
        "message": {"text": one_line(result.message)},
        "locations": [_location(result)],
        "partialFingerprints": {"guestabi/v1": result.fingerprint},
        "properties": dict(result.properties),
    }


def _location(result: Result) -> dict[str, Any]:
    artifact = {"uri": quote(clean(result.host))}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": artifact}}
    if result.place:
        name = {"fullyQualifiedName": clean(result.place), "kind": "member"}
        location["logicalLocations"] = [name]
    return location
