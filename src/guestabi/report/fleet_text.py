"""A fleet for people: how many hosts, of which kind, with which values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guestabi.registers.catalogue import field_segments, lookup, name_of
from guestabi.report.clean import clean, one_line
from guestabi.report.values import hexed, meaning
from guestabi.uapi.regid import hex_id

if TYPE_CHECKING:
    from guestabi.fleet.store import Added
    from guestabi.fleet.store.answers import Spread
    from guestabi.fleet.store.select import Result

NONE = "–"
SHOWN = 1000
"""Rows of a query's result that are shown; JSON and CSV have all."""

_KERNELS = 3


def added(result: Added) -> RenderableType:
    """Return what an addition changed."""
    head = Text.assemble((f"{result.hosts:,} hosts", "bold"), f" in {result.classes:,} classes")
    said = f"{result.added:,} added, {result.changed:,} changed, {result.unchanged:,} as they were"
    return Group(head, Text(f"{said}; {result.new_classes:,} new classes", "dim"))


def groups(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return hosts by group, kernel and CPU; rows as ``answers.groups`` gives them."""
    table = _table(("group", "kernel", "cpu", "hosts", "classes"))
    for row in rows:
        words = (row["host_group"] or NONE, row["kernel"], row["cpu"])
        table.add_row(*_words(words), _count(row["hosts"]), _count(row["classes"]))
    return Group(table, Text(""), _total(sum(row["hosts"] for row in rows)))


def host_line(row: Mapping[str, Any]) -> str:
    """Return one host on a line of its own, its words apart by tabs."""
    keys = ("host", "host_group", "vmm", "kernel", "cpu")
    words = [one_line(str(row[key])) if row[key] else NONE for key in keys]
    return "\t".join([*words, row["digest"][:12]]) + "\n"


def classes(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return a line a class; rows as ``answers.classes_with_counts`` gives them."""
    table = _table(("digest", "hosts", "cpu", "registers", "features", "kernels"))
    for row in rows:
        features, kernels = (row["features"] or "").replace(",", ", "), _kernels(row["kernels"])
        table.add_row(
            Text(row["digest"][:12], "dim"),
            _count(row["hosts"]),
            Text(clean(row["cpu"] or "unknown")),
            _count(row["registers"]),
            *_words((features, kernels)),
        )
    total = _total(sum(row["hosts"] for row in rows))
    return Group(table, Text(""), total.append(f" in {len(rows):,} classes"))


def census(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return a line a register; rows as ``answers.census`` gives them."""
    table = _table(("register", "hosts", "values", "most common", "of hosts"))
    for row in rows:
        table.add_row(
            Text(name_of(row["register_id"]), "cyan"),
            _count(row["hosts"]),
            _count(row["default_values"]),
            Text(hexed(row["most_common"])),
            Text(NONE) if row["most_common"] is None else _count(row["most_common_hosts"]),
        )
    return Group(table, Text(""), Text(f"{len(rows):,} registers", "bold"))


def spread(found: Spread) -> RenderableType:
    """Return a register's values, and then the same by field."""
    head = Text.assemble((name_of(found.register), "bold cyan"), f"  {hex_id(found.register)}")
    said = f"listed by {found.hosts:,} of {found.total:,} hosts"
    table = _table(("value", "hosts", "classes"))
    for each in found.values:
        value = "moves by itself" if each.value is None else hexed(each.value)
        table.add_row(Text(value), _count(each.hosts), _count(each.classes))
    parts: list[RenderableType] = [head, Text(said, "dim")]
    if found.values:
        parts.append(table)
    if lookup(found.register) is not None and any(each.value is not None for each in found.values):
        parts += [Text(""), _fields(found)]
    return Group(*parts)


def result(found: Result) -> RenderableType:
    """Return a query's rows, the first SHOWN of them."""
    numeric = [_is_numeric(row[place] for row in found.rows) for place in range(len(found.columns))]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name, right in zip(found.columns, numeric, strict=True):
        table.add_column(clean(name), justify="right" if right else "left", overflow="fold")
    for row in found.rows[:SHOWN]:
        table.add_row(*(Text(NONE if value is None else clean(str(value))) for value in row))
    count = len(found.rows)
    said = f"{count:,} row{'' if count == 1 else 's'}"
    if count > SHOWN:
        said += f", of which {SHOWN:,} are shown; --format csv has all"
    return Group(table, Text(""), Text(said, "bold"))


def _fields(found: Spread) -> Table:
    table = _table(("field", "value", "hosts", "meaning"))
    for name, low, width in field_segments(found.register):
        rows = found.by_field(low, width)
        if name is None and all(raw == 0 for raw, _ in rows):
            continue
        label = name or f"[{low + width - 1}:{low}]"
        for raw, hosts in rows:
            said = meaning(found.register, low, width, raw << low)
            table.add_row(Text(label, "cyan"), Text(hexed(raw)), _count(hosts), Text(said, "dim"))
            label = ""
    return table


def _table(columns: Iterable[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    right = {"hosts", "of hosts", "classes", "registers", "values"}
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _words(words: Iterable[str]) -> Iterable[Text]:
    return [Text(clean(word)) for word in words]


def _count(number: int) -> Text:
    return Text(f"{number:,}")


def _total(hosts: int) -> Text:
    return Text.assemble((f"{hosts:,} host{'' if hosts == 1 else 's'}", "bold"))


def _kernels(kernels: Sequence[tuple[str, int]]) -> str:
    names = [release for release, _ in kernels[:_KERNELS]]
    more = len(kernels) - _KERNELS
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def _is_numeric(values: Iterable[Any]) -> bool:
    return all(value is None or isinstance(value, (int, float)) for value in values)
