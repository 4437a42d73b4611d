"""Below the lanes of a plan's picture: every story in a line, then colours and signs."""

from __future__ import annotations

from html import escape
from typing import Optional

from guestabi.fleet.plan.found import PROPERTIES, Explored
from guestabi.fleet.plan.shape import Plan
from guestabi.report import plan_svg_lanes as lanes
from guestabi.report import plan_svg_path as path
from guestabi.report.clean import clean, one_line
from guestabi.report.grid import EMULATED
from guestabi.report.plan_svg_layout import Layout
from guestabi.report.plan_svg_names import Names
from guestabi.report.plan_svg_story import Story, harm, told
from guestabi.report.plan_svg_style import LETTERS
from guestabi.report.svg_grid import LEGEND_LINE, MARGIN, WIDTH, note
from guestabi.report.svg_text import fit, width

_CONFIGS = 12


def legend(
    plan: Plan,
    found: Optional[Explored],
    layout: Layout,
    every: tuple[Story, ...],
    names: Names,
) -> tuple[list[str], float]:
    """Return the legend, and how high the page is with it."""
    y = layout.bottom + 24
    parts = []
    if layout.left_out:
        more = layout.left_out
        parts.append(note(y + 8, f"{more} more lane{'s are' if more > 1 else ' is'} not drawn"))
        y += LEGEND_LINE
    y += 8
    for story in every:
        parts.append(_told(layout, story, names, y))
        y += LEGEND_LINE
    if found is not None and found.verdict == "proved":
        for fact in PROPERTIES.values():
            parts.append(_proved(fact, y))
            y += LEGEND_LINE
    y += 10
    column = (layout.width - 2 * MARGIN) / 2
    sides = (_colours(plan, names), _signs(plan, layout))
    for side, keys in enumerate(sides):
        x = MARGIN + side * column
        for number, (sample, strong, says) in enumerate(keys):
            row = y + number * LEGEND_LINE
            place = f'transform="translate({x:.1f} {row:.1f})"'
            parts.append(f"<g {place}>{sample}</g>{_words(x + 38, row, strong, says, column - 48)}")
    y += max(map(len, sides)) * LEGEND_LINE
    said = [one_line(each) for each in plan.notes]
    said += [EMULATED] if any(each.profile.emulated_cpu for each in plan.configs) else []
    for each in said:
        y += 18
        parts.append(note(y, fit(each, layout.width - 2 * MARGIN, LETTERS["ga-note"].size)))
    return parts, y + 22


def _told(layout: Layout, story: Story, names: Names, y: float) -> str:
    room = layout.width - 2 * MARGIN - 50
    words = _words(MARGIN + 50, y, harm(story.failure), told(story, names.both, short=True), room)
    return (
        f'<g class="ga-p-told {path.tint(story)}"><title>{escape(tip(story, names))}</title>'
        f"{path.badge(story, MARGIN + 9, y + 9)}"
        f'<g class="ga-p-key">{path.mark(story, MARGIN + 33, y + 9, "ga-p-key")}</g>{words}</g>'
    )


def _proved(fact: str, y: float) -> str:
    return (
        f'<g class="ga-cell ga-benign"><rect x="{MARGIN}" y="{y:.1f}" width="28" height="18" '
        f'rx="4"/><use href="#ga-s-benign" transform="translate({MARGIN + 14} {y + 9:.1f}) '
        f'scale(.7)"/></g>{_words(MARGIN + 38, y, "proved", fact, WIDTH)}'
    )


def _colours(plan: Plan, names: Names) -> list[tuple[str, str, str]]:
    found = []
    for config in plan.configs[:_CONFIGS]:
        sample = (
            f'<g class="{lanes.colour(names, config)}"><rect width="28" height="18" rx="4"/></g>'
        )
        found.append((sample, names.both(config), clean(config.profile.label)))
    more = len(plan.configs) - _CONFIGS
    return [*found, ("", f"and {more} more", "")] if more > 0 else found


def _signs(plan: Plan, layout: Layout) -> list[tuple[str, str, str]]:
    def sign(name: str) -> str:
        place = 'transform="translate(14 9)"'
        return f'<use class="ga-p-sign" href="#ga-s-{name}" {place}/>'

    kinds = {step.kind for step in plan.steps}
    shut = any(lane.shut(at) for lane in layout.lanes for at in range(len(layout.columns)))
    found = [(sign("boot"), "boot", "guests may boot here")]
    if "reboot" in kinds:
        found[0] = (sign("boot"), "boot", "guests may boot here; over a step: all are rebooted")
    if any(lane.pinned for lane in layout.lanes):
        found.append((sign("pin"), "pins", "what guests are born with from here on"))
    if kinds & {"kernel", "vmm"}:
        slope = '<path class="ga-p-edge" d="M0 17L7 9H21L28 1"/>'
        found.append((slope, "under way", "above: not yet changed, below: changed"))
    if shut:
        box = '<rect class="ga-p-shut" width="28" height="18" rx="3" fill="url(#ga-p-hatch)"/>'
        found.append((box, "shut", "takes no guest in"))
    if "commit" in kinds:
        bar = '<path class="ga-p-bar" d="M11.5 0V18M16.5 0V18"/>'
        found.append((bar, "commit", "no way back over it"))
    return found


def _words(x: float, y: float, strong: str, says: str, room: float) -> str:
    size = LETTERS["ga-legend"].size
    head = fit(strong, room, size, bold=True)
    rest = fit(says, room - width(head, size, bold=True) - 10, size) if says else ""
    return (
        f'<text class="ga-legend" x="{x:.1f}" y="{y + 13.5:.1f}">'
        f'<tspan class="ga-strong">{escape(head)}</tspan>  {escape(rest)}</text>'
    )


def tip(story: Story, names: Names) -> str:
    """Return all that is known of a story, in lines."""
    said = told(story, names.both, short=False)
    fact = PROPERTIES[story.failure.property]
    sure = "broken" if story.failure.sure else "in doubt"
    return f"{story.number} {harm(story.failure)}\n{said}\n{sure}: {fact}"
