"""Real VMMs move real guests between real kernels, and check had said what each guest would see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guestabi.lab import moves
from guestabi.lab.agreement import Predicted, compare, compare_all, exit_status, matrix_status
from guestabi.lab.guests import Setup, bear, load
from guestabi.lab.migrate import LOADED, REFUSED, SILENT, Journey, Observed, move
from guestabi.lab.vmms import Vmm, find_vmm
from guestabi.registers.catalogue import find

CPU = "neoverse-n1"
SETUP = Setup(find_vmm("qemu-10.0"), CPU)
OURS = Setup(find_vmm("ours"), CPU)
# Hypercalls that appear, registers that come and go, PSCI versions that rise: all is between these.
KERNELS = ("5.10.223", "6.12.117", "6.16.12", "7.3.4")
# Rows from, columns to; x: refused, ?: loads and the guest sees another machine, .: neither.
EXPECTED = {
    "qemu-10.0": (".???", "x.xx", "xx..", "xxx."),
    "ours": (".?x?", "x...", "xx..", "xx.."),
}
PSCI = find("PSCI_VERSION").id


class Subject:
    def __init__(self, name):
        self.name = name


REPORT = ({"PSCI_VERSION": 0x10001},)


def seen(outcome):
    after = REPORT if outcome == LOADED else None
    return Observed(Subject("a/x"), Subject("b/x"), outcome, ("why", "what"), 1.0, REPORT, after)


def test_exit_status():
    """0 where the guest got wherever it went, 100 where it was refused or fell silent once."""

    def status(*outcomes):
        setup = Setup(Vmm("qemu-0.0", "0.0", ("sid",), "virt"), CPU)
        ways = [compare(Journey(seen(each), None), setup)[0] for each in outcomes]
        return exit_status(tuple(ways))

    assert [status(LOADED), status(LOADED, REFUSED), status(SILENT)] == [0, 100, 100]


def test_the_reason_is_that_of_a_refusal():
    """A guest that was loaded has none, whatever QEMU said on the way."""
    assert [seen(REFUSED).reasons, seen(LOADED).reasons] == [("why", "what"), ()]
    assert replace(seen(REFUSED), said=()).reasons == ("it gave no reason",)


def test_reasons_are_told_once_and_plainly():
    """QEMU's name, its warnings and what it repeats are left out of the reasons."""
    words = ("-accel kvm: warning: 2 CPUs", "warning: skip it", "no", "no", "failed")
    said = tuple(f"qemu-system-aarch64: {each}" for each in words)
    assert replace(seen(REFUSED), said=said).reasons == ("no", "failed")


def test_without_a_policy_nothing_is_predicted():
    """An observation stands alone where no loader policy is of that VMM."""
    unknown = Setup(Vmm("qemu-0.0", "0.0", ("sid",), "virt"), CPU)
    (row,) = compare(Journey(seen(LOADED), None), unknown)
    assert (row.predicted, row.comparison.agrees) == (None, None)


lab = pytest.mark.lab
together = pytest.mark.xdist_group("lab")


def word(each: dict[str, Any]) -> str:
    if each["observed"] == REFUSED:
        return "x"
    return "?" if each["changes"] else "."


@pytest.fixture(scope="module", params=EXPECTED)
def grid(archive, request):
    """All pairs of four kernels under one VMM, on eight boots."""
    raw = moves.run(archive, KERNELS, Setup(find_vmm(request.param), CPU), fresh=True)
    return compare_all(raw)


@lab
@together
def test_a_reduced_matrix(grid):
    """In each of the 16 moves the VMM does what check says, and the guest sees what check says."""
    assert [each for each in grid["moves"] if each["agrees"] is not True] == []
    assert matrix_status(grid) == 0
    words = "".join(word(each) for each in grid["moves"])
    rows = tuple(words[at : at + 4] for at in range(0, 16, 4))
    assert rows == EXPECTED[grid["vmm"]]


@lab
@together
def test_canary(grid):
    """The comparison can fail: with another kernel's captures for predictions it does."""
    raw = {
        **grid,
        "kernels": [{"name": name} for name in reversed(grid["kernels"])],
        "moves": [{**each, "outcome": each["observed"]} for each in grid["moves"]],
    }
    wrong = compare_all(raw)
    assert matrix_status(wrong) == 100
    assert sum(each["agrees"] is False for each in wrong["moves"]) > 4


