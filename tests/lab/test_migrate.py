"""Real QEMU moves real guests between real kernels, and check had said what it would do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestabi.lab import agreement
from guestabi.lab.agreement import Compared, compare, exit_status
from guestabi.lab.migrate import LOADED, REFUSED, Journey, Observed, move, moves
from guestabi.lab.qemu_guest import Setup, bear, load
from guestabi.lab.vmms import Vmm, find_vmm
from guestabi.registers.catalogue import find

CPU = "neoverse-n1"
SETUP = Setup(find_vmm("qemu-10.0"), CPU)
# Both ways across the firmware registers of 6.16, a rollback-free step, and the move in which
# hypercalls appear in silence.
MOVES = {
    ("6.12", "6.16"): REFUSED,
    ("6.16", "6.17"): LOADED,
    ("6.16", "6.12"): REFUSED,
    ("5.10", "6.12"): LOADED,
}


class Subject:
    def __init__(self, name):
        self.name = name


def seen(outcome):
    return Observed(Subject("a/x"), Subject("b/x"), outcome, ("why", "what"), 1.0)


@pytest.mark.parametrize(
    ("predicted", "outcome", "agrees"),
    [
        ("same", LOADED, True),
        ("benign", LOADED, True),
        ("changed", LOADED, True),
        ("refused", REFUSED, True),
        ("same", REFUSED, False),
        ("changed", REFUSED, False),
        ("refused", LOADED, False),
        ("unknown", LOADED, None),
        (None, REFUSED, None),
    ],
)
def test_agreement(predicted, outcome, agrees):
    """A prediction holds where the VMM refuses what was to be refused, and loads the rest."""
    assert Compared("forward", seen(outcome), predicted).agrees is agrees


def test_exit_status():
    """0 where the guest got wherever it went, 100 where it was refused once."""
    ways = [Compared("forward", seen(each), None) for each in (LOADED, REFUSED)]
    assert [exit_status((ways[0],)), exit_status(tuple(ways))] == [0, 100]


def test_the_reason_is_that_of_a_refusal():
    """A guest that was loaded has none, whatever QEMU said on the way."""
    assert [seen(REFUSED).reasons, seen(LOADED).reasons] == [("why", "what"), ()]
    assert replace(seen(REFUSED), said=()).reasons == ("it gave no reason",)


def test_reasons_are_told_once_and_plainly():
    """QEMU's name, its warnings and what it repeats are left out of the reasons."""
    said = [f"qemu-system-aarch64: {each}" for each in ("warning: skip it", "no", "no", "failed")]
    assert replace(seen(REFUSED), said=tuple(said)).reasons == ("no", "failed")


def test_without_a_policy_nothing_is_predicted():
    """An observation stands alone where no loader policy is of that VMM."""
    unknown = Setup(Vmm("qemu-0.0", "0.0", ("sid",), "virt"), CPU)
    (row,) = compare(Journey(seen(LOADED), None), unknown)
    assert (row.predicted, row.agrees) == (None, None)


@pytest.fixture(scope="module")
def observed(archive):
    """The four moves, on three boots for the guests and three for the loads."""
    return moves(archive, MOVES, SETUP)


lab = pytest.mark.lab
together = pytest.mark.xdist_group("lab")


@lab
@together
@pytest.mark.parametrize("pair", MOVES, ids=" to ".join)
def test_real_moves_are_as_predicted(observed, pair):
    """QEMU 10.0 loads or refuses what the reference table says, and so does check."""
    (row,) = compare(Journey(observed[pair], None), SETUP)
    assert (row.observed.outcome, row.agrees) == (MOVES[pair], True)


@lab
@together
def test_a_refusal_has_a_reason(observed):
    """A refused guest comes with QEMU's own words, about its CPU."""
    for pair, outcome in MOVES.items():
        said = " ".join(observed[pair].said)
        assert ("cpu" in said) == (outcome == REFUSED), said


@lab
@together
def test_a_guest_that_only_visited_cannot_come_home(archive):
    """Born on 7.2, it loads on 7.3, and is refused at home for a register that 7.3 added."""
    journey = move(archive, "7.2", "7.3", SETUP, back=True)
    rows = compare(journey, SETUP)
    assert [(row.way, row.observed.outcome, row.agrees) for row in rows] == [
        ("forward", LOADED, True),
        ("return", REFUSED, True),
    ]


@lab
@together
def test_a_pin_opens_the_way_back_under_qemu_11_1(archive):
    """Born on 6.16, a guest is refused on 6.12 for its PSCI version, and loads there if it was
    born with the version of 6.12."""
    psci = find("PSCI_VERSION").id
    said = {}
    for pins in ({}, {psci: 0x10001}):
        setup = Setup(find_vmm("qemu-11.1"), CPU, pins)
        (row,) = compare(move(archive, "6.16", "6.12", setup), setup)
        assert row.agrees, row
        said[bool(pins)] = row.observed
    assert {pinned: each.outcome for pinned, each in said.items()} == {False: REFUSED, True: LOADED}
    assert said[False].reasons[0] == "Could not set register fw reg 0 to 10003 (is 10001)"


@lab
@together
def test_qemu_7_2_moves_guests_too(archive):
    """The VMM of an older suite runs on its own libraries."""
    setup = Setup(find_vmm("qemu-7.2"), CPU)
    (row,) = compare(move(archive, "6.12", "6.16", setup), setup)
    assert (row.observed.outcome, row.agrees) == (REFUSED, True)
    assert "Failed to load cpu:cpreg_vmstate_array_len" in row.observed.reasons


@lab
@together
def test_a_damaged_stream_is_refused_with_its_reason(archive):
    """Half a stream, none and another version each end in QEMU's words; the next guest loads."""
    ((_, whole),) = bear(archive, ["6.12"], SETUP)
    damaged = [whole[: len(whole) // 2], b"", whole[:4] + b"\xff" + whole[5:]]
    _, found = load(archive, "6.12", SETUP, [*damaged, whole])
    assert [each.outcome for each in found] == ["refused"] * 3 + ["running"]
    assert all(each.said for each in found[:3])


@lab
@together
def test_canary(observed, monkeypatch):
    """The check can fail: a prediction of the contrary disagrees in every move."""
    contrary = {LOADED: "refused", REFUSED: "same"}
    for pair, outcome in MOVES.items():
        monkeypatch.setattr(
            agreement,
            "_predicted",
            lambda journey, setup, word=contrary[outcome]: {"forward": word},
        )
        (row,) = compare(Journey(observed[pair], None), SETUP)
        assert row.agrees is False
