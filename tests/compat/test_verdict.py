"""compat.verdict: four questions, one verdict each, and never a good word for the unknown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestabi.compat import effects
from guestabi.compat.verdict import QUESTIONS, check
from guestabi.uapi.regid import hex_id
from profiles import make_profile

from .hosts import DROPPER, ONE_BY_ONE, PAIRS, QEMU, STRICT, field, fixed, free, levels, pair
from .strategies import blinded, hosts

POLICIES = (QEMU, STRICT, DROPPER, ONE_BY_ONE)
GOOD = ("same", "benign")
OLD_PSCI = {"PSCI_VERSION": levels(0x10001, 0x10000)}
NEW_PSCI = {"PSCI_VERSION": levels(0x10003, 0x10002, 0x10001, 0x10000)}


def verdicts(a, b, policy=QEMU, **more):
    return {name: each.verdict for name, each in check(a, b, policy, **more).questions.items()}


@settings(max_examples=40)
@given(hosts(), st.sampled_from(POLICIES))
def test_a_host_to_itself_is_same(host, policy) -> None:
    """Between identical hosts nothing happens, and nothing is said."""
    checked = check(host, host, policy)
    assert [each.verdict for each in checked.questions.values()] == ["same"] * 4
    assert [each.findings for each in checked.questions.values()] == [()] * 4
    assert checked.exit_status() == 0


@settings(max_examples=40)
@given(hosts(), hosts(), st.integers(0, 1 << 12), st.sampled_from(POLICIES))
def test_less_knowledge_never_improves_a_move(a, b, seed, policy) -> None:
    """A destination of which less was measured is never called good where it was not."""
    known = check(a, b, policy).questions["forward"].verdict
    blind = check(a, blinded(b, seed), policy).questions["forward"].verdict
    if known not in GOOD:
        assert blind not in GOOD


@settings(max_examples=40)
@given(hosts(), hosts(), st.sampled_from(POLICIES))
def test_a_verdict_is_the_worst_finding(a, b, policy) -> None:
    """Nothing that counts is hidden from the findings, and the other way round."""
    for question in check(a, b, policy).questions.values():
        worst = effects.worst([finding.effect for finding in question.findings])
        assert question.verdict == worst


def test_psci_rollback_and_its_pin() -> None:
    """PSCI 1.3 does not go back to a kernel of 1.1, unless the guest was born with 1.1."""
    a, b = make_profile("a", OLD_PSCI), make_profile("b", NEW_PSCI)
    assert verdicts(a, b, STRICT) == {
        "forward": "same",
        "return": "same",
        "rollback": "refused",
        "pinned": "same",
    }
    assert verdicts(a, b, QEMU)["pinned"] == "refused"


def test_what_only_visited_may_be_refused_at_home() -> None:
    """QEMU saves what the list of the day says, so a visit adds registers that home lacks."""
    home = make_profile("a", {"ID_AA64DFR0_EL1": fixed(0x106), "X0": free(0)})
    abroad = make_profile(
        "b", {"ID_AA64DFR0_EL1": fixed(0x106), "PMMIR_EL1": fixed(0), "X0": free(0)}
    )
    assert verdicts(home, abroad) == {
        "forward": "benign",
        "return": "refused",
        "rollback": "refused",
        "pinned": "refused",
    }
    back = check(home, abroad, QEMU).questions["return"]
    assert [(each.rule, each.register) for each in back.findings] == [("missing-zero", "PMMIR_EL1")]
    assert verdicts(home, abroad, STRICT)["return"] == "benign"


def test_exit_status() -> None:
    """0 safe, 100 unsafe, 101 cannot tell; unsafe outranks what is not known."""
    safe = PAIRS["another scope"]
    assert check(*safe[:3]).exit_status() == 0
    unsafe = PAIRS["a newer PSCI"]
    assert check(*unsafe[:3]).exit_status() == 100
    changed = PAIRS["another GIC"]
    assert check(*changed[:3]).exit_status() == 100
    unknown = pair({"TTBR0_EL1": {"default": 1}}, {"TTBR0_EL1": {"default": 0}})
    assert check(unknown.source, unknown.destination, QEMU).exit_status() == 101


def test_the_json_form() -> None:
    """DESIGN section 10: the keys of a check, a question and a finding."""
    old, new = make_profile("a", OLD_PSCI), make_profile("b", NEW_PSCI)
    built = json.loads(json.dumps(check(old, new, QEMU).to_builtins()))
    assert built["schema"] == 1
    assert built["vmm"] == "qemu-10.0"
    assert built["source"] == {"name": "a", "digest": old.digest}
    assert built["destination"] == {"name": "b", "digest": new.digest}
    assert tuple(built["questions"]) == QUESTIONS
    assert built["questions"]["forward"] == {
        "verdict": "same",
        "findings": [],
        "changes": [],
        "waived": [],
    }
    (finding,) = built["questions"]["rollback"]["findings"]
    assert finding["rule"] == "refused-firmware-version"
    assert finding["register"] == "PSCI_VERSION"
    assert finding["id"] == hex_id(0x6030000000140000)
    assert finding["field"] == "Minor"
    assert finding["outcome"] == "refused"
    assert finding["source"] == "0x0000000000010003"
    assert finding["destination"] == "0x0000000000010001"
    assert "kvm-psci-version=1.1" in finding["remedy"]


def test_pins_of_ones_own_replace_the_baseline() -> None:
    """A pin that is given is used, even one lower than needed."""
    a, b = make_profile("a", OLD_PSCI), make_profile("b", NEW_PSCI)
    psci = 0x6030000000140000
    assert verdicts(a, b, STRICT, pins={psci: 0x10000})["pinned"] == "same"
    assert verdicts(a, b, STRICT, pins={psci: 0x10002})["pinned"] == "refused"
    assert verdicts(a, b, STRICT, pins={})["pinned"] == "refused"


def test_a_pin_is_given_on_the_destination_too() -> None:
    """A register that the stream lacks starts at its pin there, not at the kernel's default."""
    row = {"default": 6, "fields": [field(0, 8, 0, 6)]}
    a, b = make_profile("a", {"PMMIR_EL1": row, "X0": 0}), make_profile("b", {"X0": 0})
    pins = {0x603000000013C4F6: 0}
    checked = check(a, b, STRICT, pins=pins).questions["pinned"]
    assert checked.verdict == "benign"
    assert [each.rule for each in checked.findings] == ["defaulted-hidden"]
    assert verdicts(a, b, STRICT, pins={})["pinned"] == "refused"


@pytest.mark.parametrize("name", PAIRS)
def test_findings_come_in_a_stable_order(name: str) -> None:
    """Asked twice, the same is said in the same order."""
    a, b, policy = PAIRS[name][:3]
    assert check(a, b, policy).to_builtins() == check(a, b, policy).to_builtins()
