"""The lanes of a plan's picture: what the hosts of each group run, step by step."""

from __future__ import annotations

from html import escape

from guestabi.fleet.plan.shape import Config, Plan
from guestabi.report.clean import clean
from guestabi.report.plan_svg_layout import SLANT, Lane, Layout
from guestabi.report.plan_svg_names import Names, pins
from guestabi.report.plan_svg_style import LETTERS, PALE
from guestabi.report.svg_text import fit, width

_CORNER = 7.0
_NAMED = 50


def colour(names: Names, config: Config) -> str:
    """Return the class of what runs ``config``."""
    return f"ga-c{names.number(config) % len(PALE)}"


def ground(plan: Plan, layout: Layout, lane: Lane, names: Names) -> list[str]:
    """Return all of a lane that lies under the stories."""
    found = [_named(plan, lane, layout.columns[0].x)]
    for first, last in _stretches(lane, len(layout.columns)):
        found.append(_stretch(layout, lane, first, last, names))
    found += _hatched(layout, lane)
    for at, column in enumerate(layout.columns):
        there = lane.births(at)
        if at % 2 == 0 and there:
            found.append(_sign("boot", column.end - 10, lane.top + lane.height - 9))
        elif at % 2 and lane.splits(at) and there:
            found.append(_sign("boot", column.end - SLANT - 7, lane.top + 10))
            found.append(_sign("boot", column.x + SLANT + 7, lane.top + lane.height - 10))
    for number, step in enumerate(plan.steps):
        if step.kind == "reboot" and lane.names[0] in step.groups:
            x = layout.columns[2 * number + 1].middle
            found.append(_sign("boot", x, lane.top + 12, 1.3))
    return found


def labels(plan: Plan, layout: Layout, lane: Lane, names: Names) -> list[str]:
    """Return what its hosts run, and what guests are born with, in words that go over stories."""
    found = _pinned(plan, layout, lane)
    for first, last in _stretches(lane, len(layout.columns)):
        config = lane.config(first)
        x = layout.columns[first].x + 10
        room = layout.columns[last].end - x - 6
        size, bold = LETTERS["ga-p-kernel"]
        kernel = fit(names.kernel(config), room, size, bold=bold)
        room -= width(kernel, size, bold=bold) + 8
        vmm = fit(names.vmm(config), room, LETTERS["ga-p-vmm"].size) if room > 30 else ""
        words = f'<tspan class="ga-p-kernel">{escape(kernel)}</tspan>'
        if vmm:
            words += f'<tspan class="ga-p-vmm" dx="7">{escape(vmm)}</tspan>'
        place = f'x="{x:.1f}" y="{lane.top + 16:.1f}"'
        text = f'<text class="ga-p-vmm ga-p-over" {place}>{words}</text>'
        found.append(f'<g class="{colour(names, config)}">{text}</g>')
    return found


def _stretches(lane: Lane, count: int) -> list[tuple[int, int]]:
    """First and last column (both even) of each time in which its hosts run the same."""
    found, first = [], 0
    for at in range(1, count, 2):
        if lane.splits(at):
            found.append((first, at - 1))
            first = at + 1
    return [*found, (first, count - 1)]


def _named(plan: Plan, lane: Lane, edge: float) -> str:
    count = len(lane.names)
    hosts = f"{lane.hosts:,} host{'s' * (lane.hosts != 1)}"
    guests = sum(each.count for each in plan.guests if each.group in lane.names)
    known = f"{guests:,} guest{'s' * (guests != 1)}" if guests else ""
    size, bold = LETTERS["ga-p-name"]
    room = edge - 12 - 20
    head = clean(lane.names[0]) if count == 1 else f"{count} groups"
    lines = [fit(head, room, size, bold=bold)]
    small = LETTERS["ga-p-small"].size
    if count > 1:
        more = f" and {count - 1} more"
        lines.append(fit(clean(lane.names[0]), room - width(more, small), small) + more)
    lines.append(fit(hosts, room, small))
    if known:
        lines.append(fit(known, room, small))
    shown = ", ".join(clean(name) for name in lane.names[:_NAMED])
    rest = f" and {count - _NAMED} more" if count > _NAMED else ""
    parts = [f"<title>{escape(f'{shown}{rest}: {hosts} {known}')}</title>"]
    top = lane.top + lane.height / 2 + 5 - 8 * (len(lines) - 1)
    for row, line in enumerate(lines):
        kind = "ga-p-small" if row else "ga-p-name"
        place = f'x="{edge - 12:.1f}" y="{top + 16 * row:.1f}" text-anchor="end"'
        parts.append(f'<text class="{kind}" {place}>{escape(line)}</text>')
    return f"<g>{''.join(parts)}</g>"


