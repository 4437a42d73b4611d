"""The matrix as one SVG picture: rows from, columns to, reasons in tooltips.

No script, no outside font or file. Colours follow the reader's light or dark scheme, and every
verdict has a drawn symbol beside its colour. Ids and classes are prefixed, so that the picture
can stand inside a page.
"""

from __future__ import annotations

from html import escape

from guestabi.report.clean import clean
from guestabi.report.grid import EMULATED, Grid
from guestabi.report.labels import Labels, shorten
from guestabi.report.svg_grid import (
    GAP,
    LEGEND_LINE,
    MARGIN,
    Frame,
    axes,
    cut,
    document,
    key,
    lay_out,
    note,
)
from guestabi.report.svg_style import CSS, SYMBOLS
from guestabi.report.verdicts import MATRIX_QUESTIONS, VERDICTS

_FOOT = 58


def render(grid: Grid) -> str:
    """Return the picture as a whole SVG document, ending in a line break."""
    labels = shorten([cut(clean(name)) for name in grid.names])
    frame = lay_out(labels)
    used = [verdict for verdict in VERDICTS if grid.counts()[verdict]]
    return document(
        frame.width,
        frame.bottom + _FOOT + LEGEND_LINE * ((len(used) + 1) // 2),
        _headline(grid),
        _subtitle(grid, labels),
        [*axes(frame, labels), *_cells(grid, frame, labels), *_legend(grid, frame, used)],
        css=CSS,
        symbols={verdict: SYMBOLS[verdict] for verdict in used},
    )


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


def _cells(grid: Grid, frame: Frame, labels: Labels) -> list[str]:
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


def _cell(frame: Frame, i: int, j: int, kind: str, tip: str) -> str:
    x = frame.left + j * frame.cell_width + GAP / 2
    y = frame.top + i * frame.cell_height + GAP / 2
    width, height = frame.cell_width - GAP, frame.cell_height - GAP
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


def _legend(grid: Grid, frame: Frame, used: list[str]) -> list[str]:
    found = []
    counts = grid.counts()
    column = (frame.width - 2 * MARGIN) / 2
    for number, verdict in enumerate(used):
        x = MARGIN + number % 2 * column
        y = frame.bottom + 26 + number // 2 * LEGEND_LINE
        found.append(key(x, y, verdict, f"{counts[verdict]} {verdict}", VERDICTS[verdict].says))
    if grid.emulated:
        found.append(note(frame.bottom + 44 + (len(used) + 1) // 2 * LEGEND_LINE, EMULATED))
    return found
