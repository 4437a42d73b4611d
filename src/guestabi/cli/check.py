"""``guestabi check``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import command as make

if TYPE_CHECKING:
    from guestabi.compat.verdict import Check


@make("check")
@click.argument("a", metavar="A", shell_complete=names.profiles)
@click.argument("b", metavar="B", shell_complete=names.profiles)
@options.vmm
@click.option(
    "--pin",
    metavar="FILE",
    help="Pins in place of the baseline: JSON or TOML.",
    shell_complete=names.files,
)
@click.option(
    "--waivers",
    metavar="FILE",
    help="Findings that are accepted, with reasons: TOML.",
    shell_complete=names.files,
)
@click.option("--question", type=click.Choice(options.QUESTIONS), help="Ask only this one.")
@options.formats("text", "json", "junit", "sarif")
@options.output
@options.quiet("Print nothing: only the exit status tells.")
def command(
    a: str,
    b: str,
    vmm: str,
    pin: str | None,
    waivers: str | None,
    question: str | None,
    style: str,
    output: str | None,
    quiet: bool,
) -> int:
    """Can a guest go from A (old) to B (new), come back, and be rolled back?

    \b
    forward   born on A, moves to B
    return    born on A, was on B, comes back to A
    rollback  born on B, moves to A
    pinned    born on B with the A∩B baseline pinned, moves to A

    A pin file maps registers to values: JSON {"0x6030000000140000": "0x10001"}, or TOML with
    PSCI_VERSION = "0x10001" under [pins].

    Exit status: 0 safe, 100 unsafe findings, 101 cannot tell.
    """
    result = _check(a, b, vmm, pin, waivers, question)
    if not quiet:
        _put(result, style, output)
    return result.exit_status()


def _check(
    a: str, b: str, vmm: str, pin: str | None, waivers: str | None, question: str | None
) -> Check:
    from guestabi.compat import verdict
    from guestabi.compat import waivers as waiving

    policy = options.policy(vmm)
    pins = None if pin is None else _pins(pin)
    accepted = () if waivers is None else waiving.load(waivers)
    source, destination = options.profile(a), options.profile(b)
    found = verdict.check(source, destination, policy, pins=pins, waivers=accepted)
    if question is None:
        return found
    return replace(found, questions={question: found.questions[question]})


def _pins(path: str) -> dict[int, int]:
    from guestabi.cli import pinfile

    return pinfile.load(path)


def _put(result: Check, style: str, output: str | None) -> None:
    if style == "json":
        emit.data(result.to_builtins(), output)
    elif style == "junit":
        from guestabi.report import junit

        emit.text(junit.render(result), output)
    elif style == "sarif":
        from guestabi.report import sarif

        emit.data(sarif.render(result), output)
    else:
        from guestabi.report import check_text

        emit.show(check_text.render(result), output)
