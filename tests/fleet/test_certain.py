"""guestabi.fleet.certain: a clash is one where no value is left, and not where nobody measured."""

from __future__ import annotations

import pytest

from compat.hosts import bits, fixed, levels
from guestabi.compat.pins import Conflict, meet
from guestabi.fleet.baseline import Baseline, NoBaseline, baseline
from guestabi.fleet.certain import is_certain
from guestabi.registers.catalogue import find
from profiles import make_profile

DFR0 = "ID_AA64DFR0_EL1"
PSCI = "PSCI_VERSION"
BMAP = "VENDOR_HYP_BMAP"
TOLD = {"VENDOR_HYP_KVM_FEATURES": "0x3", "VENDOR_HYP_KVM_PTP": "0x1"}
NOT_TOLD = {"VENDOR_HYP_KVM_FEATURES": "not supported", "VENDOR_HYP_KVM_PTP": "not supported"}


def clash_of(found):
    met = meet(found)
    assert isinstance(met, Conflict)
    (clash,) = met.clashes
    return clash


def two(a, b, name=DFR0):
    return [make_profile("a", {"X0": 0, name: a}), make_profile("b", {"X0": 0, name: b})]


UNTRIED = {"default": 0x8}
TRIED = {"default": 0x8, "patterns": [{"value": 6, "errno": "EINVAL"}]}


@pytest.mark.parametrize(
    ("a", "b", "name", "certain"),
    [
        (fixed(6), fixed(8), DFR0, True),
        (fixed(6), UNTRIED, DFR0, False),
        (fixed(6), TRIED, DFR0, True),
        ({"default": 6}, UNTRIED, DFR0, False),
        (levels(0x10001), levels(0x10003), PSCI, True),
        (levels(0x10001), 0x10003, PSCI, False),
        (levels(0x10001, 0x10000), levels(0x10003, 0x2), PSCI, True),
    ],
)
def test_what_nobody_measured_proves_nothing(a, b, name, certain):
    """Two registers that cannot be written, imports without accepted values, one of each."""
    found = two(a, b, name)
    assert is_certain(clash_of(found), found) == certain
    assert isinstance(baseline(found), NoBaseline) == certain


@pytest.mark.parametrize(
    ("row", "guest", "certain"),
    [
        (bits(0, 0), TOLD, True),
        (bits(1, 3), TOLD, True),
        ({"default": 3, "fields": []}, NOT_TOLD, True),
        ({"default": 3, "fields": []}, {}, False),
        ({"default": 0, "fields": []}, {}, None),
    ],
)
def test_services_of_a_host_that_does_not_list_them(row, guest, certain):
    """What it shows all the same is known where guest code asked, and nowhere else; None: that is
    no clash, and not known either."""
    a = make_profile("a", {"X0": 0}, guest=guest)
    b = make_profile("b", {"X0": 0, BMAP: row}, guest=NOT_TOLD)
    made = baseline([a, b])
    if certain:
        assert is_certain(clash_of([a, b]), [a, b])
        assert isinstance(made, NoBaseline)
        return
    assert isinstance(made, Baseline)
    assert made.exit_status() == 101
    assert find(BMAP).id in {each.id for each in made.unknown}
