"""Where results go: standard output, or one file that is written whole or not at all."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDTH = 100
"""Columns where there is no terminal to ask."""


def text(result: str, path: str | None = None) -> None:
    """Put ``result`` on standard output, or into the file at ``path``."""
    if path is None:
        sys.stdout.write(result)
        return
    from guestabi.profile.writing import write_text

    write_text(path, result)


def data(result: Any, path: str | None = None) -> None:
    """Put plain data out as JSON, indented, keys in the order that the format documents."""
    text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", path)


def show(result: RenderableType, path: str | None = None) -> None:
    """Put a rich renderable out: colours on a terminal unless NO_COLOR, plain anywhere else."""
    if path is None and sys.stdout.isatty():
        from guestabi.cli.narrow import fit

        console = _console(sys.stdout, None)
        console.print(fit(result, console, console.width), crop=False)
    else:
        text(plain(result), path)


def plain(result: RenderableType, width: int = WIDTH) -> str:
    """Return a rich renderable as text of ``width`` columns, without blanks at line ends."""
    buffer = io.StringIO()
    _console(buffer, width).print(result, crop=False)
    lines = (line.rstrip() for line in buffer.getvalue().splitlines())
    return "".join(f"{line}\n" for line in lines)


def note(words: str) -> None:
    """Say something that is no result: on standard error."""
    print(words, file=sys.stderr)


def _console(stream: TextIO, width: int | None) -> Console:
    from rich.console import Console

    # Where no terminal is, no FORCE_COLOR puts escape sequences into a pipe or a file.
    colours: Literal["auto"] | None = "auto" if width is None else None
    return Console(
        file=stream,
        width=width,
        color_system=colours,
        markup=False,
        emoji=False,
        highlight=False,
    )
