"""A page with two panels side by side, each with a logarithmic scale: what the charts share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 900, 420
TOP, BOTTOM = 110, 350
LEFTS = (80, 520)

Point = tuple[float, float]


def style(colours: Mapping[str, tuple[str, str]], more: str = "") -> str:
    """Return the style sheet. ``colours``: of each kind of line, in light and in dark."""

    def lines(at: int) -> str:
        return "\n".join(
            f".{kind}{{stroke:{each[at]};fill:{each[at]}}}" for kind, each in colours.items()
        )

    return f"""
.page{{fill:#fff;stroke:#d8dee4}}.head{{fill:#1f2328;font-weight:650}}.sub{{fill:#59636e}}
.axis{{stroke:#b6bec7}}.grid{{stroke:#e6eaee}}.tick{{fill:#59636e;font-size:11.5px}}
{lines(0)}{more}
polyline{{fill:none!important;stroke-width:2.2}}.name{{font-size:12.5px;stroke:none;font-weight:650}}
text{{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-size:13px}}
@media (prefers-color-scheme:dark){{.page{{fill:#0d1117;stroke:#30363d}}.head{{fill:#e6edf3}}
.sub,.tick{{fill:#9aa4af}}.axis{{stroke:#484f58}}.grid{{stroke:#21262d}}
{lines(1)}}}
"""


def page(sheet: str, title: str, about: str, panels: Iterable[str]) -> str:
    """Return the whole SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(title)}">\n'
        f"<style>{sheet}</style>\n"
        f'<rect class="page" x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>\n'
        f'<text class="head" x="28" y="38" style="font-size:17px">{escape(title)}</text>\n'
        f'<text class="sub" x="28" y="60">{escape(about)}</text>\n' + "".join(panels) + "</svg>\n"
    )


def frame(
    left: int, width: int, title: str, powers: range, up: Callable[[float], float], below: str
) -> list[str]:
    """Return a panel's title, its grid of powers of ten, its axis and what stands ``below``."""
    parts = [f'<text class="head" x="{left}" y="{TOP - 16}">{escape(title)}</text>\n']
    for power in powers:
        y = up(10.0**power)
        parts.append(
            f'<path class="grid" d="M{left} {y:.1f}h{width}"/>'
            f'<text class="tick" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{10.0**power:g}</text>\n"
        )
    parts.append(f'<path class="axis" d="M{left} {BOTTOM}h{width}"/>')
    parts.append(f'<text class="sub" x="{left}" y="{BOTTOM + 42}">{escape(below)}</text>\n')
    return parts


def tick(x: float, text: str) -> str:
    """Return a mark below the axis."""
    return f'<text class="tick" x="{x:.1f}" y="{BOTTOM + 18}" text-anchor="middle">{text}</text>\n'


def series(kind: str, points: Sequence[Point], label: str, at: Point) -> str:
    """Return a line with its points, and its name, which ends ``at``."""
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    name = f'<text class="name" x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="end">{label}</text>'
    return f'<g class="{kind}"><polyline points="{line}"/>{dots}{name}</g>\n'
