"""``guestabi lab migrate``, with a lab that answers at once."""

from __future__ import annotations

import json

import pytest

from guestabi.compat.seen import Change
from guestabi.lab import agreement, migrate
from guestabi.lab.agreement import Predicted
from guestabi.lab.migrate import LOADED, REFUSED, Journey, Observed

WORDS = ("lab", "migrate", "--from", "6.16", "--to", "6.12", "-q")


class Subject:
    def __init__(self, name):
        self.name = name


TEN = ("qemu-10.0", "", "qemu-10.0", "")
OLD, NEW = Subject("debian-6.12.117/neoverse-n1"), Subject("debian-6.16.12/neoverse-n1")
BEFORE = ({"PMCEID0_EL0": 1, "TRNG_VERSION": "not supported"},)
AFTER = ({"PMCEID0_EL0": 1, "TRNG_VERSION": 0x10000},)
TRNG = Change("TRNG_VERSION", "not supported", 0x10000)
SAID = ("qemu-system-aarch64: warning: x", "qemu-system-aarch64: no", "qemu-system-aarch64: no")


@pytest.fixture
def lab(monkeypatch):
    """``lab(outcome, predicted)``: what moves end with; returns what was asked for."""

    def install(outcome, predicted, changes=()):
        asked = []

        def move(archive, source, destination, setup, *, to, back):
            vmms = (setup.vmm.name, setup.machine, to.vmm.name, to.machine)
            asked.append((source, destination, vmms, setup.cpu, dict(setup.pins), back))
            after = AFTER if outcome == LOADED else None
            there = Observed(NEW, OLD, outcome, SAID, 1.25, BEFORE, after)
            home = Observed(OLD, NEW, LOADED, (), 2.0, AFTER, AFTER)
            return Journey(there, home if back else None)

        monkeypatch.setattr(migrate, "move", move)
        said = {"forward": Predicted(predicted, changes), "return": Predicted("same")}
        monkeypatch.setattr(agreement, "_predicted", lambda *rest: said)
        return asked

    return install


def test_a_refusal_is_told_beside_the_prediction(run, lab):
    """The outcome, QEMU's reason once, and whether check had said so; exit status 100."""
    asked = lab(REFUSED, "refused")
    result = run(*WORDS)
    assert result.out == (
        "forward: debian-6.16.12/neoverse-n1 → debian-6.12.117/neoverse-n1 under qemu-10.0\n"
        "  observed   refused (1.2 s)\n"
        "             no\n"
        "  predicted  refused: agrees\n"
    )
    assert (result.status, result.err) == (100, "")
    assert asked == [("6.16", "6.12", TEN, "neoverse-n1", {}, False)]


def test_what_the_guest_says_is_shown_by_name(run, lab):
    """The answers that changed, before and after, and that check had named exactly these."""
    lab(LOADED, "changed", (TRNG,))
    result = run(*WORDS)
    assert result.out == (
        "forward: debian-6.16.12/neoverse-n1 → debian-6.12.117/neoverse-n1 under qemu-10.0\n"
        "  observed   loaded (1.2 s); the guest reports 1 answer that changed\n"
        "             TRNG_VERSION  not supported → 0x10000\n"
        "  predicted  changed: agrees\n"
    )
    assert (result.status, result.err) == (0, "")


def test_a_change_that_nobody_predicted_disagrees(run, lab):
    """Loaded as predicted is not enough: what the guest sees must be what was said."""
    lab(LOADED, "benign")
    out = run(*WORDS).out
    assert "  predicted  benign: DISAGREES\n             not predicted: TRNG_VERSION\n" in out
    lab(LOADED, "changed", (TRNG, Change("PMCEID0_EL0", 1, 2)))
    out = run(*WORDS).out
    assert "  predicted  changed: DISAGREES\n             not reported: PMCEID0_EL0\n" in out


def test_a_way_there_and_back(run, lab):
    """--return adds a second block; a disagreement cannot be overlooked; exit status 0."""
    asked = lab(LOADED, "refused")
    result = run(*WORDS, "--return", "--vmm", "qemu-11.1", "--cpu", "max")
    assert "  predicted  refused: DISAGREES\n\nreturn: debian-6.12.117/" in result.out
    assert "  observed   loaded (2.0 s); the guest reports the same machine\n" in result.out
    assert result.status == 0
    assert asked[0][3:] == ("max", {}, True)


def test_a_vmm_rollback(run, lab):
    """--to-vmm names the destination's VMM; both ends get the older one's machine type, and the
    way home is the other way round."""
    asked = lab(LOADED, "changed", (TRNG,))
    result = run(*WORDS, "--vmm", "qemu-11.1", "--to-vmm", "qemu-10.0", "--return")
    assert asked[0][2] == ("qemu-11.1", "virt-10.0", "qemu-10.0", "virt-10.0")
    assert " under qemu-11.1 → qemu-10.0\n" in result.out
    assert " under qemu-10.0 → qemu-11.1\n" in result.out
    odd = run(*WORDS, "--vmm", "ours", "--to-vmm", "qemu-10.0")
    assert (odd.status, "do not read each other's streams" in odd.err) == (2, True)


def test_json(run, lab, tmp_path):
    """JSON holds all that was said, and goes to a file if asked."""
    lab(REFUSED, "changed")
    path = tmp_path / "moves.json"
    assert run(*WORDS, "--format", "json", "-o", path).status == 100
    assert json.loads(path.read_text()) == {
        "schema": 1,
        "vmm": "qemu-10.0",
        "to_vmm": "qemu-10.0",
        "ways": [
            {
                "way": "forward",
                "source": NEW.name,
                "destination": OLD.name,
                "outcome": "refused",
                "reasons": ["no"],
                "said": list(SAID),
                "seconds": 1.25,
                "changes": [],
                "predicted": "changed",
                "agrees": False,
                "unexpected": [],
                "unseen": [],
            }
        ],
    }


def test_pins(run, lab, tmp_path):
    """A pin file goes to the guest's birth by register id."""
    asked = lab(LOADED, "same")
    path = tmp_path / "pins.json"
    path.write_text('{"PSCI_VERSION": "0x10001"}')
    assert run(*WORDS, "--vmm", "qemu-11.1", "--pin", path).status == 0
    assert asked[0][4] == {0x6030000000140000: 0x10001}


def test_an_unknown_vmm_is_bad_usage(run, lab):
    """Exit status 2, and the nearest name."""
    lab(LOADED, "same")
    result = run(*WORDS, "--vmm", "qemu-10")
    assert result.status == 2
    assert "qemu-10.0" in result.err
