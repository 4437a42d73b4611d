"""compat.bulk: all pairs at once, and not one answer other than the engine's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestabi import atlas, policies
from guestabi.compat.matrix import Engine
from guestabi.compat.verdict import QUESTIONS
from guestabi.errors import UsageError
from profiles import make_profile

from .hosts import DROPPER, ONE_BY_ONE, OURS, PAIRS, QEMU, STRICT, fixed, free
from .strategies import blinded, hosts

pytest.importorskip("numpy", reason="bulk verdicts need numpy: pip install 'guestabi[fleet]'")
from guestabi.compat.bulk import matrix, pairs

BY_PLACE = replace(STRICT, name="by-place", above_all="drop", longer="refuse")
LOSER = replace(STRICT, name="loser", lost_ids=frozenset({0x6030000000160002}), readback="accept")
WRITER = replace(QEMU, name="writer", devices="write", apart=frozenset(), missing="drop-if-zero")
POLICIES = (QEMU, STRICT, DROPPER, ONE_BY_ONE, OURS, BY_PLACE, LOSER, WRITER)
by_name = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)


def engine_says(profiles, policy):
    """Every verdict of every pair, one pair at a time."""
    engine = Engine(policy)
    return {
        (question, i, j): verdict
        for i, a in enumerate(profiles)
        for j, b in enumerate(profiles)
        for question, verdict in engine.verdicts(a, b).items()
    }


def bulk_says(profiles, policy):
    """The same, all pairs at once."""
    found = matrix(profiles, policy)
    size = range(len(profiles))
    return {(q, i, j): found.verdict(q, i, j) for q in QUESTIONS for i in size for j in size}


def of_rules():
    """The tiny hosts that trigger each rule."""
    return list({h.digest: h for p in PAIRS.values() for h in (p.source, p.destination)}.values())


def captures():
    """Every capture that ships; those of one kernel and CPU may be alike."""
    found = [atlas.resolve(name) for name in atlas.names()]
    assert len(found) > 60
    return found


@pytest.mark.parametrize("name", policies.names())
def test_every_pair_of_captures(name) -> None:
    """No pair of real hosts is answered otherwise, under any VMM that ships."""
    profiles = captures()
    assert bulk_says(profiles, policies.load(name)) == engine_says(profiles, policies.load(name))


@by_name
def test_every_pair_of_rules_hosts(policy) -> None:
    """Nor hosts made to differ in one way, each beside all others."""
    profiles = of_rules()
    assert len(profiles) > 30
    assert bulk_says(profiles, policy) == engine_says(profiles, policy)


@settings(max_examples=150)
@given(st.lists(hosts(), min_size=1, max_size=4), st.sampled_from(POLICIES))
def test_random_hosts(profiles, policy) -> None:
    """Nor hosts that nobody thought of."""
    assert bulk_says(profiles, policy) == engine_says(profiles, policy)


@settings(max_examples=50)
@given(hosts(), st.integers(0, 1 << 16), st.sampled_from(POLICIES))
def test_hosts_of_which_less_was_measured(host, seed, policy) -> None:
    """Nor a host beside itself with holes."""
    profiles = [host, blinded(host, seed)]
    assert bulk_says(profiles, policy) == engine_says(profiles, policy)


def _denying(default: int, **more):
    """A host with a counter of the PMU, and an ID register that says whether there is one."""
    rows = {"ID_AA64DFR0_EL1": {**free(default), **more}, "PMSELR_EL0": free(3)}
    return make_profile("denying", rows)


def test_what_another_register_tells() -> None:
    """A register whose feature is denied at home, there, or only after a move, counts less."""
    without = make_profile("without", {"ID_AA64DFR0_EL1": fixed(0x0)})
    profiles = [_denying(0x0), _denying(0x100), without, make_profile("none", {"TPIDR_EL1": 0})]
    for policy in POLICIES:
        assert bulk_says(profiles, policy) == engine_says(profiles, policy)
    found = matrix(profiles, STRICT)
    assert found.verdict("forward", 0, 2) == "benign"
    assert found.verdict("forward", 1, 2) == "refused"


def test_an_id_register_that_only_sets_bits(monkeypatch) -> None:
    """What it holds after a move follows from other registers: such hosts are asked one by one."""
    asked = []
    slow = pairs._one_by_one
    monkeypatch.setattr(pairs, "_one_by_one", lambda *given: asked.append(1) or slow(*given))
    acting = _denying(0x100, acts="sets", patterns=[{"value": 0xFFF, "got": 0xFFF}])
    profiles = [acting, _denying(0x0)]
    assert bulk_says(profiles, STRICT) == engine_says(profiles, STRICT)
    assert asked == [1]


def test_a_long_list_counts_only_where_something_is_missing() -> None:
    """A VMM that goes by the length loads a longer list if it can do without the rest."""
    short = make_profile("short", {"TPIDR_EL1": free(0)})
    long = make_profile("long", {"TPIDR_EL1": free(0), "ID_AA64DFR0_EL1": free(0)})
    both = [short, long]
    for policy in (BY_PLACE, replace(BY_PLACE, longer="accept")):
        assert bulk_says(both, policy) == engine_says(both, policy)
    assert matrix(both, BY_PLACE).verdict("forward", 1, 0) == "refused"


def _untold(item):
    return ()


def _apart(profiles):
    """Items of one register or answer each, whatever depends on one another."""
    found = []
    for item in _split(profiles):
        found += [replace(item, registers=(n,), answers=()) for n in item.registers]
        found += [replace(item, registers=(), answers=(name,)) for name in item.answers]
    return found


_split = pairs.split


def _never_longer(policy, hosts):
    import numpy as np

    return np.zeros((len(hosts), len(hosts)), dtype=bool)


def _one_lower(policy, weighed_parts, keys, told, asked):
    """Tables whose highest effect is one step too good."""
    table = _weigh(policy, weighed_parts, keys, told, asked)
    for effects in table.effects.values():
        effects[effects == effects.max()] -= effects.max() > 0
    return table


_weigh = pairs.weigh


@pytest.mark.parametrize(
    ("place", "broken", "policy"),
    [
        ("weigh", _one_lower, QEMU),
        ("denials", _untold, STRICT),
        ("split", _apart, STRICT),
        ("too_long", _never_longer, BY_PLACE),
    ],
)
def test_the_comparison_can_fail(monkeypatch, place, broken, policy) -> None:
    """Bulk verdicts with a step left out or a table bent are found out by the same comparison."""
    profiles = [*of_rules(), _denying(0x0), _denying(0x100)]
    monkeypatch.setattr(pairs, place, broken)
    assert bulk_says(profiles, policy) != engine_says(profiles, policy)


def test_rows_are_old_and_columns_new() -> None:
    """``[i, j]`` is of old host i and new host j; the same hosts may stand in it twice."""
    pair = PAIRS["an answer that nobody measured"]
    found = matrix([pair.source, pair.destination, pair.source], QEMU)
    assert found.verdict("forward", 0, 1) == "unknown"
    assert found.verdict("rollback", 1, 0) == "unknown"
    assert found.verdict("forward", 1, 0) == found.verdict("forward", 0, 2) == "same"
    assert {each.shape for each in found.ranks.values()} == {(3, 3)}


def test_it_says_how_far_it_is() -> None:
    """Progress ends where it said it would."""
    told = []
    pair = PAIRS["an answer that nobody measured"]
    matrix([pair.source, pair.destination], QEMU, progress=lambda *each: told.append(each))
    assert told[-1][0] == told[-1][1] == len(told)


def test_a_matrix_of_nothing_is_an_error() -> None:
    """Zero inputs would be a test that passes for a year."""
    with pytest.raises(UsageError):
        matrix([], QEMU)
