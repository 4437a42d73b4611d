"""The list of shipped captures for people."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guestabi.report.clean import clean
from guestabi.report.grid import EMULATED


def render(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return one line a capture; keys as in ``guestabi atlas list --format json``."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in ("name", "kernel", "registers", "digest", "features"):
        table.add_column(
            column,
            justify="right" if column == "registers" else "left",
            no_wrap=column in ("name", "digest"),
            overflow="fold",
        )
    for row in rows:
        table.add_row(
            Text(clean(row["name"]), "cyan"),
            Text(clean(row["kernel"])),
            Text(str(row["registers"])),
            Text(row["digest"][:12], "dim"),
            Text(clean(", ".join(row["features"]))),
        )
    return Group(table, Text(""), Text(f"{len(rows)} captures", "bold"), Text(EMULATED, "dim"))
