"""``guestabi plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import group

if TYPE_CHECKING:
    from guestabi.fleet.plan.proof import Proof


@group("plan")
def command() -> None:
    """Prove that a rollout can be undone at every step, or tell the story that breaks it."""


@command.command("check")
@click.argument("plan", metavar="PLAN.toml", shell_complete=names.files)
@options.formats("text", "json", "junit", "sarif")
@options.output
@options.quiet("Print nothing: only the exit status tells.")
def check(plan: str, style: str, output: str | None, quiet: bool) -> int:
    """Look at every way that the rollout can go for a guest, undone steps included.

    \b
    unchanged  no guest's ABI ever changes
    leaves     every guest can always leave its host
    undone     every step can be undone
    starts     a guest can start wherever guests are born

    Exit status: 0 proved, 100 broken, 101 cannot tell, or no guest goes anywhere.
    """
    from guestabi.cli import planfile, progress, workers
    from guestabi.fleet.plan.proof import prove

    with progress.counter("looking at every way", quiet) as tell:
        proof = prove(planfile.load(plan), tell, share=workers.forked)
    if not quiet:
        put(proof, style, output)
    return proof.exit_status()


def put(proof: Proof, style: str, output: str | None) -> None:
    """Put a proof out in one of the styles of ``plan check``."""
    if style == "json":
        emit.data(proof.to_builtins(), output)
    elif style == "junit":
        from guestabi.report.junit import plan as junit

        emit.text(junit.render(proof), output)
    elif style == "sarif":
        from guestabi.report.sarif import plan as sarif

        emit.data(sarif.render(proof), output)
    else:
        from guestabi.report import plan_text

        emit.show(plan_text.render(proof), output)


@command.command("new")
@click.option(
    "--from",
    "before",
    required=True,
    metavar="KERNEL",
    help="Series, or a profile.",
    shell_complete=names.series,
)
@click.option(
    "--to",
    "after",
    metavar="KERNEL",
    help="Series, or a profile. Default: the same.",
    shell_complete=names.series,
)
@options.vmm
@click.option(
    "--to-vmm",
    metavar="VMM",
    help="The VMM afterwards. Default: the same.",
    shell_complete=names.vmms,
)
@click.option(
    "--cpu",
    default="neoverse-n1",
    show_default=True,
    help="For a series: which CPU.",
    shell_complete=names.cpus,
)
@click.option("--hosts", type=click.IntRange(min=4), default=100, show_default=True)
@options.output
def new(
    before: str,
    after: str | None,
    vmm: str,
    to_vmm: str | None,
    cpu: str,
    hosts: int,
    output: str | None,
) -> None:
    """Write a plan to begin with: canary, half, all, each step undoable."""
    from guestabi import policies
    from guestabi.errors import UsageError
    from guestabi.fleet.plan import template

    if after is None and to_vmm is None:
        raise UsageError("nothing would change", hint="give --to, --to-vmm, or both")
    old, new_ = (None if each is None else _profile(each, cpu) for each in (before, after))
    for name in (vmm, to_vmm):
        if name is not None and not name.endswith(".toml"):
            policies.load(name)
    changes = [f"{a} to {b}" for a, b in ((before, after), (vmm, to_vmm)) if b is not None]
    if after is not None and to_vmm is None:
        changes[0] += f" under {vmm}"
    assert old is not None
    emit.text(template.new(", ".join(changes), old, new_, vmm, to_vmm, hosts, after), output)


def _profile(said: str, cpu: str) -> str:
    """The name of a profile that was given as one, or as a kernel series."""
    if said.replace(".", "").isdigit():
        said = f"debian-{said}/{cpu}"
    options.profile(said)
    return said


@command.command("repair")
@click.argument("plan", metavar="PLAN.toml", shell_complete=names.files)
@options.formats("text", "json")
@click.option("-o", "--output", type=click.Path(), help="Write the repaired plan there.")
@options.quiet()
def repair(plan: str, style: str, output: str | None, quiet: bool) -> int:
    """Look for what mends it: pins, order, a newer VMM first, a hop over another kernel, gates,
    reboots of guests that are stuck. What is found was proved anew.

    Exit status: 0 repaired (or nothing to repair), 100 none of these repairs it.
    """
    from guestabi.cli import planfile, progress
    from guestabi.compat.verdict import SAFE, UNSAFE
    from guestabi.fleet.plan import repair as mending
    from guestabi.fleet.plan.proof import prove
    from guestabi.fleet.plan.written import to_toml

    with progress.counter("looking at every way", quiet) as tell:
        proof = prove(planfile.load(plan), tell)
    if proof.verdict == "proved":
        put(proof, style, None)
        return SAFE
    with progress.counter("trying repairs", quiet) as tell:
        found = mending.repair(proof, planfile.sources(plan), tell)
    if found.proof is not None and output is not None:
        words = "\n".join(f"- {edit.words}" for edit in found.edits)
        said = f"{proof.plan.name}, repaired by guestabi plan repair:\n{words}"
        emit.text(to_toml(found.proof.plan.file, {"": said}), output)
    if style == "json":
        emit.data(found.to_builtins())
    else:
        from guestabi.report import plan_text

        emit.show(plan_text.repaired(found, output))
        if found.proof is not None and output is None:
            emit.text("\n" + to_toml(found.proof.plan.file))
    return UNSAFE if found.proof is None else SAFE


@command.command("show")
@click.argument("plan", metavar="PLAN.toml", shell_complete=names.files)
@options.output
@click.option("--bare", is_flag=True, help="Without looking for what breaks it.")
@options.quiet()
def show(plan: str, output: str | None, bare: bool, quiet: bool) -> None:
    """Draw it: time across, host groups down, where guests may be and where they would be stuck.

    An SVG picture, which -o writes to a file.
    """
    from guestabi.cli import planfile, progress
    from guestabi.fleet.plan.search import explore
    from guestabi.report import plan_svg

    loaded = planfile.load(plan)
    with progress.counter("looking at every way", quiet) as tell:
        found = None if bare else explore(loaded, tell)
    emit.text(plan_svg.render(loaded, found), output)
