"""The matrix for a terminal: rows from, columns to."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from guestabi.report.clean import clean
from guestabi.report.grid import EMULATED, Grid
from guestabi.report.labels import Labels, shorten
from guestabi.report.verdicts import MATRIX_QUESTIONS, VERDICTS

_HERE = "·"
_CORNER = "from \\ to"


def render(grid: Grid) -> RenderableType:
    """Return title, grid, legend and count. The grid is never wrapped."""
    labels = shorten([clean(name) for name in grid.names])
    return Group(_title(grid, labels), Text(""), *_rows(grid, labels), Text(""), *_foot(grid))


def _title(grid: Grid, labels: Labels) -> Text:
    about = ", ".join(part for part in (labels.shared, grid.vmm) if part)
    asked = f"  {MATRIX_QUESTIONS[grid.question]}  "
    return Text.assemble((grid.question, "bold"), asked, (about, "dim"))


def _rows(grid: Grid, labels: Labels) -> list[Text]:
    numbered = all(label.isdigit() for label in labels.columns)
    left = [
        f"{number:>2} {label}" if numbered else label for number, label in enumerate(labels.rows, 1)
    ]
    margin = max(len(_CORNER), *map(len, left))
    width = max(map(len, labels.columns)) + 1
    head = "".join(label.rjust(width) for label in labels.columns)
    lines = [Text(_CORNER.ljust(margin) + " " + head, "bold", no_wrap=True, overflow="ignore")]
    for i, label in enumerate(left):
        line = Text(label.ljust(margin) + " ", no_wrap=True, overflow="ignore")
        for j, verdict in enumerate(grid.verdicts[i]):
            same = i == j and verdict == "same"
            look = VERDICTS[verdict]
            symbol, style = (_HERE, "dim") if same else (look.symbol, look.style)
            line.append(symbol.rjust(width), style)
        lines.append(line)
    return lines


def _foot(grid: Grid) -> list[Text]:
    counts = grid.counts()
    legend = Text()
    for verdict, look in VERDICTS.items():
        if counts[verdict]:
            legend.append(look.symbol, look.style).append(f" {verdict}: {look.says}\n")
    legend.rstrip()
    foot = [legend, Text(""), Text(grid.headline(), "bold")]
    if grid.emulated:
        foot.append(Text(EMULATED, "dim"))
    return foot
