"""``guestabi completion``: what a shell reads to complete guestabi's command lines."""

from __future__ import annotations

import click

from guestabi.cli import emit, options
from guestabi.cli.help import command as make

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_GUESTABI_COMPLETE"


@make("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@options.output
def command(shell: str, output: str | None) -> None:
    """Print what SHELL reads to complete commands, options, and the names that ship.

    \b
    bash  source <(guestabi completion bash)                 in ~/.bashrc
    zsh   source <(guestabi completion zsh)                  in ~/.zshrc, after compinit
    fish  guestabi completion fish | source                  in ~/.config/fish/config.fish
    """
    emit.text(script(shell), output)


def script(shell: str) -> str:
    """Return the script for ``shell``, one of SHELLS."""
    from click.shell_completion import get_completion_class

    from guestabi.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None
    # Not source(): for bash it starts one, to warn of those before 4.4.
    made = found(cli, {}, "guestabi", VARIABLE)
    return (made.source_template % made.source_vars()).lstrip("\n")
