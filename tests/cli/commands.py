"""Every command of the program, by walking it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from guestabi.cli import main


def leaves(
    command: click.Command | None = None, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that name it."""
    if command is None:
        for name in main.COMMANDS:
            yield from leaves(main._load(name), (name,))
    elif isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from leaves(command.commands[name], (*path, name))
    else:
        yield path, command
