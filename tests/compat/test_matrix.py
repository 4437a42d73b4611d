"""compat.matrix: the fast answers are the slow ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestabi.compat.matrix import Engine, matrix, verdict_only
from guestabi.compat.verdict import check
from guestabi.errors import UsageError
from guestabi.registers.catalogue import find
from guestabi.uapi.regid import hex_id
from profiles import make_profile

from .hosts import DROPPER, ONE_BY_ONE, OURS, PAIRS, QEMU, STRICT
from .strategies import hosts

POLICIES = (QEMU, STRICT, DROPPER, ONE_BY_ONE, OURS)


def slow(a, b, policy):
    return {name: each.verdict for name, each in check(a, b, policy).questions.items()}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_fast_is_slow_for_every_rules_pair(policy) -> None:
    """No speed-up changes an answer, in either direction of any pair."""
    engine = Engine(policy)
    for pair in PAIRS.values():
        for a, b in ((pair.source, pair.destination), (pair.destination, pair.source)):
            assert engine.verdicts(a, b) == slow(a, b, policy)


@settings(max_examples=100)
@given(hosts(), hosts(), st.sampled_from(POLICIES))
def test_fast_is_slow_for_random_hosts(a, b, policy) -> None:
    """Nor for hosts that nobody thought of."""
    assert verdict_only(a, b, policy) == slow(a, b, policy)


def test_what_reads_otherwise_is_not_rescoped_too() -> None:
    """A register that only clears bits has an outcome of its own; that its scope differs as well
    adds nothing, on the fast path either."""
    both = [find(name).id for name in ("PMINTENSET_EL1", "PMINTENCLR_EL1")]

    def host(name, default, scope):
        rows = {
            number: {
                "default": default,
                "acts": acts,
                "shares": [hex_id(each) for each in both if each != number],
                "patterns": [{"value": "0xf", "got": "0xf" if acts == "sets" else "0x0"}],
            }
            for number, acts in zip(both, ("sets", "clears"))
        }
        rows[both[1]]["scope"] = scope
        return make_profile(name, rows)

    a, b = host("a", 6, "vm"), host("b", 0, "vcpu")
    for policy in POLICIES:
        assert verdict_only(a, b, policy) == slow(a, b, policy)


def test_rows_are_old_and_columns_new() -> None:
    """``[i][j]`` is of a guest born on i that moves to j; the diagonal is same."""
    pair = PAIRS["an answer that nobody measured"]
    found = matrix([pair.source, pair.destination], QEMU)
    assert found[0][1]["forward"] == "unknown"
    assert found[1][0]["forward"] == "same"
    assert [found[i][i]["forward"] for i in range(2)] == ["same", "same"]


def test_a_matrix_of_nothing_is_an_error() -> None:
    """Zero inputs would be a test that passes for a year."""
    with pytest.raises(UsageError):
        matrix([], QEMU)
