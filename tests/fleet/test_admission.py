"""guestabi.fleet.admission: who may join a baseline, and why not."""

from __future__ import annotations

from itertools import combinations

import pytest

from compat.hosts import field, fixed, free, levels
from guestabi import atlas
from guestabi.fleet.admission import admit
from guestabi.fleet.baseline import Baseline, baseline
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
    assert [(each.pin.fields, each.verdict) for each in other.others] == [
        (("DebugVer",), "refused")
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
    found = [(pair, baseline(pair)) for pair in combinations(hosts, 2)]
    seen = set()
    for pair, made in found:
        if not isinstance(made, Baseline):
            continue
        for host in hosts:
            verdict = admit(made, host).verdict
            anew = baseline([*pair, host])
            same = isinstance(anew, Baseline) and needed(anew) == needed(made)
            assert (verdict == "admitted") == same, (made.hosts, host.label)
            seen.add(verdict)
    assert seen == {"admitted", "refused"}
