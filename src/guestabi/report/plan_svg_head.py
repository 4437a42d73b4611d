"""Above the lanes of a plan's picture: what each step is, and which ways time can go."""

from __future__ import annotations

from html import escape

from guestabi.fleet.plan.shape import Plan
from guestabi.report.clean import clean
from guestabi.report.plan_svg_layout import Column, Layout
from guestabi.report.plan_svg_names import Names, does
from guestabi.report.plan_svg_path import mark, tint
from guestabi.report.plan_svg_story import Story
from guestabi.report.plan_svg_style import LETTERS
from guestabi.report.svg_text import width, wrap

_INDENT = 24.0
_LINE = 16.0
_WIDEST = 236.0
_NARROWEST = 116.0
_AXIS = 20.0

AXES = 2 * _AXIS + 14
"""Pixels that the two ways of time take, above the lanes."""


def wanted(plan: Plan, names: Names) -> list[float]:
    """Return how wide the head of each step would like to be, in pixels."""
    found = []
    for number, step in enumerate(plan.steps):
        name = _INDENT + width(clean(step.name), *_letters("ga-p-name"))
        act = _INDENT + width(does(plan, number, names), *_letters("ga-p-small"))
        found.append(min(_WIDEST, max(_NARROWEST, name + 16, act + 16)))
    return found


def _letters(kind: str) -> tuple[float]:
    letters = LETTERS[kind]
    return (letters.size * (1.1 if letters.bold else 1),)


def heads(
    plan: Plan, names: Names, columns: tuple[Column, ...], top: float
) -> tuple[list[str], float]:
    """Return the heads of the steps, and where they end."""
    found, lowest = [], top
    for number, step in enumerate(plan.steps):
        x = columns[2 * number + 1].x
        room = columns[2 * number + 2].end - x - _INDENT - 10
        act = does(plan, number, names)
        lines = [("ga-p-name", line) for line in _lines("ga-p-name", clean(step.name), room)]
        lines += [("ga-p-small", line) for line in _lines("ga-p-small", act, room)]
        parts = [f"<title>{escape(_tip(plan, number, act))}</title>"]
        parts.append(
            f'<circle class="ga-p-number" cx="{x + 9:.1f}" cy="{top - 4.5:.1f}" r="9"/>'
            f'<text class="ga-p-digit" x="{x + 9:.1f}" y="{top - 0.5:.1f}" '
            f'text-anchor="middle">{number + 1}</text>'
        )
        for row, (kind, words) in enumerate(lines):
            y = top + row * _LINE
            parts.append(
                f'<text class="{kind}" x="{x + _INDENT:.1f}" y="{y:.1f}">{escape(words)}</text>'
            )
        found.append(f"<g>{''.join(parts)}</g>")
        lowest = max(lowest, top + len(lines) * _LINE)
    return found, lowest


def _lines(kind: str, words: str, room: float) -> list[str]:
    size, bold = LETTERS[kind]
    return wrap(words, room, size, 2, bold=bold)


def _tip(plan: Plan, number: int, act: str) -> str:
    step = plan.steps[number]
    shown = ", ".join(clean(name) for name in step.groups[:50])
    more = f" and {len(step.groups) - 50} more" if len(step.groups) > 50 else ""
    of = "" if step.kind in ("commit", "moves", "births") else f"\nof {shown}{more}"
    return f"step {number + 1}: {clean(step.name)}\n{act}{of}"


def bands(plan: Plan, layout: Layout, top: float) -> list[str]:
    """Return the ground of the steps' columns."""
    found = []
    for number in range(len(plan.steps)):
        column = layout.columns[2 * number + 1]
        found.append(
            f'<rect class="ga-p-band" x="{column.x:.1f}" y="{top:.1f}" '
            f'width="{column.width:.1f}" height="{layout.bottom - top + 8:.1f}" rx="4"/>'
        )
    return found


def axes(plan: Plan, layout: Layout, told: tuple[Story, ...], top: float) -> list[str]:
    """Return both ways of time: forward, and back up to the next commit; with the steps at which a
    guest stands in the way."""
    first, last = layout.columns[0].x, layout.columns[-1].end
    on, back = top + 8, top + 8 + _AXIS
    found = [_name(first, on, "forward"), _name(first, back, "undo")]
    found.append(f'<path class="ga-p-way" d="M{first:.1f} {on:.1f}H{last:.1f}"/>')
    ends = [n for n, step in enumerate(plan.steps) if step.kind == "commit"]
    starts = [first, *(layout.columns[2 * number + 1].middle + 5 for number in ends)]
    stops = [*(layout.columns[2 * number + 1].middle - 5 for number in ends), last]
    for start, stop in zip(starts, stops):
        found.append(f'<path class="ga-p-way" d="M{start:.1f} {back:.1f}H{stop:.1f}"/>')
    for number, step in enumerate(plan.steps):
        x = layout.columns[2 * number + 1].middle
        for way, y, turn in (("up", on, ""), ("down", back, " rotate(180)")):
            stuck = [
                s
                for s in told
                if s.failure.kind == "stuck" and (s.failure.way, s.failure.step) == (way, number)
            ]
            for at, story in enumerate(stuck):
                aside = x + 20 * (at - (len(stuck) - 1) / 2)
                drawn = mark(story, aside, y, "ga-p-stop", 0.6)
                found.append(f'<g class="{tint(story)}">{drawn}</g>')
            if not stuck and not (way == "down" and step.kind == "commit"):
                place = f"translate({x:.1f} {y:.1f}){turn}"
                found.append(
                    f'<path class="ga-p-tip" d="M-4-4.5L5 0L-4 4.5Z" transform="{place}"/>'
                )
    return found


def _name(first: float, y: float, words: str) -> str:
    place = f'x="{first - 12:.1f}" y="{y + 4:.1f}" text-anchor="end"'
    return f'<text class="ga-p-small" {place}>{words}</text>'


def barriers(plan: Plan, layout: Layout, top: float) -> list[str]:
    """Return the lines over all lanes: where a step is done at once, and where a commit closes the
    way back."""
    found = []
    foot = layout.bottom + 6
    for number, step in enumerate(plan.steps):
        x = layout.columns[2 * number + 1].middle
        if step.kind == "commit":
            lines = f"M{x - 2.5:.1f} {top:.1f}V{foot:.1f}M{x + 2.5:.1f} {top:.1f}V{foot:.1f}"
            found.append(f'<path class="ga-p-bar" d="{lines}"/>')
        elif not step.rolls:
            start = layout.lanes[0].top - 4
            found.append(f'<path class="ga-p-cut" d="M{x:.1f} {start:.1f}V{foot:.1f}"/>')
    return found
