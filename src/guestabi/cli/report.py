"""``guestabi report``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import command as make

if TYPE_CHECKING:
    from guestabi.fleet.plan.proof import Proof
    from guestabi.policies import Policy
    from guestabi.profile.host import HostProfile

_SAID = (
    "Loader policy, by name or .toml file; several may be given.  "
    f"[default: {options.DEFAULT_VMM}, or the plan's]"
)


@make("report")
@click.argument(
    "things",
    nargs=-1,
    metavar="[PROFILES|PLAN.toml|RESULTS.json]...",
    shell_complete=names.profiles,
)
@click.option("--vmm", "vmms", multiple=True, help=_SAID, shell_complete=names.policies)
@click.option("--title", help="What the page is called.  [default: what it shows]")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    required=True,
    help="The page: one HTML file, written whole or not at all.",
)
@options.quiet()
def command(
    things: tuple[str, ...], vmms: tuple[str, ...], title: str | None, output: str, quiet: bool
) -> None:
    """One self-contained page of profiles, a plan, results of the lab; without any, of the atlas.

    Every pair of hosts, with findings and remedies behind each cell; when each kernel changed what;
    hosts by class, and baselines; a plan's stories, line by line; what 'guestabi lab matrix
    --format json' saw beside what was predicted. The page needs no network. A link into it names
    what is open.

    A report, not a check: the exit status is 0 whatever it shows.
    """
    from guestabi.cli import progress, workers
    from guestabi.report import html

    given = _sorted(things or _atlas(), quiet)
    named = [options.policy(name) for name in dict.fromkeys(vmms)]
    chosen = named or given.policies or [options.policy(options.DEFAULT_VMM)]
    said = title or given.title or ("report" if things else "the atlas")
    page = html.Report(said, given.hosts, chosen, given.plans, given.results)
    with progress.counter("explaining moves", quiet) as tell:
        text = html.render(page, share=workers.counted(tell))
    emit.text(text, output)


def _atlas() -> tuple[str, ...]:
    from guestabi import atlas

    return atlas.names()


@dataclass
class _Given:
    """What the command line names, by kind."""

    hosts: list[HostProfile] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    plans: list[Proof] = field(default_factory=list)
    results: list[Mapping[str, Any]] = field(default_factory=list)
    title: str = ""


def _sorted(things: Iterable[str], quiet: bool) -> _Given:
    given = _Given()
    profiles = []
    for each in things:
        if each.endswith(".toml"):
            _add_plan(given, each, quiet)
        elif not _add_results(given, each):
            profiles.append(each)
    given.hosts += options.profiles(profiles, quiet)
    return given


def _add_plan(given: _Given, path: str, quiet: bool) -> None:
    from guestabi.cli import planfile, progress, workers
    from guestabi.errors import UsageError
    from guestabi.fleet.plan.proof import prove
    from guestabi.report.html import plan

    if given.plans:
        raise UsageError("more than one plan", hint="make a page of each")
    with progress.counter("looking at every way", quiet) as tell:
        proof = prove(planfile.load(path), tell, share=workers.forked)
    given.plans.append(proof)
    given.hosts += plan.profiles(proof)
    by_name = {config.policy.name: config.policy for config in proof.plan.configs}
    given.policies += by_name.values()
    given.title = proof.plan.name


def _add_results(given: _Given, path: str) -> bool:
    """Take in what ``lab matrix`` wrote; False: it is something else."""
    import os

    if not (path.endswith(".json") and os.path.isfile(path)):
        return False
    from guestabi.profile import files
    from guestabi.report.html import results

    content = files.content(path)
    if not results.is_results(content):
        return False
    found, compared = results.parse(content, path)
    if not compared:
        from guestabi.lab import agreement

        found = agreement.compare_all(found)
    given.results.append(found)
    return True
