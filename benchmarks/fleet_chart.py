"""Draws what fleet.py measured: seconds to add hosts, and to ask, by number; logarithmic."""

from __future__ import annotations

from math import ceil, floor, log10

from panels import BOTTOM, LEFTS, TOP, frame, page, series, style, tick

PANEL = 340
COLOURS = {
    "add": ("#1c6aa8", "#79bdf2"),
    "ask": ("#6b4fbb", "#b7a3f5"),
    "bound": ("#c9411f", "#f0764f"),
}


def chart(rows: list[dict]) -> str:
    """Return the SVG of ``rows``, one a number of hosts, as fleet.py makes them."""
    last = rows[-1]
    title = "A fleet on disk: seconds to add hosts, and to ask about all of them"
    about = (
        f"{last['hosts']:,} hosts in {last['classes']:,} classes of 400 registers:"
        f" {last['megabytes']:.1f} MB on the disk, {last['memory'] / 1e9:.2f} GB of memory"
    )
    slowest = [{"hosts": r["hosts"], "value": max(r["questions"].values())} for r in rows]
    added = [{"hosts": r["hosts"], "value": r["seconds"]} for r in rows]
    panels = [
        panel(0, "seconds to add them to an empty fleet", added, "add", 60.0),
        panel(1, "seconds for the slowest question", slowest, "ask", 1.0),
    ]
    return page(style(COLOURS, ".bound{stroke-dasharray:5 4}"), title, about, panels)


def panel(place: int, title: str, rows: list[dict], kind: str, bound: float) -> str:
    """One panel: ``value`` over ``hosts``, and the bound as a line."""
    left = LEFTS[place]
    values = [row["value"] for row in rows] + [bound]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    first, last = log10(rows[0]["hosts"]), log10(rows[-1]["hosts"])

    def across(hosts: float) -> float:
        return left + PANEL * (log10(hosts) - first) / (last - first or 1)

    def up(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (log10(value) - low) / (high - low)

    parts = frame(left, PANEL, title, range(low, high + 1), up, "hosts")
    parts += [tick(across(row["hosts"]), f"{row['hosts']:,}") for row in rows]
    y = up(bound)
    parts.append(
        f'<g class="bound"><path d="M{left} {y:.1f}h{PANEL}"/>'
        f'<text class="name" x="{left + 4}" y="{y + 16:.1f}">bound {bound:g} s</text></g>\n'
    )
    points = [(across(row["hosts"]), up(row["value"])) for row in rows]
    x, y = points[-1]
    parts.append(series(kind, points, f"{rows[-1]['value']:.2g} s", (x, y - 10)))
    return "".join(parts)
