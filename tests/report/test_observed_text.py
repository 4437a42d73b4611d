"""guestabi.report.observed_text: observed moves beside their predictions, for a terminal."""

from __future__ import annotations

import copy
from typing import Any

from guestabi.cli.emit import plain
from guestabi.report import observed_text

KERNELS = ("debian-5.10.1/max", "debian-6.1.2/max", "debian-6.12.3/max")
TRNG = {"name": "TRNG_VERSION", "before": "not supported", "after": "0x10000", "vcpus": [0, 1]}
PMCR = {"name": "PMCR_EL0", "before": "0x41", "after": "0x0", "vcpus": [0, 1]}

TEXT = """\
moves  born on the row and moved to the column  qemu-10.0, max, debian

from \\ to  5.10  6.1 6.12
5.10.1      = ✓  ~ ~  ~ ~
6.1.2       ✗ ✗  = ✓  ~ ~
6.12.3      ✗ ✗  ✓ ✓  = ✓

= predicted same: nothing changes
✓ predicted benign: loads; nothing that a guest can see
~ predicted changed: loads; the guest's machine changes
✗ predicted refused: the restore fails
✓ observed  loaded: the guest runs and reads what it read before
~ observed  changed: the guest runs and reads other answers
✗ observed  refused: the VMM refuses the guest

9 moves observed, 9 as predicted: 4 loaded, 3 changed, 2 refused

What guests read otherwise after the move:
  5.10 → 6.1, 6.12: PMCR_EL0, TRNG_VERSION
  6.1 → 6.12: PMCR_EL0

The CPUs are an emulator's models; lists, defaults and answers are the kernels' own.
"""


def compared() -> dict[str, Any]:
    """Return a matrix of three kernels in which every move went as predicted."""
    rows = [
        _row(0, 0, "loaded", "same"),
        _row(0, 1, "loaded", "changed", [TRNG, PMCR]),
        _row(0, 2, "loaded", "changed", [TRNG, PMCR]),
        _row(1, 0, "refused", "refused", reasons=["failed to load cpu"]),
        _row(1, 1, "loaded", "same"),
        _row(1, 2, "loaded", "changed", [{**PMCR, "vcpus": [1]}]),
        _row(2, 0, "refused", "refused"),
        _row(2, 1, "loaded", "benign"),
        _row(2, 2, "loaded", "same"),
    ]
    return {
        "schema": 1,
        "vmm": "qemu-10.0",
        "cpu": "max",
        "emulator": "QEMU 7.2.22",
        "taken": "2026-11-24",
        "kernels": list(KERNELS),
        "moves": rows,
    }


def seeded() -> dict[str, Any]:
    """Return the same with two moves that went otherwise: one was not refused, one changed less."""
    found = copy.deepcopy(compared())
    by_way = {(row["source"], row["destination"]): row for row in found["moves"]}
    by_way[1, 0].update(observed="loaded", agrees=False, reasons=[])
    by_way[0, 2].update(agrees=False, changes=[PMCR], unseen=["TRNG_VERSION"])
    return found


def _row(
    source: int,
    destination: int,
    observed: str,
    predicted: str,
    changes: list[dict[str, Any]] | None = None,
    reasons: list[str] | None = None,
) -> dict[str, Any]:
    return {
        "source": source,
        "destination": destination,
        "observed": observed,
        "predicted": predicted,
        "agrees": True,
        "changes": changes or [],
        "unexpected": [],
        "unseen": [],
        "reasons": reasons or [],
    }


def test_text_exactly():
    """Predicted and observed side by side, counts, and changes by the set of their names."""
    assert plain(observed_text.render(compared())) == TEXT


def test_a_disagreement_is_seen():
    """Canary: each move that went otherwise is marked in the grid, counted, and has its line."""
    lines = plain(observed_text.render(seeded())).splitlines()
    grid = [line for line in lines if line.startswith(("5.10.1", "6.1.2", "6.12.3"))]
    assert grid == [
        "5.10.1      = ✓  ~ ~  ~≠~",
        "6.1.2       ✗≠✓  = ✓  ~ ~",
        "6.12.3      ✗ ✗  ✓ ✓  = ✓",
    ]
    count = "9 moves observed, 7 as predicted, 2 not: 5 loaded, 3 changed, 1 refused"
    assert count in lines
    start = lines.index("Not as predicted:")
    assert lines[start + 1 : start + 4] == [
        (
            "  5.10 → 6.12: predicted changed, observed loaded with 1 changed answer; "
            "predicted and not seen: TRNG_VERSION"
        ),
        "  6.1 → 5.10: predicted refused, observed loaded",
        "",
    ]


def test_the_reason_stands_beside_a_refusal_that_was_not_predicted():
    """The VMM's first line that is no warning is part of the disagreement's; the reasons of moves
    that went as predicted are not shown.
    """
    found = compared()
    reasons = ["-accel kvm: warning: 2 exceeds 1", "first", "second"]
    found["moves"][7].update(observed="refused", agrees=False, reasons=reasons)
    text = plain(observed_text.render(found))
    assert "  6.12 → 6.1: predicted benign, observed refused; first\n" in text
    assert "failed to load" not in text


def test_pairs_that_are_missing_or_without_a_prediction():
    """Neither is taken for a move that went as predicted."""
    found = compared()
    found["moves"][1].update(predicted="unknown", agrees=None)
    del found["moves"][3]
    lines = plain(observed_text.render(found)).splitlines()
    assert "5.10.1      = ✓  ? ~  ~ ~" in lines
    assert "6.1.2        -   = ✓  ~ ~" in lines
    assert "- not moved" in lines
    assert [line for line in lines if line.startswith("8 moves")] == [
        "8 moves observed, 7 as predicted, 1 without a prediction: 4 loaded, 3 changed, 1 refused"
    ]


def test_no_line_is_wrapped():
    """However many answers changed, they stand on the line of their moves."""
    found = compared()
    change = found["moves"][5]["changes"][0]
    names = [f"REGISTER_{number:03}_EL1" for number in range(60)]
    found["moves"][5]["changes"] = [{**change, "name": name} for name in names]
    assert f"  6.1 → 6.12: {', '.join(names)}\n" in plain(observed_text.render(found))


def test_hostile_text_cannot_steer_a_terminal():
    """Names, answers and reasons come from files."""
    found = seeded()
    found["kernels"] = [f"{name}\x1b[2J" for name in KERNELS]
    found["vmm"] = "a\u202eb"
    found["moves"][2]["unseen"] = ["X\x07"]
    found["moves"][3]["reasons"] = ["one\r\ntwo\x1b]"]
    text = plain(observed_text.render(found))
    assert not [char for char in text if ord(char) < 32 and char != "\n"]
    assert "\u202e" not in text
    assert "one two\ufffd" in text
