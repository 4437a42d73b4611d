"""``guestabi``: the command table, and the one place where errors become words and exit codes.

Commands are lazy: a module a noun, imported when that command runs, so that ``--help`` and shell
completion never pay for a probe or a VMM.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any, NamedTuple, NoReturn, Sequence

import click

import guestabi
from guestabi.cli.help import SETTINGS, Command, Group
from guestabi.errors import GuestAbiError, UnknownName

INTERRUPTED = 130


class Row(NamedTuple):
    """One command: the module of ``guestabi.cli`` that has it, under which heading, its help."""

    module: str
    panel: str
    help: str


COMMANDS = {
    "capture": Row("capture", "Measure", "Measure this host's KVM into a profile."),
    "rehearse": Row("rehearse", "Measure", "Restore a profile's registers here, in a scratch VM."),
    "import": Row("importing", "Measure", "Make a profile of another program's dump."),
    "check": Row("check", "Decide", "Can a guest go there, and come back?"),
    "matrix": Row("matrix", "Decide", "Every pair of hosts at once."),
    "baseline": Row("baseline", "Decide", "One guest ABI for many hosts, and who may join."),
    "plan": Row("plan", "Decide", "Prove that a rollout can be undone at every step."),
    "fleet": Row("fleet", "Decide", "Many hosts: who shows what, and how many."),
    "diff": Row("diff", "Decide", "What changed between two hosts, by register and field."),
    "report": Row("report", "Look", "One page of all of it, in a browser, without a network."),
    "show": Row("show", "Look", "One profile, or one register of it."),
    "regs": Row("regs", "Look", "The register catalogue, and when each kernel changed what."),
    "atlas": Row("atlas", "Look", "The profiles that ship."),
    "model": Row("model", "Look", "Executable kernels: which design keeps which promise?"),
    "serve": Row("serve", "Look", "A page and a JSON API over a fleet or a folder."),
    "lab": Row("lab", "Lab", "Real arm64 kernels in QEMU."),
    "completion": Row("completion", "Shell", "Complete command lines in bash, zsh and fish."),
}


class LazyGroup(Group):  # type: ignore[misc, valid-type]
    """A group that imports a command only to run it, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        stub = Command(cmd_name, short_help=row.help)
        stub.panel = row.panel  # type: ignore[attr-defined]
        return stub

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, rest = args[0], args[1:]
        if ctx.resilient_parsing and name not in COMMANDS:
            return name, None, rest
        return name, _load(name), rest


def _load(name: str) -> click.Command:
    row = COMMANDS.get(name)
    if row is None:
        raise UnknownName("command", name, COMMANDS, hint="guestabi --help lists the commands")
    command: click.Command = importlib.import_module(f"guestabi.cli.{row.module}").command
    return command


@click.group(cls=LazyGroup, context_settings=SETTINGS)
@click.version_option(guestabi.__version__, prog_name="guestabi", message="%(prog)s %(version)s")
def cli() -> None:
    """Will this guest still find, on that kernel, the machine that it booted on?

    Measures what KVM/arm64 shows to guests, and says whether a guest can move, and come back.
    A profile is a file, or an atlas name such as debian-6.12/neoverse-n1.

    Exit status: 0 safe, 100 unsafe, 101 cannot tell, 2 bad usage or input, 1 anything else.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status; words about errors go to stderr."""
    try:
        status = _invoke(arguments)
        sys.stdout.flush()
        return status
    except GuestAbiError as error:
        return _say(str(error), error.hint, error.exit_status)
    except BrokenPipeError:
        _forget_stdout()
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _forget_stdout()
        return _say(f"{error.filename or 'standard output'}: {error.strerror or error}", "", 1)
    except Exception as error:
        return _internal(error)


def _invoke(arguments: Sequence[str] | None) -> int:
    try:
        status: Any = cli.main(arguments, prog_name="guestabi", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "guestabi"
        return _say(error.format_message(), f"{path} --help says how", error.exit_code)
    except click.Abort:
        return INTERRUPTED
    return status if isinstance(status, int) else 0


def _say(message: str, hint: str, status: int) -> int:
    from guestabi.report.clean import one_line

    print(f"guestabi: error: {one_line(message)}", file=sys.stderr)
    if hint:
        print(f"  hint: {one_line(hint)}", file=sys.stderr)
    return status


def _internal(error: Exception) -> int:
    if os.environ.get("GUESTABI_DEBUG"):
        raise error
    return _say(
        f"internal error, please report: {type(error).__name__}: {error}",
        "set GUESTABI_DEBUG=1 for the traceback",
        1,
    )


def _forget_stdout() -> None:
    # The reader is gone, or the disk is full: the interpreter must not try again as it exits.
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - it lives until the process ends


def main() -> NoReturn:
    """The console script."""
    # Ended by whoever started it, or with its terminal: let the lab end its QEMU processes, as on
    # Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(run())


if __name__ == "__main__":
    main()
