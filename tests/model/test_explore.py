"""The table of designs: exact answers, and what a seeded bug does to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestabi.errors import UsageError
from guestabi.model import explore, space
from guestabi.model.explore import Bound, check
from guestabi.model.properties import FAILS, OTHERS, OWN, PROPERTIES, Note, Property, gate
from guestabi.model.semantics import BEHAVIOURS, DESIGNS
from guestabi.model.world import Rules

SMALL = Bound(kernels=2, vmms=2)
LIST_DRIVEN = {"list-checked", "list-twin", "list-written", "list-lenient"}
ALL = set(BEHAVIOURS)


def failures(design, *names):
    """Property → behaviours under which it fails, with the kind of failure; no names: of all."""
    found = {}
    rows = [PROPERTIES[name] for name in names]
    for behaviour in BEHAVIOURS.values():
        for answer in check(design, behaviour, rows):
            if not answer.holds:
                found.setdefault(answer.property, {})[behaviour.name] = answer.failure.note.kind
    return found


def answer(design, behaviour, name, bound=explore.BOUND):
    (found,) = check(design, BEHAVIOURS[behaviour], [PROPERTIES[name]], bound)
    return found


def test_where_vm_scoped_fails():
    """It loses what an unaware VMM saves or skips, and zeros in a stream keep a guest away."""
    assert failures(DESIGNS["vm-scoped"]) == {
        "P3": {"list-lenient": "lost", "curated": "lost"},
        "P4": {"aware": "refused"},
        "P5": {"list-checked": "lost", "list-written": "lost", "list-lenient": "lost"},
        "P9": {"aware": "refused"},
    }


def test_where_listed_when_set_fails():
    """A loader that checks its own list refuses; one that skips what it does not know loses."""
    assert failures(DESIGNS["listed-when-set"]) == {
        "P3": {"curated": "lost"},
        "P5": {"list-checked": "refused"},
    }


def test_listed_registers_break_rollback_even_at_zero():
    """A register that is listed and zero keeps home every guest of a list-driven VMM."""
    found = failures(DESIGNS["listed-zero"], "P4")
    assert found["P4"] == dict.fromkeys(ALL - {"curated"}, "refused")


@pytest.mark.parametrize("name", ["per-vcpu", "bitmap", "scope-flag"])
def test_on_by_default_is_no_no_op(name):
    """A service that is on by default appears under every VMM that does not know it."""
    found = failures(DESIGNS[name], "P1", "P4")
    assert found["P4"] == dict.fromkeys(ALL, "appeared")
    assert set(found["P1"]) == ALL


def test_the_flag_leaks_into_streams():
    """With the scope flag an old register's id depends on the kernel, under every VMM."""
    assert set(failures(DESIGNS["scope-flag"], "P8")["P8"]) == ALL


SEEDS = [
    ("P1", "vm-scoped", "list-checked", {"default": 1}),
    ("P2", "vm-scoped", "list-checked", {"unknown_id": "ignored"}),
    ("P3", "listed-when-set", "list-written", {"vcpu_write": "ignored"}),
    ("P4", "vm-scoped", "list-checked", {"listed": "always", "vcpu_write": "before-run"}),
    ("P5", "listed-when-set", "list-written", {"listed": "never"}),
    ("P6", "scope-flag", "aware", {"scope_told": False}),
    ("P7", "vm-scoped", "aware", {"vm_write": "always"}),
    ("P8", "vm-scoped", "aware", {"flag": True}),
    ("P9", "vm-scoped", "list-checked", {"default": 1}),
    ("P10", "bitmap", "list-checked", {"store": "vcpu"}),
]


@pytest.mark.parametrize(("name", "design", "behaviour", "bug"), SEEDS)
def test_a_seeded_bug_flips_its_cell(name, design, behaviour, bug):
    """Each property holds for some design, and fails once that design's row is made wrong."""
    assert answer(DESIGNS[design], behaviour, name).holds
    assert not answer(replace(DESIGNS[design], **bug), behaviour, name).holds


def test_every_property_has_a_seed():
    """No property is left without a bug that it catches."""
    assert {seed[0] for seed in SEEDS} == set(PROPERTIES)


