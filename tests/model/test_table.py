"""The table as data and as stories."""

from __future__ import annotations

import json

import pytest

from guestabi.errors import UnknownName
from guestabi.model import table
from guestabi.model.properties import PROPERTIES
from guestabi.model.semantics import BEHAVIOURS, DESIGNS


@pytest.fixture(scope="module")
def column():
    return table.column(DESIGNS["vm-scoped"])


def test_json_has_the_documented_form(column):
    """A cell holds exactly when every behaviour does, and has a trace exactly when it does not."""
    plain = table.to_builtins({"vm-scoped": column})
    assert json.loads(json.dumps(plain)) == plain
    assert plain["schema"] == 1
    assert plain["bound"] == {"kernels": 3, "vmms": 3, "hosts": 2, "vcpus": 2, "guests": 1}
    cells = plain["designs"]["vm-scoped"]
    assert list(cells) == list(PROPERTIES)
    for name, cell in cells.items():
        applies = {row.name for row in BEHAVIOURS.values() if PROPERTIES[name].applies(row)}
        assert set(cell["behaviours"]) == applies
        assert cell["holds"] == all(each["holds"] for each in cell["behaviours"].values())
        assert (cell["trace"] is None) == cell["holds"]
        assert cell["states"] == sum(each["states"] for each in cell["behaviours"].values()) > 0
        for each in cell["behaviours"].values():
            assert (each["trace"] is None) == each["holds"]


def test_a_story_changes_one_thing_a_line(column):
    """The shortest way in which a zero in the stream keeps a guest of an aware VMM from home."""
    assert column["P4"].behaviours["aware"].story == (
        "The kernel of host A is upgraded to version 1: it brings register 1.",
        "A VM is made on A (kernel 1, VMM 0).",
        "Its vCPU 0 is created.",
        "Its vCPU 1 is created.",
        "The guest runs, and finds no new service.",
        "It is saved on A; the stream holds register 1 = 0.",
        "Its load on B (kernel 0, VMM 0) is refused: register 1: ENOENT.",
        "P4 unaware no-op: the move is refused for register 1, which the guest's VMMs do not know.",
    )


def test_the_worst_failure_is_told(column):
    """A cell tells a loss before a refusal, and the shortest of them."""
    worst = column["P3"].worst
    assert worst.answer.failure.note.kind == "lost"
    assert len(worst.story) == 1 + len(worst.answer.failure.trace) == 11


def test_an_unknown_design_names_the_nearest():
    """A misspelt design is refused with what was meant."""
    with pytest.raises(UnknownName) as caught:
        table.chosen(["vm-scope"])
    assert caught.value.nearest[0] == "vm-scoped"
    assert [row.name for row in table.chosen([])] == list(DESIGNS)
