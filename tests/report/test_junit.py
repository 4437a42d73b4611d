"""guestabi.report.junit: a check as JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from compat.hosts import bits, levels
from guestabi.fleet.admission import admit
from guestabi.fleet.baseline import Baseline, baseline
from guestabi.report import junit
from guestabi.report.junit import admission
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


def admitted():
    """One host's answers to a baseline: a pin held, a pin refused, a register not known."""
    old, new = levels(0x10001, 0x10000), levels(0x10003, 0x10001)
    told = {"X0": 0, "VENDOR_HYP_BMAP_2": bits(1, 1)}
    rows = [{"X0": 0, "PSCI_VERSION": old}, {**told, "PSCI_VERSION": new}]
    hosts = [make_profile(f"h{i}", row) for i, row in enumerate(rows)]
    made = baseline(hosts, "rack<7>")
    assert isinstance(made, Baseline)
    return admit(made, make_profile("c<\x1b>", {**told, "PSCI_VERSION": levels(0x10000)}))


def test_a_case_a_pin_and_one_a_register_that_is_not_known():
    """What an admission found, in its order, with the reason in the message."""
    found = admitted()
    suite = _suite(admission.render(found))
    assert suite.get("name") == "c<�> to rack<7> version 1"
    said = [(case.get("classname"), [child.tag for child in case]) for case in suite]
    outcomes = {"admitted": "system-out", "refused": "failure", "unknown": "error"}
    assert said == [
        *(("guestabi.baseline.pins", [outcomes[each.verdict]]) for each in found.pins),
        *(("guestabi.baseline.others", [outcomes[each.verdict]]) for each in found.others),
    ]
    tags = {tag for _, tags in said for tag in tags}
    assert tags == {"system-out", "error", "failure"}


def test_an_admission_without_questions_is_no_empty_suite():
    """Where there is no pin to ask, one case passes: an empty suite reads as a broken run."""
    made = baseline([old(), old()])
    (case,) = _suite(admission.render(admit(made, old())))
    assert (case.get("name"), list(case)) == ("no pin is needed", [])


STRUCTURE = {
    "testsuites": ({"name", "tests", "failures", "errors"}, {"testsuite"}, ()),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped"},
        {"testcase", "system-out", "system-err", "properties"},
        ("name", "tests", "failures", "errors"),
    ),
    "testcase": (
        {"name", "classname", "time", "group"},
        {"failure", "error", "skipped", "system-out", "system-err"},
        ("name",),
    ),
    "failure": ({"type", "message"}, set(), ()),
    "error": ({"type", "message"}, set(), ()),
    "system-out": (set(), set(), ()),
}
"""Attributes, children and required attributes of each element, as Jenkins reads them
(jenkinsci/xunit-plugin commit ae25da5089d4, junit-10.xsd); elements without children alone have
text."""


def faults(element):
    """What the form does not allow, below ``element`` too."""
    attributes, children, required = STRUCTURE.get(element.tag, (set(), set(), ()))
    if element.tag not in STRUCTURE:
        yield f"<{element.tag}>"
    yield from (f"{element.tag}@{name}" for name in set(element.attrib) - attributes)
    yield from (f"{element.tag} without {name}" for name in required if name not in element.attrib)
    yield from (f"{element.tag}/{each.tag}" for each in element if each.tag not in children)
    if children and (element.text or "").strip():
        yield f"text in {element.tag}"
    for each in element:
        yield from faults(each)


@pytest.mark.parametrize(
    "document",
    [
        junit.render(checked()),
        junit.render(checked(old(), old())),
        admission.render(admitted()),
        junit.document('"<&\x00', [junit.Case("a.b", "]]>\n", "failed", "k", "m\t", ("<l>\x1b",))]),
        junit.document("none", []),
    ],
)
def test_the_form_is_the_one_that_ci_reads(document):
    """Elements, attributes and their places; the counts are those of the cases."""
    root = ET.fromstring(document)
    assert list(faults(root)) == []
    (suite,) = root
    for each in (root, suite):
        assert int(each.get("tests")) == len(suite)
        assert int(each.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(each.get("errors")) == len(suite.findall("testcase/error"))


def test_canary_of_the_form():
    """What is not of the form is found."""
    wrong = ET.fromstring(
        '<testsuite tests="1" color="x">text<testcase><span/></testcase></testsuite>'
    )
    assert set(faults(wrong)) == {
        "testsuite@color",
        *(f"testsuite without {name}" for name in ("name", "failures", "errors")),
        "testcase without name",
        "text in testsuite",
        "testcase/span",
        "<span>",
    }
