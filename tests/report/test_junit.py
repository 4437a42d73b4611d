"""guestabi.report.junit: a check as JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from guestabi.report import junit
from pairs import checked, new, old
from profiles import make_profile


def _suite(document: str) -> ET.Element:
    root = ET.fromstring(document)
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


def test_a_case_a_question_and_right_counts():
    """Unsafe questions fail, safe ones do not, and the counts say so."""
    suite = _suite(junit.render(checked()))
    failed = {case.get("name"): [child.tag for child in case] for case in suite}
    assert failed == {
        "forward": ["system-out"],
        "return": ["failure"],
        "rollback": ["failure"],
        "pinned": ["failure"],
    }
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "3", "errors": "0", "skipped": "0"}


def test_unknown_is_an_error_not_a_pass():
    """What cannot be told is neither passed nor failed."""
    unmeasured = make_profile("u", {"X0": 0, "PSCI_VERSION": 0x10000})
    check = checked(old(), unmeasured)
    assert check.questions["forward"].verdict == "unknown"
    suite = _suite(junit.render(check))
    assert [child.tag for child in suite[0]] == ["error"]
    assert suite.get("errors") != "0"


def test_same_hosts_pass_without_words():
    """Nothing to say, nothing said."""
    suite = _suite(junit.render(checked(old(), old())))
    assert [list(case) for case in suite] == [[], [], [], []]


def test_hostile_names_make_well_formed_xml():
    """Quotes, angle brackets and control characters cannot break the document."""
    suite = _suite(junit.render(checked(old(), new('"><script>\x00\x1b]]>&'))))
    assert '"><script>��]]>&' in (suite.get("name") or "")
