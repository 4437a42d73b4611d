"""``guestabi baseline``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import SETTINGS, Group

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from guestabi.fleet.admission import Admission
    from guestabi.fleet.baseline import Baseline, NoBaseline
    from guestabi.fleet.beyond import Beyond
    from guestabi.profile.host import HostProfile

DEFAULT = "make"
FORMATS = ("qemu", "firecracker", "libvirt", "json")


class _Defaulting(Group):  # type: ignore[misc, valid-type]
    """A group in which DEFAULT may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = (*self.commands, *SETTINGS["help_option_names"])
        if args and args[0] not in known:
            args = [DEFAULT, *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found: list[CompletionItem] = super().shell_complete(ctx, incomplete)
        (hosts,) = (each for each in make.params if each.name == "profiles")
        return [*hosts.shell_complete(ctx, incomplete), *found]


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
@click.argument("profiles", nargs=-1, required=True, metavar="P...", shell_complete=names.profiles)
@click.option("--name", default="baseline", show_default=True, help="What to call it.")
@click.option(
    "--version",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Which of that name.",
)
@click.option(
    "--allow-dead",
    is_flag=True,
    help="Registers of features that the pinned ID registers call absent do not count.",
)
@click.option(
    "--export",
    "form",
    type=click.Choice(FORMATS),
    help="Write the pins in that format instead. Exit status 101: it has no room for all of them.",
)
@options.formats("text", "json")
@click.option(
    "-o", "--output", type=click.Path(), help="Write the baseline there, whole or not at all."
)
@options.quiet()
def make(
    profiles: tuple[str, ...],
    name: str,
    version: int,
    allow_dead: bool,
    form: str | None,
    style: str,
    output: str | None,
    quiet: bool,
) -> int:
    """The greatest guest ABI that every P accepts, or the smallest set that has none.

    What no pin holds is told beside it: moves that a guest with these pins cannot make, even
    under a loader that does all that can be done.

    The file is a pin file too: 'guestabi check A B --pin FILE'. Exit status: 0 there is one, 100
    there is none, 101 there is one as far as is known.
    """
    from guestabi.compat.verdict import UNSAFE
    from guestabi.fleet import files
    from guestabi.fleet.baseline import NoBaseline, baseline

    hosts = options.profiles(profiles, quiet)
    found = baseline(hosts, name, version, allow_dead=allow_dead)
    if isinstance(found, NoBaseline):
        _refuse(found, style)
        return UNSAFE
    if form is not None:
        return _export(found, hosts, form, output, quiet)
    if style == "json" or output is not None:
        emit.text(files.to_text(found), output)
        _note(found, quiet)
        return found.exit_status()
    from guestabi.report import baseline_text

    emit.show(baseline_text.render(found))
    emit.show(baseline_text.held_by_none(_beyond(hosts, found)))
    return found.exit_status()


def _beyond(hosts: list[HostProfile], found: Baseline) -> tuple[Beyond, ...] | None:
    from guestabi.fleet import beyond

    if len({host.digest for host in hosts}) > beyond.MOST_HOSTS:
        return None
    return beyond.beyond(hosts, found.values)


def _export(
    found: Baseline, hosts: list[HostProfile], form: str, output: str | None, quiet: bool
) -> int:
    from guestabi.fleet.export import export
    from guestabi.report.clean import one_line

    written = export(found, form, hosts)
    emit.text(written.text, output)
    if not quiet:
        for each in written.left_out:
            emit.note(f"guestabi: left out: {each}; {each.remedy}")
        for words in written.notes:
            emit.note(f"guestabi: {one_line(words)}")
    _note(found, quiet)
    return written.exit_status(found)


def _note(found: Baseline, quiet: bool) -> None:
    from guestabi.registers.catalogue import name_of

    untold = sorted({name_of(each.id) for each in found.unknown})
    if untold and not quiet:
        emit.note(f"guestabi: not known of every host: {', '.join(untold)}")


def _refuse(found: NoBaseline, style: str) -> None:
    if style == "json":
        emit.data(found.to_builtins())
        return
    from guestabi.report import baseline_text

    emit.show(baseline_text.refusal(found))


@command.command("admit")
@click.argument("baseline", shell_complete=names.files)
@click.argument("profile", metavar="P", shell_complete=names.profiles)
@options.formats("text", "json", "junit", "sarif")
@options.output
@options.quiet("Print nothing: only the exit status tells.")
def admit(baseline: str, profile: str, style: str, output: str | None, quiet: bool) -> int:
    """May this host join? Every pin of BASELINE, asked of P, and what has no pin, compared.

    Exit status: 0 admitted, 100 refused, 101 cannot tell.
    """
    from guestabi.fleet import admission, files

    found = admission.admit(files.load(baseline), options.profile(profile))
    if not quiet:
        _put(found, style, output)
    return found.exit_status()


def _put(found: Admission, style: str, output: str | None) -> None:
    if style == "json":
        emit.data(found.to_builtins(), output)
    elif style == "junit":
        from guestabi.report.junit import admission as junit

        emit.text(junit.render(found), output)
    elif style == "sarif":
        from guestabi.report.sarif import admission as sarif

        emit.data(sarif.render(found), output)
    else:
        from guestabi.report import baseline_text

        emit.show(baseline_text.admission(found), output)
