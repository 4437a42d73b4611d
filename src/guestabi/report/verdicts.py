"""How each verdict looks, everywhere: a symbol and a colour, never a colour alone."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """``symbol`` for text, ``style`` for rich, ``says`` for legends."""

    symbol: str
    style: str
    says: str


VERDICTS = {
    "same": Look("=", "green", "nothing changes"),
    "benign": Look("✓", "green", "loads; nothing that a guest can see"),
    "changed": Look("~", "yellow", "loads; the guest's machine changes"),
    "refused": Look("✗", "bold red", "the restore fails"),
    "unknown": Look("?", "magenta", "cannot tell"),
}
"""From best to worst but for ``unknown``, which is never good."""

SEVERITIES = {
    "error": Look("✗", "bold red", "stops or breaks a guest"),
    "warning": Look("~", "yellow", "a guest may notice"),
    "info": Look("·", "dim", "for the record"),
}

QUESTIONS = {
    "forward": "born on A, moves to B",
    "return": "born on A, was on B, comes back to A",
    "rollback": "born on B, moves to A",
    "pinned": "born on B with the A∩B baseline pinned, moves to A",
}
"""What each of the four questions asks of hosts A (old) and B (new)."""

MATRIX_QUESTIONS = {
    "forward": "born on the row and moved to the column",
    "return": "born on the row, moved to the column and back",
    "rollback": "born on the column and moved to the row",
    "pinned": "born on the column with both hosts' baseline pinned, and moved to the row",
}
"""The same with A the row and B the column."""
