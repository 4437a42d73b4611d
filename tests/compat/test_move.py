"""compat.move: the policy at work, above all QEMU's walk over two sorted lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestabi.compat.move import born, move
from guestabi.registers.catalogue import find
from profiles import make_profile

from .hosts import IIDR, NOT_THERE, QEMU, STRICT, bits, fixed, free, levels

TTBR = find("TTBR0_EL1").id
BMAP = find("VENDOR_HYP_BMAP").id
PSCI = find("PSCI_VERSION").id
X0 = find("X0").id
SVE = find("SVE_VLS").id


def go(source, destination, policy=QEMU, pins=None):
    state, odd = born(source, policy, pins or {})
    assert odd == []
    return move(state, destination, policy, pins, source=source)


def host(*names, **more):
    return make_profile("h", {name: free(1) for name in names}, **more)


def test_below_an_own_register_a_missing_one_fails() -> None:
    """QEMU's walk meets an incoming id below the next own one: the load fails."""
    moved = go(host("TTBR0_EL1", "TTBR1_EL1"), host("TTBR1_EL1", "TCR_EL1"))
    assert moved.verdict == "refused"
    assert [(o.name, o.kind) for o in moved.outcomes] == [
        ("TTBR0_EL1", "missing"),
        ("TCR_EL1", "defaulted"),
    ]


def test_above_every_own_register_a_missing_one_is_dropped() -> None:
    """QEMU's walk ends with its own list: what sorts above is not looked at, and is lost."""
    moved = go(host("TTBR0_EL1", "TCR_EL1"), host("TTBR0_EL1", "SCTLR_EL1"))
    assert find("TCR_EL1").id > TTBR
    assert moved.verdict == "changed"
    assert [(each.outcome.name, each.effect) for each in moved.weighed] == [
        ("SCTLR_EL1", "benign"),
        ("TCR_EL1", "changed"),
    ]
    assert sorted(moved.state_after) == sorted([TTBR, find("SCTLR_EL1").id])


def test_a_longer_list_fails_before_the_walk() -> None:
    """The arrays of the stream must fit the destination's own list."""
    moved = go(host("TTBR0_EL1", "TCR_EL1"), host("TTBR0_EL1"))
    assert moved.verdict == "refused"
    assert [each.outcome.name for each in moved.weighed] == ["TCR_EL1"]


def test_what_goes_apart_does_not_count() -> None:
    """Core and SVE registers are in neither list: not for the length, not for the walk."""
    moved = go(host("X0", "X1", "X2", "TTBR0_EL1"), host("TTBR0_EL1"))
    assert moved.verdict == "same"
    assert moved.outcomes == ()


def test_the_last_id_is_the_lists_own() -> None:
    """A core or SVE id is never the end of the walk."""
    assert X0 < PSCI < SVE
    source = make_profile("a", {"TTBR0_EL1": free(1), "PSCI_VERSION": levels(0x10000)})
    destination = make_profile("b", {"TTBR0_EL1": free(1), "X0": free(0), "SVE_VLS": fixed(1)})
    assert go(source, destination).verdict == "refused"


def test_a_dead_register_above_all_is_benign() -> None:
    """What cannot have been used is no loss when it is dropped."""
    source = make_profile("a", {"TTBR0_EL1": free(1), "VENDOR_HYP_BMAP_2": bits(0, 3)})
    destination = make_profile("b", {"TTBR0_EL1": free(1), "SCTLR_EL1": free(0)})
    moved = go(source, destination)
    assert moved.verdict == "benign"


def test_state_after_is_what_the_next_save_carries() -> None:
    """Carried where kept, as read back where not, the default where the stream had nothing."""
    masked = {"default": 0, "patterns": [{"value": 7, "got": 3}]}
    source = make_profile("a", {"TTBR0_EL1": free(7), "TTBR1_EL1": free(9)})
    destination = make_profile("b", {"TTBR0_EL1": masked, "TTBR1_EL1": free(0), "TCR_EL1": free(5)})
    after = go(source, destination).state_after
    names = {
        find(name).id: value
        for name, value in {"TTBR0_EL1": 3, "TTBR1_EL1": 9, "TCR_EL1": 5}.items()
    }
    assert after == names


def test_what_the_vmm_loses_is_the_destinations() -> None:
    """Vector lengths stay what the destination gives them under QEMU."""
    source = make_profile("a", {"X0": free(0), "SVE_VLS": fixed(3)})
    destination = make_profile("b", {"X0": free(0), "SVE_VLS": fixed(1)})
    moved = go(source, destination)
    assert moved.verdict == "changed"
    assert moved.state_after[SVE] == 1


def test_a_tolerance_is_a_registers_own_answer() -> None:
    """A register that a VMM drops while it is zero moves then, and is refused otherwise."""
    tolerant = replace(QEMU, tolerances={BMAP: "drop-if-zero"})
    destination = make_profile(
        "b", {"X0": free(0), "PSCI_VERSION": levels(0x10000)}, guest=NOT_THERE
    )
    rows = {"PSCI_VERSION": levels(0x10000)}
    zero = make_profile("a", {**rows, "VENDOR_HYP_BMAP": bits(0, 3)})
    live = make_profile("a", {**rows, "VENDOR_HYP_BMAP": bits(3, 3)})
    assert go(zero, destination).verdict == "refused", "the list is longer"
    assert go(zero, destination, tolerant).verdict == "benign"
    assert go(live, destination, tolerant).verdict == "refused"


