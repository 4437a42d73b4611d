"""``guestabi matrix``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Sequence

import click

from guestabi.cli import emit, options
from guestabi.cli.help import command as make
from guestabi.errors import UsageError

if TYPE_CHECKING:
    from guestabi.policies import Policy
    from guestabi.profile.host import HostProfile
    from guestabi.report.grid import Grid

STYLES = ("text", "json", "svg")

_REASONS = 4

MANY = 200
"""For more hosts all pairs are answered at once, where numpy is there, and answered the same."""


@make("matrix")
@click.argument("profiles", nargs=-1, metavar="P...")
@click.option("--cpu", metavar="NAME", help="Every series' newest capture of that CPU model.")
@options.vmm
@click.option(
    "--question", type=click.Choice(options.QUESTIONS), default="forward", show_default=True
)
@click.option(
    "--format", "style", type=click.Choice(STYLES), help="Default: by the output's suffix, or text."
)
@options.output
def command(
    profiles: tuple[str, ...],
    cpu: str | None,
    vmm: str,
    question: str,
    style: str | None,
    output: str | None,
) -> None:
    """Every pair at once: rows from, columns to.

    A report, not a check: the exit status is 0 whatever it shows.
    """
    from guestabi import policies

    policy = policies.load(vmm)
    hosts = _hosts(profiles, cpu)
    chosen = style or options.by_suffix(output, STYLES)
    _put(_grid(hosts, policy, question, reasons=chosen == "svg"), chosen, output)


def _hosts(names: Sequence[str], cpu: str | None) -> list[HostProfile]:
    chosen = list(names)
    if cpu is not None:
        from guestabi import atlas

        chosen += [entry.name for entry in atlas.newest_of_each_series(cpu)]
    if not chosen:
        raise UsageError(
            "no profiles to compare",
            hint="name some, or take the shipped ones with --cpu neoverse-n1",
        )
    return [options.profile(name) for name in chosen]


def _grid(hosts: Sequence[HostProfile], policy: Policy, question: str, *, reasons: bool) -> Grid:
    from guestabi.compat import verdict
    from guestabi.report import grid

    def why(a: HostProfile, b: HostProfile) -> tuple[str, ...]:
        found = verdict.check(a, b, policy).questions[question].findings
        said = [finding.title for finding in found]
        more = len(said) - _REASONS
        return (*said[:_REASONS], *((f"and {more} more",) if more > 0 else ()))

    verdicts = _verdicts(hosts, policy, question)
    return grid.build(hosts, policy.name, question, verdicts, why if reasons else None)


def _verdicts(hosts: Sequence[HostProfile], policy: Policy, question: str) -> list[list[str]]:
    if len(hosts) > MANY and find_spec("numpy"):
        from guestabi.compat import bulk, effects

        ranks = bulk.matrix(hosts, policy).ranks[question].tolist()
        return [[effects.ORDER[rank] for rank in row] for row in ranks]
    from guestabi.compat import matrix

    return [[cell[question] for cell in row] for row in matrix.matrix(hosts, policy)]


def _put(grid: Grid, style: str, output: str | None) -> None:
    if style == "json":
        emit.data(grid.to_builtins(), output)
    elif style == "svg":
        from guestabi.report import matrix_svg

        emit.text(matrix_svg.render(grid), output)
    else:
        from guestabi.report import grid_text

        emit.show(grid_text.render(grid), output)
