"""Observed moves beside their predictions for a terminal: rows from, columns to.

A cell is what was predicted and what was seen; ``≠`` stands between them where the move did not go
as predicted. No line is ever wrapped.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from guestabi.report.grid import EMULATED
from guestabi.report.labels import Labels, shorten
from guestabi.report.observed import (
    OBSERVED,
    Move,
    Observed,
    Tally,
    by_names,
    read,
    short,
    tally,
    ways,
)
from guestabi.report.verdicts import VERDICTS, Look

_CORNER = "from \\ to"
_AGAINST = Look("≠", "bold reverse red", "not as predicted")
_MISSING = Look("-", "dim", "not moved")
_NARROWEST = 5


def render(compared: Mapping[str, Any]) -> RenderableType:
    """Return title, grid, legend and counts; then the moves that did not go as predicted, a line
    each, and what guests read otherwise, a line for each set of answers.

    ``compared`` is the lab's plain data, as :mod:`guestabi.report.observed` says.
    """
    seen = read(compared)
    labels = shorten(seen.names)
    counts = tally(seen.moves)
    missing = len(seen.names) ** 2 - counts.moves
    parts = [
        [_title(seen, labels)],
        [*_rows(seen, labels)],
        [*_legend(counts, missing)],
        [_counts(counts)],
        [*_against(seen, labels)],
        [*_changes(seen, labels)],
        [_line(EMULATED, "dim")],
    ]
    lines = [line for part in parts if part for line in (Text(""), *part)]
    return Group(*lines[1:])


def _title(seen: Observed, labels: Labels) -> Text:
    shared = [part for part in labels.shared.split(", ") if part and part != seen.cpu]
    about = ", ".join([seen.vmm, seen.cpu, *shared])
    line = _line("moves", "bold")
    return line.append("  born on the row and moved to the column  ").append(about, "dim")


def _rows(seen: Observed, labels: Labels) -> Iterator[Text]:
    numbered = all(label.isdigit() for label in labels.columns)
    left = [
        f"{number:>2} {label}" if numbered else label for number, label in enumerate(labels.rows, 1)
    ]
    margin = max(len(_CORNER), *map(len, left)) + 1
    width = max(_NARROWEST, max(map(len, labels.columns)) + 1)
    head = "".join(label.rjust(width) for label in labels.columns)
    yield _line(_CORNER.ljust(margin) + head, "bold")
    made = {(move.source, move.destination): move for move in seen.moves}
    for i, label in enumerate(left):
        line = _line(label.ljust(margin))
        for j in range(len(left)):
            cell = _cell(made.get((i, j)))
            line.append(" " * (width - len(cell))).append_text(cell)
        yield line


def _cell(move: Move | None) -> Text:
    if move is None:
        return Text(f" {_MISSING.symbol} ", _MISSING.style)
    predicted, observed = VERDICTS[move.predicted], OBSERVED[move.observed]
    between = (_AGAINST.symbol, _AGAINST.style) if move.agrees is False else " "
    return Text.assemble(
        (predicted.symbol, predicted.style), between, (observed.symbol, observed.style)
    )


def _legend(counts: Tally, missing: int) -> Iterator[Text]:
    for which, looks, found in (
        ("predicted", VERDICTS, counts.predicted),
        ("observed", OBSERVED, counts.seen),
    ):
        for name, look in looks.items():
            if found[name]:
                yield _explained(look, f"{which.ljust(9)} {name}: {look.says}")
    if counts.against:
        yield _explained(_AGAINST, _AGAINST.says)
    if missing:
        yield _explained(_MISSING, _MISSING.says)


def _explained(look: Look, says: str) -> Text:
    return _line(look.symbol, look.style).append(f" {says}")


def _counts(counts: Tally) -> Text:
    seen = ", ".join(f"{counts.seen[name]} {name}" for name in OBSERVED if counts.seen[name])
    return _line(f"{counts.headline()}: {seen}" if seen else counts.headline(), "bold")


def _against(seen: Observed, labels: Labels) -> Iterator[Text]:
    against = seen.against()
    if against:
        yield _line("Not as predicted:", "bold")
    for move in against:
        said = "; ".join([move.summary(), *move.surprises(), *move.reasons[:1]])
        yield _line(f"  {ways([move], short(labels))}: {said}")


def _changes(seen: Observed, labels: Labels) -> Iterator[Text]:
    groups = by_names(seen.moves)
    if groups:
        yield _line("What guests read otherwise after the move:", "bold")
    for names, moves in groups:
        yield _line(f"  {ways(moves, short(labels))}: {', '.join(names)}")


def _line(words: str, style: str = "") -> Text:
    line = Text(no_wrap=True, overflow="ignore")
    return line.append(words, style or None)
