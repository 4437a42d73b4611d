"""``guestabi atlas``: the profiles that ship."""

from __future__ import annotations

from typing import Any

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import group
from guestabi.errors import UsageError


@group("atlas")
def command() -> None:
    """The profiles that ship."""


@command.command("list")
@click.option(
    "--cpu", metavar="NAME", help="Only captures of that CPU model.", shell_complete=names.cpus
)
@options.formats("text", "json")
@options.output
def list_command(cpu: str | None, style: str, output: str | None) -> None:
    """Every capture: kernel, CPU model, what it lists, digest.

    Captures with the same digest expose the same to guests.
    """
    rows = _rows(cpu)
    if style == "json":
        emit.data(rows, output)
        return
    from guestabi.report import atlas_text

    emit.show(atlas_text.render(rows), output)


def _rows(cpu: str | None) -> list[dict[str, Any]]:
    from guestabi import atlas
    from guestabi.errors import UnknownName

    entries = [entry for entry in atlas.entries() if cpu in (None, entry.cpu)]
    if not entries:
        known = {entry.cpu for entry in atlas.entries()}
        raise UnknownName("CPU", cpu, known) if cpu and known else UsageError("the atlas is empty")
    return [_row(entry.name) for entry in entries]


def _row(name: str) -> dict[str, Any]:
    from guestabi import atlas

    profile = atlas.resolve(name)
    return {
        "name": name,
        "kernel": profile.kernel,
        "cpu": profile.emulated_cpu,
        "registers": len(profile.registers),
        "features": list(profile.features),
        "digest": profile.digest,
    }
