"""Whoever waits at a terminal sees how far it is and how long it will take; nobody else does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from cli import terminals
from cli.commands import leaves
from cli.conftest import spawn
from cli.terminals import ESCAPE, Screen, environment, on_terminal
from guestabi import atlas

ROOT = Path(__file__).resolve().parents[2]
PLAN = str(ROOT / "examples" / "kernel-upgrade" / "plan.toml")
MANY = [name for name in atlas.names() if name.endswith("/neoverse-n1")]
MANY *= 1 + 20 // len(MANY)

LONG = {
    ("plan", "check"): ([PLAN], "looking at every way"),
    ("plan", "repair"): ([PLAN], "trying repairs"),
    ("plan", "show"): ([PLAN], "looking at every way"),
    ("model", "check"): (["--design", "per-vcpu", "--versions", "2"], "designs"),
    ("matrix",): ([*MANY], "weighing moves"),
    ("baseline", "make"): ([*MANY], "reading profiles"),
    ("fleet", "add"): (["FLEET", *dict.fromkeys(MANY)], "reading profiles"),
}
"""Commands that may take long on this machine, and what they say they do."""

FIGURES = re.compile(r"\d+/\d+ .*?(\d:\d\d:\d\d|-:--:--)")

SILENT = "Print nothing: only the exit status tells."


@pytest.fixture(params=LONG, ids=" ".join)
def long(request, tmp_path) -> tuple[list[str], str]:
    """One of them: the command line, and what it says it does."""
    words, what = LONG[request.param]
    if "FLEET" in words:
        pytest.importorskip("duckdb", reason="guestabi[fleet] is not installed")
    places = {"FLEET": str(tmp_path / "fleet")}
    return [*request.param, *(places.get(each, each) for each in words)], what


def told(shown: Screen, what: str) -> list[str]:
    """What a terminal showed of progress."""
    lines = re.split(r"[\r\n]+", ESCAPE.sub("", shown.raw))
    return [line for line in lines if line.startswith(what) and FIGURES.search(line)]


@pytest.mark.parametrize("columns", [40, 80])
def test_progress_with_time_left(long, columns):
    """How many of how many, and the time left; gone in the end."""
    words, what = long
    shown = on_terminal(*words, columns=columns)
    assert shown.status in (0, 100)
    assert told(shown, what)
    assert what not in shown.last


def test_none_for_who_does_not_look(long):
    """--quiet, and standard error that is no terminal: nothing is said of it."""
    words, what = long
    quiet = on_terminal(*words, "--quiet")
    assert quiet.status in (0, 100)
    assert not told(quiet, what)
    piped = spawn(*words)
    assert piped.stderr == b""


def test_a_bar_says_how_long():
    """Some steps into it there is a figure of the time left, on narrow terminals too."""
    code = (
        "import time\nfrom guestabi.cli import progress\n"
        "with progress.counter('looking at every way', False) as tell:\n"
        "    for i in range(8):\n        time.sleep(0.15)\n        tell(i + 1, 8)\n"
    )
    for columns in (40, 80):
        shown = terminals.spawn([sys.executable, "-c", code], columns, environment())
        lines = told(shown, "looking at every way")
        assert any(re.search(r" [1-7]/8 .*0:00:0\d", line) for line in lines), lines
        assert not any("…" in line for line in lines)


CAPTURE = """
import sys
from fake_kernel import FakeKvm, Row
from guestabi.cli.main import run
from guestabi.probe import standalone
standalone.KvmDevice = lambda device: FakeKvm({0x603000000013DE82: Row(0)})
sys.exit(run(["capture", "-o", sys.argv[1], *sys.argv[2:]]))
"""


def test_a_capture_tells_its_stages(tmp_path):
    """Stages on a terminal, with a bar; lines in a pipe, as ever; nothing with --quiet."""
    env = environment()
    env["PYTHONPATH"] += f":{ROOT / 'tests'}"
    command = [sys.executable, "-c", CAPTURE, str(tmp_path / "host.json")]
    shown = terminals.spawn(command, 80, env)
    assert shown.status == 0
    assert told(shown, "stages")[-1].startswith("stages")
    assert "4/4" in told(shown, "stages")[-1]
    assert "1 registers measured; no VM is left" in shown.text
    quiet = terminals.spawn([*command, "--quiet"], 80, env)
    assert (quiet.status, quiet.raw) == (0, "")


def test_quiet_is_said_alike():
    """What may take long or notes something has -q, --quiet; with a verdict it prints nothing."""
    said = {}
    for path, command in leaves():
        (quiet,) = [each for each in command.params if each.name == "quiet"] or [None]
        if quiet is not None:
            assert quiet.opts == ["-q", "--quiet"], path
            said[path] = quiet.help
    assert {*LONG, ("capture",), ("rehearse",), ("import",)} <= set(said)
    verdicts = {("check",), ("plan", "check"), ("fleet", "check"), ("baseline", "admit")}
    assert {path for path, words in said.items() if words == SILENT} == verdicts
    assert all(path in said for path, _ in leaves() if path[0] == "lab")
