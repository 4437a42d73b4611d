"""guestabi.fleet.admission: who may join a baseline, and why not."""

from __future__ import annotations

from itertools import combinations

import pytest

from compat.hosts import field, fixed, free, levels
from guestabi import atlas
from guestabi.fleet.admission import admit
from guestabi.fleet.baseline import Baseline, baseline
from guestabi.registers.catalogue import find
from profiles import make_profile

PSCI = "PSCI_VERSION"
BOTH = {PSCI: levels(0x10001, 0x10000)}
NEWER = {PSCI: levels(0x10003, 0x10001, 0x10000)}
MASKING = {"default": 0x10003, "fields": [field(0, 32, 0x10003, otherwise=[[0x10001, 0x10001, 0]])]}


def made():
    """PSCI_VERSION pinned to 1.1; X0 is no part of the machine's identity."""
    hosts = [make_profile("a", {"X0": 0, **BOTH}), make_profile("b", {"X0": 0, **NEWER})]
    found = baseline(hosts)
    assert isinstance(found, Baseline)
    return found


@pytest.mark.parametrize(
    ("rows", "verdict", "status", "reason"),
    [
        (NEWER, "admitted", 0, "accepts the value"),
        ({PSCI: levels(0x10000)}, "refused", 100, "refuses the value (EINVAL)"),
        ({PSCI: MASKING}, "refused", 100, "accepts the value, and reads back 0x0"),
        ({PSCI: 0x10003}, "unknown", 101, "was not measured with the value"),
        ({PSCI: None}, "unknown", 101, "has a value there that moves by itself"),
        ({}, "unknown", 101, "does not list it, and nothing tells what a guest sees there"),
    ],
)
def test_each_answer_to_a_pin_has_its_reason(rows, verdict, status, reason):
    """What was not measured is never admitted."""
    guest = {"VENDOR_HYP_KVM_FEATURES": "not supported"}
    found = admit(made(), make_profile("c", {"X0": free(0), **rows}, guest=guest))
    (said,) = found.pins
    assert (said.verdict, said.reason) == (verdict, reason)
    if verdict != "admitted":
        assert (found.verdict, found.exit_status()) == (verdict, status)


def test_a_register_that_is_not_listed_shows_something_else():
    """A pin above what a guest sees of a host without the register is refused."""
    one = {"ID_AA64DFR0_EL1": {"default": 2, "fields": [field(0, 4, 1, 2)]}}
    two = {"ID_AA64DFR0_EL1": {"default": 1, "fields": [field(0, 4, 1)]}}
    found = baseline([make_profile("a", one), make_profile("b", two)])
    (said,) = admit(found, make_profile("c", {"X0": 0})).pins
    assert (said.verdict, said.reason) == (
        "refused",
        "does not list it, and a guest sees 0x0 there",
    )


def test_what_has_no_pin_is_compared():
    """The set agrees on a register that a further host shows otherwise."""
    same = {"ID_AA64DFR0_EL1": fixed(6)}
    found = baseline([make_profile("a", {"X0": 0, **same}), make_profile("b", {"X1": 0, **same})])
    assert found.pins == ()
    other = admit(found, make_profile("c", {"ID_AA64DFR0_EL1": fixed(8)}))
    assert [each.pin.fields for each in other.others if each.verdict == "refused"] == [
        ("DebugVer",)
    ]
    assert other.exit_status() == 100


def test_a_register_that_is_new_with_the_host_is_compared():
    """Nobody of the set lists PMMIR_EL1, so that their guests see zero."""
    found = baseline([make_profile("a", {"X0": 0})])
    verdicts = {
        value: admit(found, make_profile("c", {"PMMIR_EL1": fixed(value)})).verdict
        for value in (0, 6)
    }
    assert verdicts == {0: "admitted", 6: "refused"}


def needed(found):
    """The pins without which some guest would see another value."""
    return {pin.id: pin.value for pin in found.pins if pin.fields}


