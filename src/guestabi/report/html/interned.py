"""Values that repeat, kept once: a list, and each value's place in it."""

from __future__ import annotations

import json
from typing import Any


class Interned:
    """``rows`` is the list; :meth:`at` puts a plain value there if need be."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._places: dict[str, int] = {}

    def at(self, value: Any) -> int:
        """Return the place of ``value``, which is plain data."""
        key = json.dumps(value, sort_keys=True)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.rows)
            self.rows.append(value)
        return place
