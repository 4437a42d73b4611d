"""guestabi.report.grid and grid_text: the matrix as data and for a terminal."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.cli.emit import plain
from guestabi.report import grid_text, schemas
from guestabi.report.grid import Grid, build, natural
from profiles import make_profile

GRID = Grid(
    "qemu-10.0",
    "forward",
    ("debian-5.10.1/max", "debian-6.1.2/max", "debian-6.12.3/max"),
    ("5.10.1", "6.1.2", "6.12.3"),
    (
        ("same", "changed", "benign"),
        ("refused", "same", "unknown"),
        ("refused", "refused", "same"),
    ),
    emulated=True,
)

TEXT = """\
forward  born on the row and moved to the column  debian, max, qemu-10.0

from \\ to  5.10  6.1 6.12
5.10.1        ·    ~    ✓
6.1.2         ✗    ·    ?
6.12.3        ✗    ✗    ·

✓ benign: loads; nothing that a guest can see
~ changed: loads; the guest's machine changes
✗ refused: the restore fails
? unknown: cannot tell

6 moves: 3 refused (3 rollbacks), 1 unknown (1 upgrade), 1 changed (1 upgrade), 1 benign (1 upgrade)
The CPUs are an emulator's models; lists, defaults and answers are the kernels' own.
"""


def test_text_exactly():
    """Rows from, columns to; the diagonal is a dot; only verdicts that occur are explained."""
    assert plain(grid_text.render(GRID)) == TEXT


def test_json_is_what_the_schema_says():
    """Profiles and verdicts line up, and the document validates."""
    built = json.loads(json.dumps(GRID.to_builtins()))
    assert msgspec.to_builtins(msgspec.convert(built, schemas.MatrixJson)) == built
    assert built["verdicts"][1] == ["refused", "same", "unknown"]


def test_build_takes_reasons_of_every_pair_that_is_not_same():
    """The reasons are asked for (row, column); two hosts of one name are told apart."""
    hosts = [make_profile(name, {"X0": 0}, release=r) for name, r in (("a", "1"), ("a", "2"))]
    verdicts = [["same", "refused"], ["changed", "same"]]
    grid = build(hosts, "v", "forward", verdicts, lambda a, b: (f"{a.kernel}>{b.kernel}",))
    assert grid.names == ("a", "a#2")
    assert grid.verdicts == (("same", "refused"), ("changed", "same"))
    assert grid.reasons == (((), ("1>2",)), (("2>1",), ()))
    assert grid.headline() == "2 moves: 1 refused (1 upgrade), 1 changed (1 rollback)"
    assert grid.emulated


def test_direction_is_by_number_not_by_text():
    """6.9 is older than 6.12; the same kernel on another CPU is neither."""
    grid = Grid("v", "forward", ("a", "b", "c"), ("6.9", "6.12", "6.12"), (("same",) * 3,) * 3)
    assert (grid.direction(0, 1), grid.direction(1, 0), grid.direction(1, 2)) == (1, -1, 0)


def test_one_host_makes_no_moves():
    """The diagonal is no move, and the words do not break."""
    grid = Grid("v", "forward", ("a",), ("1",), (("same",),))
    assert grid.headline() == "no moves"
    assert "no moves" in plain(grid_text.render(grid))


def test_a_wide_grid_is_never_wrapped():
    """Sixty hosts make long lines, not broken ones."""
    count = 60
    names = tuple(f"host-{number}" for number in range(count))
    grid = Grid("v", "forward", names, names, (("refused",) * count,) * count)
    rows = [
        line
        for line in plain(grid_text.render(grid)).splitlines()
        if "✗ ✗" in line or line.count("✗") > 1
    ]
    assert [row.count("✗") for row in rows] == [count] * count


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.text(max_size=5))
def test_numbers_in_names_sort_as_numbers(a: int, b: int, tail: str):
    """6.2 before 6.12, whatever stands behind; and any two texts can be compared."""
    assert (natural(f"6.{a}") < natural(f"6.{b}")) == (a < b)
    assert (natural(tail) < natural(f"6.{a}")) != (natural(f"6.{a}") <= natural(tail))


@pytest.mark.parametrize("question", ["forward", "return", "rollback", "pinned"])
def test_every_question_has_words(question: str):
    """The title says what was asked."""
    grid = Grid("v", question, ("a",), ("1",), (("same",),))
    assert plain(grid_text.render(grid)).startswith(f"{question}  born on the ")
