"""``guestabi show``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import command as make
from guestabi.errors import UsageError

if TYPE_CHECKING:
    from guestabi.profile.host import HostProfile, ProbedRegister


@make("show")
@click.argument("profile", shell_complete=names.profiles)
@click.option("--register", metavar="NAME", help="Only this register, in full: a name or an id.")
@options.formats("text", "json")
@options.output
def command(profile: str, register: str | None, style: str, output: str | None) -> None:
    """One profile: what was measured, and how. As JSON it is the profile itself.

    PROFILE is a file, or an atlas name such as debian-6.12/neoverse-n1.
    """
    host = options.profile(profile)
    row = None if register is None else _find(host, register)
    if style == "json":
        _json(host, row, output)
    elif row is not None:
        from guestabi.report import register_text

        emit.show(register_text.render(host, row), output)
    else:
        from guestabi.report import show_text

        emit.show(show_text.render(host), output)


def _json(host: HostProfile, row: ProbedRegister | None, output: str | None) -> None:
    from guestabi.profile import canonical

    if row is None:
        emit.text(canonical.to_text(canonical.seal(host.to_builtins())), output)
        return
    from guestabi.uapi.regid import hex_id

    wanted = hex_id(row.id)
    emit.data(next(r for r in host.to_builtins()["registers"] if r["id"] == wanted), output)


def _find(host: HostProfile, name: str) -> ProbedRegister:
    from guestabi.registers import catalogue

    names = {catalogue.name_of(id).casefold(): id for id in host.registers}
    number = names.get(name.casefold())
    if number is None:
        number = _by_id(name)
    if number is None:
        number = catalogue.find(name).id
    if number not in host.registers:
        raise UsageError(
            f"{host.label} does not list {catalogue.name_of(number)}",
            hint=f"'guestabi regs history {catalogue.name_of(number)}' says which kernels do",
        )
    return host.registers[number]


def _by_id(text: str) -> int | None:
    try:
        return int(text, 16) if text[:2].lower() == "0x" else None
    except ValueError:
        return None
