"""``guestabi lab matrix``, with a lab that answers at once."""

from __future__ import annotations

import json

import pytest

from guestabi.lab import agreement, moves

NAMES = ["debian-6.12.117/neoverse-n1", "debian-6.16.12/neoverse-n1"]
WORDS = ("lab", "matrix", "--kernel", "6.12", "--kernel", "6.16", "-q")


@pytest.fixture
def lab(monkeypatch):
    """``lab(outcome of 6.12 to 6.16)``: what is seen; returns what was asked for. QEMU 10.0
    refuses both ways between the two."""

    def install(upgrade="refused"):
        asked = []
        outcomes = {(0, 0): "loaded", (0, 1): upgrade, (1, 0): "refused", (1, 1): "loaded"}

        def run(archive, kernels, setup, *, step, fresh):
            asked.append((list(kernels), setup.vmm.name, setup.cpu, setup.timeout, fresh))
            rows = [
                {"source": i, "destination": j, "outcome": word, "reasons": [], "changes": []}
                for (i, j), word in outcomes.items()
            ]
            return {
                "schema": 1,
                "vmm": setup.vmm.name,
                "cpu": setup.cpu,
                "emulator": "QEMU 7.2.22",
                "taken": "2026-11-24",
                "kernels": [{"name": name, "release": name} for name in NAMES],
                "births": [{}, {}],
                "moves": rows,
            }

        monkeypatch.setattr(moves, "run", run)
        return asked

    return install


def test_all_as_predicted(run, lab):
    """The grid, how many moves went as predicted, and exit status 0."""
    asked = lab()
    result = run(*WORDS, "--timeout", "400", "--fresh")
    assert (result.status, result.err) == (0, "")
    assert "4 moves observed, 4 as predicted" in result.out
    assert asked == [(["6.12", "6.16"], "qemu-10.0", "neoverse-n1", 400.0, True)]


def test_a_disagreement_is_an_exit_status(run, lab):
    """One move that was to be refused and loaded: named, and exit status 100."""
    lab(upgrade="loaded")
    result = run(*WORDS)
    assert result.status == 100
    assert "4 moves observed, 3 as predicted" in result.out


def test_json_picture_and_raw(run, lab, tmp_path):
    """By the output's suffix; the raw file holds what was seen, and can be compared again."""
    lab()
    table, picture, raw = (tmp_path / name for name in ("m.json", "m.svg", "raw.json"))
    assert run(*WORDS, "-o", table, "--raw", raw).status == 0
    assert run(*WORDS, "-o", picture).status == 0
    assert picture.read_text().startswith("<svg ")
    assert agreement.compare_all(json.loads(raw.read_text())) == json.loads(table.read_text())


def test_bad_usage(run, lab):
    """No kernel, or a VMM that the lab has not: exit status 2."""
    lab()
    assert run("lab", "matrix").status == 2
    assert run(*WORDS, "--vmm", "qemu-9").status == 2
