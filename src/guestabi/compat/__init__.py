"""Two profiles and a loader policy in, findings and a verdict out. Sees no live host."""

from __future__ import annotations

from guestabi.compat.findings import Finding
from guestabi.compat.move import Moved, move
from guestabi.compat.outcome import Outcome, outcomes
from guestabi.compat.pins import Conflict, Pins, meet
from guestabi.compat.verdict import QUESTIONS, Check, Question, check
from guestabi.compat.waivers import Waiver, Waivers

__all__ = [
    "QUESTIONS",
    "Check",
    "Conflict",
    "Finding",
    "Moved",
    "Outcome",
    "Pins",
    "Question",
    "Waiver",
    "Waivers",
    "check",
    "meet",
    "move",
    "outcomes",
]
