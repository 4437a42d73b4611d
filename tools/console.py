"""Console blocks of the documentation: what they show, and what is said when it is run.

A block is fenced as ``console``. A line ``$ COMMAND`` is a command, what follows is its output, up
to the next command; ``[exit status N]`` ends it where N is not 0, and a line ``...`` stands for any
lines that are left out. A fence below ``<!-- file: NAME -->`` is a file that the commands find.

The commands of a page run in order, in one folder, in this process. Those that cannot are in
:data:`SKIPPED`, with the reason, and show no output, so that none is written by hand.
"""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CUT = "..."
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STATUS = re.compile(r"\[exit status \d+\]")

SKIPPED = {
    "guestabi lab": "boots kernels, for minutes: the tests marked lab run these commands",
    "guestabi capture": "measures the machine that it runs on, which need not have KVM",
    "make": "sets up an environment; what the recipe of demo runs is on the tutorial's page",
    "cd": "the reader's own shell",
    "pip": "needs a network",
    "mkdir": "the reader's own shell",
    ".": "the reader's own shell",
    "scp": "needs another machine",
    "ssh": "needs another machine",
}
"""By how a command begins, whole words: why no test of these pages runs it."""


@dataclass(frozen=True)
class Step:
    """A command as a page shows it: ``shown`` is the output, and the exit status if not 0."""

    command: str
    shown: tuple[str, ...]


def pages() -> list[Path]:
    """Every page with a console block, sorted."""
    found = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    return sorted(path for path in found if BLOCK.search(path.read_text(encoding="utf-8")))


def steps(block: str) -> list[Step]:
    """Read what is inside of one block. ValueError for output without a command."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
        elif line.strip():
            raise ValueError(f"output without a command: {line}")
    return [Step(command, _stripped(shown)) for command, shown in found]


def skipped(command: str) -> str:
    """Return why ``command`` is not run, or an empty text."""
    for start, reason in SKIPPED.items():
        if f"{command} ".startswith(f"{start} "):
            return reason
    return ""


def told(text: str, where: Path) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """Run a page's commands in ``where``; yield each with what was said. Skipped ones said
    nothing."""
    for name, content in FILE.findall(text):
        (where / name).write_text(content, encoding="utf-8")
    for block in BLOCK.findall(text):
        for step in steps(block):
            yield step, () if skipped(step.command) else said(step.command, where)


def said(command: str, where: Path) -> tuple[str, ...]:
    """Run one command in ``where`` and return its output, with the exit status if not 0."""
    from guestabi.cli import main

    words = shlex.split(command, comments=True)
    out = io.StringIO()
    status = 0
    with chdir(where), redirect_stdout(out), redirect_stderr(out):
        if words[0] == "cat" and len(words) == 2:
            print(Path(words[1]).read_text(encoding="utf-8"), end="")
        elif words[0] == "guestabi" and not {"|", ">", "&&", ";"} & set(words):
            status = main.run(words[1:])
        else:
            raise ValueError(f"neither guestabi nor cat, and not in SKIPPED: {command}")
    lines = _stripped(out.getvalue().splitlines())
    return (*lines, f"[exit status {status}]") if status else lines


def agrees(shown: tuple[str, ...], real: tuple[str, ...]) -> bool:
    """Whether ``shown`` is ``real``, word for word but for what its cuts leave out."""
    shown, shown_status = _apart(shown)
    real, real_status = _apart(real)
    if shown_status != real_status:
        return False
    parts = _parts(shown)
    if len(parts) == 1:
        return shown == real
    first, *middle, last = parts
    if len(first) + len(last) > len(real) or not (first or last or any(middle)):
        return False
    rest = real[len(first) : len(real) - len(last)]
    if real[: len(first)] != first or real[len(real) - len(last) :] != last:
        return False
    for part in middle:
        starts = [i for i in range(len(rest) - len(part) + 1) if rest[i : i + len(part)] == part]
        if not starts:
            return False
        rest = rest[starts[0] + len(part) :]
    return True


def renewed(shown: tuple[str, ...], real: tuple[str, ...]) -> tuple[str, ...]:
    """Return what to show instead: ``real``, cut to as many first and last lines as before."""
    if agrees(shown, real):
        return shown
    lines, status = _apart(real)
    parts = _parts(_apart(shown)[0])
    first, last = len(parts[0]), len(parts[-1])
    if len(parts) == 1 or not 0 < first + last < len(lines):
        return real
    return (*lines[:first], CUT, *lines[len(lines) - last :], *status)


def rewritten(text: str, where: Path) -> str:
    """Return a page's text with every output as it is now."""
    steps_told = iter(list(told(text, where)))

    def again(block: re.Match[str]) -> str:
        parts = []
        for _ in steps(block[1]):
            step, real = next(steps_told)
            shown = renewed(step.shown, real)
            parts.append("".join(f"{line}\n" for line in (f"$ {step.command}", *shown)))
        return f"```console\n{_joined(parts)}```"

    return BLOCK.sub(again, text)


def _joined(parts: list[str]) -> str:
    # An empty line after each output, none between commands that say nothing.
    return "".join(
        part + ("\n" if part.count("\n") > 1 and part is not parts[-1] else "") for part in parts
    )


def _stripped(lines: list[str]) -> tuple[str, ...]:
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return tuple(text.split("\n")) if text else ()


def _apart(lines: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if lines and STATUS.fullmatch(lines[-1]):
        return _stripped(list(lines[:-1])), lines[-1:]
    return lines, ()


def _parts(lines: tuple[str, ...]) -> list[tuple[str, ...]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line == CUT:
            found.append([])
        else:
            found[-1].append(line)
    return [tuple(part) for part in found]
