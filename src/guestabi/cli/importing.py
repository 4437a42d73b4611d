"""``guestabi import``."""

from __future__ import annotations

import click

from guestabi.cli import emit, options
from guestabi.cli.help import command as make

KINDS = ("fingerprint", "template", "reg-list", "qemu-stream")


@make("import")
@click.argument("file", type=click.Path())
@click.option(
    "--as", "kind", type=click.Choice(KINDS), help="What FILE is; by default, what it looks like."
)
@click.option("--name", default="", help="What to call the profile; by default, as FILE is called.")
@options.quiet("No words on standard error about what is not known.")
@options.output
def command(file: str, kind: str | None, name: str, quiet: bool, output: str | None) -> None:
    """A dump of another program into a profile, which knows what it does not know.

    \b
    fingerprint  Firecracker: cpu-template-helper fingerprint dump
    template     Firecracker: cpu-template-helper template dump
    reg-list     the kernel's selftest: get-reg-list --list
    qemu-stream  QEMU: scripts/analyze-migration.py

    No dump says what a kernel accepts: 'guestabi check' calls unknown what depends on it.
    """
    from guestabi.fleet import imports
    from guestabi.report.clean import one_line

    profile = imports.load(file, kind, name)
    if not quiet:
        emit.note(f"{len(profile.registers)} registers, digest {profile.digest[:12]}")
        for each in profile.record.taken.notes:
            emit.note(f"note: {one_line(each)}")
    emit.text(profile.raw.decode("utf-8"), output)
