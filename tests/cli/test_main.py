"""guestabi.cli.main: help, errors in one line, exit codes."""

from __future__ import annotations

import importlib
import signal
import subprocess
import sys

import pytest

import guestabi
from cli.conftest import spawn
from guestabi.cli import main


def test_every_command_of_the_table_exists_and_is_alone_in_its_module():
    """A row that names no module, or a module without a command, is a broken promise."""
    for name, row in main.COMMANDS.items():
        command = importlib.import_module(f"guestabi.cli.{row.module}").command
        assert command.name == name


def test_help_lists_every_command_with_its_words(run):
    """The table is what help shows."""
    result = run("--help")
    assert result.status == 0
    widest = max(map(len, main.COMMANDS))
    for name, row in main.COMMANDS.items():
        assert f"{name.ljust(widest)}  {row.help}" in result.out


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_has_help(run, name):
    """--help works everywhere and needs nothing."""
    result = run(name, "--help")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"Usage: guestabi {name} ")


def test_help_imports_no_command():
    """Listing the commands costs neither rich nor msgspec nor any command's module."""
    code = (
        "import sys\nfrom guestabi.cli.main import run\nrun(['--help'])\n"
        "heavy = {'rich', 'rich_click', 'msgspec', 'jinja2', 'guestabi.cli.check'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(main.__file__).rsplit("/guestabi/", 1)[0]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_version(run):
    """The package's version."""
    assert run("--version") == (0, f"guestabi {guestabi.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["chek"], "no command is called 'chek'", "did you mean check?"),
        (["zzzz"], "no command is called 'zzzz'", "guestabi --help lists the commands"),
        (["--bogus"], "No such option '--bogus'.", "guestabi --help says how"),
        (["show"], "Missing argument 'PROFILE'.", "guestabi show --help says how"),
        (
            ["regs", "show", "PMMIR_EL"],
            "no register is called 'PMMIR_EL'",
            "did you mean PMMIR_EL1",
        ),
    ],
)
def test_bad_usage_is_one_line_a_hint_and_two(run, arguments, message, hint):
    """Never a traceback; the nearest name is offered; exit status 2; nothing on stdout."""
    result = run(*arguments)
    assert (result.status, result.out) == (2, "")
    first, second = result.err.splitlines()
    assert first == f"guestabi: error: {message}"
    assert second.startswith(f"  hint: {hint}")


def test_no_arguments_is_an_error_that_shows_help(run):
    """Zero inputs is an error."""
    result = run()
    assert (result.status, result.out) == (2, "")
    assert "Usage: guestabi" in result.err


def test_errors_cannot_steer_the_terminal(run):
    """What the user typed is shown neutralised."""
    result = run("ch\x1b[31mek\nx")
    assert "\x1b" not in result.err
    assert len(result.err.splitlines()) == 2


def test_a_bug_is_one_line_too(run, monkeypatch):
    """An unexpected exception asks for a report; GUESTABI_DEBUG shows the traceback."""
    monkeypatch.delenv("GUESTABI_DEBUG", raising=False)
    monkeypatch.setattr(main, "_load", lambda name: 1 / 0)
    result = run("show")
    assert result.status == 1
    assert result.err.splitlines()[0] == (
        "guestabi: error: internal error, please report: ZeroDivisionError: division by zero"
    )
    monkeypatch.setenv("GUESTABI_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("show")


def test_interrupt_is_quiet(run, monkeypatch):
    """Ctrl-C says nothing, beyond click's line break after ^C, and exits 130."""

    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "_load", interrupted)
    result = run("show")
    assert (result.status, result.out, result.err.strip()) == (130, "", "")
    assert signal.SIGINT + 128 == main.INTERRUPTED


def test_a_closed_pipe_is_quiet():
    """``guestabi regs list | head -1`` ends without words."""
    code = f"{sys.executable} -m guestabi.cli.main regs list --format json | head -c 1"
    done = subprocess.run(
        ["sh", "-c", code],
        env={"PYTHONPATH": str(main.__file__).rsplit("/guestabi/", 1)[0]},
        capture_output=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (b"[", b"")


def test_a_full_disk_is_said():
    """A result that could not be written is no success."""
    with open("/dev/full", "wb") as full:
        done = spawn("regs", "list", stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith(b"guestabi: error: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_encoding_without_the_symbols_loses_only_them():
    """On a Latin-1 terminal the answer still arrives."""
    done = spawn("regs", "show", "PMMIR_EL1", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"PMMIR_EL1" in done.stdout
