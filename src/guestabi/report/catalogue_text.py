"""The register catalogue for people."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestabi.registers.model import Field, Register
from guestabi.report.clean import clean
from guestabi.report.values import NOTHING
from guestabi.uapi.regid import hex_id

if TYPE_CHECKING:
    from guestabi.atlas.history import Event


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column)
    return table


def listing(rows: Sequence[Register]) -> RenderableType:
    """Return one line a register."""
    table = _table("id", "name", "role", "feature")
    for row in rows:
        name, feature = Text(row.name, "cyan"), Text(row.feature or NOTHING)
        table.add_row(Text(hex_id(row.id), "dim"), name, Text(row.role), feature)
    return table


def one(row: Register) -> RenderableType:
    """Return everything about one register."""
    facts = Table.grid(padding=(0, 2))
    for label, value in (
        ("id", hex_id(row.id)),
        ("encoding", row.arch_name),
        ("size", f"{8 * row.size} bits"),
        ("role", row.role),
        ("feature", row.feature or "base architecture"),
        ("exists when", " or ".join(map(str, row.requires)) or "always"),
        ("where not listed", "not known" if row.absent is None else f"reads {row.absent:#x}"),
        ("source", row.source),
    ):
        facts.add_row(Text(label, "dim"), Text(value))
    head = Group(Text(row.name, "bold cyan"), Text(row.summary), Padding(facts, (1, 0, 0, 2)))
    if not row.fields:
        return head
    return Group(head, Padding(_fields(row.fields), (1, 0, 0, 2)))


def _fields(fields: Sequence[Field]) -> Table:
    table = _table("field", "bits", "value", "meaning")
    for field in reversed(fields):
        place = f"[{field.low + field.width - 1}:{field.low}]"
        place = place if field.width > 1 else f"[{field.low}]"
        sign = " signed" if field.signed else ""
        table.add_row(Text(field.name, "cyan"), Text(place + sign, "dim"), *_first(field))
        for value, said in field.meaning[1:]:
            table.add_row("", "", Text(str(value)), Text(said))
    return table


def _first(field: Field) -> tuple[Text, Text]:
    if not field.meaning:
        return Text(""), Text("")
    value, said = field.meaning[0]
    return Text(str(value)), Text(said)


def history(row: Register, cpu: str, events: Sequence[Event]) -> RenderableType:
    """Return what the shipped captures of ``cpu`` say about one register, oldest kernel first."""
    head = Text.assemble((row.name, "bold cyan"), (f"  captures of {cpu}", "dim"))
    if not events:
        return Group(head, Text("no capture lists it"))
    table = Table.grid(padding=(0, 2))
    for kernel, group in groupby(events, lambda event: event.kernel):
        for number, event in enumerate(group):
            where = Text("" if number else kernel, "bold")
            table.add_row(where, Text(event.change, "yellow"), Text(_change(event)))
    return Group(head, Padding(table, (0, 0, 0, 2)))


def _change(event: Event) -> str:
    parts = [clean(part) for part in (event.old, event.new) if part is not None]
    return " → ".join(parts)
