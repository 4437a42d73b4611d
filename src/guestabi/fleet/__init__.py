"""Many hosts at once: one guest ABI for all of them, and who may join."""

from __future__ import annotations

from guestabi.fleet.admission import Admission, admit
from guestabi.fleet.baseline import Baseline, NoBaseline, Pin, baseline
from guestabi.fleet.files import load, loads, save

__all__ = [
    "Admission",
    "Baseline",
    "NoBaseline",
    "Pin",
    "admit",
    "baseline",
    "load",
    "loads",
    "save",
]
