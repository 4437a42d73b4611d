"""Text from a file made fit to be shown: it cannot steer a terminal or turn a line around."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\ufffd"

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    """Return ``text`` with every control, format, bidirectional and unassigned character shown
    as U+FFFD; what is left is printable and stays on its line.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(REPLACEMENT if unicodedata.category(c) in _UNSAFE else c for c in text)


def one_line(text: str) -> str:
    """Return ``text`` on one line: runs of white space become a blank, the rest is cleaned."""
    return clean(" ".join(text.split()))
