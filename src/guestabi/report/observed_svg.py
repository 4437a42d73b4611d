"""Observed moves beside their predictions as one SVG picture: rows from, columns to.

The left half of a cell is what was predicted, the right half what was seen. Where the two agree
they read as one calm cell; a move that did not go as predicted is framed, with ≠ between its
halves. What differs is in the tooltips. No script, no outside font or file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import Any, Mapping, Sequence

from guestabi.report.grid import EMULATED
from guestabi.report.labels import Labels, shorten
from guestabi.report.observed import OBSERVED, Move, Observed, Tally, read, some, tally
from guestabi.report.svg_grid import (
    GAP,
    LEGEND_LINE,
    MARGIN,
    Frame,
    axes,
    cut,
    document,
    key,
    key_text,
    lay_out,
    note,
)
from guestabi.report.svg_style import CSS, SYMBOLS
from guestabi.report.verdicts import VERDICTS

_DRAWN = {
    **SYMBOLS,
    "loaded": SYMBOLS["benign"],
    "silent": "M-5.5 0V.1M0 0V.1M5.5 0V.1",
    "unequal": "M-3.6-1.6H3.6M-3.6 1.8H3.6M2.2-4.6L-2.2 4.8",
}

# Kinds that are painted alike: halves of one paint are drawn as one cell.
_PAINT = {"same": "benign", "loaded": "benign"}

_STYLE = """
.ga-pair use{fill:none;stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.ga-pair:hover{filter:brightness(.93)}
.ga-loaded rect{fill:#d5e8f8}
.ga-loaded use{stroke:#1c6aa8}
.ga-silent rect{fill:#6f42a8}
.ga-silent use{stroke:#fff;stroke-width:3.4}
.ga-none{fill:none;stroke:#afb8c1;stroke-dasharray:3 3}
.ga-frame{fill:none;stroke:#1f2328;stroke-width:3}
.ga-halo{fill:none;stroke:#fff;stroke-width:2}
.ga-badge{fill:#fff;stroke:#1f2328;stroke-width:2}
.ga-pair .ga-unequal{stroke:#1f2328;stroke-width:1.9}
.ga-part{fill:#6e7781;font-size:12px;font-weight:650}
@media (prefers-color-scheme:dark){
.ga-pair:hover{filter:brightness(1.15)}
.ga-loaded rect{fill:#143450}
.ga-loaded use{stroke:#79bdf2}
.ga-silent rect{fill:#8a63c9}
.ga-none{stroke:#484f58}
.ga-frame{stroke:#f0f6fc}
.ga-halo{stroke:#0d1117}
.ga-badge{fill:#0d1117;stroke:#f0f6fc}
.ga-pair .ga-unequal{stroke:#f0f6fc}
.ga-part{fill:#848d97}
}
"""


@dataclass(frozen=True)
class _Box:
    """Where one cell is, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def rect(self, kind: str = "", corner: float | None = None) -> str:
        named = f'class="{kind}" ' if kind else ""
        turn = min(6, self.height / 4) if corner is None else corner
        return (
            f'<rect {named}x="{self.x:.1f}" y="{self.y:.1f}" width="{self.width:.1f}" '
            f'height="{self.height:.1f}" rx="{turn:.1f}"/>'
        )

    def at(self, part: float) -> str:
        """Half way down, and ``part`` of the way across."""
        return f"translate({self.x + part * self.width:.1f} {self.y + self.height / 2:.1f})"


def render(compared: Mapping[str, Any]) -> str:
    """Return the picture as a whole SVG document, ending in a line break.

    ``compared`` is the lab's plain data, as :mod:`guestabi.report.observed` says.
    """
    seen = read(compared)
    labels = shorten([cut(name) for name in seen.names])
    frame = lay_out(labels)
    counts = tally(seen.moves)
    legend, height = _legend(frame, counts)
    return document(
        frame.width,
        height,
        counts.headline(),
        _subtitle(seen, labels),
        [*axes(frame, labels), *_cells(seen, frame, labels), *legend],
        css=CSS + _STYLE,
        symbols=_DRAWN,
    )


def _subtitle(seen: Observed, labels: Labels) -> str:
    asked = "A real guest born on the row and moved to the column"
    shared = [part for part in labels.shared.split(", ") if part and part != seen.cpu]
    return " · ".join([asked, seen.vmm, seen.cpu, *shared])


def _cells(seen: Observed, frame: Frame, labels: Labels) -> list[str]:
    # What is framed comes last, so that nothing lies over the frame.
    made = {(move.source, move.destination): move for move in seen.moves}
    plain: list[str] = []
    framed: list[str] = []
    for i in range(frame.count):
        for j in range(frame.count):
            box = _box(frame, i, j)
            way = f"{labels.rows[i]} → {labels.rows[j]}"
            move = made.get((i, j))
            if move is None:
                plain.append(_group("", f"{way}: not moved", [box.rect("ga-none")]))
            else:
                tip = "\n".join([way, *_tip(move)])
                drawn = _pair(box, move.predicted, move.observed, against=move.agrees is False)
                (framed if move.agrees is False else plain).append(_group("ga-pair", tip, drawn))
    return [*plain, *framed]


def _tip(move: Move) -> list[str]:
    return [move.summary(), *move.surprises(), *some(move.answers), *some(move.reasons)]


def _box(frame: Frame, i: int, j: int) -> _Box:
    return _Box(
        frame.left + j * frame.cell_width + GAP / 2,
        frame.top + i * frame.cell_height + GAP / 2,
        frame.cell_width - GAP,
        frame.cell_height - GAP,
    )


def _group(kind: str, tip: str, drawn: Sequence[str]) -> str:
    named = f' class="{kind}"' if kind else ""
    return f"<g{named}><title>{escape(tip)}</title>{''.join(drawn)}</g>"


def _pair(box: _Box, left: str, right: str, *, against: bool) -> list[str]:
    scale = min(0.8, box.height / 26, box.width / 48)
    aside = 0.21 if against else 0.25
    return [
        *_ground(box, left, right),
        _symbol(left, box.at(aside), scale),
        _symbol(right, box.at(1 - aside), scale),
        *(_frame(box, scale) if against else ()),
    ]


def _ground(box: _Box, left: str, right: str) -> list[str]:
    if _PAINT.get(left, left) == _PAINT.get(right, right):
        return [f'<g class="ga-{right}">{box.rect()}</g>']
    # Each half is rounded, and squared off again where the two meet.
    half = box.width / 2
    one, other = replace(box, width=half), replace(box, x=box.x + half, width=half)
    quarter = replace(box, x=box.x + half / 2, width=half / 2)
    return [
        f'<g class="ga-{left}">{one.rect()}{quarter.rect(corner=0)}</g>',
        f'<g class="ga-{right}">{other.rect()}{replace(quarter, x=other.x).rect(corner=0)}</g>',
    ]


def _symbol(kind: str, place: str, scale: float) -> str:
    return (
        f'<g class="ga-{kind}"><use href="#ga-s-{kind}" '
        f'transform="{place} scale({scale:.2f})"/></g>'
    )


def _frame(box: _Box, scale: float) -> list[str]:
    inner = replace(box, x=box.x + 2.5, y=box.y + 2.5, width=box.width - 5, height=box.height - 5)
    turn = f'transform="{box.at(0.5)} scale({scale:.2f})"'
    return [
        inner.rect("ga-halo"),
        box.rect("ga-frame"),
        f'<circle class="ga-badge" r="10" {turn}/>',
        f'<use class="ga-unequal" href="#ga-s-unequal" {turn}/>',
    ]


def _legend(frame: Frame, counts: Tally) -> tuple[list[str], float]:
    top = frame.bottom + 34
    left, right = MARGIN, MARGIN + (frame.width - 2 * MARGIN) / 2
    predicted = [name for name in VERDICTS if counts.predicted[name]]
    observed = [name for name in OBSERVED if counts.seen[name]]
    found = [_part(left, top, "left half: predicted"), _part(right, top, "right half: observed")]
    for number, name in enumerate(predicted):
        y = top + 10 + number * LEGEND_LINE
        found.append(key(left, y, name, f"{counts.predicted[name]} {name}", VERDICTS[name].says))
    for number, name in enumerate(observed):
        y = top + 10 + number * LEGEND_LINE
        found.append(key(right, y, name, f"{counts.seen[name]} {name}", OBSERVED[name].says))
    y = top + 22 + max(len(predicted), len(observed)) * LEGEND_LINE
    # Grey: whether a move went as predicted is told by the frame alone, whatever the colours.
    for x, against, strong, says in (
        (left, False, f"{counts.agreed} as predicted", "in outcome and in every answer"),
        (right, True, f"{counts.against} not as predicted", "in outcome or in an answer"),
    ):
        sample = "".join(_sample(_Box(x, y, 28, 18), against=against))
        found.append(f'<g class="ga-pair">{sample}</g>{key_text(x, y, strong, says)}')
    missing = frame.count**2 - counts.moves
    if missing:
        y += LEGEND_LINE
        found.append(_Box(left, y, 28, 18).rect("ga-none"))
        found.append(key_text(left, y, f"{missing} not moved", "nothing is known of these pairs"))
    found.append(note(y + 46, EMULATED))
    return found, y + 66


def _sample(box: _Box, *, against: bool) -> list[str]:
    ground = f'<g class="ga-here">{box.rect()}</g>'
    if not against:
        return [ground]
    sign = f'transform="{box.at(0.5)} scale(0.90)"'
    return [
        ground,
        box.rect("ga-frame"),
        f'<use class="ga-unequal" href="#ga-s-unequal" {sign}/>',
    ]


def _part(x: float, y: float, words: str) -> str:
    return f'<text class="ga-part" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
