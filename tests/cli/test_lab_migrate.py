"""``guestabi lab migrate``, with a lab that answers at once."""

from __future__ import annotations

import json

import pytest

from guestabi.lab import agreement, migrate
from guestabi.lab.migrate import LOADED, REFUSED, Journey, Observed

WORDS = ("lab", "migrate", "--from", "6.16", "--to", "6.12", "-q")


class Subject:
    def __init__(self, name):
        self.name = name


OLD, NEW = Subject("debian-6.12.117/neoverse-n1"), Subject("debian-6.16.12/neoverse-n1")
SAID = ("qemu-system-aarch64: warning: x", "qemu-system-aarch64: no", "qemu-system-aarch64: no")


@pytest.fixture
def lab(monkeypatch):
    """``lab(outcome, predicted)``: what moves end with; returns what was asked for."""

    def install(outcome, predicted):
        asked = []

        def move(archive, source, destination, setup, *, back):
            asked.append((source, destination, setup.vmm.name, setup.cpu, dict(setup.pins), back))
            there = Observed(NEW, OLD, outcome, SAID, 1.25)
            return Journey(there, Observed(OLD, NEW, LOADED, (), 2.0) if back else None)

        monkeypatch.setattr(migrate, "move", move)
        monkeypatch.setattr(
            agreement, "_predicted", lambda *rest: {"forward": predicted, "return": "same"}
        )
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
    assert asked == [("6.16", "6.12", "qemu-10.0", "neoverse-n1", {}, False)]


def test_a_way_there_and_back(run, lab):
    """--return adds a second block; a disagreement cannot be overlooked; exit status 0."""
    asked = lab(LOADED, "refused")
    result = run(*WORDS, "--return", "--vmm", "qemu-11.1", "--cpu", "max")
    assert "  predicted  refused: DISAGREES\n\nreturn: debian-6.12.117/" in result.out
    assert result.status == 0
    assert asked[0][2:] == ("qemu-11.1", "max", {}, True)


def test_json(run, lab, tmp_path):
    """JSON holds all that was said, and goes to a file if asked."""
    lab(REFUSED, "changed")
    path = tmp_path / "moves.json"
    assert run(*WORDS, "--format", "json", "-o", path).status == 100
    assert json.loads(path.read_text()) == {
        "schema": 1,
        "vmm": "qemu-10.0",
        "ways": [
            {
                "way": "forward",
                "source": NEW.name,
                "destination": OLD.name,
                "outcome": "refused",
                "reasons": ["no"],
                "said": list(SAID),
                "seconds": 1.25,
                "predicted": "changed",
                "agrees": False,
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