def _stretch(layout: Layout, lane: Lane, first: int, last: int, names: Names) -> str:
    config = lane.config(first)
    top, foot, half = lane.top, lane.top + lane.height, lane.top + lane.height / 2
    left, right = layout.columns[first].x, layout.columns[last].end
    if first:
        step = layout.columns[first - 1]
        start = (
            f"M{step.x:.1f} {foot:.1f}L{step.x + SLANT:.1f} {half:.1f}"
            f"H{step.end - SLANT:.1f}L{step.end:.1f} {top:.1f}"
        )
        edge = f'<path class="ga-p-edge" d="{start}" style="fill:none"/>'
    else:
        start = (
            f"M{left + _CORNER:.1f} {foot:.1f}"
            f"Q{left:.1f} {foot:.1f} {left:.1f} {foot - _CORNER:.1f}"
            f"V{top + _CORNER:.1f}Q{left:.1f} {top:.1f} {left + _CORNER:.1f} {top:.1f}"
        )
        edge = ""
    if last + 1 < len(layout.columns):
        step = layout.columns[last + 1]
        stop = (
            f"H{step.end:.1f}L{step.end - SLANT:.1f} {half:.1f}"
            f"H{step.x + SLANT:.1f}L{step.x:.1f} {foot:.1f}Z"
        )
    else:
        stop = (
            f"H{right - _CORNER:.1f}Q{right:.1f} {top:.1f} {right:.1f} {top + _CORNER:.1f}"
            f"V{foot - _CORNER:.1f}Q{right:.1f} {foot:.1f} {right - _CORNER:.1f} {foot:.1f}Z"
        )
    who = clean(lane.names[0]) if len(lane.names) == 1 else f"{len(lane.names)} groups"
    tip = f"{who}: {clean(config.label)}"
    return (
        f'<g class="{colour(names, config)}"><title>{escape(tip)}</title>'
        f'<path d="{start}{stop}"/>{edge}</g>'
    )


def _hatched(layout: Layout, lane: Lane) -> list[str]:
    shut = [lane.shut(at) for at in range(len(layout.columns))]
    # Steps without a middle stand between two times that are told.
    for at in range(1, len(shut) - 1, 2):
        shut[at] = shut[at] or (shut[at - 1] and shut[at + 1])
    found, start = [], None
    for at, column in enumerate(layout.columns):
        if shut[at] and start is None:
            start = column.x
        if start is not None and (at + 1 == len(shut) or not shut[at + 1]):
            box = (
                f'x="{start:.1f}" y="{lane.top:.1f}" width="{column.end - start:.1f}" '
                f'height="{lane.height:.1f}" rx="3"'
            )
            found.append(f'<rect class="ga-p-shut" {box} fill="url(#ga-p-hatch)"/>')
            start = None
    return found


def _pinned(plan: Plan, layout: Layout, lane: Lane) -> list[str]:
    every = [fleet.pins[lane.names[0]] for fleet in plan.fleets]
    found, start = [], 0
    y = lane.top - 7
    for at, values in enumerate(every):
        if at + 1 < len(every) and every[at + 1] == values:
            continue
        if values:
            left = (
                layout.columns[2 * start].x if not start else layout.columns[2 * start - 1].middle
            )
            last = at + 1 == len(every)
            right = layout.columns[2 * at].end if last else layout.columns[2 * at + 1].middle
            said = pins(values)
            size = LETTERS["ga-p-pins"].size
            words = fit(said, right - left - 26, size)
            line = left + 18 + width(words, size) + (4 if words else 0)
            rule = f'<path class="ga-p-held" d="M{line:.1f} {y:.1f}H{right - 4:.1f}"/>'
            found.append(
                f"<g><title>{escape(f'guests are born with {said}')}</title>"
                f"{_sign('pin', left + 9, y)}"
                f'<text class="ga-p-pins ga-p-over" x="{left + 18:.1f}" y="{y + 4:.1f}">'
                f"{escape(words)}</text>"
                f"{rule if line + 8 < right else ''}</g>"
            )
        start = at + 1
    return found


def _sign(name: str, x: float, y: float, scale: float = 1.0) -> str:
    place = f'transform="translate({x:.1f} {y:.1f}) scale({scale:.2f})"'
    return f'<use class="ga-p-sign" href="#ga-s-{name}" {place}/>'
