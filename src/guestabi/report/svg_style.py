"""Colours and drawn symbols of the matrix picture.

Blue against vermilion and orange: told apart with every common kind of colour blindness, and in
grey by their lightness. The symbols are strokes around (0, 0), about 14 wide.
"""

from __future__ import annotations

SYMBOLS = {
    "same": "M-6-3H6M-6 3H6",
    "benign": "M-6.5.5L-2 5 6.5-5",
    "changed": "M-8 2.5C-6.5-3-3-4.5 0-.5S6.5 3 8-2.5",
    "refused": "M-5.5-5.5L5.5 5.5M5.5-5.5L-5.5 5.5",
    "unknown": "M-4-3.5C-4-8 4.5-8 4.5-3.5 4.5-.5 0-.5 0 3M0 7V7.1",
}

_LIGHT = """
.ga-page{fill:#fff;stroke:#d8dee4}
.ga text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.ga-head{fill:#1f2328;font-weight:650}
.ga-sub{fill:#59636e;font-size:13.5px}
.ga-axis,.ga-note{fill:#6e7781;font-size:12px}
.ga-label{fill:#1f2328;font-size:12.5px;font-variant-numeric:tabular-nums}
.ga-legend{fill:#59636e;font-size:13px;white-space:pre}
.ga-strong{fill:#1f2328;font-weight:650}
.ga-cell use{fill:none;stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}
.ga-cell:hover rect{stroke:#1f2328;stroke-width:1.5}
.ga-same rect,.ga-benign rect{fill:#d5e8f8}
.ga-same use,.ga-benign use{stroke:#1c6aa8}
.ga-changed rect{fill:#f6c768}
.ga-changed use{stroke:#6b4200}
.ga-refused rect{fill:#c9411f}
.ga-refused use{stroke:#fff}
.ga-unknown rect{fill:#8b949e}
.ga-unknown use{stroke:#fff}
.ga-here rect{fill:#eff2f5}
.ga-dot{fill:#b6bec7}
"""

_DARK = """
@media (prefers-color-scheme:dark){
.ga-page{fill:#0d1117;stroke:#30363d}
.ga-head,.ga-label,.ga-strong{fill:#e6edf3}
.ga-sub,.ga-legend{fill:#9aa4af}
.ga-axis,.ga-note{fill:#848d97}
.ga-cell:hover rect{stroke:#e6edf3}
.ga-same rect,.ga-benign rect{fill:#143450}
.ga-same use,.ga-benign use{stroke:#79bdf2}
.ga-changed rect{fill:#b07d1d}
.ga-changed use{stroke:#fff3d6}
.ga-refused rect{fill:#d2502c}
.ga-unknown rect{fill:#656d76}
.ga-here rect{fill:#161b22}
.ga-dot{fill:#484f58}
}
"""

CSS = _LIGHT + _DARK
"""The picture's style sheet."""
