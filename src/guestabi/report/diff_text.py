"""A diff for people: registers on one side, then changed defaults with their bits, then rules."""

from __future__ import annotations

from itertools import groupby
from typing import Callable, Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestabi.report import bits
from guestabi.report.clean import clean
from guestabi.report.diff import (
    FieldChange,
    Listed,
    NamedChange,
    ProfileDiff,
    RegisterChange,
    RuleChange,
)
from guestabi.report.values import NOTHING, hexed
from guestabi.uapi.regid import hex_id


def render(diff: ProfileDiff) -> RenderableType:
    """Return the whole diff; A is the old side, B the new one."""
    head = Table.grid(padding=(0, 2))
    head.add_row(Text("A", "bold"), Text(clean(diff.old[0]), "bold"), _digest(diff.old[1]))
    head.add_row(Text("B", "bold"), Text(clean(diff.new[0]), "bold"), _digest(diff.new[1]))
    if diff.empty:
        return Group(head, Text(""), Text("no difference", "green"))
    parts: list[RenderableType] = [head]
    parts += _section("only in A", diff.only_old, _listed)
    parts += _section("only in B", diff.only_new, _listed)
    parts += _section("default changed", diff.changed, _changed)
    parts += _section("scope, window or accepted values changed", diff.rules, _rules)
    parts += _section("capabilities, features and devices", diff.others, _others)
    return Group(*parts)


def _digest(text: str) -> Text:
    return Text(text[:12], "dim")


def _section(
    title: str, rows: Sequence[object], body: Callable[..., Iterable[RenderableType]]
) -> list[RenderableType]:
    if not rows:
        return []
    heading = Text.assemble("\n", (title, "bold"), (f"  {len(rows)}", "dim"))
    return [heading, *(Padding(part, (0, 0, 0, 2)) for part in body(rows))]


def _listed(rows: Sequence[Listed]) -> Iterable[RenderableType]:
    for feature, group in groupby(sorted(rows, key=_feature_first), lambda row: row.feature):
        members = list(group)
        table = Table.grid(padding=(0, 2))
        for row in members:
            value = "volatile" if row.value is None else hexed(row.value)
            table.add_row(Text(row.name, "cyan"), Text(hex_id(row.id), "dim"), Text(value))
        title = feature or "base architecture"
        yield Text.assemble((title, "italic"), (f"  {len(members)}", "dim"))
        yield Padding(table, (0, 0, 0, 2))


def _feature_first(row: Listed) -> tuple[str, int]:
    return (row.feature or "", row.id)


def _changed(rows: Sequence[RegisterChange]) -> Iterable[RenderableType]:
    for row in rows:
        name = Text.assemble((row.name, "cyan"), "  ", (hex_id(row.id), "dim"))
        yield Text.assemble(name, f"  {hexed(row.old)} → {hexed(row.new)}")
        yield Padding(_bits(row), (0, 0, 0, 2))
        yield Padding(_fields(row.fields), (0, 0, 1, 2))


def _bits(row: RegisterChange) -> Text:
    lines = Text()
    for each in bits.rows(row.old, row.new, row.width):
        lead = f"{each.high}-{each.low}".ljust(9)
        lines.append_text(Text.assemble((lead, "dim"), ("A ", "bold"), each.old, "\n"))
        lines.append_text(Text.assemble(" " * 9, ("B ", "bold"), each.new, "\n"))
        lines.append_text(Text.assemble(" " * 11, (each.carets, "yellow"), "\n"))
    lines.rstrip()
    return lines


def _fields(fields: Sequence[FieldChange]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in ("field", "bits", "A", "B", "A accepts", "B accepts"):
        table.add_column(column)
    for field in fields:
        high = field.low + field.width - 1
        place = f"[{high}:{field.low}]" if field.width > 1 else f"[{high}]"
        table.add_row(
            Text(field.name or "(unnamed)", "cyan"),
            Text(place, "dim"),
            Text(_valued(field.old, field.old_meaning)),
            Text(_valued(field.new, field.new_meaning), "yellow"),
            Text(field.old_accepts),
            Text(field.new_accepts),
        )
    return table


def _valued(raw: int, meaning: str) -> str:
    shown = str(raw) if raw < 1 << 16 else hex(raw)
    return f"{shown} ({meaning})" if meaning else shown


def _rules(rows: Sequence[RuleChange]) -> Iterable[RenderableType]:
    table = Table.grid(padding=(0, 2))
    for name, group in groupby(rows, lambda row: row.name):
        for number, row in enumerate(group):
            shown = Text("" if number else name, "cyan")
            table.add_row(shown, Text(row.what), Text(f"{clean(row.old)} → {clean(row.new)}"))
    yield table


def _others(rows: Sequence[NamedChange]) -> Iterable[RenderableType]:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        change = f"{clean(row.old or NOTHING)} → {clean(row.new or NOTHING)}"
        table.add_row(Text(row.kind, "dim"), Text(clean(row.name), "cyan"), Text(change))
    yield table
