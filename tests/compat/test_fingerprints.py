"""The firecracker policy against public facts: register dumps of real Arm hosts.

They hold ids and values; what a kernel accepts was not measured, so that a value that differs is
``unknown``, never good.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guestabi import policies
from guestabi.compat.known import POISON, feature_of
from guestabi.compat.verdict import check
from guestabi.registers.catalogue import find
from profiles import make_profile

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "fingerprints"
KERNELS = ("5.10", "6.1", "6.18")
CPUS = ("NEOVERSE_N1", "NEOVERSE_V1")
FIRECRACKER = policies.load("firecracker")

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the register dumps are not at {FOLDER}; see its README for them"
)
cpus = pytest.mark.parametrize("cpu", CPUS)


def dumped(cpu, kernel):
    """A profile of ids and values alone, from a dump's reg_modifiers."""
    text = (FOLDER / f"fingerprint_ARM_{cpu}_{kernel}host.json").read_text()
    rows = json.loads(text)["guest_cpu_config"]["reg_modifiers"]
    values = {int(row["addr"], 16): int(row["bitmap"], 2) for row in rows}
    assert len(values) == len(rows) > 200
    return make_profile(f"{cpu}-{kernel}", values, cpu=None, release=f"{kernel}.0")


@cpus
def test_the_lists(cpu) -> None:
    """74 ids vanish and 4 come with 6.1; 12 come with 6.18 and none goes."""
    old, mid, new = ({*dumped(cpu, kernel).registers} for kernel in KERNELS)
    assert (len(old - mid), len(mid - old)) == (74, 4)
    assert (len(mid - new), len(new - mid)) == (0, 12)


@cpus
def test_an_upgrade_from_5_10_to_6_1_is_refused_for_the_pmu(cpu) -> None:
    """All that is missing is one finding: registers of a PMU that the guest was never given. 71
    hold what reset put there; three do not, so that no loader could drop them blindly, and the rule
    is theirs."""
    a, b = dumped(cpu, "5.10"), dumped(cpu, "6.1")
    gone = a.registers.keys() - b.registers.keys()
    assert {feature_of(number) for number in gone} == {"PMUv3"}
    answer = check(a, b, FIRECRACKER).questions["forward"]
    assert answer.verdict == "refused"
    refused = [each for each in answer.findings if each.effect == "refused"]
    said = [(each.rule, each.register, each.cause, each.count) for each in refused]
    assert said == [("missing-live", "PMCR_EL0", "PMUv3", 74)]
    named = [find(name).id for each in refused for name in each.members]
    assert sorted(named) == sorted(gone)
    live = {n for n in gone if a.defaults[n] != POISON}
    assert live == {find(name).id for name in ("PMCR_EL0", "PMUSERENR_EL0", "PMCCFILTR_EL0")}


@cpus
def test_and_the_way_back_is_refused_for_what_6_1_added(cpu) -> None:
    """OSLSR_EL1 and three bitmaps: listed, saved, and unknown to 5.10."""
    answer = check(dumped(cpu, "5.10"), dumped(cpu, "6.1"), FIRECRACKER).questions["rollback"]
    assert answer.verdict == "refused"
    refused = {n for each in answer.findings if each.effect == "refused" for n in each.members}
    assert refused == {"OSLSR_EL1", "STD_BMAP", "STD_HYP_BMAP", "VENDOR_HYP_BMAP"}


@cpus
def test_from_6_1_to_6_18_nothing_is_refused_and_not_all_is_known(cpu) -> None:
    """No id is missing; values differ that no dump says are accepted: unknown, not good. The way
    home, and a rollback, meet the 12 new ids, though CCSIDRs and an empty bitmap say nothing."""
    asked = check(dumped(cpu, "6.1"), dumped(cpu, "6.18"), FIRECRACKER).questions
    assert asked["forward"].verdict == "unknown"
    assert {each.effect for each in asked["forward"].findings} == {"unknown", "benign"}
    added = {f"CCSIDR_{n}" for n in range(3, 14)} | {"VENDOR_HYP_BMAP_2"}
    for question in ("return", "rollback"):
        answer = asked[question]
        refused = {n for each in answer.findings if each.effect == "refused" for n in each.members}
        assert (answer.verdict, refused) == ("refused", added)


@cpus
def test_a_kernel_to_itself(cpu) -> None:
    """The very same dump moves unchanged: what is not measured does not matter there."""
    for kernel in KERNELS:
        host = dumped(cpu, kernel)
        asked = check(host, host, FIRECRACKER).questions
        assert {each.verdict for each in asked.values()} == {"same"}
