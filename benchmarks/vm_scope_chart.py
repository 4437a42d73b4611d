"""Draws what vm_scope.py measured: time, and locks; three ways each, logarithmic."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log2, log10

from panels import BOTTOM, LEFTS, TOP, frame, page, series, style, tick

PANEL = 350
COLOURS = {
    "each": ("#c9411f", "#f0764f"),
    "scoped": ("#1c6aa8", "#79bdf2"),
    "flag": ("#2f7d4f", "#6cc792"),
}
MORE = """.all polyline{stroke-width:1.3;stroke-dasharray:5 4}.all circle{display:none}
.waited polyline{stroke-width:1.3;stroke-dasharray:1.5 3}.waited circle{fill:none}"""
NOTE = "emulated CPU: ratios count, not milliseconds"

Line = tuple[str, str, list[tuple[int, float]], int, int]
"""Kind, name, (vCPUs, value) of each point, and where the name ends: at which point, how far below
it (pixels)."""


def chart(figures: dict) -> str:
    """Return the SVG of the kept figures: "times" and "locks", each of two kernels."""
    scoped, flag = figures["times"]
    about = (
        f"solid: the VM's {scoped['r_vm']} registers; dashed: all "
        f"{scoped['r_vm'] + scoped['r_vcpu']} of each vCPU; one thread a vCPU; "
        f"Linux {scoped['kernel'].partition('+')[0]}"
    )
    title = "Giving every vCPU its registers: what is the VM's written on each vCPU, or once"
    panels = [
        panel(0, "milliseconds of writing", times(scoped, flag)),
        panel(1, "locks of the VM: taken, waited for", locks(*figures["locks"])),
    ]
    x, y = LEFTS[0] + PANEL, BOTTOM + 42
    note = f'<text class="sub" x="{x}" y="{y}" text-anchor="end">{NOTE}</text>\n'
    return page(style(COLOURS, MORE), title, about, [*panels, note])


def times(scoped: dict, flag: dict) -> list[Line]:
    def of(part: str) -> Callable[[dict], float]:
        return lambda row: row[part]["seconds"] * 1e3

    return [
        ("each all", "all registers", points(scoped, 0, of("all")), -2, -10),
        ("scoped all", "", points(scoped, 1, of("all")), -2, 0),
        ("each", "per vCPU", points(scoped, 0, of("vm")), -1, 34),
        ("scoped", "VM-scoped", points(scoped, 1, of("vm")), -1, -14),
        ("flag", "scope flag", points(flag, 1, of("vm")), -1, 20),
    ]


def locks(scoped: dict, flag: dict) -> list[Line]:
    def of(part: str, at: int) -> Callable[[dict], float]:
        return lambda row: sum(counts[at] for counts in row[part]["locks"].values())

    return [
        ("each all", "all registers", points(scoped, 0, of("all", 0)), -2, -10),
        ("scoped all", "", points(scoped, 1, of("all", 0)), -2, 0),
        ("each", "per vCPU", points(scoped, 0, of("vm", 0)), -1, 34),
        ("each waited", "waited for", points(scoped, 0, of("vm", 1)), 2, 22),
        ("scoped", "VM-scoped", points(scoped, 1, of("vm", 0)), -1, -10),
        ("flag", "scope flag", points(flag, 1, of("vm", 0)), -1, 20),
    ]


def points(found: dict, once: int, value: Callable[[dict], float]) -> list[tuple[int, float]]:
    """Return (vCPUs, ``value``) of the rows of one way; what is 0 is on no logarithmic scale."""
    rows = found["rows"][once::2]
    return [(row["vcpus"], value(row)) for row in rows if value(row)]


def panel(place: int, title: str, lines: list[Line]) -> str:
    """One panel: each line over the number of vCPUs."""
    left = LEFTS[place]
    values = [value for line in lines for _, value in line[2]]
    counts = sorted({count for line in lines for count, _ in line[2]})
    low, high = floor(log10(min(values))), ceil(log10(max(values)))

    def up(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (log10(value) - low) / (high - low)

    def at(count: int, value: float) -> tuple[float, float]:
        return left + PANEL * log2(count) / log2(counts[-1]), up(value)

    parts = frame(left, PANEL, title, range(low, high + 1), up, "vCPUs")
    parts += [tick(at(count, values[0])[0], str(count)) for count in counts]
    for kind, name, values_of, named, below in lines:
        drawn = [at(*point) for point in values_of]
        if drawn:
            x, y = drawn[named]
            parts.append(series(kind, drawn, name, (x, y + below)))
    return "".join(parts)
