"""Real incidents, retold in small: guestabi says exactly this of each, and nothing where all was
well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guestabi.errors import BadInput

from . import cases
from .cases import Asked, Incident

SHOWN = cases.shown()
ROWS = [(case, asked) for case in SHOWN.values() for asked in case.asked]
PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "data" / "incidents.json"


def named(row: tuple[Incident, Asked]) -> str:
    case, asked = row
    return f"{case.id}-{case.asked.index(asked)}-{asked.question}-{asked.policy}"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_guestabi_says_exactly_this(row: tuple[Incident, Asked]) -> None:
    """Rule, registers, outcome and effect of every finding, and the verdict: no more, no less."""
    case, asked = row
    said = cases.answer(case, asked)
    assert cases.found(said) == cases.expected(asked)
    assert said.verdict == asked.verdict


def test_there_are_enough() -> None:
    """Twenty cases at least; each is called like its file and names what exists."""
    assert len(SHOWN) >= 20
    assert {stem: case.id for stem, case in SHOWN.items()} == {stem: stem for stem in SHOWN}
    assert {case.id: cases.problems(case) for case in SHOWN.values()} == {id: [] for id in SHOWN}


def test_every_case_has_a_silent_neighbour() -> None:
    """Beside what must be found stands a row that is almost the same and raises nothing; only a
    false alarm has no finding at all."""
    silent = {case.id for case, asked in ROWS if not asked.findings}
    loud = {case.id for case, asked in ROWS if asked.findings}
    assert silent == set(SHOWN)
    assert {*SHOWN} - loud == {id for id, case in SHOWN.items() if case.kind == "false-alarm"}


def test_a_row_without_findings_is_good() -> None:
    """Nothing found is nothing wrong, and what is benign has only findings that are."""
    silent = {asked.verdict for _, asked in ROWS if not asked.findings}
    benign = {f.verdict for _, a in ROWS if a.verdict == "benign" for f in a.findings}
    assert (silent, benign) == ({"same"}, {"benign"})


@pytest.mark.parametrize("part", ["rule", "registers", "outcome", "verdict", "more", "less"])
def test_a_changed_expectation_fails(part: str) -> None:
    """The canary: a row with one word wrong, or a finding too many or too few, is not met."""
    tried = 0
    for case, asked in ROWS:
        changed = [list(key) for key in cases.expected(asked)]
        if part == "more":
            changed.append(["missing-live", ("X0",), "missing", "refused"])
        elif not changed:
            continue
        elif part == "less":
            changed.pop()
        else:
            place = ("rule", "registers", "outcome", "verdict").index(part)
            changed[0][place] = (*changed[0][1], "X0") if part == "registers" else "nothing"
        tried += 1
        assert cases.found(cases.answer(case, asked)) != sorted(tuple(key) for key in changed)
    assert tried >= 20


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('kind = "', 'shade = 1\nkind = "'),
        ('kind = "', 'kind = "un'),
        ("[[asked]]", "[[asked]]\nshade = 1"),
        ('verdict = "refused"', 'verdict = "terrible"'),
        ('default = "', 'shade = "1", default = "'),
    ],
)
def test_the_format_is_closed(tmp_path: Path, old: str, new: str) -> None:
    """An unknown key or word is refused with the path."""
    text = (cases.DATA / "A25.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "case.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput, match=r"case\.toml"):
        cases.read(path)


def test_no_case_is_listed_twice() -> None:
    """A case is shown, or listed with the reason why it is not."""
    listed = [case.id for case in cases.not_shown()]
    assert listed == sorted(set(listed))
    assert set(listed) & set(SHOWN) == set()
    assert all(len(case.why) > 40 and case.sources for case in cases.not_shown())


def test_none_is_left_out() -> None:
    """Shown and not shown are all the public cases."""
    if not PUBLIC.exists():
        pytest.skip("../shared/data/incidents.json is not there; it is no part of the repository")
    public = {case["id"] for case in json.loads(PUBLIC.read_text(encoding="utf-8"))}
    assert len(public) > 0
    assert {*SHOWN, *(case.id for case in cases.not_shown())} == public
