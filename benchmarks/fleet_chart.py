"""Draws what fleet.py measured: seconds to add hosts, and to ask, by number; logarithmic."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 900, 420
PANEL = 340
TOP, BOTTOM = 110, 350
LEFTS = (80, 520)

STYLE = """
.page{fill:#fff;stroke:#d8dee4}.head{fill:#1f2328;font-weight:650}.sub{fill:#59636e}
.axis{stroke:#b6bec7}.grid{stroke:#e6eaee}.tick{fill:#59636e;font-size:11.5px}
.add{stroke:#1c6aa8;fill:#1c6aa8}.ask{stroke:#6b4fbb;fill:#6b4fbb}
.bound{stroke:#c9411f;fill:#c9411f;stroke-dasharray:5 4}
polyline{fill:none!important;stroke-width:2.2}.name{font-size:12.5px;stroke:none;font-weight:650}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-size:13px}
@media (prefers-color-scheme:dark){.page{fill:#0d1117;stroke:#30363d}.head{fill:#e6edf3}
.sub,.tick{fill:#9aa4af}.axis{stroke:#484f58}.grid{stroke:#21262d}
.add{stroke:#79bdf2;fill:#79bdf2}.ask{stroke:#b7a3f5;fill:#b7a3f5}
.bound{stroke:#f0764f;fill:#f0764f}}
"""


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
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(title)}">\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="page" x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>\n'
        f'<text class="head" x="28" y="38" style="font-size:17px">{escape(title)}</text>\n'
        f'<text class="sub" x="28" y="60">{escape(about)}</text>\n' + "".join(panels) + "</svg>\n"
    )


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

    parts = [f'<text class="head" x="{left}" y="{TOP - 16}">{escape(title)}</text>\n']
    for power in range(low, high + 1):
        y = up(10**power)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}h{PANEL}"/>')
        parts.append(
            f'<text class="tick" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{10.0**power:g}</text>\n"
        )
    for row in rows:
        x = across(row["hosts"])
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{BOTTOM + 18}" text-anchor="middle">'
            f"{row['hosts']:,}</text>\n"
        )
    parts.append(f'<path class="axis" d="M{left} {BOTTOM}h{PANEL}"/>')
    parts.append(f'<text class="sub" x="{left}" y="{BOTTOM + 42}">hosts</text>\n')
    y = up(bound)
    parts.append(
        f'<g class="bound"><path d="M{left} {y:.1f}h{PANEL}"/>'
        f'<text class="name" x="{left + 4}" y="{y + 16:.1f}">bound {bound:g} s</text></g>\n'
    )
    points = [(across(row["hosts"]), up(row["value"])) for row in rows]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(f'<g class="{kind}"><polyline points="{line}"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    x, y = points[-1]
    parts.append(
        f'<text class="name" x="{x:.1f}" y="{y - 10:.1f}" text-anchor="end">'
        f"{rows[-1]['value']:.2g} s</text></g>\n"
    )
    return "".join(parts)
