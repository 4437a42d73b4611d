"""All pairs of kernels: what was seen, in one stable form, and what was predicted beside it."""

from __future__ import annotations

import json

import pytest

from guestabi.errors import UsageError
from guestabi.lab import agreement, moves
from guestabi.lab.agreement import Predicted, judge
from guestabi.lab.guests import Ran, Saved, Setup
from guestabi.lab.vmms import find_vmm

CPU = "neoverse-n1"
SETUP = Setup(find_vmm("qemu-10.0"), CPU)
NAMES = [f"debian-{version}/{CPU}" for version in ("5.10.223", "6.12.117")]


class Build:
    def __init__(self, release):
        self.release = release


class Subject:
    emulator = "QEMU 7.2.22"

    def __init__(self, name):
        self.name, self.build = name, Build(f"{name}-release")


def report(**answers):
    return ({"MIDR_EL1": 0x414FD0C1, "TRNG_VERSION": "not supported", **answers},) * 2


@pytest.fixture
def lab(monkeypatch):
    """Two kernels: the newer one shows TRNG to all, the older one refuses what comes from it."""
    seen = []
    old, new = report(), report(TRNG_VERSION=0x10000)

    def bear(archive, kernels, setup, *, kept):
        seen.append(("bear", tuple(kernels), kept is not None))
        for name, said in zip(NAMES, (old, new), strict=True):
            yield Subject(name), Saved(name.encode(), said, (2, 2))

    def load(archive, kernels, setup, guests, *, kept):
        seen.append(("load", [guest.stream.decode() for guest in guests], kept is not None))
        yes = Ran("running", (), new, None, 1.0)
        yield (
            Subject(NAMES[0]),
            [Ran("running", (), old, None, 1.0), Ran("refused", ("no",), None, None, 1.0)],
        )
        yield Subject(NAMES[1]), [yes, yes]

    monkeypatch.setattr(moves, "bear", bear)
    monkeypatch.setattr(moves, "load", load)
    return seen


class Archive:
    def __init__(self, cache):
        self.cache = cache


def test_what_was_seen(lab, tmp_path):
    """Every move once, sorted, with what the guest reported otherwise; a step for each boot."""
    steps = []
    seen = moves.run(Archive(tmp_path), ["5.10", "6.12"], SETUP, step=lambda: steps.append(1))
    assert len(steps) == 4
    assert [each["name"] for each in seen["kernels"]] == NAMES
    assert seen["births"][0] == {"MIDR_EL1": "0x414fd0c1", "TRNG_VERSION": "not supported"}
    trng = {
        "name": "TRNG_VERSION",
        "before": "not supported",
        "after": "0x10000",
        "vcpus": [0, 1],
    }
    assert [
        (m["source"], m["destination"], m["outcome"], m["changes"], m["reasons"])
        for m in seen["moves"]
    ] == [
        (0, 0, "loaded", [], []),
        (0, 1, "loaded", [trng], []),
        (1, 0, "refused", [], ["no"]),
        (1, 1, "loaded", [], []),
    ]
    assert json.loads(moves.to_text(seen)) == seen
    lines = moves.to_text(seen).splitlines()
    assert sum('"outcome"' in line for line in lines) == 4
    assert sum('"MIDR_EL1"' in line for line in lines) == 2


def test_fresh_keeps_nothing(lab, tmp_path):
    """Unless asked for anew, boots that were seen before are taken from where they were kept."""
    moves.run(Archive(tmp_path), ["5.10", "6.12"], SETUP)
    moves.run(Archive(tmp_path), ["5.10", "6.12"], SETUP, fresh=True)
    assert [each[2] for each in lab] == [True, True, False, False]


@pytest.mark.parametrize("kernels", [[], ["6.12"], ["6.12", "6.12"]])
def test_fewer_than_two_kernels(kernels, tmp_path):
    """A matrix of nothing is an error."""
    with pytest.raises(UsageError, match="fewer than two"):
        moves.run(Archive(tmp_path), kernels, SETUP)


def test_predictions_stand_beside(lab, tmp_path):
    """The captures that ship predict more of this move than the two answers that were asked here:
    what was not reported is named, and the matrix does not pass."""
    compared = agreement.compare_all(moves.run(Archive(tmp_path), ["5.10", "6.12"], SETUP))
    same, there, back, _ = compared["moves"]
    assert (same["predicted"], same["agrees"]) == ("same", True)
    assert (back["predicted"], back["observed"], back["agrees"]) == ("refused", "refused", True)
    assert (there["predicted"], there["agrees"]) == ("changed", False)
    assert "TRNG_VERSION" not in there["unseen"]
    assert {"TRNG_GET_UUID", "VENDOR_HYP_CALL_UID"} <= set(there["unseen"])
    assert agreement.matrix_status(compared) == 100


def row(name, before="0x1", after="0x2"):
    return {"name": name, "before": before, "after": after, "vcpus": [0]}


class Said:
    """Shorthand for a predicted change."""

    def __init__(self, name, before=1, after=2):
        self.name, self.before, self.after = name, before, after


@pytest.mark.parametrize(
    ("outcome", "reported", "said", "expected"),
    [
        ("loaded", [], Predicted("same"), (True, (), ())),
        ("loaded", [row("a")], Predicted("changed", (Said("a"),)), (True, (), ())),
        ("loaded", [row("a")], Predicted("benign"), (False, ("a",), ())),
        ("loaded", [], Predicted("changed", (Said("a"),)), (False, (), ("a",))),
        ("loaded", [row("a", "0x3")], Predicted("changed", (Said("a"),)), (False, ("a",), ("a",))),
        ("loaded", [], Predicted("refused"), (False, (), ())),
        ("refused", [], Predicted("refused"), (True, (), ())),
        ("refused", [], Predicted("changed"), (False, (), ())),
        ("silent", [], Predicted("same"), (False, (), ())),
        ("silent", [], Predicted("refused"), (False, (), ())),
        ("loaded", [row("a")], Predicted("unknown"), (None, (), ())),
        ("refused", [], None, (None, (), ())),
    ],
)
def test_agreement(outcome, reported, said, expected):
    """Refused or not as predicted, and in what loads the same answers, before and after; a guest
    that fell silent agrees with nothing, and what is unknown is not compared."""
    found = judge(outcome, reported, said)
    assert (found.agrees, found.unexpected, found.unseen) == expected


@pytest.mark.parametrize(
    ("agrees", "status"),
    [([True, True], 0), ([True, None], 101), ([True, None, False], 100)],
)
def test_exit_status(agrees, status):
    """0 all as predicted, 100 one not, 101 one could not be predicted."""
    assert agreement.matrix_status({"moves": [{"agrees": each} for each in agrees]}) == status
