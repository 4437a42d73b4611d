"""Draws what vm_scope.py measured: two panels, each per vCPU against once, logarithmic."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log2, log10

from panels import BOTTOM, LEFTS, TOP, frame, page, series, style, tick

PANEL = 350
COLOURS = {"each": ("#c9411f", "#f0764f"), "once": ("#1c6aa8", "#79bdf2")}


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
    return page(style(COLOURS), title, about, panels)


def panel(place: int, title: str, rows: list[dict], value: Callable[[dict], float]) -> str:
    """One panel: ``value`` of each row over its number of vCPUs."""
    left = LEFTS[place]
    values = [value(row) for row in rows]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    most = log2(max(row["vcpus"] for row in rows))

    def up(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (log10(value) - low) / (high - low)

    def at(row: dict) -> tuple[float, float]:
        return left + PANEL * log2(row["vcpus"]) / most, up(value(row))

    parts = frame(left, PANEL, title, range(low, high + 1), up, "vCPUs")
    parts += [tick(at(row)[0], str(row["vcpus"])) for row in rows[::2]]
    for kind, once in (("each", False), ("once", True)):
        points = [at(row) for row in rows if row["once"] is once]
        x, y = points[-2]
        label = "once" if once else "per vCPU"
        parts.append(series(kind, points, label, (x, y + (22 if once else -10))))
    return "".join(parts)
