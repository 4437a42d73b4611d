"""The table of designs, as a small file that ships: exploring them takes longer than a page may."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from guestabi.model.explore import BOUND
from guestabi.model.properties import PROPERTIES
from guestabi.model.semantics import BEHAVIOURS, DESIGNS
from guestabi.model.table import Cell, explored
from guestabi.report.html.interned import Interned

FILE = "designs.json"


def shipped() -> Any:
    """Return what ships: the answers of ``guestabi model check``."""
    place = files("guestabi.report.html").joinpath("assets", FILE)
    return json.loads(place.read_text(encoding="utf-8"))


def text(columns: Mapping[str, Mapping[str, Cell]]) -> str:
    """Return the file's content: ``columns`` are all designs, each with all properties."""
    stories = Interned()
    cells = [
        [[_answer(column[name], each, stories) for each in BEHAVIOURS] for name in PROPERTIES]
        for column in (columns[name] for name in DESIGNS)
    ]
    plain = {
        "bound": dict(BOUND._asdict()),
        "states": sum(explored(columns[name]) for name in DESIGNS),
        "designs": [[row.name, row.title] for row in DESIGNS.values()],
        "properties": [[row.id, row.name, row.meaning] for row in PROPERTIES.values()],
        "behaviours": [[row.name, row.title] for row in BEHAVIOURS.values()],
        "cells": cells,
        "stories": stories.rows,
    }
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def _answer(cell: Cell, behaviour: str, stories: Interned) -> Any:
    """``holds``, ``refuses`` or ``window``; the number of its story where it fails; null where the
    property is not asked of the behaviour."""
    told = cell.behaviours.get(behaviour)
    if told is None:
        return None
    if not told.answer.holds:
        return stories.at(list(told.story))
    return "refuses" if told.answer.refuses else "window" if told.answer.window else "holds"
