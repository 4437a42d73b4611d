"""Help in colour and boxes on a terminal that has room for them; plain, and quick, elsewhere.

Use :func:`command` and :func:`group` in place of click's own.
"""

from __future__ import annotations

import shutil
import sys
from typing import Any, Callable, Iterable

import click

ROOM = 60
"""Columns below which boxes would cut the names of options."""

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


class _NarrowFormatter(click.HelpFormatter):
    """What an option does stands below it, not beside."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 8, col_spacing: int = 2
    ) -> None:
        super().write_dl(rows, min(col_max, 8), col_spacing)


class _NarrowContext(click.Context):
    formatter_class = _NarrowFormatter


class _NarrowCommand(click.Command):
    context_class = _NarrowContext


class _NarrowGroup(click.Group):
    context_class = _NarrowContext
    command_class = _NarrowCommand


def _classes() -> tuple[type[click.Command], type[click.Group]]:
    # Help may go to either of them.
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        return click.Command, click.Group
    columns = shutil.get_terminal_size().columns
    if columns < ROOM:
        SETTINGS["terminal_width"] = columns
        return _NarrowCommand, _NarrowGroup
    import rich_click

    return rich_click.RichCommand, rich_click.RichGroup


Command, Group = _classes()


def command(name: str, **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command; it returns its exit status, or None for 0."""
    return click.command(name, cls=Command, context_settings=SETTINGS, **settings)


def group(name: str, **settings: Any) -> Callable[[Callable[..., Any]], click.Group]:
    """Make a function a group of commands."""
    return click.group(name, cls=Group, context_settings=SETTINGS, **settings)
