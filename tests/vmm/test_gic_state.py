"""A GICv3's state moves whole, or the register that does not is named."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.errors import GuestAbiError, KvmError, RegisterError, UsageError
from guestabi.vmm.gic_registers import ROWS, SAVED, attributes
from guestabi.vmm.gic_state import fits, require, restore, save
from vmm.fake_gic import CPU, DIST, IIDR, NEW, OLD, REDIST, FakeGic

RESET = save(FakeGic(), 2)


def busy(seed: int, **options) -> FakeGic:
    """A GIC in which every register that can be written was written."""
    gic, dice = FakeGic(**options), random.Random(seed)
    state = save(gic, 2)
    for row in ROWS:
        for at in attributes(row, state, 2):
            if row.name not in ("ICC_CTLR_EL1", "ICC_SRE_EL1"):
                data = dice.getrandbits(32).to_bytes(row.size, "little")
                gic.set_device_attr(row.group, at, data)
    gic.writes.clear()
    return gic


@given(st.integers(), st.integers())
def test_it_moves_whole(seed, other):
    """Whatever the destination held before, afterwards it holds what was saved, and no more."""
    state = save(busy(seed), 2)
    destination = busy(other)
    restore(destination, state, 2)
    assert save(destination, 2) == state


def test_what_holds_is_not_written():
    """A fresh GIC takes what a fresh one held; ones are written to clear, and nothing else."""
    destination = FakeGic()
    restore(destination, RESET, 2)
    assert save(destination, 2) == RESET
    assert {value for _, _, value in destination.writes} == {0xFFFF, 0xFFFFFFFF}
    assert len(destination.writes) == 2 * (7 + 2) + 2


def test_saving_changes_nothing():
    """A machine that was saved may run on."""
    gic = busy(1)
    assert save(gic, 2) == save(gic, 2)
    assert gic.writes == []


def test_the_revision_is_written_first():
    """And the rest by its rules; GICD_IIDR is then what the guest knew."""
    destination = FakeGic()
    restore(destination, save(busy(1, iidr=OLD), 2), 2)
    assert destination.writes[0] == (DIST, IIDR, OLD)
    assert destination.values[DIST, IIDR] == OLD


@pytest.mark.parametrize("other_revision", ["kept", "ignored", "refused"])
def test_the_same_revision_is_not_written(other_revision):
    """What is there already asks nothing of the kernel."""
    destination = FakeGic(other_revision=other_revision)
    restore(destination, RESET, 2)
    assert [write for write in destination.writes if write[:2] == (DIST, IIDR)] == []


UNKEPT, REFUSED = "does not keep what is written", "refuses another value (EINVAL)"


@pytest.mark.parametrize(
    ("destination", "name", "was", "here", "said"),
    [
        (FakeGic(other_revision="ignored"), "GICD_IIDR", OLD, NEW, UNKEPT),
        (FakeGic(other_revision="refused"), "GICD_IIDR", OLD, NEW, REFUSED),
        (FakeGic(typer=0x480003), "GICD_TYPER", 0x480007, 0x480003, UNKEPT),
        (FakeGic(iidr=OLD, typer2=0x100), "GICD_TYPER2", 0, 0x100, REFUSED),
    ],
    ids=["ignored", "refused", "fewer interrupts", "other services"],
)
def test_another_controller(destination, name, was, here, said):
    """The register, both values and the way out; nothing else was written."""
    with pytest.raises(GuestAbiError) as caught:
        restore(destination, save(FakeGic(iidr=OLD), 2), 2)
    assert str(caught.value) == (
        f"{name} was {was:#x} where the machine was saved; "
        f"here it is {here:#x}, and the kernel {said}"
    )
    assert caught.value.hint == (
        "the guest would find another interrupt controller: keep it on hosts that have the same "
        "one, or whose kernel keeps the revision"
    )
    assert len(destination.writes) == 1


def test_a_refused_write():
    """More priority bits than the destination has: register, attribute, value, errno, way out."""
    state = save(FakeGic(priority_bits=7), 2)
    with pytest.raises(RegisterError) as caught:
        restore(FakeGic(priority_bits=5), state, 2)
    assert str(caught.value).startswith(
        "KVM_SET_DEVICE_ATTR ICC_CTLR_EL1 (0x000000000000c664) = 0x8e00: EINVAL ("
    )
    assert (caught.value.register, caught.value.value) == (0xC664, 0x8E00)
    assert "keep it on hosts like its own" in caught.value.hint


@pytest.mark.parametrize(("bits", "words"), [(5, 1), (6, 2), (7, 4)])
def test_active_priorities(bits, words):
    """As many words are saved as the kernel has, and they move."""
    state = save(busy(1, priority_bits=bits), 2)
    assert len(state["ICC_AP0R_EL1"]) == len(state["ICC_AP1R_EL1"]) == 2 * words
    destination = FakeGic(priority_bits=bits)
    restore(destination, state, 2)
    assert save(destination, 2) == state


def test_a_refused_read():
    """It names the register and the vCPU, by its affinity."""
    with pytest.raises(RegisterError) as caught:
        save(FakeGic(1), 2)
    assert str(caught.value).startswith(
        "KVM_GET_DEVICE_ATTR GICR_PROPBASER (0x0000000100000070): ENXIO ("
    )


def test_another_interrupt_controller():
    """A GICv2 has no redistributors, and is not saved as if it were a GICv3."""
    gic = FakeGic(0)
    with pytest.raises(UsageError, match="cannot be saved"):
        save(gic, 2)


def test_another_number_of_vcpus():
    """Refused before anything is written."""
    gic = FakeGic(3)
    with pytest.raises(UsageError, match="no state of a GICv3 with 3 vCPUs"):
        restore(gic, RESET, 3)
    assert gic.writes == []


@pytest.mark.parametrize(
    ("model", "state", "expected"),
    [
        (None, RESET, "saved with a GICv3, and VMs of this host come with no GIC"),
        ("v2", RESET, "saved with a GICv3, and VMs of this host come with a GICv2"),
        ("v3", None, "saved with no GIC, and VMs of this host come with a GICv3"),
    ],
)
def test_a_host_with_another_gic(model, state, expected):
    """Both are named."""
    with pytest.raises(UsageError, match=expected):
        require(model, state)


def test_a_host_with_the_same_gic():
    """Also where both have none."""
    require("v3", RESET)
    require(None, None)


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        {},
        {**RESET, "GICD_NSACR": [0]},
        {**RESET, "GICD_CTLR": 0x50},
        {**RESET, "GICD_CTLR": []},
        {**RESET, "GICD_CTLR": [-1]},
        {**RESET, "GICD_CTLR": [1 << 32]},
        {**RESET, "GICD_CTLR": [True]},
        {**RESET, "GICD_CTLR": [0.0]},
        {**RESET, "GICD_CTLR": ["0"]},
        {**RESET, "GICD_TYPER": []},
        {**RESET, "GICD_TYPER": [6]},
        {**RESET, "GICR_CTLR": [6]},
        {**RESET, "ICC_CTLR_EL1": []},
        {**RESET, "ICC_CTLR_EL1": [0x8E00, 0x8E00]},
        {**RESET, "ICC_PMR_EL1": [0, 1 << 64]},
    ],
)
def test_what_is_no_state(state):
    """Another register, number or kind of words than a GICv3 with two vCPUs has."""
    assert fits(RESET, 2)
    assert not fits(state, 2)


@pytest.mark.parametrize("vcpus", [0, 1, 3])
def test_a_state_is_of_so_many_vcpus(vcpus):
    """It fits no other number."""
    assert not fits(RESET, vcpus)


def test_the_fake_answers_as_documented():
    """ENXIO for what there is not; ones set and clear in pairs; the latch takes what is written."""
    gic = FakeGic()
    with pytest.raises(KvmError) as caught:
        gic.get_device_attr(DIST, 0x44, 4)
    assert caught.value.errno_name == "ENXIO"

    def written(offset: int, value: int, shown: int) -> int:
        gic.set_device_attr(DIST, offset, value.to_bytes(4, "little"))
        return int.from_bytes(gic.get_device_attr(DIST, shown, 4), "little")

    for on, off in ((0x104, 0x184), (0x304, 0x384)):
        assert [written(on, 0xF0, on), written(on, 0xF, off), written(off, 3, on)] == [
            0xF0,
            0xFF,
            0xFC,
        ]
    assert [written(0x204, 0xF0, 0x204), written(0x204, 0xF, 0x204)] == [0xF0, 0xF]
    assert {row.group for row in SAVED} >= {DIST, REDIST, CPU}
