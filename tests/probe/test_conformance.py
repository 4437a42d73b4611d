"""The suite asks any kernel the same, and sees a kernel that answers otherwise."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from guestabi import atlas, model
from guestabi.model.registers import Refused, measured
from guestabi.probe.conformance import Check, Sheet, conformance
from guestabi.probe.ktap import paired, to_ktap

SERIES = ("5.10", "6.1", "6.12", "6.16", "7.3")
N1 = "debian-6.12/neoverse-n1"
TPIDR_EL0 = 0x603000000013DE82
TPIDR_EL1 = 0x603000000013C684
PSCI = 0x6030000000140000
STD = 0x6030000000160000
PFR0 = 0x603000000013C020


def differing(kvm) -> set[str]:
    honest = conformance(model.kernel(N1))
    return {name for name, got, wanted in paired(conformance(kvm), honest) if got != wanted}


def changed(id: int, **changes):
    row = measured(atlas.resolve(N1), fixed=True)[id]
    return model.kernel(N1, rows={id: replace(row, **changes)})


@pytest.mark.parametrize("series", SERIES)
def test_hundreds_of_checks(series):
    """Every part of the suite asks something of every kernel, and no question twice."""
    checks = conformance(model.kernel(f"debian-{series}/neoverse-n1"))
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    parts = Counter(name.split("/")[0] for name in names)
    assert {part for part, count in parts.items() if count < 1} == set()
    assert set(parts) >= {
        "birth",
        "enable",
        "features",
        "finalize",
        "gic",
        "identity",
        "life",
        "list",
        "pmu",
        "ran",
        "reset",
        "run",
        "system",
        "unknown",
        "values",
        "vm",
    }
    assert len(checks) > 2000


def test_deterministic_and_nothing_is_left():
    """Asked twice, the same answers in the same order; every descriptor is given back."""
    kvm = model.kernel("debian-7.3/max")
    assert conformance(kvm) == conformance(kvm)
    assert kvm.counts.open == 1


def test_another_reset_value_is_seen():
    """One changed default fails its own checks."""
    found = differing(changed(TPIDR_EL0, default=5, default_other=5))
    assert found == {"reset/vcpu0: TPIDR_EL0", "reset/vcpu1: TPIDR_EL0"}


def test_another_scope_is_seen():
    """A register that is no longer VM-wide fails in what the other vCPU reads."""
    found = differing(changed(PSCI, vm_mask=0))
    assert {name for name in found if not name.startswith(("values/PSCI", "life/PSCI"))} == set()
    assert "values/PSCI_VERSION: 0x10000" in found
    assert "life/PSCI_VERSION: on the vCPU initialised later" in found


def test_another_window_is_seen():
    """A bitmap that the first run does not fix fails after the run, and nowhere else."""
    row = measured(atlas.resolve(N1), fixed=True)[STD]
    found = differing(changed(STD, law=lambda held, value, ran: row.law(held, value, False)))
    assert found == {f"ran/vcpu{ran} ran: STD_BMAP: another" for ran in (0, 1)}


def test_another_errno_is_seen():
    """EBUSY in place of EINVAL is a difference."""
    row = measured(atlas.resolve(N1), fixed=True)[PFR0]

    def law(held: int, value: int, ran: bool) -> int:
        try:
            return row.law(held, value, ran)
        except Refused:
            raise Refused("EBUSY") from None

    found = differing(changed(PFR0, law=law))
    assert found
    assert {name for name in found if not name.startswith("values/ID_AA64PFR0_EL1")} == set()


def test_a_lost_value_is_seen():
    """A kernel that forgets a value when another vCPU is initialised is found out."""
    found = differing(changed(TPIDR_EL1, lost_by_other=True))
    assert found == {"life/TPIDR_EL1: after another vCPU's init"}


def test_a_missing_register_is_seen():
    """It fails in the lists, and its own questions are not asked."""
    found = differing(model.kernel(N1, rows={STD: None}))
    assert {"list/vcpu0", "list/vcpu1", "reset/vcpu0: STD_BMAP"} <= found


def test_a_question_cannot_be_asked_twice():
    """Two answers under one name would hide one of them."""
    sheet = Sheet()
    sheet.put("a", 1)
    with pytest.raises(ValueError, match="twice"):
        sheet.put("a", 1)


def test_ktap():
    """One line a check, both answers before a failure, and questions of one side alone fail."""
    real = [Check("a", "ok"), Check("b", "EBUSY"), Check("d", "ok")]
    expected = [Check("a", "ok"), Check("b", "EINVAL"), Check("c", "ok")]
    assert to_ktap(real, expected) == (
        "KTAP version 1\n"
        "1..4\n"
        "ok 1 a\n"
        "# b: real 'EBUSY', expected 'EINVAL'\n"
        "not ok 2 b\n"
        "# c: real 'none', expected 'ok'\n"
        "not ok 3 c\n"
        "# d: real 'ok', expected 'none'\n"
        "not ok 4 d\n"
    )


def test_nothing_to_compare():
    """No checks at all is an error, never a pass."""
    with pytest.raises(ValueError, match="nothing"):
        to_ktap([], [])
    with pytest.raises(ValueError, match="nothing"):
        to_ktap([Check("a", "ok")], [])
