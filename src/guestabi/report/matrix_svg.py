"""The matrix as one SVG picture: rows from, columns to, reasons in tooltips.

No script, no outside font or file. Colours follow the reader's light or dark scheme, and every
verdict has a drawn symbol beside its colour. Ids and classes are prefixed, so that the picture
can stand inside a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from guestabi.report.clean import clean
from guestabi.report.grid import EMULATED, Grid
from guestabi.report.labels import Labels, shorten
from guestabi.report.svg_style import CSS, SYMBOLS
from guestabi.report.verdicts import MATRIX_QUESTIONS, VERDICTS

WIDTH = 900
"""Pixels; more only where cells would become too small to see."""

_MARGIN = 28
_TOP = 122
_GAP = 3
_LETTER = 7.4
_WIDEST_BOLD = 0.67
_LONGEST_LABEL = 40
_LEGEND_LINE = 24
_FOOT = 58


@dataclass(frozen=True)
class _Frame:
    """Where things are, in pixels."""

    left: float
    top: float
    cell_width: float
    cell_height: float
    count: int
    overhang: float
    """How far the last turned column label reaches beyond its cell; 0 where they lie flat."""

    @property
    def width(self) -> float:
        right = self.left + (self.count - 0.5) * self.cell_width + self.overhang
        return max(WIDTH, self.left + self.count * self.cell_width + _MARGIN, right)

    @property
    def bottom(self) -> float:
        return self.top + self.count * self.cell_height


def render(grid: Grid) -> str:
    """Return the picture as a whole SVG document, ending in a line break."""
    labels = shorten([_cut(clean(name)) for name in grid.names])
    frame = _frame(labels)
    used = [verdict for verdict in VERDICTS if grid.counts()[verdict]]
    height = frame.bottom + _FOOT + _LEGEND_LINE * ((len(used) + 1) // 2)
    parts = [
        _opening(frame.width, height),
        f'<title id="ga-title">{escape(_headline(grid))}</title>',
        f'<desc id="ga-desc">{escape(_subtitle(grid, labels))}</desc>',
        f"<style>{CSS}</style>",
        _definitions(used),
        _page(frame.width, height),
        *_heading(grid, labels),
        *_axes(frame, labels),
        *_cells(grid, frame, labels),
        *_legend(grid, frame, used),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _opening(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ga" viewBox="0 0 {width:.0f} '
        f'{height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" '
        'aria-labelledby="ga-title ga-desc">'
    )


def _page(width: float, height: float) -> str:
    size = f'width="{width - 1:.0f}" height="{height - 1:.0f}"'
    return f'<rect class="ga-page" x=".5" y=".5" {size} rx="10"/>'


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"


def _frame(labels: Labels) -> _Frame:
    count = len(labels.rows)
    left = _MARGIN + max(84.0, max(map(len, labels.rows)) * _LETTER + 14)
    cell = max(16.0, min(68.0, (WIDTH - _MARGIN - left) / count))
    longest = max(map(len, labels.rows)) * _LETTER
    turned = longest > cell
    top = _TOP + (longest * 0.75 if turned else 0)
    return _Frame(left, top, cell, min(cell, 38.0), count, longest * 0.66 if turned else 0)


def _headline(grid: Grid) -> str:
    moves = grid.moves()
    refused = [(i, j) for i, j in moves if grid.verdicts[i][j] == "refused"]
    parts = []
    for way, word in ((-1, "rollbacks"), (1, "upgrades")):
        of = sum(grid.direction(i, j) == way for i, j in moves)
        bad = sum(grid.direction(i, j) == way for i, j in refused)
        if of:
            parts.append(f"{bad} of {of} {word}")
    said = f"{len(refused)} of {len(moves)} moves are refused"
    return f"{said}: {', '.join(parts)}" if parts else said


def _subtitle(grid: Grid, labels: Labels) -> str:
    asked = f"A guest {MATRIX_QUESTIONS[grid.question]}"
    return " · ".join(part for part in (asked, grid.vmm, labels.shared) if part)


def _definitions(used: list[str]) -> str:
    drawn = "".join(f'<path id="ga-s-{name}" d="{SYMBOLS[name]}"/>' for name in used)
    return f"<defs>{drawn}</defs>"


def _heading(grid: Grid, labels: Labels) -> list[str]:
    said = _headline(grid)
    size = min(22.0, (WIDTH - 2 * _MARGIN) / len(said) / _WIDEST_BOLD)
    style = f'style="font-size:{size:.1f}px"'
    return [
        f'<text class="ga-head" x="{_MARGIN}" y="46" {style}>{escape(said)}</text>',
        f'<text class="ga-sub" x="{_MARGIN}" y="70">{escape(_subtitle(grid, labels))}</text>',
    ]


def _axes(frame: _Frame, labels: Labels) -> list[str]:
    corner = f'<text class="ga-axis" x="{frame.left - 12:.1f}" y="{frame.top - 14:.1f}" '
    found = [corner + 'text-anchor="end">from ↓ to →</text>']
    for number, label in enumerate(labels.rows):
        x = frame.left + (number + 0.5) * frame.cell_width
        y = frame.top + (number + 0.5) * frame.cell_height + 4.5
        text = escape(label)
        place = f'x="{x:.1f}" y="{frame.top - 14:.1f}"'
        turn = f' transform="rotate(-50 {x:.1f} {frame.top - 10:.1f})"' if frame.overhang else ""
        anchor = "start" if frame.overhang else "middle"
        found.append(f'<text class="ga-label" {place} text-anchor="{anchor}"{turn}>{text}</text>')
        found.append(
            f'<text class="ga-label" x="{frame.left - 12:.1f}" y="{y:.1f}" '
            f'text-anchor="end">{text}</text>'
        )
    return found


def _cells(grid: Grid, frame: _Frame, labels: Labels) -> list[str]:
    found = []
    for i, row in enumerate(grid.verdicts):
        for j, verdict in enumerate(row):
            here = i == j and verdict == "same"
            found.append(_cell(frame, i, j, "here" if here else verdict, _tip(grid, labels, i, j)))
    return found


def _tip(grid: Grid, labels: Labels, i: int, j: int) -> str:
    lines = [f"{labels.rows[i]} → {labels.rows[j]}: {grid.verdicts[i][j]}"]
    if grid.reasons:
        lines += [clean(reason) for reason in grid.reasons[i][j]]
    return escape("\n".join(lines))


def _cell(frame: _Frame, i: int, j: int, kind: str, tip: str) -> str:
    x = frame.left + j * frame.cell_width + _GAP / 2
    y = frame.top + i * frame.cell_height + _GAP / 2
    width, height = frame.cell_width - _GAP, frame.cell_height - _GAP
    middle = f"translate({x + width / 2:.1f} {y + height / 2:.1f})"
    scale = min(1.0, height / 26)
    drawn = (
        f'<circle class="ga-dot" r="2" transform="{middle}"/>'
        if kind == "here"
        else f'<use href="#ga-s-{kind}" transform="{middle} scale({scale:.2f})"/>'
    )
    return (
        f'<g class="ga-cell ga-{kind}"><title>{tip}</title><rect x="{x:.1f}" y="{y:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}" rx="{min(6, height / 4):.1f}"/>{drawn}</g>'
    )


def _legend(grid: Grid, frame: _Frame, used: list[str]) -> list[str]:
    found = []
    counts = grid.counts()
    column = (frame.width - 2 * _MARGIN) / 2
    for number, verdict in enumerate(used):
        x = _MARGIN + number % 2 * column
        y = frame.bottom + 26 + number // 2 * _LEGEND_LINE
        found.append(
            f'<g class="ga-cell ga-{verdict}"><rect x="{x:.1f}" y="{y:.1f}" width="28" height="18" '
            f'rx="4"/><use href="#ga-s-{verdict}" transform="translate({x + 14:.1f} {y + 9:.1f}) '
            f'scale(.7)"/></g><text class="ga-legend" x="{x + 38:.1f}" y="{y + 13.5:.1f}">'
            f'<tspan class="ga-strong">{counts[verdict]} {verdict}</tspan>  '
            f"{escape(VERDICTS[verdict].says)}</text>"
        )
    if grid.emulated:
        y = frame.bottom + 44 + (len(used) + 1) // 2 * _LEGEND_LINE
        found.append(f'<text class="ga-note" x="{_MARGIN}" y="{y:.1f}">{escape(EMULATED)}</text>')
    return found
