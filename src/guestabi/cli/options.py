"""Options and arguments that several commands share, and how a profile argument is read."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Callable, Sequence, TypeVar

import click

from guestabi.cli import names
from guestabi.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from guestabi.policies import Policy
    from guestabi.profile.host import HostProfile

MANY = 20
"""Profiles whose reading somebody may wait for."""

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_VMM = "qemu-10.0"

QUESTIONS = ("forward", "return", "rollback", "pinned")


def vmm(function: F) -> F:
    """Add ``--vmm``."""
    said = "Loader policy: how the VMM saves and restores registers; a name, or a .toml file."
    return click.option(
        "--vmm", default=DEFAULT_VMM, show_default=True, help=said, shell_complete=names.policies
    )(function)


def policy(named: str) -> Policy:
    """Return the loader policy that a command line names: one that ships, or a ``.toml`` file.

    Raises BadInput for a file that is no policy, or another one under a name that ships;
    UnknownName with the nearest names.
    """
    from guestabi import policies

    if not named.endswith(".toml"):
        return policies.load(named)
    found = policies.read(named)
    if found.name in policies.names() and found != policies.load(found.name):
        reason = f"calls itself {found.name}, and is not the policy that ships under that name"
        raise BadInput(named, reason, hint="give it a name of its own: verdicts are told by it")
    return found


def output(function: F) -> F:
    """Add ``-o/--output``, which arrives as ``output``: a path or None."""
    said = "Write the result there, whole or not at all."
    return click.option("-o", "--output", type=click.Path(), help=said)(function)


def formats(*names: str) -> Callable[[F], F]:
    """Add ``--format``, which arrives as ``style``; the first name is the default."""
    return click.option(
        "--format", "style", type=click.Choice(names), default=names[0], show_default=True
    )


def quiet(said: str = "No progress and no notes on standard error.") -> Callable[[F], F]:
    """Add ``-q/--quiet``."""
    return click.option("-q", "--quiet", is_flag=True, help=said)


def profile(argument: str) -> HostProfile:
    """Return the profile that a command line names: a file, if there is one, or an atlas name.

    Raises BadInput for a file that is no profile, UnknownName with the nearest atlas names.
    """
    from guestabi.profile import files

    if os.path.lexists(argument) or _looks_like_a_path(argument):
        return files.load(argument)
    from guestabi import atlas

    try:
        return atlas.resolve(argument)
    except UnknownName as error:
        if not error.hint:
            error.hint = "give a profile's file, or a name that 'guestabi atlas list' shows"
        raise


def profiles(arguments: Sequence[str], quiet: bool) -> list[HostProfile]:
    """Return the profiles that a command line names, with progress; raises as :func:`profile`."""
    from guestabi.cli import progress

    found = []
    with progress.counter("reading profiles", quiet or len(arguments) < MANY) as tell:
        for number, each in enumerate(arguments, 1):
            found.append(profile(each))
            if tell is not None:
                tell(number, len(arguments))
    return found


def _looks_like_a_path(argument: str) -> bool:
    return argument.endswith(".json") or argument.startswith((os.sep, ".", "~"))


def by_suffix(output: str | None, styles: Sequence[str]) -> str:
    """Return the style that the output's suffix names, else ``text``."""
    suffix = PurePath(output or "").suffix.removeprefix(".")
    return suffix if suffix in styles else "text"
