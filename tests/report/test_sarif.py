"""guestabi.report.sarif: a check as SARIF 2.1.0."""

from __future__ import annotations

import json

from guestabi.report import sarif
from pairs import checked, new, old


def test_structure_that_consumers_rely_on():
    """Version, tool, rules; each result points at its rule and has level, text and fingerprint."""
    log = sarif.render(checked())
    assert json.loads(json.dumps(log)) == log
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({rule["id"] for rule in rules})
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert list(result["partialFingerprints"]) == ["guestabi/v1"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_one_result_a_finding_and_question():
    """Nothing is lost and nothing is told twice."""
    check = checked()
    (run,) = sarif.render(check)["runs"]
    want = sorted(
        f"{name}:{f.fingerprint}" for name, q in check.questions.items() for f in q.findings
    )
    found = sorted(result["partialFingerprints"]["guestabi/v1"] for result in run["results"])
    assert found == want
    assert run["properties"]["verdicts"] == {n: q.verdict for n, q in check.questions.items()}


def test_same_hosts_have_no_results():
    """An empty run, not a missing one."""
    (run,) = sarif.render(checked(old(), old()))["runs"]
    assert run["results"] == []


def test_hostile_names_become_valid_uris():
    """A profile's name is percent-encoded."""
    (run,) = sarif.render(checked(old(), new("a b<\x1b>")))["runs"]
    uris = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]
    }
    assert uris == {"a%20b%3C%EF%BF%BD%3E", "old"}
