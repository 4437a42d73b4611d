"""Tables for terminals on which they do not fit: a row becomes a paragraph, and nothing is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text


def fit(part: RenderableType, console: Console, width: int) -> RenderableType:
    """Return ``part`` for ``width`` columns: a table whose words have no room becomes paragraphs,
    and no other cuts any.
    """
    if isinstance(part, Group):
        return Group(*(fit(each, console, width) for each in part.renderables))
    if isinstance(part, Padding):
        inner = fit(part.renderable, console, width - part.left - part.right)
        return Padding(inner, (part.top, part.right, part.bottom, part.left))
    if isinstance(part, Table):
        if _least(part, console) > width:
            return Group(*_paragraphs(part, console, width))
        for column in part.columns:
            column.overflow = "fold"
    return part


def _least(table: Table, console: Console) -> int:
    wide = console.options.update(width=10_000)
    return Measurement.get(console, wide, table).minimum


def _paragraphs(table: Table, console: Console, width: int) -> Iterator[RenderableType]:
    heads = [column.header for column in table.columns if column.header]
    if table.show_header and heads:
        yield _joined(heads, str(table.header_style))
    for row, cells in zip(table.rows, zip(*(each.cells for each in table.columns), strict=True)):
        first, *rest = [cell for cell in cells if not _is_empty(cell)] or [""]
        yield _joined([first], str(row.style or ""))
        words = [cell for cell in rest if isinstance(cell, str | Text)]
        if words:
            yield Padding(_joined(words, str(row.style or "")), (0, 0, 0, 2))
        for cell in rest:
            if not isinstance(cell, str | Text):
                yield Padding(fit(cell, console, width - 2), (0, 0, 0, 2))


def _is_empty(cell: RenderableType) -> bool:
    return isinstance(cell, str | Text) and not str(cell).strip()


def _joined(cells: Sequence[RenderableType], style: str) -> RenderableType:
    words = [cell if isinstance(cell, Text) else Text(str(cell)) for cell in cells]
    text = Text("  ").join(words)
    text.stylize_before(style)
    return text
