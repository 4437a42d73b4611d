"""guestabi.fleet.switching: with --allow-dead, features are switched off rather than fought for."""

from __future__ import annotations

import pytest

from compat.hosts import field, fixed
from guestabi import atlas
from guestabi.fleet.admission import admit
from guestabi.fleet.baseline import SWITCHED_OFF, Baseline, NoBaseline, baseline
from guestabi.registers.catalogue import find
from profiles import make_profile

DFR0 = find("ID_AA64DFR0_EL1").id
PMMIR = find("PMMIR_EL1").id


def host(name, slots, *versions):
    """A host whose PMUVer (bits 11:8) is the first of ``versions`` and may be any of them."""
    told = {"default": versions[0] << 8 | 6, "fields": [field(8, 4, *versions)]}
    return make_profile(name, {"ID_AA64DFR0_EL1": told, "PMMIR_EL1": fixed(slots)})


def test_a_feature_that_cannot_be_agreed_on_is_switched_off():
    """PMMIR_EL1 has no common value: without a PMU, nobody misses it."""
    found = [host("a", 4, 6, 1, 0), host("b", 6, 6, 0)]
    assert isinstance(baseline(found), NoBaseline)
    made = baseline(found, allow_dead=True)
    assert isinstance(made, Baseline)
    assert made.values == {DFR0: 6}
    assert made.dead == (PMMIR,)
    assert [pin.reason for pin in made.pins] == [SWITCHED_OFF]
    assert {admit(made, each).pins[0].verdict for each in found} == {"admitted"}


@pytest.mark.parametrize("versions", [(6,), (6, 5, 4, 1)])
def test_what_cannot_be_switched_off_stands(versions):
    """One host cannot hide its PMU: the conflict stays, and names what it named before."""
    found = [host("a", 4, *versions), host("b", 6, 6, 0)]
    plain, allowing = baseline(found), baseline(found, allow_dead=True)
    assert isinstance(allowing, NoBaseline)
    assert allowing.to_builtins() == plain.to_builtins()


def test_nothing_is_switched_off_without_need():
    """Where the register agrees, the feature stays."""
    made = baseline([host("a", 6, 6, 5, 0), host("b", 6, 5, 0)], allow_dead=True)
    assert isinstance(made, Baseline)
    assert (made.values, made.dead) == ({DFR0: 0x506}, ())


def test_a64fx_has_no_aarch32_to_disagree_on():
    """In the atlas: its ID_DFR0_EL1 differs between 6.1 and 6.12, and EL0 runs AArch64 alone."""
    found = [atlas.resolve(f"debian-{series}/a64fx") for series in ("6.1", "6.12")]
    made = baseline(found, allow_dead=True)
    assert [clash.name for clash in baseline(found).conflict.clashes] == ["ID_DFR0_EL1"]
    assert isinstance(made, Baseline)
    assert find("ID_DFR0_EL1").id in made.dead
