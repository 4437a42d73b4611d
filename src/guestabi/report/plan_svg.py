"""A rollout plan as one SVG picture: time across, groups of hosts down, stories of harm over it.

No script, no outside font or file; colours follow the reader's light or dark scheme. Ids and
classes are prefixed, so that the picture can stand inside a page.
"""

from __future__ import annotations

from typing import Optional

from guestabi.fleet.plan.found import Explored
from guestabi.fleet.plan.shape import Plan
from guestabi.report import plan_svg_head as head
from guestabi.report import plan_svg_lanes as lanes
from guestabi.report import plan_svg_path as path
from guestabi.report.clean import one_line
from guestabi.report.plan_svg_layout import Layout, lay_out
from guestabi.report.plan_svg_legend import legend, tip
from guestabi.report.plan_svg_names import Names, births, moves
from guestabi.report.plan_svg_story import Story, stories
from guestabi.report.plan_svg_style import LETTERS, SYMBOLS, css
from guestabi.report.svg_grid import MARGIN, cut, document
from guestabi.report.svg_text import fit, width

_PILL = 104.0
_HEADS = 150.0

_VERDICTS = {
    "proved": ("benign", "proved"),
    "broken": ("refused", "broken"),
    "unknown": ("unknown", "unknown"),
    "vacuous": ("unknown", "vacuous: no guest goes anywhere"),
}

_HATCH = (
    '<defs><pattern id="ga-p-hatch" class="ga-p-hatch" width="8" height="8" '
    'patternUnits="userSpaceOnUse"><path d="M-2 2L2-2M0 8L8 0M6 10L10 6"/></pattern></defs>'
)


def render(plan: Plan, found: Optional[Explored]) -> str:
    """Return the picture as a whole SVG document, ending in a line break.

    ``found`` is what the search found; None: the plan was not looked into.
    """
    names = Names(plan)
    every = stories(plan, found.failures if found else [])
    heads = head.wanted(plan, names)
    size, bold = LETTERS["ga-p-kernel"]
    widest = max(
        width(names.kernel(each), size, bold=bold) + 8 + width(names.vmm(each), size)
        for each in plan.configs
    )
    # Lanes stand below the heads, and those are as high as their words.
    flat = lay_out(plan, every, 0, min(widest, 210), heads)
    drawn_heads, top = head.heads(plan, names, flat.columns, _HEADS)
    layout = lay_out(plan, every, top + head.AXES, min(widest, 210), heads)
    inner = [_HATCH, *_pill(found), *drawn_heads, *head.bands(plan, layout, top - 6)]
    for lane in layout.lanes:
        inner += lanes.ground(plan, layout, lane, names)
    inner += head.axes(plan, layout, every, top)
    inner += head.barriers(plan, layout, top)
    for story in every:
        inner.append(path.draw(layout, story, tip(story, names)))
    for lane in layout.lanes:
        inner += lanes.labels(plan, layout, lane, names)
    inner += _harms(layout, every)
    keys, height = legend(plan, found, layout, every, names)
    return document(
        layout.width,
        height,
        _headline(plan, found),
        fit(_subtitle(plan), layout.width - 2 * MARGIN, LETTERS["ga-sub"].size),
        [*inner, *keys],
        css=css(),
        symbols={name: SYMBOLS[name] for name in sorted(_symbols(found, every))},
    )


def _symbols(found: Optional[Explored], every: tuple[Story, ...]) -> set[str]:
    used = {"boot", "pin", *(story.mark for story in every)}
    return used | {_VERDICTS[found.verdict][0]} if found else used


def _headline(plan: Plan, found: Optional[Explored]) -> str:
    name = cut(one_line(plan.name))
    if found is None:
        return name
    if found.verdict == "proved":
        until = " until it is committed" if any(s.kind == "commit" for s in plan.steps) else ""
        return f"{name}: every step can be undone{until}, and no guest is lost"
    if found.verdict == "broken":
        sure = sum(failure.sure for failure in found.failures)
        return f"{name}: {sure} way{'s' * (sure != 1)} in which a guest comes to harm"
    if found.verdict == "unknown":
        return f"{name}: nobody knows whether guests are safe"
    return f"{name}: nothing is proved, for no guest goes anywhere"


def _subtitle(plan: Plan) -> str:
    hosts, groups = sum(plan.hosts.values()), len(plan.groups)
    where = births(plan, plan.start.births)
    return " · ".join(
        (
            f"{hosts:,} host{'s' * (hosts != 1)} in {groups} group{'s' * (groups != 1)}",
            f"{len(plan.steps)} step{'s' * (len(plan.steps) != 1)}",
            f"guests may be moved {moves(plan.start.moves)}, boot {where}",
        )
    )


def _pill(found: Optional[Explored]) -> list[str]:
    if found is None:
        return []
    kind, words = _VERDICTS[found.verdict]
    size, bold = LETTERS["ga-p-pill"]
    wide = width(words, size, bold=bold) + 42
    y = _PILL - 4
    counts = f"{found.states:,} states, {found.transitions:,} transitions, {found.crossings:,} "
    drawn = (
        f'<g class="ga-cell ga-{kind}"><rect x="{MARGIN}" y="{y - 13:.1f}" width="{wide:.1f}" '
        f'height="26" rx="13"/><use href="#ga-s-{kind}" '
        f'transform="translate({MARGIN + 18} {y:.1f}) scale(.8)"/>'
        f'<text class="ga-p-pill" x="{MARGIN + 32}" y="{y + 4.6:.1f}">{words}</text></g>'
        f'<text class="ga-p-small" x="{MARGIN + wide + 12:.1f}" y="{y + 4.4:.1f}">'
        f"{counts}moves between unlike hosts</text>"
    )
    return [drawn]


def _harms(layout: Layout, every: tuple[Story, ...]) -> list[str]:
    """What is said below the lane in which each story ends; the rightmost is on top, so that no
    line to it crosses other words."""
    lines, words = [], []
    for lane in layout.lanes:
        here = [story for story in every if story.number in lane.ends]
        here.sort(key=lambda story: -path.end(layout, story)[0])
        for row, story in enumerate(here):
            lead, text = path.label(layout, story, row)
            lines.append(lead)
            words.append(text)
    return [*lines, *words]
