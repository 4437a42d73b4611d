"""How wide text is drawn, by estimate: nobody knows the reader's font, so that of a wide one."""

from __future__ import annotations

import unicodedata

_THIN = frozenset("iIjl.,:;'|/ ")
_SLIM = frozenset('ftr()[]{}-!"`\\')
_THICK = frozenset("mwMW@%…→—")
_BOLD = 1.1


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how many pixels ``text`` takes at a font size of ``size`` pixels."""
    return sum(map(_letter, text)) * size * (_BOLD if bold else 1)


def _letter(char: str) -> float:
    if char in _THIN:
        return 0.34
    if char in _SLIM:
        return 0.43
    if char in _THICK or (not char.isascii() and unicodedata.east_asian_width(char) in "WF"):
        return 1.02
    return 0.78 if char.isupper() else 0.63


def fit(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return ``text``, cut with ``…`` where it is wider than ``room`` pixels; "" where not even
    that fits."""
    if width(text, size, bold=bold) <= room:
        return text
    wide = width("…", size, bold=bold)
    if wide > room:
        return ""
    kept = 0
    for char in text:
        wide += width(char, size, bold=bold)
        if wide > room:
            break
        kept += 1
    return f"{text[:kept].rstrip()}…"


def wrap(text: str, room: float, size: float, lines: int, *, bold: bool = False) -> list[str]:
    """Return ``text`` in at most ``lines`` lines, broken at blanks, the last one cut to fit."""
    found: list[str] = []
    words = text.split()
    while words and len(found) < lines - 1:
        line = words.pop(0)
        while words and width(f"{line} {words[0]}", size, bold=bold) <= room:
            line = f"{line} {words.pop(0)}"
        found.append(fit(line, room, size, bold=bold))
    if words:
        found.append(fit(" ".join(words), room, size, bold=bold))
    return found
