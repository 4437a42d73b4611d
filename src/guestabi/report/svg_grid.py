"""What the pictures of a grid share: the page, its heading, and rows from by columns to."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Mapping, Sequence

from guestabi.report.labels import Labels

WIDTH = 900
"""Pixels; more only where cells would become too small to see."""

MARGIN = 28
GAP = 3
"""Pixels inside the page's edges, and between two cells."""

LEGEND_LINE = 24
"""Pixels from one line of the legend to the next."""

_TOP = 122
_LETTER = 7.4
_WIDEST_BOLD = 0.67
_LONGEST_LABEL = 40


@dataclass(frozen=True)
class Frame:
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
        return max(WIDTH, self.left + self.count * self.cell_width + MARGIN, right)

    @property
    def bottom(self) -> float:
        return self.top + self.count * self.cell_height


def lay_out(labels: Labels) -> Frame:
    """Return the frame of a square grid with ``labels``, which are not too long (:func:`cut`)."""
    count = len(labels.rows)
    left = MARGIN + max(84.0, max(map(len, labels.rows)) * _LETTER + 14)
    cell = max(16.0, min(68.0, (WIDTH - MARGIN - left) / count))
    longest = max(map(len, labels.rows)) * _LETTER
    turned = longest > cell
    top = _TOP + (longest * 0.75 if turned else 0)
    return Frame(left, top, cell, min(cell, 38.0), count, longest * 0.66 if turned else 0)


def cut(name: str) -> str:
    """Return ``name``, shortened where no picture could hold it."""
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"


def document(
    width: float,
    height: float,
    said: str,
    below: str,
    inner: Sequence[str],
    *,
    css: str,
    symbols: Mapping[str, str],
) -> str:
    """Return a whole picture, ending in a line break: ``inner`` on a page with a headline.

    ``said`` is the headline, ``below`` the line below it, both as plain text. ``symbols`` (name ->
    path) can be used as ``#ga-s-NAME``.
    """
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    named = 'role="img" aria-labelledby="ga-title ga-desc"'
    sheet = f'width="{width - 1:.0f}" height="{height - 1:.0f}"'
    drawn = "".join(f'<path id="ga-s-{name}" d="{path}"/>' for name, path in symbols.items())
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ga" {box} {named}>',
        f'<title id="ga-title">{escape(said)}</title>',
        f'<desc id="ga-desc">{escape(below)}</desc>',
        f"<style>{css}</style>",
        f"<defs>{drawn}</defs>",
        f'<rect class="ga-page" x=".5" y=".5" {sheet} rx="10"/>',
        *_heading(said, below),
        *inner,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def axes(frame: Frame, labels: Labels) -> list[str]:
    """Return the labels of rows and columns, and which is which."""
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


def key(x: float, y: float, kind: str, strong: str, says: str) -> str:
    """Return a line of the legend: a small cell of that kind, and what it stands for."""
    return (
        f'<g class="ga-cell ga-{kind}"><rect x="{x:.1f}" y="{y:.1f}" width="28" height="18" '
        f'rx="4"/><use href="#ga-s-{kind}" transform="translate({x + 14:.1f} {y + 9:.1f}) '
        f'scale(.7)"/></g>{key_text(x, y, strong, says)}'
    )


def key_text(x: float, y: float, strong: str, says: str) -> str:
    """Return the words of a line of the legend, beside what was drawn at ``x``."""
    return (
        f'<text class="ga-legend" x="{x + 38:.1f}" y="{y + 13.5:.1f}">'
        f'<tspan class="ga-strong">{escape(strong)}</tspan>  {escape(says)}</text>'
    )


def note(y: float, words: str) -> str:
    """Return a small line at the foot of the page."""
    return f'<text class="ga-note" x="{MARGIN}" y="{y:.1f}">{escape(words)}</text>'


def _heading(said: str, below: str) -> list[str]:
    size = min(22.0, (WIDTH - 2 * MARGIN) / len(said) / _WIDEST_BOLD)
    style = f'style="font-size:{size:.1f}px"'
    return [
        f'<text class="ga-head" x="{MARGIN}" y="46" {style}>{escape(said)}</text>',
        f'<text class="ga-sub" x="{MARGIN}" y="70">{escape(below)}</text>',
    ]
