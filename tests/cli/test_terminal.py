"""Colour where it is wanted and nowhere else, and nothing lost where there is little room."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import click
import pytest

from cli.commands import leaves
from cli.conftest import spawn
from cli.terminals import environment, on_terminal

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "examples" / "kernel-upgrade" / "plan.toml"
OLD, NEW = "debian-7.2/neoverse-n1", "debian-7.3/neoverse-n1"
FLEET = "FLEET"
BASELINE = "BASELINE"

RESULTS = {
    ("check",): (OLD, NEW),
    ("matrix",): ("debian-7.2/a64fx", OLD, NEW),
    ("baseline", "make"): ("--allow-dead", OLD, NEW),
    ("baseline", "admit"): (BASELINE, "debian-6.12/neoverse-n1"),
    ("plan", "check"): (PLAN,),
    ("plan", "repair"): (PLAN,),
    ("fleet", "check"): (FLEET, PLAN),
    ("fleet", "list"): (FLEET,),
    ("fleet", "classes"): (FLEET,),
    ("fleet", "census"): (FLEET, "PSCI_VERSION"),
    ("fleet", "query"): (FLEET, "--builtin", "kernels"),
    ("diff",): (OLD, NEW),
    ("show",): (NEW,),
    ("regs", "list"): ("PMU",),
    ("regs", "show"): ("ID_AA64PFR0_EL1",),
    ("regs", "history"): ("ID_AA64PFR0_EL1",),
    ("atlas", "list"): (),
    ("model", "check"): ("--design", "per-vcpu", "--versions", "2"),
}
"""Each command that shows a result to people, and what it is asked here."""

ELSEWHERE = {
    ("capture",): "its result is a profile",
    ("rehearse",): "needs /dev/kvm",
    ("import",): "its result is a profile",
    ("plan", "new"): "its result is a plan",
    ("plan", "show"): "its result is a picture",
    ("fleet", "add"): "changes the fleet",
    ("completion",): "its result is a script",
    ("serve",): "shows pages",
    ("report",): "its result is a page",
}
"""Commands that show no result here, and why."""

FRAMES = frozenset("─━│╭╮╰╯╺╸┼")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A fleet of two hosts, and a baseline."""
    pytest.importorskip("duckdb", reason="guestabi[fleet] is not installed")
    path = tmp_path_factory.mktemp("terminal")
    for words in (["fleet", "add", path / "fleet", OLD, NEW], ["baseline", OLD, "-o", path / "b"]):
        done = spawn(*words)
        assert (done.returncode, done.stderr) == (0, b"")
    return path


@pytest.fixture(params=RESULTS, ids=" ".join)
def words(request, folder) -> list[str]:
    """One command line."""
    places = {FLEET: str(folder / "fleet"), BASELINE: str(folder / "b")}
    return [*request.param, *(places.get(str(each), str(each)) for each in RESULTS[request.param])]


def letters(text: str) -> Counter[str]:
    """How often each character is there, without blanks and frames."""
    return Counter(text) - Counter({c: len(text) for c in text if c.isspace() or c in FRAMES})


def test_no_command_is_forgotten():
    """Each shows a result here, or says why not; the lab's are shown by the same means."""
    known = {*RESULTS, *ELSEWHERE}
    assert {path for path, _ in leaves() if path[0] not in ("lab", "report")} <= known
    assert set(RESULTS) <= {path for path, _ in leaves()}


def test_colour_where_it_is_wanted_and_nothing_lost(words):
    """A pipe gets no escape sequence, even where FORCE_COLOR is set; a terminal of 40 columns gets
    them; one of 80 with NO_COLOR no colour. Each shows every character that the others show, and
    no wider than it is: but for the matrix, the grid of which wraps where the terminal does, and
    files that are printed as they are.
    """
    piped = spawn(*words, env=environment(FORCE_COLOR="1", TTY_COMPATIBLE="1"))
    assert b"\x1b" not in piped.stdout + piped.stderr
    wanted = letters(piped.stdout.decode())
    assert wanted
    narrow, wide = on_terminal(*words, columns=40), on_terminal(*words, columns=80, NO_COLOR="1")
    assert "\x1b[" in narrow.raw
    assert not wide.coloured
    for shown, columns in ((narrow, 40), (wide, 80)):
        assert shown.status == piped.returncode
        assert letters(shown.last) == wanted
        if words[:1] != ["matrix"] and words[:2] != ["plan", "repair"]:
            assert max(map(len, shown.last.splitlines())) <= columns


def test_the_rule_can_fail():
    """There is colour to find, and a lost word is a difference."""
    assert on_terminal("check", OLD, NEW).coloured
    assert letters("PMMIR_EL1 is new") != letters("PMMIR_E… is new")


def test_no_colour_on_a_terminal_that_has_none():
    """TERM=dumb."""
    assert "\x1b" not in on_terminal("check", OLD, NEW, TERM="dumb").raw


def test_no_colour_in_a_file(tmp_path):
    """What -o names gets none, whatever the terminal."""
    file = tmp_path / "out.txt"
    shown = on_terminal("check", OLD, NEW, "-o", str(file), FORCE_COLOR="1")
    assert shown.status == 100
    assert "PMMIR_EL1" in file.read_text()
    assert "\x1b" not in file.read_text()


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("path", [(), *(path for path, _ in leaves())], ids=" ".join)
def test_help_has_room(path, columns):
    """Help of every command fits on 80 columns, and nothing of it is cut on 40, where the terminal
    wraps the choices of an option and lists that stand as they are.
    """
    shown = helped(path, columns)
    assert "Usage" in shown
    assert "…" not in shown
    assert columns < 80 or max(map(len, shown.splitlines())) <= columns
    command = dict(leaves()).get(path)
    for option in command.params if command else ():
        if isinstance(option, click.Option):
            assert max(option.opts, key=len) in shown


def helped(path: tuple[str, ...], columns: int) -> str:
    """Help as a terminal shows it, of all commands in one process for each width."""
    if columns not in _HELP:
        code = (
            "import sys\nfrom guestabi.cli.main import run\nfrom cli.commands import leaves\n"
            "for path in [(), *(path for path, _ in leaves())]:\n"
            "    print('\\f', *path)\n    run([*path, '--help'])\n"
        )
        from cli import terminals

        env = environment()
        env["PYTHONPATH"] += f":{ROOT / 'tests'}"
        text = terminals.spawn([sys.executable, "-c", code], columns, env).text
        pages = (page.split("\n", 1) for page in text.split("\f")[1:])
        _HELP[columns] = {head.strip(): page for head, page in pages}
    return _HELP[columns][" ".join(path)]


_HELP: dict[int, dict[str, str]] = {}


def test_help_obeys_too():
    """Colour on a terminal; none with NO_COLOR, none in a pipe."""
    assert on_terminal("check", "--help").coloured
    assert not on_terminal("check", "--help", NO_COLOR="1").coloured
    assert b"\x1b" not in spawn("check", "--help", env=environment(FORCE_COLOR="1")).stdout


def test_errors_obey_too():
    """An error is plain text wherever it goes; usage on standard error follows its own stream."""
    assert "\x1b" not in on_terminal("chek").raw
    command = [sys.executable, "-m", "guestabi.cli.main"]
    from cli import terminals

    piped = ["sh", "-c", 'exec 3>&1; "$@" 2>&1 >&3 | cat', "sh", *command]
    shown = terminals.spawn(piped, 80, environment())
    assert "Usage" in shown.text
    assert "\x1b" not in shown.raw
    done = subprocess.run(command, capture_output=True, env=environment(), check=False)
    assert b"\x1b" not in done.stderr
