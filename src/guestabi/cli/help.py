"""Help in colour and boxes on a terminal; plain, and quick, anywhere else.

Use :func:`command` and :func:`group` in place of click's own.
"""

from __future__ import annotations

import sys
from typing import Any, Callable

import click

SETTINGS = {"help_option_names": ["-h", "--help"]}


def _classes() -> tuple[type[click.Command], type[click.Group]]:
    if not sys.stdout.isatty():
        return click.Command, click.Group
    import rich_click

    return rich_click.RichCommand, rich_click.RichGroup


Command, Group = _classes()


def command(name: str, **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command; it returns its exit status, or None for 0."""
    return click.command(name, cls=Command, context_settings=SETTINGS, **settings)


def group(name: str, **settings: Any) -> Callable[[Callable[..., Any]], click.Group]:
    """Make a function a group of commands."""
    return click.group(name, cls=Group, context_settings=SETTINGS, **settings)
