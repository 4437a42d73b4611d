"""``guestabi model``: the designs of a VM-scoped register interface, argued by exploration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, options
from guestabi.cli.help import group
from guestabi.errors import UnknownName

if TYPE_CHECKING:
    from guestabi.model.explore import Bound
    from guestabi.model.semantics import Design
    from guestabi.model.table import Cell


@group("model")
def command() -> None:
    """Executable kernels, and the designs of the interface."""


@command.command("check")
@click.option("--design", "designs", multiple=True, metavar="D", help="That design alone.")
@click.option("--explain", metavar="P", help="The stories of one property's failures, e.g. P3.")
@click.option(
    "--versions",
    type=click.IntRange(2, 4),
    default=3,
    show_default=True,
    help="Kernel versions, and VMM versions.",
)
@options.formats("text", "json")
@options.output
@options.quiet()
def check(
    designs: tuple[str, ...],
    explain: str | None,
    versions: int,
    style: str,
    output: str | None,
    quiet: bool,
) -> None:
    """Which design keeps which promise, under every behaviour of VMMs?

    Explores every interleaving of boot, set, run, save, load, and upgrades and rollbacks of
    kernels and VMMs on two hosts. Every failure is replayed. A report, not a check: the exit
    status is 0 whatever it shows.
    """
    from guestabi.model import table
    from guestabi.model.explore import Bound
    from guestabi.model.properties import PROPERTIES

    rows = table.chosen(designs)
    if explain is not None and explain not in PROPERTIES:
        raise UnknownName("property", explain, PROPERTIES)
    bound = Bound(kernels=versions, vmms=versions)
    columns = dict(zip((row.name for row in rows), _columns(rows, bound, quiet), strict=True))
    if style == "json":
        emit.data(table.to_builtins(columns, bound), output)
        return
    _show(columns, rows, explain, bound, output)


def _show(
    columns: dict[str, dict[str, Cell]],
    rows: Sequence[Design],
    explain: str | None,
    bound: Bound,
    output: str | None,
) -> None:
    from rich.console import Group, RenderableType
    from rich.text import Text

    from guestabi.model.properties import PROPERTIES
    from guestabi.report import model_text

    if explain is not None:
        emit.show(model_text.stories(columns, [explain]), output)
        return
    names = {row.id: row.name for row in PROPERTIES.values()}
    parts: list[RenderableType] = [model_text.render(columns, names, bound)]
    for row in rows:
        parts += [Text(""), model_text.one_design(row.name, row.title, columns[row.name])]
    if len(rows) == 1:
        parts += [Text(""), model_text.stories(columns, list(PROPERTIES))]
    emit.show(Group(*parts), output)


def _columns(rows: Sequence[Design], bound: Bound, quiet: bool) -> list[dict[str, Cell]]:
    from guestabi.cli import progress, workers
    from guestabi.model.table import column

    found = []
    with progress.watch("designs", len(rows), quiet=quiet) as watched:
        for cells in workers.forked(lambda row: column(row, bound), rows):
            found.append(cells)
            watched.step()
    return found
