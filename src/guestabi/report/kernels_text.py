"""The kernels that the lab can boot, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table


def render(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table of builds, in their order; the first of each series names the series."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("series", "version", "release", "suite", "MB", "cached"):
        table.add_column(column, justify="right" if column == "MB" else "left")
    last = None
    for row in rows:
        series = "" if row["series"] == last else row["series"]
        last = row["series"]
        table.add_row(
            series,
            row["version"],
            row["release"],
            row["suite"],
            str(row["megabytes"]),
            "yes" if row["cached"] else "",
        )
    return table
