"""guestabi completion: real shells read the script, and the tab key does what it should."""

from __future__ import annotations

import os
import pty
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.commands import leaves
from cli.terminals import SRC, environment
from guestabi import atlas, policies
from guestabi.cli import main
from guestabi.cli.completion import SHELLS, VARIABLE

REQUIRED = "GUESTABI_REQUIRE_SHELLS"


@pytest.fixture(params=SHELLS)
def shell(request) -> str:
    """The name of a shell that is here."""
    return needed(request.param)


def needed(name: str) -> str:
    """``name``, if that program is here."""
    if shutil.which(name) is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set and {name} is not here")
        pytest.skip(f"no {name} here: apt install {name}")
    return name


@pytest.fixture
def env(tmp_path) -> dict[str, str]:
    """An environment with ``guestabi`` on its path, and nobody's settings."""
    program = tmp_path / "bin" / "guestabi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m guestabi.cli.main "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return environment(HOME=str(tmp_path), PATH=path, TERM="dumb", PS1="$ ", PROMPT="$ ")


ASK = {
    "bash": (
        "source <(guestabi completion bash); COMP_WORDS=({words}); "
        "COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _guestabi_completion guestabi; "
        'printf "%s\\n" "${{COMPREPLY[@]}}"'
    ),
    "fish": "guestabi completion fish | source; complete -C '{line}'",
    # What would be listed goes to the functions of zsh's own completion.
    "zsh": (
        "compdef() {{ :; }}; source <(guestabi completion zsh); "
        "_path_files() {{ :; }}; compadd() {{ print -l -- $completions; }}; "
        "_describe() {{ print -l -- $completions_with_descriptions; }}; "
        "words=({words}); CURRENT=$#words; _guestabi_completion"
    ),
}
FLAGS = {"bash": ["--norc", "--noprofile"], "fish": ["--no-config"], "zsh": ["-f"]}


def answers(shell: str, line: str, env: dict[str, str]) -> list[str]:
    """What ``shell`` offers for the last word of ``line``, without descriptions."""
    words = " ".join(f"'{each}'" for each in line.split(" "))
    code = ASK[shell].format(line=line, words=words)
    done = subprocess.run(
        [shell, *FLAGS[shell], "-c", code], env=env, capture_output=True, text=True, timeout=60
    )
    said = [each for each in done.stderr.splitlines() if "compopt" not in each]
    assert said == [], said
    cut = "\t" if shell == "fish" else ":"
    return [each.split(cut)[0] for each in done.stdout.splitlines() if each]


def test_commands(shell, env):
    """A beginning has one command; none has all of them."""
    assert answers(shell, "guestabi che", env) == ["check"]
    assert sorted(answers(shell, "guestabi ", env)) == sorted(main.COMMANDS)
    assert sorted(answers(shell, "guestabi plan ", env)) == ["check", "new", "repair", "show"]


def test_options_and_choices(shell, env):
    """Options of a command, and what one of them takes."""
    assert answers(shell, "guestabi check --que", env) == ["--question"]
    assert answers(shell, "guestabi check --format s", env) == ["sarif"]
    assert answers(shell, "guestabi completion z", env) == ["zsh"]


def test_names_that_ship(shell, env):
    """Captures, by series and exactly; CPUs; loader policies; kernel series."""
    exact = next(name for name in atlas.names() if name.startswith("debian-7.3."))
    of_series = answers(shell, "guestabi check debian-7.3/neo", env)
    assert of_series == ["debian-7.3/neoverse-n1"]
    assert exact in answers(shell, "guestabi show debian-7.3.", env)
    assert "debian-7.3/neoverse-n1" in answers(shell, "guestabi baseline debian-7.3/", env)
    assert answers(shell, "guestabi matrix --cpu neo", env) == ["neoverse-n1"]
    qemus = [name for name in policies.names() if name.startswith("qemu")]
    assert sorted(answers(shell, "guestabi check --vmm qemu", env)) == qemus
    assert "6.12" in answers(shell, "guestabi plan new --from 6.", env)


def test_nothing_for_what_is_unknown(shell, env):
    """No words of error land in the user's command line."""
    assert answers(shell, "guestabi chek deb", env) == []
    assert answers(shell, "guestabi check --vmm zzz", env) == []


