"""A story drawn over the lanes: where the guest starts, is moved, waits, and ends."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from math import atan2, degrees
from typing import NamedTuple

from guestabi.report.plan_svg_layout import LABEL, SLANT, Layout
from guestabi.report.plan_svg_story import Story, harm
from guestabi.report.plan_svg_style import LETTERS, STRONG
from guestabi.report.svg_grid import MARGIN
from guestabi.report.svg_text import fit, width

_RADIUS = 9.0
_AGAIN = 5.0
"""On the way back a path runs so many pixels lower."""


class _Turn(NamedTuple):
    """A corner of a path. ``arrives``: by what kind of line; ``crosses``: that is where a step is
    done, or undone."""

    x: float
    y: float
    arrives: str
    crosses: bool = False


def draw(layout: Layout, story: Story, tip: str) -> str:
    """Return the story's path with its marks."""
    turns = _turns(layout, story)
    parts = [f"<title>{escape(tip)}</title>"]
    lines = [
        (_curve(a, b), "line" if b.arrives == "hump" else b.arrives)
        for a, b in pairwise(turns)
        if (a.x, a.y) != (b.x, b.y)
    ]
    parts += [f'<path class="ga-p-under" d="{path}"/>' for path, _ in lines]
    parts += [f'<path class="ga-p-{kind}" d="{path}"/>' for path, kind in lines]
    parts += _arrows(turns)
    parts += _spots(layout, story)
    return f'<g class="ga-p-story {tint(story)}">{"".join(parts)}</g>'


def tint(story: Story) -> str:
    """Return the class of its colour."""
    return f"ga-f{(story.number - 1) % len(STRONG)}"


def badge(story: Story, x: float, y: float, *, square: bool = False) -> str:
    """Return its number on a dot, or on a square for a guest that did not boot in the story."""
    shape = (
        f'<rect class="ga-p-spot" x="{x - 8:.1f}" y="{y - 8:.1f}" width="16" height="16" rx="3"/>'
        if square
        else f'<circle class="ga-p-spot" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"/>'
    )
    return (
        f'{shape}<text class="ga-p-digit" x="{x:.1f}" y="{y + 4.2:.1f}" text-anchor="middle">'
        f"{story.number}</text>"
    )


def mark(story: Story, x: float, y: float, kind: str, scale: float = 0.72) -> str:
    """Return how it ends, as a drawn symbol in a ring; ``kind`` is the class of the whole."""
    place = f"translate({x:.1f} {y:.1f})"
    return (
        f'<g class="{kind}"><circle class="ga-p-ring" r="{12.5 * scale:.1f}" transform="{place}"/>'
        f'<use class="ga-p-mark" href="#ga-s-{story.mark}" '
        f'transform="{place} scale({scale * 0.85:.2f})"/></g>'
    )


def label(layout: Layout, story: Story, row: int) -> tuple[str, str]:
    """Return the line from the end of the story to what is said of it, and the words; ``row`` is
    their place among the words under that lane."""
    x, y = end(layout, story)
    lane = layout.lane(story.failure.place)
    foot = lane.top + lane.height + LABEL * row + 5
    size, bold = LETTERS["ga-p-label"]
    words = fit(f"{story.number} {harm(story.failure)}", layout.width - 2 * MARGIN, size, bold=bold)
    start = min(x - 4, layout.width - MARGIN - width(words, size, bold=bold))
    lead = f'<path class="ga-p-lead" d="M{x:.1f} {y + _RADIUS:.1f}V{foot:.1f}"/>'
    place = f'x="{start:.1f}" y="{foot + 11:.1f}"'
    text = f'<text class="ga-p-label ga-p-over" {place}>{escape(words)}</text>'
    return f'<g class="{tint(story)}">{lead}</g>', f'<g class="{tint(story)}">{text}</g>'


def end(layout: Layout, story: Story) -> tuple[float, float]:
    """Return where it ends."""
    number = len(story.points) - 1
    return _at(layout, story, number)


def _at(layout: Layout, story: Story, number: int) -> tuple[float, float]:
    x = layout.slots[story.number, number]
    return x, _height(layout, story, number)