def test_values_wider_than_the_vmm_knows_stop_it() -> None:
    """A listed id of another size than 32 or 64 bits, outside the classes apart, is the end."""
    wide = 0x6040000000130000
    source = make_profile("a", {wide: 0})
    assert go(source, source).verdict == "refused"
    assert go(source, source, STRICT).verdict == "same"


def test_volatile_registers_move() -> None:
    """Counters have no value to compare; one that stands still on the other side is not known."""
    source = make_profile("a", {"TIMER_CNT": None, "TTBR0_EL1": None})
    assert go(source, source).verdict == "same"
    still = make_profile("b", {"TIMER_CNT": free(1), "TTBR0_EL1": free(1)})
    moved = go(source, still)
    assert [(o.name, o.kind) for o in moved.outcomes] == [("TTBR0_EL1", "unmeasured")]
    assert moved.verdict == "unknown"


@pytest.mark.parametrize(
    ("patterns", "verdict"),
    [
        ([{"value": "0x2b"}], "same"),
        ([{"value": "0x2b", "errno": "EINVAL"}], "refused"),
        ([{"value": "0x2b", "got": "0x3b"}], "refused"),
        ([], "unknown"),
    ],
)
def test_a_device_is_restored_by_a_vmm_that_does(patterns, verdict) -> None:
    """Our own loader writes GICD_IIDR and reads it back; QEMU leaves the destination's."""
    source = host("X0", devices=[{**IIDR, "default": "0x2b"}])
    destination = host("X0", devices=[{**IIDR, "default": "0x3b", "patterns": patterns}])
    assert go(source, destination, STRICT).verdict == verdict
    assert go(source, destination, QEMU).verdict == "changed"


def test_a_device_register_that_cannot_be_read_is_not_known() -> None:
    """What a guest finds in a register that the destination does not show is not guessed."""
    typer = {**IIDR, "attribute": "GICD_TYPER", "default": "0x1"}
    source = host("X0", devices=[{**IIDR, "default": "0x2b"}, typer])
    destination = host("X0", devices=[{**IIDR, "default": "0x2b"}])
    assert go(source, destination).verdict == "unknown"


def test_a_poison_that_a_set_only_register_takes_is_no_loss() -> None:
    """Set-only registers answer no pattern bit by bit; where all were taken, poison is too."""
    poison = 0x1DE7EC7EDBADC0DE
    source = make_profile("a", {"PMINTENSET_EL1": free(poison)})
    odd = [{"value": 0, "got": 4}, {"value": 3, "got": 6}]
    taken = make_profile("b", {"PMINTENSET_EL1": {"default": 4, "patterns": odd}})
    assert go(source, taken).verdict == "benign"
    odd[1]["errno"] = "EINVAL"
    refused = make_profile("b", {"PMINTENSET_EL1": {"default": 4, "patterns": odd}})
    assert go(source, refused).verdict == "unknown"
    assert go(source, make_profile("b", {"PMINTENSET_EL1": 4})).verdict == "unknown"


def acting(default, **more):
    sets = {"default": default, "patterns": [{"value": 15, "got": 15}], "acts": "sets"}
    clears = {"default": default, "patterns": [{"value": 15, "got": 0}], "acts": "clears"}
    sets["shares"], clears["shares"] = ["0x603000000013c4f2"], ["0x603000000013c4f1"]
    return {"PMINTENSET_EL1": {**sets, **more}, "PMINTENCLR_EL1": {**clears, **more}}


def test_set_and_clear_registers_undo_each_other() -> None:
    """Written one after the other, the second clears what the first set (seen on 6.12): what the
    guest had is lost, which is told where the source keeps it, and no difference where it does
    not."""
    keeps = make_profile(
        "a", {"PMINTENSET_EL1": free(6), "PMINTENCLR_EL1": free(6), "TTBR0_EL1": free(0)}
    )
    acts = make_profile("b", {**acting(6), "TTBR0_EL1": free(0)})
    moved = go(keeps, acts)
    assert [(o.name, o.kind, o.source, o.destination, o.grade) for o in moved.outcomes] == [
        ("PMINTENSET_EL1", "readback", 6, 0, "undone"),
        ("PMINTENCLR_EL1", "readback", 6, 0, "undone"),
    ]
    assert moved.verdict == "changed"
    home = go(acts, acts)
    assert home.verdict == "same"
    assert home.outcomes == ()
    assert {home.state_after[find(name).id] for name in acting(0)} == {0}


V2_IIDR = {"device": "vgic-v2", "attribute": "GICD_IIDR", "default": "0x4b00243b"}
V3_IIDR = {**IIDR, "default": "0x4b00243b"}


@pytest.mark.parametrize(
    ("gics", "verdict"), [(["v3"], "refused"), (["v2", "v3"], "unknown"), ([], "unknown")]
)
def test_another_interrupt_controller_is_never_the_same(gics: list[str], verdict: str) -> None:
    """A guest with a GICv2 is refused where there is only GICv3; where its GICv2 was not
    measured, nothing is known. Its own device is all that it may take along."""
    source = host("X0", devices=[V2_IIDR], gics=["v2"])
    moved = go(source, host("X0", devices=[V3_IIDR], gics=gics))
    assert moved.verdict == verdict
    assert [each.outcome.name for each in moved.weighed] == ["vgic-v2.GICD_IIDR"]
    assert moved.devices_after == {}
