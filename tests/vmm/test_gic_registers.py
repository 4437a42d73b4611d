"""The rows name the attributes that the documentation names."""

from __future__ import annotations

import pytest

from guestabi.vmm.gic_registers import IDENTITY, ROWS, SAVED, affinity, attributes
from vmm.fake_gic import FakeGic

STATE = {"GICD_TYPER": [0x480007], "ICC_CTLR_EL1": [0x8C00, 0x8C00]}
BY_NAME = {row.name: row for row in (*IDENTITY, *ROWS)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GICD_IIDR", [0x8]),
        ("GICD_CTLR", [0x0]),
        ("GICD_ISENABLER", [0x104, 0x108, 0x10C, 0x110, 0x114, 0x118, 0x11C]),
        ("GICD_ICENABLER", [0x184, 0x188, 0x18C, 0x190, 0x194, 0x198, 0x19C]),
        ("GICD_ICFGR", list(range(0xC08, 0xC40, 4))),
        ("GICD_IPRIORITYR", list(range(0x420, 0x500, 4))),
        ("GICD_IROUTER", list(range(0x6100, 0x6800, 4))),
        ("GICR_PENDBASER", [0x78, 0x7C, 0x1_0000_0078, 0x1_0000_007C]),
        ("GICR_ISACTIVER0", [0x10300, 0x1_0001_0300]),
        ("line levels of SPIs", [32, 64, 96, 128, 160, 192, 224]),
        ("line levels of PPIs", [0, 0x1_0000_0000]),
        ("ICC_PMR_EL1", [0xC230, 0x1_0000_C230]),
        ("ICC_CTLR_EL1", [0xC664, 0x1_0000_C664]),
        ("ICC_AP1R_EL1", [0xC648, 0x1_0000_C648]),
        ("ICC_IGRPEN1_EL1", [0xC667, 0x1_0000_C667]),
    ],
)
def test_attributes(name, expected):
    """Of a machine with two vCPUs and 256 interrupts, whose CPU interface has 5 priority bits."""
    assert attributes(BY_NAME[name], STATE, 2) == expected


@pytest.mark.parametrize(("bits", "words"), [(4, 1), (5, 1), (6, 2), (7, 4)])
def test_active_priorities(bits, words):
    """ICC_CTLR_EL1.PRIbits tells how many words there are."""
    state = {**STATE, "ICC_CTLR_EL1": [0x8800 | (bits - 1) << 8]}
    assert attributes(BY_NAME["ICC_AP0R_EL1"], state, 1) == [0xC644 + n for n in range(words)]


def test_nothing_is_left_out():
    """Every attribute of the controller is saved, and none twice."""
    found = [(row.group, each) for row in SAVED for each in attributes(row, STATE, 2)]
    beyond = {
        (6, vcpu << 32 | at + n) for vcpu in (0, 1) for at in (0xC644, 0xC648) for n in (1, 2, 3)
    }
    assert len(found) == len(set(found))
    assert set(found) == set(FakeGic(2).values) - beyond


@pytest.mark.parametrize(
    ("vcpu", "expected"), [(0, 0), (15, 15), (16, 0x100), (255, 0xF0F), (4096, 0x10000)]
)
def test_affinity(vcpu, expected):
    """Sixteen vCPUs an Aff1, 256 Aff1 an Aff2."""
    assert affinity(vcpu) == expected


def test_the_order():
    """Who the controller is comes before all else; what clears comes before what sets; what an
    interrupt is comes before that it is pending."""
    names = [row.name for row in (*IDENTITY, *ROWS)]
    assert names[:3] == ["GICD_TYPER", "GICD_IIDR", "GICD_TYPER2"]
    clearing = [row.name for row in ROWS if row.clears]
    assert clearing == ["GICD_ICENABLER", "GICR_ICENABLER0", "GICD_ICACTIVER", "GICR_ICACTIVER0"]
    after = [names[names.index(name) + 1] for name in clearing]
    assert after == [name.replace("_IC", "_IS") for name in clearing]
    pending = names.index("GICD_ISPENDR")
    for name in ("GICD_CTLR", "GICD_IROUTER", "GICD_IGROUPR", "GICD_ICFGR", "GICD_ISENABLER"):
        assert names.index(name) < pending