def typed(shell: str, setup: str, keys: str, wanted: str, env: dict[str, str]) -> str:
    """What the screen of an interactive ``shell`` shows once ``wanted`` is there, or at last."""
    pid, there = pty.fork()
    if pid == 0:
        os.execvpe(shell, [shell, *FLAGS[shell], "-i"], env)
    screen = ""
    try:
        os.write(there, f"{setup}; echo rea''dy\n".encode())
        screen = until(there, "ready\r\n")
        os.write(there, keys.encode())
        screen = until(there, wanted)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(there)
    return screen


def until(there: int, wanted: str, seconds: float = 15) -> str:
    """Read a terminal until ``wanted`` is on it, or so long."""
    seen, end = "", time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if select.select([there], [], [], 0.2)[0]:
            seen += os.read(there, 4096).decode("utf-8", "replace")
            seen = seen.replace(" \b", "")
    return seen


SETUP = {
    "bash": "source <(guestabi completion bash)",
    "zsh": "autoload -Uz compinit; compinit -u -D; source <(guestabi completion zsh)",
}


@pytest.mark.parametrize("name", SETUP)
def test_the_key_itself(name, env):
    """Typed at a prompt: the tab key ends the command's name, and then the capture's."""
    keys = "guestabi mat\tdebian-7.3/neo\t"
    screen = typed(needed(name), SETUP[name], keys, "matrix debian-7.3/neoverse-n1 ", env)
    assert "guestabi matrix debian-7.3/neoverse-n1 " in screen


def test_files_where_no_name_fits(env, tmp_path):
    """A profile may be a file; so may what is no profile."""
    (tmp_path / "host-of-mine.json").touch()
    needed("bash")
    for words in ("check", "plan check"):
        wanted = f"guestabi {words} host-of-mine.json "
        setup = f"cd {tmp_path}; {SETUP['bash']}"
        assert wanted in typed("bash", setup, f"guestabi {words} host-of\t", wanted, env)


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_needs_no_shell(name, run, tmp_path):
    """It is printed, or written whole, wherever it is asked for."""
    printed = run("completion", name)
    assert (printed.status, printed.err) == (0, "")
    assert f"{VARIABLE}={name}_complete" in printed.out
    assert run("completion", name, "-o", tmp_path / "script") == (0, "", "")
    assert (tmp_path / "script").read_text() == printed.out


def test_quick():
    """Completion imports neither what draws nor what computes, and costs little more than Python
    and click do, so that a press of the key stays below 200 ms.
    """
    heavy = {"rich", "jinja2", "numpy", "duckdb", "sqlglot", "guestabi.compat", "guestabi.lab"}
    code = (
        "import sys\nfrom guestabi.cli.main import run\n"
        "try:\n    run([])\nexcept SystemExit:\n    pass\n"
        f"sys.exit(','.join(sorted({heavy!r} & set(sys.modules))) or 0)"
    )
    base = min(cost("import click, click.shell_completion", {})[0] for _ in range(5))
    for line in ("guestabi check deb", "guestabi matrix --cpu n", "guestabi check --vmm q"):
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
        tries = [cost(code, {VARIABLE: "bash_complete", **asked}) for _ in range(5)]
        assert all(b"plain," in said for _, said in tries)
        assert min(took for took, _ in tries) < 4 * base, line


def cost(code: str, more: dict[str, str]) -> tuple[float, bytes]:
    """Seconds of processor time that Python code takes, and what it says."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SRC), **more}, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.returncode, done.stderr) == (0, b"")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, done.stdout


def test_every_name_is_completed():
    """An option or argument that takes a shipped name completes it, in every command but the
    lab's.
    """
    vmms = ("policies", "vmms")
    takes = {"vmm": vmms, "vmms": vmms, "to_vmm": vmms, "cpu": ("cpus",)}
    takes |= dict.fromkeys(("profiles", "things"), ("profiles",))
    left = {
        (path, each.name)
        for path, command in leaves()
        for each in command.params
        if each.name in takes and path[0] != "lab"
        if getattr(each._custom_shell_complete, "__name__", "") not in takes[each.name]
    }
    assert left == set()


def test_the_page_says_how():
    """docs/terminal.md names every shell's line."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "terminal.md").read_text()
    for name in SHELLS:
        assert f"guestabi completion {name}" in page
