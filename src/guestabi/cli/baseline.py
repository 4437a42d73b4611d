"""``guestabi baseline``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, options
from guestabi.cli.help import SETTINGS, Group

if TYPE_CHECKING:
    from guestabi.fleet.baseline import NoBaseline

DEFAULT = "make"


class _Defaulting(Group):  # type: ignore[misc, valid-type]
    """A group in which DEFAULT may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = (*self.commands, *SETTINGS["help_option_names"])
        if args and args[0] not in known:
            args = [DEFAULT, *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


def _group() -> None:
    """One guest ABI for many hosts, as pins for a VMM to set when a guest is born.

    'guestabi baseline P...' makes one: 'make' may be left out.
    """


command: click.Group = click.group(
    "baseline",
    cls=_Defaulting,
    context_settings=SETTINGS,
    subcommand_metavar="P... | admit BASELINE P",
)(_group)


@command.command(DEFAULT)
@click.argument("profiles", nargs=-1, required=True, metavar="P...")
@click.option("--name", default="baseline", show_default=True, help="What to call it.")
@click.option(
    "--version",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Which of that name.",
)
@options.formats("text", "json")
@click.option(
    "-o", "--output", type=click.Path(), help="Write the baseline there, whole or not at all."
)
def make(profiles: tuple[str, ...], name: str, version: int, style: str, output: str | None) -> int:
    """The greatest guest ABI that every P accepts, or the smallest set that has none.

    The file is a pin file too: 'guestabi check A B --pin FILE'. Exit status: 0 there is one, 100
    there is none.
    """
    from guestabi.compat.verdict import SAFE, UNSAFE
    from guestabi.fleet import files
    from guestabi.fleet.baseline import NoBaseline, baseline

    found = baseline([options.profile(each) for each in profiles], name, version)
    if isinstance(found, NoBaseline):
        _refuse(found, style)
        return UNSAFE
    if style == "json" or output is not None:
        emit.text(files.to_text(found), output)
        return SAFE
    from guestabi.report import baseline_text

    emit.show(baseline_text.render(found))
    return SAFE


def _refuse(found: NoBaseline, style: str) -> None:
    if style == "json":
        emit.data(found.to_builtins())
        return
    from guestabi.report import baseline_text

    emit.show(baseline_text.refusal(found))


@command.command("admit")
@click.argument("baseline")
@click.argument("profile", metavar="P")
@options.formats("text", "json")
@options.output
def admit(baseline: str, profile: str, style: str, output: str | None) -> int:
    """May this host join? Every pin of BASELINE, asked of P, and what has no pin, compared.

    Exit status: 0 admitted, 100 refused, 101 cannot tell.
    """
    from guestabi.fleet import admission, files

    found = admission.admit(files.load(baseline), options.profile(profile))
    if style == "json":
        emit.data(found.to_builtins(), output)
    else:
        from guestabi.report import baseline_text

        emit.show(baseline_text.admission(found), output)
    return found.exit_status()
