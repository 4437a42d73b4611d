"""Numbers and the words after them."""

from __future__ import annotations


def plural(count: int, word: str) -> str:
    """Return ``1 move`` or ``2,000 moves``."""
    return f"{count} {word}" if count == 1 else f"{count:,} {word}s"
