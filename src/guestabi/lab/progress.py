"""How the lab says what it is doing: one line at a time, to whoever draws it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]


def silent(message: str) -> None:
    """Draw nothing."""
