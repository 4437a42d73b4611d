"""Colours, letters and drawn symbols of the picture of a plan.

What hosts run is pale, stories are strong, so that a story is seen over any lane; neither stands
alone: lanes have labels, stories have numbers.
"""

from __future__ import annotations

from typing import NamedTuple

from guestabi.report import svg_style


class Letters(NamedTuple):
    """How a kind of text is set: pixels, and whether it is bold."""

    size: float
    bold: bool = False


LETTERS = {
    "ga-sub": Letters(13.5),
    "ga-note": Letters(12),
    "ga-legend": Letters(13),
    "ga-p-name": Letters(13, True),
    "ga-p-small": Letters(12),
    "ga-p-kernel": Letters(12.5, True),
    "ga-p-vmm": Letters(12.5),
    "ga-p-pins": Letters(11.5),
    "ga-p-label": Letters(12.5, True),
    "ga-p-digit": Letters(11.5, True),
    "ga-p-pill": Letters(13, True),
}
"""By class, all text but the headline."""

PALE = (
    ("#cfe3f5", "#17395a"),
    ("#f5e1ae", "#4a3a0c"),
    ("#c6ead6", "#114532"),
    ("#e6d3f1", "#41284f"),
    ("#fad8c9", "#54301f"),
    ("#c3e5ec", "#0f424d"),
    ("#dfe4b8", "#3d4114"),
    ("#d9dde3", "#343b43"),
)
"""What hosts run, in the order in which they first do: light and dark; then from the start."""

STRONG = (
    ("#c9411f", "#ff9472"),
    ("#6f42a8", "#c3a3f5"),
    ("#00695f", "#55cfc2"),
    ("#a8226a", "#f58fbd"),
    ("#1558a8", "#78b8f5"),
    ("#724800", "#e6bb66"),
    ("#36701b", "#9fd674"),
    ("#505963", "#b9c2cc"),
)
"""Stories, by number."""

SYMBOLS = {
    **svg_style.SYMBOLS,
    "boot": "M-2.7-2.6A4 4 0 1 0 2.7-2.6M0-4.8V-.6",
    "pin": "M0-4.2A2.2 2.2 0 1 0 .01-4.2M0 .2V5",
}

_LIGHT = """
.ga-p-name,.ga-p-kernel{fill:#1f2328}
.ga-p-small{fill:#59636e}
.ga-p-vmm{fill:#424a53}
.ga-p-pins{fill:#59636e}
.ga-p-label,.ga-p-strong{fill:currentColor}
.ga-p-digit{fill:#fff}
.ga-p-over{stroke:#fff;stroke-width:4;stroke-linejoin:round;paint-order:stroke}
.ga-p-band{fill:#f3f5f8}
.ga-p-number{fill:#424a53}
.ga-p-way{fill:none;stroke:#8b949e;stroke-width:1.4}
.ga-p-tip{fill:#8b949e}
.ga-p-cut{fill:none;stroke:#1f2328;stroke-width:2;stroke-opacity:.22;stroke-dasharray:2 4}
.ga-p-bar{fill:none;stroke:#1f2328;stroke-width:2.6}
.ga-p-hatch path{fill:none;stroke:#1f2328;stroke-opacity:.3;stroke-width:1.6}
.ga-p-sign{fill:none;stroke:#424a53;stroke-width:1.5;stroke-linecap:round}
.ga-p-held{fill:none;stroke:#8b949e;stroke-width:1.5}
.ga-p-edge{fill:none;stroke:#1f2328;stroke-opacity:.45;stroke-width:1.2}
.ga-p-line,.ga-p-back,.ga-p-fails,.ga-p-lead{fill:none;stroke:currentColor}
.ga-p-line,.ga-p-back,.ga-p-fails,.ga-p-under{stroke-width:2.6;stroke-linecap:round}
.ga-p-back{stroke-dasharray:2 6}
.ga-p-fails{stroke-dasharray:4 5}
.ga-p-lead{stroke-width:1.2}
.ga-p-under{fill:none;stroke:#fff;stroke-opacity:.75;stroke-width:6}
.ga-p-spot{fill:currentColor;stroke:#fff;stroke-width:2}
.ga-p-head{fill:currentColor}
.ga-p-ring{fill:#fff;stroke:currentColor;stroke-width:2.4}
.ga-p-mark{fill:none;stroke:currentColor;stroke-width:3;stroke-linecap:round}
.ga-p-story:hover .ga-p-line{stroke-width:4}
.ga-p-pill{fill:#1f2328}
.ga-refused .ga-p-pill,.ga-unknown .ga-p-pill{fill:#fff}
"""

_DARK = """
.ga-p-name,.ga-p-kernel{fill:#e6edf3}
.ga-p-small,.ga-p-pins{fill:#9aa4af}
.ga-p-vmm{fill:#c4ccd4}
.ga-p-digit{fill:#0d1117}
.ga-p-over{stroke:#0d1117}
.ga-p-band{fill:#161b22}
.ga-p-number{fill:#b9c2cc}
.ga-p-way{stroke:#656d76}
.ga-p-tip{fill:#656d76}
.ga-p-cut,.ga-p-bar,.ga-p-edge,.ga-p-hatch path{stroke:#f0f6fc}
.ga-p-sign{stroke:#b9c2cc}
.ga-p-held{stroke:#656d76}
.ga-p-under,.ga-p-spot{stroke:#0d1117}
.ga-p-ring{fill:#0d1117}
.ga-p-pill{fill:#e6edf3}
"""


def css() -> str:
    """Return the picture's style sheet."""
    set_ = "".join(
        f".{name}{{font-size:{each.size}px{';font-weight:650' * each.bold}}}\n"
        for name, each in LETTERS.items()
        if name.startswith("ga-p-")
    )
    return (
        f"{svg_style.CSS}{set_}{_LIGHT}{_paint(0)}"
        f"@media (prefers-color-scheme:dark){{{_DARK}{_paint(1)}}}\n"
    )


def _paint(scheme: int) -> str:
    pale = [
        # Letters over a lane are set off by the lane's own colour.
        f".ga-c{number} path,.ga-c{number} rect{{fill:{each[scheme]}}}\n"
        f".ga-c{number} .ga-p-over{{stroke:{each[scheme]}}}"
        for number, each in enumerate(PALE)
    ]
    strong = [f".ga-f{number}{{color:{each[scheme]}}}" for number, each in enumerate(STRONG)]
    return "\n".join([*pale, *strong]) + "\n"
