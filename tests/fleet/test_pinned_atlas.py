"""Baselines of the captures that ship, pinned at birth: what the guest knows its machine by holds
on every move; where there is no baseline, no value of what is named would do."""

from __future__ import annotations

from functools import cache
from itertools import combinations, permutations

import pytest

from guestabi import atlas, policies
from guestabi.compat.known import is_visible
from guestabi.compat.verdict import check
from guestabi.fleet.baseline import Baseline, NoBaseline, baseline
from guestabi.profile.answers import answer
from guestabi.registers.catalogue import find

STRICT = policies.load("strict")
CPUS = sorted({each.cpu for each in atlas.entries()})
SAFE = ("same", "benign")

PMU, PMCR, TIMER, OSLSR, GIC = (
    "readback-undone",
    "readback-state",
    "PTIMER_CNT",
    "OSLSR_EL1",
    "GICD",
)
UNPINNABLE = {
    ("6.12", "5.10"): {TIMER, OSLSR, GIC},
    ("6.12", "6.1"): {TIMER},
    ("newer", "5.10"): {TIMER, OSLSR, GIC},
    ("newer", "6.1"): {TIMER},
    ("newer", "6.12"): {PMU},
    ("5.10", "6.12"): {PMU, PMCR},
    ("6.1", "6.12"): {PMU, PMCR},
    ("5.10", "newer"): {PMCR, GIC},
    ("6.1", "newer"): {PMCR},
}
"""Of a guest born on one and moved to another, at most this is refused with any pins: state that is
no part of a machine's identity. Everything else is safe."""


CONFLICTS = {
    "a64fx": {"ID_AA64DFR0_EL1", "ID_DFR0_EL1", "SMCCC_ARCH_WORKAROUND_3"},
    "cortex-a57": set(),
    "cortex-a72": set(),
    "cortex-a76": {"ID_AA64DFR0_EL1"},
    "max": {"ID_AA64DFR0_EL1", "ID_AA64MMFR1_EL1", "ID_DFR0_EL1", "SMCCC_ARCH_WORKAROUND_3"},
    "neoverse-n1": {"ID_AA64DFR0_EL1"},
}


@cache
def captures(cpu="neoverse-n1"):
    found = [atlas.resolve(each.name) for each in atlas.newest_of_each_series(cpu)]
    assert len(found) == 11
    return found


def era(host):
    series = ".".join(host.label.removeprefix("debian-").split(".")[:2])
    return series if series in ("5.10", "6.1", "6.12") else "newer"


def errors(born_on, goes_to, values):
    """What the strict loader refuses or changes of a guest that is born with ``values``, and which
    registers that a guest knows its machine by are among it."""
    question = check(goes_to, born_on, STRICT, pins=values).questions["pinned"]
    found = [each for each in question.findings if each.effect not in (*SAFE, "unknown")]
    assert bool(found) == (question.verdict not in SAFE)
    kinds = {
        next((name for name in (TIMER, OSLSR, GIC) if name in str(each.members)), each.rule)
        for each in found
    }
    seen = {each.members[0] for each in found if each.id and is_visible(each.id)}
    return kinds, seen


def holds(row, value):
    return answer(row, value).kind == "same"


def values(row, bits):
    """The default, with every value of each piece of up to eight bits of ``bits`` that no measured
    field's edge crosses; of a wider piece, none and all set, and each bit flipped."""
    edges = {0, 8 * row.size, *(edge for f in row.fields for edge in (f.low, f.low + f.width))}
    edges |= {edge for f in find(hex(row.id)).fields for edge in (f.low, f.low + f.width)}
    ordered = sorted(edges)
    for low, high in zip(ordered, ordered[1:]):
        mask, width = ((1 << high - low) - 1) << low, high - low
        if bits & mask:
            wide = [
                0,
                mask >> low,
                *((row.default & mask) >> low ^ 1 << bit for bit in range(width)),
            ]
            raws = range(1 << width) if width <= 8 else wide
            yield from (row.default & ~mask | raw << low for raw in raws)


def common(number, bits, a, b):
    """Values of the register that both hosts hold, of all that ``bits`` can make and both show."""
    rows = [host.registers[number] for host in (a, b)]
    tried = {row.default for row in rows}
    for row in rows:
        tried |= set(values(row, bits))
    assert len(tried) > 2
    return {value for value in tried if all(holds(row, value) for row in rows)}


def test_every_pair_with_a_baseline_keeps_its_identity():
    """Both ways, under the strict loader: safe, or refused for state that no pin sets."""
    safe = refused = none = 0
    for pair in combinations(captures(), 2):
        made = baseline(pair, allow_dead=True)
        if isinstance(made, NoBaseline):
            none += 1
            continue
        for born_on, goes_to in permutations(pair):
            kinds, seen = errors(born_on, goes_to, made.values)
            assert seen == set()
            assert kinds <= UNPINNABLE.get((era(born_on), era(goes_to)), set())
            safe += not kinds
            refused += bool(kinds)
    assert (safe, refused, none) == (64, 44, 1)


def test_canary():
    """Without the pins, on the same moves, the machine is another one."""
    found = [
        errors(b, a, {})[1]
        for a, b in permutations(captures(), 2)
        if isinstance(baseline([a, b]), Baseline)
    ]
    assert {"CCSIDR_0", "PSCI_VERSION"} <= set().union(*found)
    assert sum(map(bool, found)) > 30


@pytest.mark.parametrize("cpu", CPUS)
def test_where_there_is_none_no_value_would_do(cpu):
    """The named register has no value that both hosts hold, by trying."""
    named = set()
    for a, b in combinations(captures(cpu), 2):
        made = baseline([a, b])
        if isinstance(made, NoBaseline):
            for clash in made.conflict.clashes:
                assert common(clash.register, clash.bits, a, b) == set(), (a.label, b.label)
                named.add(clash.name)
    assert named == CONFLICTS[cpu]


def test_the_same_search_finds_a_value_where_there_is_one():
    """PSCI_VERSION of 6.12 and 6.16, and what 6.12 takes of the caches that 6.1 shows."""
    old, mid, new = (atlas.resolve(f"debian-{s}/neoverse-n1") for s in ("6.1", "6.12", "6.16"))
    assert 0x10001 in common(find("PSCI_VERSION").id, 0x3, mid, new)
    assert common(find("CLIDR_EL1").id, 0x80000002, old, mid) == {0x82000023}


@pytest.mark.parametrize("allow_dead", [False, True])
def test_the_largest_sets_with_a_baseline(allow_dead):
    """5.10 and 6.1 exclude each other, and either goes with all others: every ordered pair, with
    the set's own pins."""
    found = captures()
    groups = [
        group
        for group in combinations(found, 10)
        if isinstance(baseline(group, allow_dead=allow_dead), Baseline)
    ]
    assert isinstance(baseline(found, allow_dead=allow_dead), NoBaseline)
    assert groups == [(found[0], *found[2:]), tuple(found[1:])]
    for group in groups:
        made = baseline(group, allow_dead=allow_dead)
        assert made.exit_status() == (0 if allow_dead else 101)
        for born_on, goes_to in permutations(group, 2):
            kinds, seen = errors(born_on, goes_to, made.values)
            assert seen == set()
            assert kinds <= UNPINNABLE.get((era(born_on), era(goes_to)), set())