def _height(layout: Layout, story: Story, number: int) -> float:
    point = story.points[number]
    y = layout.lane(point.place).track(story.number, point.column, point.place)
    return y + _AGAIN if _goes_back(story, number) else y


def _goes_back(story: Story, number: int) -> bool:
    """Whether the point's time was last reached by undoing."""
    points = story.points
    while number and points[number - 1].column == points[number].column:
        number -= 1
    return number > 0 and points[number - 1].column > points[number].column


def _turns(layout: Layout, story: Story) -> list[_Turn]:
    found: list[_Turn] = []
    points = story.points
    for number, point in enumerate(points):
        before = points[number - 1].column if number else point.column
        after = points[number + 1].column if number + 1 < len(points) else point.column
        y = _height(layout, story, number)
        kind = "back" if before > point.column else "line"
        if before != point.column:
            x = _edge(layout, point.column, right=before > point.column)
            found.append(_Turn(x, y, kind, point.column % 2 == 0))
        if point.what != "pass":
            x = layout.slots[story.number, number]
            stays = "back" if _goes_back(story, number) else "line"
            jump = "fails" if point.what in ("end", "reboot") else "line"
            if found and before == point.column:
                found.append(_Turn(x, found[-1].y, stays))
                if found[-1].y == y and number and point.what in ("move", "reboot"):
                    found[-1] = _Turn(x - 7, y, stays)
                    found.append(_Turn(x + 7, y, "hump"))
                else:
                    found.append(_Turn(x, y, jump))
            elif found:
                found.append(_Turn(x, y, stays))
            else:
                found.append(_Turn(x, y, stays))
        elif (after > point.column) == (before > point.column) and after != point.column:
            # Time turns round here.
            found.append(_Turn(layout.columns[point.column].middle, y, kind))
        if after != point.column:
            kind = "back" if after < point.column else "line"
            found.append(_Turn(_edge(layout, point.column, right=after > point.column), y, kind))
    return found


def _edge(layout: Layout, column: int, *, right: bool) -> float:
    there = layout.columns[column]
    inside = SLANT if column % 2 else 4.0
    inside = min(inside, there.width / 4)
    return there.end - inside if right else there.x + inside


def _curve(a: _Turn, b: _Turn) -> str:
    start = f"M{a.x:.1f} {a.y:.1f}"
    if b.arrives == "hump":
        return f"{start}C{a.x:.1f} {a.y - 12:.1f} {b.x:.1f} {a.y - 12:.1f} {b.x:.1f} {b.y:.1f}"
    if a.x == b.x or a.y == b.y:
        return f"{start}L{b.x:.1f} {b.y:.1f}"
    half = (a.x + b.x) / 2
    return f"{start}C{half:.1f} {a.y:.1f} {half:.1f} {b.y:.1f} {b.x:.1f} {b.y:.1f}"


def _arrows(turns: list[_Turn]) -> list[str]:
    found = []
    for a, b in pairwise(turns):
        across, down = b.x - a.x, b.y - a.y
        if abs(down) < 1 and not b.crosses:
            continue
        # A curve is half as steep at its ends, and twice as steep half way.
        turn = degrees(atan2(2 * down, across))
        if abs(across) + abs(down) > 12:
            found.append(_tip((a.x + b.x) / 2, (a.y + b.y) / 2, turn))
    return found


def _tip(x: float, y: float, turn: float) -> str:
    place = f"translate({x:.1f} {y:.1f}) rotate({turn:.0f})"
    return f'<path class="ga-p-head" d="M-4-5L5 0L-4 5Z" transform="{place}"/>'


def _spots(layout: Layout, story: Story) -> list[str]:
    found = []
    for number, point in enumerate(story.points):
        if point.what == "pass":
            continue
        x, y = _at(layout, story, number)
        if point.what in ("given", "boot"):
            found.append(badge(story, x, y, square=point.what == "given"))
        elif point.what == "end":
            found.append(mark(story, x, y, "ga-p-end"))
        else:
            found.append(f'<circle class="ga-p-spot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
    return found
