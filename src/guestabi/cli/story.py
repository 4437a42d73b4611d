"""``guestabi lab story``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, lab_options, names, options
from guestabi.cli.help import command as make

if TYPE_CHECKING:
    from guestabi.fleet.plan.proof import Proof

STORIES = ("vm-one-reg",)


@make("story")
@click.argument("name", type=click.Choice(STORIES))
@lab_options.one_cpu
@click.option("--fresh", is_flag=True, help="Boot everything anew, whatever was seen before.")
@click.option(
    "--plan",
    "folder",
    metavar="DIR",
    help="Leave plans, policies and capture there.",
    shell_complete=names.folders,
)
@options.formats("text", "json")
@options.output
@options.quiet()
def command(
    name: str,
    cpu: str,
    fresh: bool,
    folder: str | None,
    style: str,
    output: str | None,
    quiet: bool,
) -> int:
    """Show on real kernels what a new register does to guests that go up and come home.

    Builds the kernels that are not there (see 'guestabi lab build'), moves real guests between them
    under a VMM that does not know VM-scoped registers and one that does, and checks the rollout of
    such a VMM. Exit status: 0 all went as the design says, 100 something did not.
    """
    from guestabi.cli.progress import watch
    from guestabi.lab import story
    from guestabi.lab.archive import Archive
    from guestabi.lab.build import build
    from guestabi.lab.capture import cores
    from guestabi.lab.recipe import is_name, parse
    from guestabi.report import story_text

    own = [parse(each) for each in story.KERNELS if is_name(each)]
    with watch("objects", None, quiet=quiet) as watched:
        archive = Archive(progress=watched.say)
        for wanted in own:
            build(archive, wanted, jobs=cores(), step=watched.step)
    with watch("boots", story.BOOTS, quiet=quiet) as watched:
        archive = Archive(progress=watched.say)
        told = story.tell(archive, cpu, step=watched.step, fresh=fresh)
    with _folder(folder) as there:
        proofs = _rollouts(there, told.rollout)
    as_told = told.as_told and [each.verdict for _, each in proofs] == ["broken", "proved"]
    plain = {**told.to_builtins(), "as_told": as_told}
    if style == "json":
        rollouts = {file: proof.to_builtins() for file, proof in proofs}
        emit.data({**plain, "rollouts": rollouts}, output)
    else:
        emit.show(story_text.render(plain, proofs), output)
    return 0 if as_told else 100


@contextmanager
def _folder(path: str | None) -> Iterator[Path]:
    if path is None:
        with TemporaryDirectory(prefix="guestabi-story-") as name:
            yield Path(name)
        return
    Path(path).mkdir(parents=True, exist_ok=True)
    yield Path(path)


def _rollouts(folder: Path, files: Mapping[str, str]) -> list[tuple[str, Proof]]:
    """Write a rollout's files, and prove its plans."""
    from guestabi.cli import planfile
    from guestabi.fleet.plan.proof import prove
    from guestabi.lab import rollback
    from guestabi.profile.writing import write_text

    for name, text in files.items():
        write_text(folder / name, text)
    names = (rollback.PLAN, rollback.GATED)
    return [(name, prove(planfile.load(str(folder / name)))) for name in names]
