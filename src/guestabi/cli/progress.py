"""Progress on standard error: a bar on a terminal, nothing in a pipe, lines for what matters."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.progress import Progress


class Watch(NamedTuple):
    """``say`` shows a line; ``step`` moves the bar on by one."""

    say: Callable[[str], None]
    step: Callable[[], None]


NARROW = 60
"""Columns below which there is room for figures, but for no bar."""

Told = Callable[[int, int], None]
"""Is told how many of how many are done."""


@contextmanager
def watch(what: str, total: int | None, *, quiet: bool) -> Iterator[Watch]:
    """Show progress of ``total`` steps (None: not known yet) until the block ends."""
    if quiet:
        yield Watch(lambda line: None, lambda: None)
    elif not sys.stderr.isatty():
        yield Watch(_line, lambda: None)
    else:
        with _bar(what, total) as shown:
            yield shown


@contextmanager
def counter(what: str, quiet: bool) -> Iterator[Told | None]:
    """Yield what is told how many of how many are done; None where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with _bars() as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Watch]:
    with _bars() as bars:
        task = bars.add_task(what, total=total)
        yield Watch(
            lambda line: bars.console.print(line, markup=False, highlight=False),
            lambda: bars.advance(task),
        )


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    what, done, left = TextColumn("{task.description}", markup=False), MofNCompleteColumn(), "left"
    if console.width < NARROW:
        return Progress(what, done, TimeRemainingColumn(), console=console, transient=True)
    columns = (what, BarColumn(), done, TimeElapsedColumn(), TimeRemainingColumn(), left)
    return Progress(*columns, console=console, transient=True)