def test_admitted_is_who_changes_nothing():
    """Of the captures of one CPU: a host is admitted exactly where the baseline made anew with it
    has the same pins, but for those that all its hosts show by themselves."""
    hosts = [atlas.resolve(each.name) for each in atlas.newest_of_each_series("neoverse-n1")]
    found = [(pair, baseline(pair, allow_dead=True)) for pair in combinations(hosts, 2)]
    seen = set()
    for pair, made in found:
        if not isinstance(made, Baseline):
            continue
        for host in hosts:
            verdict = admit(made, host).verdict
            anew = baseline([*pair, host], allow_dead=True)
            same = isinstance(anew, Baseline) and needed(anew) == needed(made)
            assert (verdict == "admitted") == same, (made.hosts, host.label)
            seen.add(verdict)
    assert seen == {"admitted", "refused"}


def without_pmu(*rows):
    """Hosts that say there is no PMU, and show otherwise what is of one."""
    no_pmu = {"ID_AA64DFR0_EL1": fixed(6)}
    return [make_profile(f"h{i}", {**no_pmu, **row}, guest=TOLD) for i, row in enumerate(rows)]


TOLD = {
    "PV_TIME_FEATURES": "not supported",
    "TRNG_VERSION": "not supported",
    "VENDOR_HYP_KVM_FEATURES": "not supported",
    "VENDOR_HYP_KVM_PTP": "not supported",
}
"""Answers of guest code that tell of every service that a host does not list."""


@pytest.mark.parametrize(("allow_dead", "verdict"), [(False, "refused"), (True, "admitted")])
def test_a_dead_register_refuses_nobody_where_it_may_be_dead(allow_dead, verdict):
    """The rule is the baseline's: with it, a host whose PMU register differs may join."""
    a, b, c = without_pmu({"PMMIR_EL1": fixed(6)}, {"PMMIR_EL1": fixed(6)}, {"PMMIR_EL1": fixed(4)})
    made = baseline([a, b], allow_dead=allow_dead)
    assert isinstance(made, Baseline)
    assert admit(made, c).verdict == verdict


def test_a_register_of_a_feature_that_is_there_is_not_dead():
    """The same register where the host says that there is a PMU: both differences refuse."""
    a, b = without_pmu({"PMMIR_EL1": fixed(6)}, {"PMMIR_EL1": fixed(6)})
    made = baseline([a, b], allow_dead=True)
    with_pmu = {"ID_AA64DFR0_EL1": fixed(0x106), "PMMIR_EL1": fixed(4)}
    said = admit(made, make_profile("c", with_pmu, guest=TOLD))
    assert {(each.pin.id, each.verdict) for each in said.others} == {
        (find("PMMIR_EL1").id, "refused"),
        (find("ID_AA64DFR0_EL1").id, "refused"),
    }


def test_a_pin_on_a_dead_register_may_be_refused():
    """It is asked, and its answer told; but it keeps nobody out."""
    a, b = without_pmu({}, {"PMMIR_EL1": {"default": 6, "fields": [field(0, 8, 0, 6)]}})
    made = baseline([a, b], allow_dead=True)
    assert made.values == {find("PMMIR_EL1").id: 0}
    (c,) = without_pmu({"PMMIR_EL1": fixed(4)})
    (said,) = admit(made, c).pins
    assert (said.verdict, said.reason) == (
        "admitted",
        "refuses the value, but its feature is absent",
    )


def test_what_the_baseline_does_not_know_it_does_not_admit():
    """Not even one of its own hosts: nothing tells what the other one shows there."""
    rows = {"X0": 0, **BOTH}
    a, b = make_profile("a", rows, guest=TOLD), make_profile("b", {**rows, "X1": 0})
    made = baseline([a, b])
    assert made.exit_status() == 101
    said = admit(made, a)
    assert (said.verdict, said.exit_status()) == ("unknown", 101)
    assert {each.pin.id for each in said.others} == {each.id for each in made.unknown}
