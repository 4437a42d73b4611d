"""``guestabi rehearse``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import command as make

if TYPE_CHECKING:
    from guestabi.compat.rehearsal import Judged


@make("rehearse")
@click.argument("source", shell_complete=names.profiles)
@click.option("--device", default="/dev/kvm", show_default=True, help="KVM's device node.")
@options.vmm
@options.formats("text", "json")
@options.output
@options.quiet()
def command(source: str, device: str, vmm: str, style: str, output: str | None, quiet: bool) -> int:
    """Restore SOURCE's registers on this host, in a throw-away VM, and read them back.

    SOURCE is a profile: a file, or an atlas name. The answer comes in the findings of
    'guestabi check', but from this kernel's own answers. Exit status as for check.
    """
    from guestabi.compat import rehearsal
    from guestabi.kvm.device import KvmDevice
    from guestabi.probe.rehearse import rehearse

    policy = options.policy(vmm)
    host = options.profile(source)
    with KvmDevice(device) as kvm:
        result = rehearse(kvm, host.to_builtins())
    if not quiet:
        emit.note(f"{len(result['outcomes'])} registers restored; no VM is left")
    return put(rehearsal.judge(host, result, policy), style, output)


def put(judged: Judged, style: str, output: str | None) -> int:
    """Print a judged rehearsal; return the exit status of its verdict."""
    if style == "json":
        emit.data(judged.to_builtins(), output)
    else:
        from guestabi.report import rehearsal_text

        emit.show(rehearsal_text.render(judged), output)
    return judged.exit_status()
