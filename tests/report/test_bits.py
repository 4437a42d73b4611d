"""guestabi.report.bits: two values as aligned bits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guestabi.report.bits import BitRow, rows


def test_only_rows_that_differ_with_carets_below():
    """The caret stands under the bit that differs; the equal upper half is left out."""
    assert rows(0xFF00000000000012, 0xFF00000000000011, 64) == [
        BitRow(
            31,
            0,
            "0000 0000 0000 0000 0000 0000 0001 0010",
            "0000 0000 0000 0000 0000 0000 0001 0001",
            "                                     ^^",
        )
    ]


def test_equal_values_have_no_rows():
    """Nothing differs, nothing is shown."""
    assert rows(5, 5, 64) == []


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1), st.sampled_from([32, 64, 128]))
def test_carets_mark_exactly_the_difference(a: int, b: int, width: int):
    """Reading the carets back gives a ^ b, and the lines give the values' rows."""
    a, b = a % 2**width, b % 2**width
    marked = 0
    for row in rows(a, b, width):
        padded = row.carets.ljust(len(row.old))
        for position, (x, y, caret) in enumerate(zip(row.old, row.new, padded, strict=True)):
            assert (x != y) == (caret == "^")
            if caret == "^":
                marked |= 1 << row.high - len(row.old[:position].replace(" ", ""))
    assert marked == a ^ b
