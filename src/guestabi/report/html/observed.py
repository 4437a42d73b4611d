"""Moves of real guests beside their predictions, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guestabi.report import observed
from guestabi.report.html.interned import Interned
from guestabi.report.labels import shorten


def to_builtins(compared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results of one ``guestabi lab matrix``. A move is [from, to, observed, predicted,
    agrees, answers, surprises, reasons]; the last three are numbers in ``said``."""
    found = observed.read(compared)
    said = Interned()
    labels = shorten(found.names)
    return {
        "vmm": found.vmm,
        "cpu": found.cpu,
        "names": list(found.names),
        "short": list(labels.rows),
        "headline": observed.tally(found.moves).headline(),
        "moves": [
            [
                each.source,
                each.destination,
                each.observed,
                each.predicted,
                each.agrees,
                said.at([list(answer) for answer in each.answers]),
                said.at(each.surprises()),
                said.at(list(each.reasons)),
            ]
            for each in found.moves
        ],
        "said": said.rows,
    }
