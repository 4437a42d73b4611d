"""Every command that the documentation shows is run, and says what the page says it does."""

from __future__ import annotations

import doctest
import re
import shlex
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import console  # noqa: E402
import reference_commands  # noqa: E402

PAGES = [str(path.relative_to(ROOT)) for path in console.pages()]
WITH_PYTHON = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("howto-*.md"))
EVERYTHING = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_there_are_pages() -> None:
    """The tutorial, the how-tos, the explanations and the README."""
    needed = {"README.md", "docs/tutorial.md", "docs/why-rollback-breaks.md", *WITH_PYTHON}
    assert needed <= set(PAGES)
    assert len(WITH_PYTHON) == 3


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_is_said(page, tmp_path) -> None:
    """All commands of the page in order, in one folder, word for word."""
    ran = 0
    for step, real in console.told((ROOT / page).read_text(encoding="utf-8"), tmp_path):
        assert console.agrees(step.shown, real), (
            f"{page}: $ {step.command}\n" + "\n".join(real) + "\nmake docs writes it anew"
        )
        ran += not console.skipped(step.command)
    assert ran > 0


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_python_on_a_page_runs(page) -> None:
    """As doctests."""
    flags = doctest.ELLIPSIS | doctest.FAIL_FAST
    done = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=flags)
    assert done.failed == 0
    assert done.attempted > 10 or page != "docs/howto-vmm.md"


def test_a_wrong_output_is_found(tmp_path) -> None:
    """The canary: one word, one exit status, one line too many, one too few, cuts that lie."""
    right = "$ guestabi regs history PMMIR_EL1\n"
    (step, real), *_ = console.told(f"```console\n{right}```", tmp_path)
    assert len(real) == 3
    assert real[0] == "PMMIR_EL1  captures of neoverse-n1"
    assert not console.agrees(step.shown, real)
    assert console.agrees(real, real)
    assert console.agrees((real[0], "..."), real)
    assert console.agrees(("...", real[2]), real)
    for wrong in (
        (real[0].replace("n1", "n2"), *real[1:]),
        (*real, "[exit status 100]"),
        (*real, "more"),
        real[:2],
        real[1:],
        ("...",),
        (real[1], "..."),
        ("...", real[1]),
        (real[0], "...", real[0], "...", real[2]),
        (*real, "...", *real),
    ):
        assert not console.agrees(wrong, real), wrong


def test_an_exit_status_is_not_cut_away(tmp_path) -> None:
    """It stands after a cut, too."""
    text = "```console\n$ guestabi show no-such\n...\n```"
    now = console.rewritten(text, tmp_path)
    assert now.endswith("[exit status 2]\n```")
    assert console.rewritten(now, tmp_path) == now


def test_a_cut_stays_as_long(tmp_path) -> None:
    """An output that changed is cut where the old one was."""
    text = "```console\n$ guestabi regs history PMMIR_EL1\nold\n...\n```"
    assert console.rewritten(text, tmp_path) == text.replace(
        "old", "PMMIR_EL1  captures of neoverse-n1"
    )


def test_what_is_skipped_says_nothing() -> None:
    """No output is written by hand: a command that is not run shows none; no reason is stale."""
    used = set()
    for page in PAGES:
        for block in console.BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
            for step in console.steps(block):
                if console.skipped(step.command):
                    assert step.shown == (), f"{page}: {step.command}"
                    used |= {s for s in console.SKIPPED if f"{step.command} ".startswith(f"{s} ")}
    assert used == set(console.SKIPPED)


def test_what_make_demo_runs_is_in_the_tutorial() -> None:
    """That is why `make demo` itself need not be run."""
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    found = re.findall(r"\$\(BIN\)/(guestabi [^|\n]*)", recipe[1])
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    shown = {
        step.command for block in console.BLOCK.findall(tutorial) for step in console.steps(block)
    }
    assert len(found) == 2
    assert {each.strip() for each in found} <= shown


def command_lines() -> list[tuple[str, str]]:
    """Every line of a fenced block that calls guestabi, but for synopses, with its page."""
    found = []
    for page in EVERYTHING:
        for _, block in FENCE.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                words = line.removeprefix("$ ").strip()
                if words.startswith("guestabi ") and not re.search(r"\[|\.\.\.|\|", words):
                    found.append((page.name, words))
    return found


def test_every_command_line_is_one() -> None:
    """Commands that no test here runs (lab, capture) have names and options that exist."""
    known = {path: (command, context) for path, command, context in reference_commands.commands()}
    lines = command_lines()
    assert len(lines) > 100
    for page, line in lines:
        words = shlex.split(line, comments=True)
        size = max((n for n in (2, 3) if " ".join(words[:n]) in known), default=0)
        if " ".join(words[:2]) == "guestabi baseline" and size == 2:
            command, context = known["guestabi baseline make"]
        else:
            assert size, f"{page}: no such command: {line}"
            command, context = known[" ".join(words[:size])]
        context.resilient_parsing = True
        _, rest, _ = command.make_parser(context).parse_args(words[size:])
        assert rest == [], f"{page}: {line}"


def test_the_figures_in_the_prose(tmp_path) -> None:
    """What "why rollback breaks" says of its two tables is in them."""
    text = (ROOT / "docs" / "why-rollback-breaks.md").read_text(encoding="utf-8")
    refused = []
    for step, real in console.told(text, tmp_path):
        if step.command.startswith("guestabi matrix"):
            said = re.search(r"(\d+) refused \((\d+) rollbacks,\s(\d+) upgrades", "\n".join(real))
            assert said is not None
            refused.append([int(each) for each in said.groups()])
    (_, down, up), (_, _, home) = refused
    prose = " ".join(text.split())
    assert f"{up} upgrades and {down} rollbacks are refused" in prose
    assert f"{home} of 55 upgrades have no way home: the {up} that are refused" in prose
    assert f"and {home - up} of the {55 - up} that are not" in prose
