"""Short labels for a row of hosts: what all names share is said once, in ``shared``."""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence

_SERIES = re.compile(r"^(\d+\.\d+)(?:\.\d|\b)")
_SHORT = 6
"""Columns headed by their series are at most so wide; otherwise they are numbered."""


class Labels(NamedTuple):
    """``rows`` and ``columns`` label the same hosts; columns are as short as can be.

    ``shared`` is what was left out of both, e.g. ``debian, neoverse-n1``; "" if nothing was.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    shared: str


def shorten(names: Sequence[str]) -> Labels:
    """Return labels for ``names``, which are distinct."""
    front = _front(names)
    front = front[: max(front.rfind(mark) for mark in "-/") + 1]
    back = _front([name[::-1] for name in names])[::-1]
    back = back[back.index("/") :] if "/" in back else ""
    rows = tuple(name[len(front) : len(name) - len(back)] for name in names)
    if not all(rows):
        return Labels(tuple(names), _columns(names), "")
    shared = ", ".join(part for part in (front.strip("-/"), back.strip("-/")) if part)
    return Labels(rows, _columns(rows), shared)


def _front(names: Sequence[str]) -> str:
    if len(names) < 2:
        return ""
    first, last = min(names), max(names)
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: next((at for at, equal in enumerate(same) if not equal), len(first))]


def _columns(rows: Sequence[str]) -> tuple[str, ...]:
    series = [match.group(1) if (match := _SERIES.match(row)) else "" for row in rows]
    if all(series) and len(set(series)) == len(series):
        return tuple(series)
    if max(map(len, rows)) <= _SHORT:
        return tuple(rows)
    return tuple(str(number) for number in range(1, len(rows) + 1))
