"""evidence/: what real guests saw in real moves is what is predicted, move by move."""

from __future__ import annotations

import copy
import json
import runpy
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from guestabi.lab.agreement import compare_all

ROOT = Path(__file__).resolve().parent.parent
EVIDENCE = ROOT / "evidence"
FILES = sorted(EVIDENCE.glob("*.json"))
UNKNOWN_AT_MOST = 0.01


@cache
def _raw(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _compared(path: Path) -> dict[str, Any]:
    return compare_all(_raw(path))


def _pages(folder: Path) -> dict[Path, Any]:
    pages: dict[Path, Any] = runpy.run_path(str(ROOT / "tools" / "evidence_page.py"))["pages"](
        folder
    )
    return pages


def test_there_are_results():
    """A suite that finds no input proves nothing."""
    assert len(FILES) > 0


def test_no_results_are_an_error(tmp_path: Path):
    """No page is made of nothing."""
    with pytest.raises(FileNotFoundError):
        _pages(tmp_path)


def test_every_result_has_its_picture():
    """One page, and one picture a file."""
    made = {path.relative_to(ROOT).as_posix() for path in _pages(EVIDENCE)}
    assert made == {"docs/evidence.md", *(f"docs/evidence/{path.stem}.svg" for path in FILES)}


def test_the_table_is_what_the_files_hold():
    """A row a file and a row of sums, each number counted here anew."""
    counts = [_counts(_compared(path)["moves"]) for path in FILES]
    sums = [sum(column) for column in zip(*counts, strict=True)]
    named = [(_raw(path)["vmm"], _raw(path)["cpu"]) for path in FILES]
    rows = zip([*named, ("**all**", "")], [*counts, sums], strict=True)
    assert _table(EVIDENCE) == [[*name, *map(str, found)] for name, found in rows]


def test_a_disagreement_is_seen_in_the_table(tmp_path: Path):
    """Canary: one outcome turned around is one move not as predicted, in its row and in all."""
    raw = copy.deepcopy(_raw(FILES[0]))
    next(m for m in raw["moves"] if m["outcome"] == "refused")["outcome"] = "loaded"
    (tmp_path / FILES[0].name).write_text(json.dumps(raw), encoding="utf-8")
    moves = len(raw["moves"])
    assert [row[-3:] for row in _table(tmp_path)] == [[str(moves - 1), "1", "0"]] * 2
    page = _pages(tmp_path)[ROOT / "docs" / "evidence.md"]()
    assert f"{moves} moves observed, {moves - 1} as predicted, 1 not" in page


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_holds_what_its_name_says(path: Path):
    """VMM and CPU are the file's name, and every kernel ran on that CPU."""
    raw = _raw(path)
    assert path.stem == f"{raw['vmm']}-{raw['cpu']}"
    assert {kernel["name"].partition("/")[2] for kernel in raw["kernels"]} == {raw["cpu"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_pair_of_kernels_once(path: Path):
    """No move is missing, none counts twice, and no kernel is listed twice."""
    raw = _raw(path)
    names = [kernel["name"] for kernel in raw["kernels"]]
    assert len(set(names)) == len(names) == len(raw["births"])
    ways = [(move["source"], move["destination"]) for move in raw["moves"]]
    assert sorted(ways) == list(product(range(len(names)), repeat=2))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_move_went_as_predicted(path: Path):
    """Refused or not as predicted, and exactly the predicted answers changed."""
    moves = _compared(path)["moves"]
    assert len(moves) > 0
    assert [move for move in moves if move["agrees"] is not True] == []


def test_hardly_anything_is_unknown():
    """Agreement is not bought by predicting nothing."""
    verdicts = [move["predicted"] for path in FILES for move in _compared(path)["moves"]]
    assert verdicts.count("unknown") < UNKNOWN_AT_MOST * len(verdicts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_result_that_is_not_so_disagrees(path: Path):
    """Canary: each outcome turned around, and one changed answer left out, is found, alone."""
    raw = copy.deepcopy(_raw(path))
    flipped = next(n for n, m in enumerate(raw["moves"]) if m["outcome"] == "refused")
    raw["moves"][flipped]["outcome"] = "loaded"
    stopped = next(n for n, m in enumerate(raw["moves"]) if _plain_load(m))
    raw["moves"][stopped]["outcome"] = "refused"
    quiet = next(n for n, m in enumerate(raw["moves"]) if m["changes"])
    gone = raw["moves"][quiet]["changes"].pop()["name"]
    moves = compare_all(raw)["moves"]
    found = {n: m["unseen"] for n, m in enumerate(moves) if m["agrees"] is not True}
    assert found == {flipped: [], stopped: [], quiet: [gone]}


def _table(folder: Path) -> list[list[str]]:
    page = _pages(folder)[ROOT / "docs" / "evidence.md"]()
    lines = page[page.index("|---") : page.index("\n## Pictures")].strip().splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _counts(moves: list[dict[str, Any]]) -> list[int]:
    loaded = [move for move in moves if move["observed"] == "loaded"]
    return [
        len(moves),
        len(loaded),
        sum(move["observed"] == "refused" for move in moves),
        sum(bool(move["changes"]) for move in loaded),
        *(sum(move["agrees"] is said for move in moves) for said in (True, False, None)),
    ]


def _plain_load(move: dict[str, Any]) -> bool:
    return move["outcome"] == "loaded" and not move["changes"]
