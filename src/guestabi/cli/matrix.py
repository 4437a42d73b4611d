"""``guestabi matrix``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Sequence

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import command as make
from guestabi.errors import UsageError

if TYPE_CHECKING:
    from guestabi.cli.progress import Told
    from guestabi.policies import Policy
    from guestabi.profile.host import HostProfile
    from guestabi.report.grid import Grid

STYLES = ("text", "json", "svg")

_REASONS = 4

MANY = 200
"""For more hosts all pairs are answered at once, where numpy is there, and answered the same."""


@make("matrix")
@click.argument("profiles", nargs=-1, metavar="P...", shell_complete=names.profiles)
@click.option(
    "--cpu",
    metavar="NAME",
    help="Every series' newest capture of that CPU model.",
    shell_complete=names.cpus,
)
@options.vmm
@click.option(
    "--question", type=click.Choice(options.QUESTIONS), default="forward", show_default=True
)
@click.option(
    "--format", "style", type=click.Choice(STYLES), help="Default: by the output's suffix, or text."
)
@options.output
@options.quiet()
def command(
    profiles: tuple[str, ...],
    cpu: str | None,
    vmm: str,
    question: str,
    style: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Every pair at once: rows from, columns to.

    A report, not a check: the exit status is 0 whatever it shows.
    """
    policy = options.policy(vmm)
    hosts = _hosts(profiles, cpu, quiet)
    chosen = style or options.by_suffix(output, STYLES)
    grid = _grid(hosts, policy, question, reasons=chosen == "svg", quiet=quiet)
    _put(grid, chosen, output)


def _hosts(given: Sequence[str], cpu: str | None, quiet: bool) -> list[HostProfile]:
    chosen = list(given)
    if cpu is not None:
        from guestabi import atlas

        chosen += [entry.name for entry in atlas.newest_of_each_series(cpu)]
    if not chosen:
        raise UsageError(
            "no profiles to compare",
            hint="name some, or take the shipped ones with --cpu neoverse-n1",
        )
    return options.profiles(chosen, quiet)


def _grid(
    hosts: Sequence[HostProfile], policy: Policy, question: str, *, reasons: bool, quiet: bool
) -> Grid:
    from guestabi.cli import progress
    from guestabi.compat import verdict
    from guestabi.report import grid

    def why(a: HostProfile, b: HostProfile) -> tuple[str, ...]:
        found = verdict.check(a, b, policy).questions[question].findings
        said = [finding.title for finding in found]
        more = len(said) - _REASONS
        return (*said[:_REASONS], *((f"and {more} more",) if more > 0 else ()))

    with progress.counter("weighing moves", quiet) as tell:
        verdicts = _verdicts(hosts, policy, question, tell)
    if not reasons:
        return grid.build(hosts, policy.name, question, verdicts)
    asked = sum(verdict != "same" for row in verdicts for verdict in row)
    with progress.watch("reasons", asked, quiet=quiet) as watched:

        def counted(a: HostProfile, b: HostProfile) -> tuple[str, ...]:
            watched.step()
            return why(a, b)

        return grid.build(hosts, policy.name, question, verdicts, counted)


def _verdicts(
    hosts: Sequence[HostProfile], policy: Policy, question: str, tell: Told | None
) -> list[list[str]]:
    if len(hosts) > MANY and find_spec("numpy"):
        from guestabi.compat import bulk, effects

        ranks = bulk.matrix(hosts, policy, progress=tell).ranks[question].tolist()
        return [[effects.ORDER[rank] for rank in row] for row in ranks]
    from guestabi.compat.matrix import Engine

    engine, found = Engine(policy), []
    for number, a in enumerate(hosts, 1):
        found.append([engine.verdicts(a, b)[question] for b in hosts])
        if tell is not None:
            tell(number, len(hosts))
    return found


def _put(grid: Grid, style: str, output: str | None) -> None:
    if style == "json":
        emit.data(grid.to_builtins(), output)
    elif style == "svg":
        from guestabi.report import matrix_svg

        emit.text(matrix_svg.render(grid), output)
    else:
        from guestabi.report import grid_text

        emit.show(grid_text.render(grid), output)