def any_change(design, behaviour, step):
    return Note(FAILS, "changed", step.changed.bit_length()) if step.changed else None


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_no_silent_change_falls_between_the_properties(design, behaviour):
    """Where P1 .. P4 hold, no move at all, of whatever mixture, changes a guest's ABI."""
    row = Property("any", "any", "no move changes the ABI", OWN, any_change)
    (every,) = check(DESIGNS[design], BEHAVIOURS[behaviour], [row])
    named = [PROPERTIES[name] for name in ("P1", "P2", "P3", "P4")]
    answers = check(DESIGNS[design], BEHAVIOURS[behaviour], named)
    silent = [each for each in answers if each.failure and each.failure.note.kind != "refused"]
    assert every.holds == (not silent)


@pytest.mark.parametrize("behaviour", ["list-lenient", "curated"])
def test_the_gate_must_also_be_closed_behind(behaviour):
    """Waiting for the whole fleet is not enough: rolling a VMM back while the register is in use
    loses it all the same.
    """
    row = PROPERTIES["P9"]
    entry = row._replace(asks=Rules(others_set=True, gate="entry"))
    (with_both,) = check(DESIGNS["vm-scoped"], BEHAVIOURS[behaviour], [row])
    (with_entry,) = check(DESIGNS["vm-scoped"], BEHAVIOURS[behaviour], [entry])
    assert (with_both.holds, with_entry.holds) == (True, False)
    assert with_entry.failure.note.kind == "lost"


def test_no_design_serves_a_loader_that_checks_its_list():
    """Of all 108 designs none is a no-op while unset and carried once set under list-checked: the
    kernel cannot tell a VM that will boot from one that will be loaded.
    """
    assert len(list(space.designs())) == 108
    assert space.keeping(["P4", "P5"], [BEHAVIOURS["list-checked"]], SMALL) == []


def test_no_design_saves_a_vmm_that_skips_what_it_does_not_know():
    """P3 fails under curated whatever the kernel does."""
    assert space.keeping(["P3"], [BEHAVIOURS["curated"]], SMALL) == []


def test_listed_when_set_is_the_only_one_of_its_kind():
    """It alone of all designs keeps every promise but P3 under every behaviour but list-checked."""
    promises = [name for name in PROPERTIES if name != "P3"]
    behaviours = [row for row in BEHAVIOURS.values() if row.name != "list-checked"]
    (only,) = space.keeping(promises, behaviours, SMALL)
    ours = DESIGNS["listed-when-set"]
    assert replace(only, name=ours.name, title=ours.title) == ours


def test_the_search_is_whole():
    """The number of states is that of the stated bound, and does not depend on the checks."""
    with_checks = explore.explore(
        DESIGNS["vm-scoped"], BEHAVIOURS["list-lenient"], OWN, list(PROPERTIES.values())
    )
    without = explore.explore(DESIGNS["vm-scoped"], BEHAVIOURS["list-lenient"], OWN, [])
    assert with_checks.states == without.states == 4041
    assert with_checks.steps == without.steps


def test_a_larger_bound_answers_the_same():
    """Four kernels and four VMMs change no answer of the design that we would build."""
    design, bound = DESIGNS["listed-when-set"], Bound(kernels=4, vmms=4)
    for behaviour in ("list-written", "aware"):
        rows = [PROPERTIES[name] for name in ("P1", "P2", "P3", "P4", "P6", "P8")]
        assert all(each.holds for each in check(design, BEHAVIOURS[behaviour], rows, bound))


def test_nothing_to_check_is_an_error():
    """A promise list that is empty, or a world without a kernel, is no proof."""
    with pytest.raises(UsageError):
        space.keeping([], [BEHAVIOURS["aware"]])
    with pytest.raises(UsageError):
        explore.explore(DESIGNS["bitmap"], BEHAVIOURS["aware"], OWN, [], Bound(kernels=0))
    with pytest.raises(UsageError):
        explore.explore(DESIGNS["bitmap"], BEHAVIOURS["aware"], OTHERS, [], Bound(hosts=3))


def test_the_gate_asks_what_it_says():
    """P9 is P1 .. P5 and nothing else: a step that breaks none of them does not break it."""
    assert PROPERTIES["P9"].check is gate
    assert {row.name for row in BEHAVIOURS.values() if row.list_driven} == LIST_DRIVEN
