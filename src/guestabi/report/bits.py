"""Two values as aligned bits, with carets under those that differ."""

from __future__ import annotations

from typing import NamedTuple

ROW = 32
GROUP = 4


class BitRow(NamedTuple):
    """32 bits of two values, from bit ``high`` down to ``low``; the three lines align."""

    high: int
    low: int
    old: str
    new: str
    carets: str


def rows(old: int, new: int, width: int) -> list[BitRow]:
    """Return the rows of 32 bits in which two values of ``width`` bits differ, highest first."""
    found = []
    for low in reversed(range(0, width, ROW)):
        size = min(ROW, width - low)
        mask = (1 << size) - 1
        a, b = old >> low & mask, new >> low & mask
        if a != b:
            marks = format(a ^ b, f"0{size}b").replace("0", " ").replace("1", "^")
            found.append(
                BitRow(
                    low + size - 1,
                    low,
                    _grouped(a, size),
                    _grouped(b, size),
                    _spaced(marks).rstrip(),
                )
            )
    return found


def _grouped(value: int, size: int) -> str:
    return _spaced(format(value, f"0{size}b"))


def _spaced(digits: str) -> str:
    first = len(digits) % GROUP or GROUP
    return " ".join(
        [digits[:first], *(digits[i : i + GROUP] for i in range(first, len(digits), GROUP))]
    )
