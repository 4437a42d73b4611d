"""``guestabi capture``."""

from __future__ import annotations

import click

from guestabi.cli import emit, options
from guestabi.cli.help import command as make

STAGES = 4
"""The VM, the first reading, the sweep of values, windows and what guest code sees."""


@make("capture")
@click.option("--features", metavar="NAMES", help="vCPU features, by comma (default: the host's).")
@click.option("--name", default="", help="A name to record in the profile.")
@click.option("--device", default="/dev/kvm", show_default=True, help="KVM's device node.")
@click.option("--no-guest", is_flag=True, help="Run no guest code, and do without its answers.")
@options.output
@options.quiet()
def command(
    features: str | None, name: str, device: str, no_guest: bool, output: str | None, quiet: bool
) -> None:
    """Measure this host's KVM into a profile, on throw-away VMs.

    Guest code of a few thousand instructions runs in one of them and says what it finds.

    The profile goes to standard output or FILE. Needs read-write on the device, and nothing else.
    On hosts where nothing may be installed, guestabi-capture.pyz does the same in one file.
    """
    from guestabi.cli.progress import watch
    from guestabi.probe.standalone import measure_here
    from guestabi.profile import canonical

    chosen = features.split(",") if features else None
    with watch("stages", STAGES, quiet=quiet) as watched:

        def say(line: str) -> None:
            watched.say(line)
            watched.step()

        profile = measure_here(
            features=chosen, name=name, device=device, guest=not no_guest, progress=say
        )
        say(f"{len(profile['registers'])} registers measured; no VM is left")
    emit.text(canonical.to_text(profile), output)
