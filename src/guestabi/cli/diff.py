"""``guestabi diff``."""

from __future__ import annotations

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import command as make


@make("diff")
@click.argument("a", metavar="A", shell_complete=names.profiles)
@click.argument("b", metavar="B", shell_complete=names.profiles)
@options.formats("text", "json")
@options.output
def command(a: str, b: str, style: str, output: str | None) -> None:
    """What changed from A to B, by register and field, with what each side accepts.

    A report, not a verdict: the exit status is 0 whether or not they differ. 'guestabi check'
    weighs the differences.
    """
    from guestabi.report.diff import diff

    found = diff(options.profile(a), options.profile(b))
    if style == "json":
        emit.data(found.to_builtins(), output)
        return
    from guestabi.report import diff_text

    emit.show(diff_text.render(found), output)