@lab
@together
def test_a_refusal_has_a_reason(grid):
    """A refused guest comes with the VMM's own words: about its CPU, or the register."""
    refused = [each for each in grid["moves"] if each["observed"] == REFUSED]
    assert refused
    for each in refused:
        said = " ".join(each["reasons"])
        assert ("cpu" if grid["vmm"] == "qemu-10.0" else "_") in said, said


@lab
@together
def test_a_guest_that_only_visited_cannot_come_home(archive):
    """Born on 7.2, it loads on 7.3, and is refused at home for a register that 7.3 added."""
    journey = move(archive, "7.2", "7.3", SETUP, back=True)
    rows = compare(journey, SETUP)
    assert [(row.way, row.observed.outcome, row.comparison.agrees) for row in rows] == [
        ("forward", LOADED, True),
        ("return", REFUSED, True),
    ]


@lab
@together
def test_a_pin_opens_the_way_back_under_qemu_11_1(archive):
    """Born on 6.16, a guest is refused on 6.12 for its PSCI version; born with the version of 6.12
    it goes there and back, and reports the same machine each time."""
    eleven = Setup(find_vmm("qemu-11.1"), CPU)
    (row,) = compare(move(archive, "6.16", "6.12", eleven), eleven)
    assert (row.observed.outcome, row.comparison.agrees) == (REFUSED, True)
    assert row.observed.reasons[0] == "Could not set register fw reg 0 to 10003 (is 10001)"
    pinned = replace(eleven, pins={PSCI: 0x10001})
    journey = move(archive, "6.16", "6.12", pinned, back=True)
    for row in compare(journey, pinned):
        assert (row.observed.outcome, row.observed.changes) == (LOADED, ())
        assert row.comparison.agrees is True
    assert journey.there.before[0]["PSCI_VERSION"] == 0x10001


@lab
@together
def test_the_vmm_rolled_back(archive):
    """From QEMU 11.1 to 10.0 on one kernel, machine type virt-10.0: the guest moves unchanged; on
    to a kernel that lists a register more, 10.0 refuses what 11.1 tolerates."""
    eleven = Setup(find_vmm("qemu-11.1"), CPU, machine="virt-10.0")
    ten = Setup(find_vmm("qemu-10.0"), CPU, machine="virt-10.0")
    (row,) = compare(move(archive, "6.12", "6.12", eleven, to=ten), eleven, ten)
    assert (row.observed.outcome, row.observed.changes, row.comparison.agrees) == (LOADED, (), True)
    (row,) = compare(move(archive, "6.12", "6.16", eleven, to=ten), eleven, ten)
    assert (row.observed.outcome, row.comparison.agrees) == (REFUSED, True)


@lab
@together
def test_qemu_7_2_moves_guests_too(archive):
    """The VMM of an older suite runs on its own libraries."""
    setup = Setup(find_vmm("qemu-7.2"), CPU)
    (row,) = compare(move(archive, "6.12", "6.16", setup), setup)
    assert (row.observed.outcome, row.comparison.agrees) == (REFUSED, True)
    assert "Failed to load cpu:cpreg_vmstate_array_len" in row.observed.reasons


@lab
@together
def test_a_damaged_stream_is_refused_with_its_reason(archive):
    """Half a stream, none, another version, and a flipped byte in the middle each end in the VMM's
    words, or in a guest that is heard; the next guest loads."""
    for setup in (SETUP, OURS):
        ((_, whole),) = bear(archive, ["6.12"], setup)
        data = whole.stream
        damaged = [data[: len(data) // 2], b"", data[:4] + b"\xff" + data[5:]]
        guests = [replace(whole, stream=each) for each in (*damaged, data)]
        ((_, found),) = load(archive, ["6.12"], setup, guests)
        assert [each.outcome for each in found] == ["refused"] * 3 + ["running"]
        assert all(each.said for each in found[:3])
        assert found[3].reports == whole.reports


def test_a_prediction_names_answers_as_text():
    """Numbers in hex, words as they are: the form in which guests report."""
    assert Predicted("same").answers == frozenset()
