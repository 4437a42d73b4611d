"""The move that the README shows, made anew."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from guestabi.cli import main
from lab.steady import steady

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import console  # noqa: E402

BLOCK = re.compile(r"^```\n(\$ guestabi lab migrate.*?)^```$", re.DOTALL | re.MULTILINE)


def plain(lines: tuple[str, ...]) -> list[str]:
    """Without what differs from run to run: seconds, and the builds of the day."""
    return [re.sub(r"\(\d+\.\d s\)", "(N s)", steady(line)) for line in lines]


@pytest.mark.lab
@pytest.mark.xdist_group("lab")
def test_the_move_on_the_first_page(archive, tmp_path, monkeypatch, capsys) -> None:
    """Born on 7.3 a guest is refused on 6.12; with what check pins, under a VMM that can set it, it
    goes there and back. Word for word."""
    (block,) = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    moved = []
    for step in console.steps(block):
        _, *words = shlex.split(step.command)
        if step.command.startswith("cat "):
            Path(words[0]).write_text("\n".join(step.shown) + "\n", encoding="utf-8")
            continue
        status = main.run(words)
        lines = capsys.readouterr().out.rstrip().splitlines()
        real = (*lines, f"[exit status {status}]") if status else tuple(lines)
        assert plain(real) == plain(step.shown), step.command
        moved.append(status)
    assert moved == [100, 0]
