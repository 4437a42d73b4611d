"""``guestabi report``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import click

from guestabi.cli import emit, options
from guestabi.cli.help import command as make

if TYPE_CHECKING:
    from guestabi.profile.host import HostProfile


@make("report")
@click.argument("things", nargs=-1, metavar="[PROFILES...]")
@click.option(
    "--vmm",
    "vmms",
    multiple=True,
    help="Loader policy; several may be given, to choose among on the page.  [default: "
    f"{options.DEFAULT_VMM}]",
)
@click.option("--title", help="What the page is called.  [default: what it shows]")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    required=True,
    help="The page: one HTML file, written whole or not at all.",
)
def command(things: tuple[str, ...], vmms: tuple[str, ...], title: str | None, output: str) -> None:
    """One self-contained page of profiles; without any, of the atlas.

    Every pair of hosts, with findings and remedies behind each cell; when each kernel changed what;
    hosts by class. The page needs no network. A link into it names what is open.

    A report, not a check: the exit status is 0 whatever it shows.
    """
    from guestabi import policies
    from guestabi.cli import workers
    from guestabi.report import html

    chosen = [policies.load(name) for name in dict.fromkeys(vmms or (options.DEFAULT_VMM,))]
    hosts = _hosts(things)
    page = html.Report(title or ("the atlas" if not things else "report"), hosts, chosen)
    emit.text(html.render(page, share=workers.forked), output)


def _hosts(names: Sequence[str]) -> list[HostProfile]:
    if not names:
        from guestabi import atlas

        names = atlas.names()
    return [options.profile(name) for name in names]
