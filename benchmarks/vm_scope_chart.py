"""Draws what vm_scope.py measured: two panels, each per vCPU against once, logarithmic."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log2, log10

WIDTH, HEIGHT = 900, 420
PANEL = 350
TOP, BOTTOM = 110, 350
LEFTS = (80, 520)

STYLE = """
.page{fill:#fff;stroke:#d8dee4}.head{fill:#1f2328;font-weight:650}.sub{fill:#59636e}
.axis{stroke:#b6bec7}.grid{stroke:#e6eaee}.tick{fill:#59636e;font-size:11.5px}
.each{stroke:#c9411f;fill:#c9411f}.once{stroke:#1c6aa8;fill:#1c6aa8}
polyline{fill:none!important;stroke-width:2.2}.name{font-size:12.5px;stroke:none;font-weight:650}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-size:13px}
@media (prefers-color-scheme:dark){.page{fill:#0d1117;stroke:#30363d}.head{fill:#e6edf3}
.sub,.tick{fill:#9aa4af}.axis{stroke:#484f58}.grid{stroke:#21262d}
.each{stroke:#f0764f;fill:#f0764f}.once{stroke:#79bdf2;fill:#79bdf2}}
"""


def chart(modelled: dict, real: dict, name: str) -> str:
    """Return the SVG: lock acquisitions on the model, milliseconds on the real kernel ``name``."""
    r_vm, r_vcpu = modelled["r_vm"], modelled["r_vcpu"]
    panels = [
        panel(0, "VM-wide lock acquisitions (model)", modelled["rows"], lambda row: row["locks"]),
        panel(
            1,
            "milliseconds for the VM's part (real kernel)",
            real["rows"],
            lambda row: row["vm_seconds"] * 1e3,
        ),
    ]
    title = "Giving every vCPU its registers: what is the VM's written per vCPU, or once"
    about = f"{r_vm} registers of the VM, {r_vcpu} of each vCPU; one thread a vCPU; {name}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(title)}">\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="page" x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>\n'
        f'<text class="head" x="28" y="38" style="font-size:17px">{escape(title)}</text>\n'
        f'<text class="sub" x="28" y="60">{escape(about)}</text>\n' + "".join(panels) + "</svg>\n"
    )


def panel(place: int, title: str, rows: list[dict], value) -> str:
    """One panel: ``value`` of each row over its number of vCPUs."""
    left = LEFTS[place]
    values = [value(row) for row in rows]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    most = log2(max(row["vcpus"] for row in rows))

    def at(row: dict) -> tuple[float, float]:
        x = left + PANEL * log2(row["vcpus"]) / most
        return x, BOTTOM - (BOTTOM - TOP) * (log10(value(row)) - low) / (high - low)

    parts = [f'<text class="head" x="{left}" y="{TOP - 16}">{escape(title)}</text>\n']
    for power in range(low, high + 1):
        y = BOTTOM - (BOTTOM - TOP) * (power - low) / (high - low)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}h{PANEL}"/>')
        parts.append(
            f'<text class="tick" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{10**power:g}</text>\n"
        )
    for row in rows[::2]:
        x, _ = at(row)
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{BOTTOM + 18}" text-anchor="middle">'
            f"{row['vcpus']}</text>\n"
        )
    parts.append(f'<path class="axis" d="M{left} {BOTTOM}h{PANEL}"/>')
    parts.append(f'<text class="sub" x="{left}" y="{BOTTOM + 42}">vCPUs</text>\n')
    for kind, once in (("each", False), ("once", True)):
        points = [at(row) for row in rows if row["once"] is once]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<g class="{kind}"><polyline points="{line}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
        x, y = points[-2]
        label = "once" if once else "per vCPU"
        parts.append(
            f'<text class="name" x="{x:.1f}" y="{y + (22 if once else -10):.1f}" '
            f'text-anchor="end">{label}</text></g>\n'
        )
    return "".join(parts)
