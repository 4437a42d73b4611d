"""``guestabi regs``: the register catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import group
from guestabi.errors import UsageError

if TYPE_CHECKING:
    from guestabi.registers.model import Register

DEFAULT_CPU = "neoverse-n1"


@group("regs")
def command() -> None:
    """The register catalogue, and when each kernel changed what."""


@command.command("list")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@options.formats("text", "json")
@options.output
def list_command(words: tuple[str, ...], style: str, output: str | None) -> None:
    """All registers, or those whose name, role or feature has every WORD in it."""
    from guestabi.registers import catalogue

    rows = [row for row in catalogue.all_registers() if _matches(row, words)]
    if not rows:
        raise UsageError(f"no register has {' and '.join(map(repr, words))} in it")
    if style == "json":
        emit.data([_plain(row) for row in rows], output)
        return
    from guestabi.report import catalogue_text

    emit.show(catalogue_text.listing(rows), output)


def _matches(row: Register, words: tuple[str, ...]) -> bool:
    text = f"{row.name} {row.arch_name} {row.role} {row.feature or ''}".casefold()
    return all(word.casefold() in text for word in words)


@command.command("show")
@click.argument("register", metavar="NAME_OR_ID")
@options.formats("text", "json")
@options.output
def show_command(register: str, style: str, output: str | None) -> None:
    """One register: its fields, what their values mean, where the facts are from.

    Any spelling: PSCI_VERSION, KVM_REG_ARM_PSCI_VERSION, S3_0_C0_C4_0, 0x603000000013c020.
    """
    from guestabi.registers import catalogue

    row = catalogue.find(register)
    if style == "json":
        emit.data(_plain(row), output)
        return
    from guestabi.report import catalogue_text

    emit.show(catalogue_text.one(row), output)


@command.command("history")
@click.argument("register", metavar="NAME_OR_ID")
@click.option(
    "--cpu",
    default=DEFAULT_CPU,
    show_default=True,
    help="Captures of that CPU model.",
    shell_complete=names.cpus,
)
@options.formats("text", "json")
@options.output
def history_command(register: str, cpu: str, style: str, output: str | None) -> None:
    """When it appeared, changed its default, became writable, vanished: as captured."""
    from dataclasses import asdict

    from guestabi.atlas import history
    from guestabi.registers import catalogue

    row = catalogue.find(register)
    events = history.history(row.id, cpu)
    if style == "json":
        emit.data([asdict(event) for event in events], output)
        return
    from guestabi.report import catalogue_text

    emit.show(catalogue_text.history(row, cpu, events), output)


def _plain(row: Register) -> dict[str, Any]:
    from guestabi.uapi.regid import hex_id

    return {
        "id": hex_id(row.id),
        "name": row.name,
        "arch_name": row.arch_name,
        "bits": 8 * row.size,
        "role": row.role,
        "feature": row.feature,
        "requires": [str(each) for each in row.requires],
        "absent": None if row.absent is None else hex(row.absent),
        "fields": [
            {
                "name": field.name,
                "low": field.low,
                "width": field.width,
                "signed": field.signed,
                "meaning": {str(value): said for value, said in field.meaning},
            }
            for field in row.fields
        ],
        "summary": row.summary,
        "source": row.source,
    }
