"""Options that several of the lab's commands share."""

from __future__ import annotations

import click

from guestabi.cli import names, options
from guestabi.cli.options import F

CPU = "neoverse-n1"


def kernel(function: F) -> F:
    """Add ``--kernel``."""
    said = (
        "A series (6.12), a version (6.12.117), a release, one of our own (6.12+vm-one-reg), or "
        "all; may be repeated."
    )
    return click.option(
        "--kernel",
        "kernels",
        multiple=True,
        required=True,
        help=said,
        shell_complete=names.series,
    )(function)


def cpu(function: F) -> F:
    """Add ``--cpu``."""
    said = "A QEMU CPU model, or all; may be repeated."
    return click.option(
        "--cpu",
        "cpus",
        multiple=True,
        default=(CPU,),
        show_default=True,
        help=said,
        shell_complete=names.cpus,
    )(function)


vmm = click.option(
    "--vmm",
    default=options.DEFAULT_VMM,
    show_default=True,
    help="The VMM that moves it: qemu-7.2, qemu-10.0, qemu-11.1 or ours.",
    shell_complete=names.vmms,
)
one_kernel = click.option(
    "--kernel",
    required=True,
    help="A series, version, release, or one of our own.",
    shell_complete=names.series,
)
one_cpu = click.option(
    "--cpu",
    default=CPU,
    show_default=True,
    help="A QEMU CPU model.",
    shell_complete=names.cpus,
)
timeout = click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    help="Seconds that one boot may take.",
)
