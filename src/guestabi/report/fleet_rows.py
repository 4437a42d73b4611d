"""A fleet's answers for programs: rows as JSON and CSV, a register's spread as plain data."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

from guestabi.registers.catalogue import field_segments, name_of
from guestabi.report.values import meaning
from guestabi.uapi.regid import hex_id

if TYPE_CHECKING:
    from guestabi.fleet.store.answers import Spread
    from guestabi.fleet.store.select import Result


def plain(found: Result) -> dict[str, Any]:
    """Return the JSON form: ``columns``, and ``rows`` as lists in their order."""
    rows = [[_plain(value) for value in row] for row in found.rows]
    return {"schema": 1, "columns": list(found.columns), "rows": rows}


def csv_text(found: Result) -> str:
    """Return the rows as CSV under a line of column names; null is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(found.columns)
    writer.writerows(found.rows)
    return buffer.getvalue()


def spread(found: Spread) -> dict[str, Any]:
    """Return one register's values and fields; null is the value of one that moves by itself."""
    values = [
        {
            "value": None if each.value is None else hex(each.value),
            "hosts": each.hosts,
            "classes": each.classes,
        }
        for each in found.values
    ]
    return {
        "register": name_of(found.register),
        "id": hex_id(found.register),
        "hosts": found.hosts,
        "total": found.total,
        "values": values,
        "fields": _fields(found),
    }


def _fields(found: Spread) -> list[dict[str, Any]]:
    return [
        {
            "field": name,
            "low": low,
            "width": width,
            "values": [
                {
                    "value": hex(raw),
                    "hosts": hosts,
                    "meaning": meaning(found.register, low, width, raw << low) or None,
                }
                for raw, hosts in found.by_field(low, width)
            ],
        }
        for name, low, width in field_segments(found.register)
        if name is not None
    ]


def _plain(value: Any) -> Any:
    """JSON has no word for a date, bytes or NaN: those become text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return str(value)
