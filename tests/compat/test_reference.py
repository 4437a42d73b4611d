"""The reference table: what QEMU 10.0.13 did with real guests on eleven real kernels.

Emulated Neoverse N1, ``virt-10.0``, ``-cpu host``, one vCPU; row: where the guest was saved,
column: where it was loaded. ``x``: the load failed.
"""

from __future__ import annotations

from functools import cache

import pytest

from guestabi import atlas
from guestabi.compat.matrix import Engine, matrix
from guestabi.compat.verdict import QUESTIONS, check

from .hosts import QEMU, STRICT

OBSERVED = {
    "5.10": ".x.........",
    "6.1": "x..........",
    "6.12": "xx.xxxxxxxx",
    "6.16": "xxx........",
    "6.17": "xxx........",
    "6.18": "xxx........",
    "6.19": "xxx........",
    "7.0": "xxx........",
    "7.1": "xxx........",
    "7.2": "xxx........",
    "7.3": "xxxxxxxxxx.",
}


@cache
def hosts():
    found = [atlas.resolve(f"debian-{series}/neoverse-n1") for series in OBSERVED]
    assert len(found) == 11
    return found


@cache
def predicted():
    return matrix(hosts(), QEMU)


def test_refused_in_exactly_the_cells_that_failed() -> None:
    """43 of 110 moves fail, 34 of them rollbacks: these, and no others."""
    rows = [
        "".join("x" if cell["forward"] == "refused" else "." for cell in row) for row in predicted()
    ]
    assert rows == list(OBSERVED.values())
    failed = [(i, j) for i, row in enumerate(rows) for j, cell in enumerate(row) if cell == "x"]
    assert (len(failed), sum(1 for i, j in failed if i > j)) == (43, 34)


def test_of_46_upgrades_that_load_25_cannot_come_home() -> None:
    """Observed too: saved on A, loaded and saved on B, loaded on A."""
    upgrades = [predicted()[i][j] for i in range(11) for j in range(i + 1, 11)]
    loaded = [cell for cell in upgrades if cell["forward"] != "refused"]
    assert len(loaded) == 46
    assert sum(1 for cell in loaded if cell["return"] == "refused") == 25


def test_nothing_is_unknown() -> None:
    """The captures measured whatever these moves ask."""
    unknown = [
        (i, j, question)
        for i, row in enumerate(predicted())
        for j, cell in enumerate(row)
        for question in QUESTIONS
        if cell[question] == "unknown"
    ]
    assert unknown == []


@pytest.mark.parametrize("policy", [QEMU, STRICT], ids=lambda policy: policy.name)
def test_fast_is_slow_on_real_captures(policy) -> None:
    """Four real kernels, every pair: the fast answers are the slow ones."""
    engine = Engine(policy)
    some = [hosts()[i] for i in (0, 1, 2, 3, 10)]
    for a in some:
        for b in some:
            slow = {name: each.verdict for name, each in check(a, b, policy).questions.items()}
            assert engine.verdicts(a, b) == slow


def test_7_3_to_7_2_names_pmmir() -> None:
    """The newest rollback: one register, and no option that helps."""
    checked = check(hosts()[9], hosts()[10], QEMU)
    assert checked.exit_status() == 100
    (finding,) = [
        each for each in checked.questions["rollback"].findings if each.effect == "refused"
    ]
    assert finding.register == "PMMIR_EL1"
    assert "no QEMU option helps" in finding.remedy


def test_what_stops_each_move_is_named() -> None:
    """The registers behind the failures of each step, as measured."""

    def stops(i: int, j: int) -> list[str]:
        found = check(hosts()[i], hosts()[j], QEMU).questions["forward"].findings
        return sorted(name for each in found if each.effect == "refused" for name in each.members)

    assert stops(0, 1) == ["ID_AA64DFR0_EL1"]
    assert stops(1, 0) == [
        "ID_AA64DFR0_EL1",
        "OSLSR_EL1",
        "PSCI_VERSION",
        "STD_BMAP",
        "STD_HYP_BMAP",
        "VENDOR_HYP_BMAP",
    ]
    assert stops(2, 3) == ["PIRE0_EL1", "PIR_EL1", "TCR2_EL1"]
    assert stops(3, 2) == ["PSCI_VERSION"]
    assert stops(10, 9) == ["PMMIR_EL1"]


def test_the_service_that_appears_is_named() -> None:
    """Born on 5.10 and moved to 6.12, a guest finds TRNG, the vendor UID and PTP; one of 6.1
    finds no new service. Both were seen from inside a guest."""
    appear = check(hosts()[0], hosts()[2], QEMU).questions["forward"]
    assert {
        (each.register, each.field)
        for each in appear.findings
        if each.rule == "defaulted-service-appears"
    } == {("STD_BMAP", "TRNG_V1_0"), ("VENDOR_HYP_BMAP", "FUNC_FEAT, PTP")}
    calm = check(hosts()[1], hosts()[2], QEMU).questions["forward"]
    assert [each for each in calm.findings if each.rule == "defaulted-service-appears"] == []
