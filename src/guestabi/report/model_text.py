"""The table of designs × properties for a terminal, and the stories of its failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestabi.model.table import explored

if TYPE_CHECKING:
    from guestabi.model.explore import Answer, Bound
    from guestabi.model.table import Cell, Told

Columns = Mapping[str, Mapping[str, "Cell"]]

_LEGEND = (
    ("✓", "green", "holds whatever the VMM does"),
    ("✓ refuses", "yellow", "holds, and some move is refused: the guest is whole, and stays"),
    ("✓ until run", "yellow", "holds once the guest ran; until then a value can still change"),
    ("✗ n/m", "bold red", "fails under n of m VMM behaviours"),
)


def render(columns: Columns, meanings: Mapping[str, str], bound: Bound) -> RenderableType:
    """Return designs × properties. ``meanings`` gives each property's short name."""
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("")
    for name in columns:
        table.add_column(name)
    for prop, short in meanings.items():
        cells = [_cell(cells[prop]) for cells in columns.values()]
        table.add_row(Text.assemble((f"{prop:>3} ", "bold"), short), *cells)
    return Group(table, Text(""), *_legend(), Text(""), _count(columns, bound))


def one_design(name: str, title: str, cells: Mapping[str, Cell]) -> RenderableType:
    """Return one design: VMM behaviours × properties."""
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("")
    for prop in cells:
        table.add_column(prop, justify="center")
    behaviours = dict.fromkeys(each for cell in cells.values() for each in cell.behaviours)
    for behaviour in behaviours:
        marks = [_mark(cell.behaviours.get(behaviour)) for cell in cells.values()]
        table.add_row(Text(behaviour), *marks)
    legend = Text("✓ holds  r by refusing some move  w until the first run  ✗ fails", "dim")
    return Group(Text.assemble((name, "bold"), f"  {title}"), table, legend)


def stories(columns: Columns, properties: Sequence[str]) -> RenderableType:
    """Return the story of every failing cell of ``properties``."""
    parts: list[RenderableType] = []
    for name, cells in columns.items():
        for prop in properties:
            for behaviours, lines in _distinct(cells[prop]):
                said = ", ".join(behaviours)
                head = ((f"{prop} ", "bold red"), (name, "bold"), f"  {said}")
                parts.append(Text.assemble(*head))
                parts.append(Padding(_story(lines), (0, 0, 1, 2)))
    return Group(*parts) if parts else Text("nothing fails", "green")


def _distinct(cell: Cell) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    same: dict[tuple[str, ...], list[str]] = {}
    for behaviour, told in cell.behaviours.items():
        if told.story:
            same.setdefault(told.story, []).append(behaviour)
    for lines, behaviours in same.items():
        yield behaviours, lines


def _story(lines: Sequence[str]) -> Text:
    text = Text()
    for number, line in enumerate(lines[:-1], 1):
        text.append(f"{number:>2} ", "dim").append(f"{line}\n")
    return text.append("   ").append(lines[-1], "red")


def _cell(cell: Cell) -> Text:
    answers = [told.answer for told in cell.behaviours.values()]
    failed = sum(not answer.holds for answer in answers)
    if failed:
        return Text(f"✗ {failed}/{len(answers)}", "bold red")
    if any(answer.refuses for answer in answers):
        return Text("✓ refuses", "yellow")
    if any(answer.window for answer in answers):
        return Text("✓ until run", "yellow")
    return Text("✓", "green")


def _mark(told: Told | None) -> Text:
    if told is None:
        return Text("·", "dim")
    answer: Answer = told.answer
    if not answer.holds:
        return Text("✗", "bold red")
    extra = "r" if answer.refuses else "w" if answer.window else ""
    return Text(f"✓{extra}", "yellow" if extra else "green")


def _legend() -> list[Text]:
    width = max(len(symbol) for symbol, _, _ in _LEGEND)
    return [
        Text.assemble((symbol.ljust(width), style), f"  {says}") for symbol, style, says in _LEGEND
    ]


def _count(columns: Columns, bound: Bound) -> Text:
    cells = [cell for column in columns.values() for cell in column.values()]
    failed = sum(not told.answer.holds for cell in cells for told in cell.behaviours.values())
    text = Text(f"{sum(map(explored, columns.values())):,} states explored", "bold")
    text.append(f": {bound.kernels} kernels, {bound.vmms} VMMs, {bound.hosts} hosts, ")
    text.append(f"{bound.vcpus} vCPUs; {failed} failures, each replayed")
    return text
