"""What no pin holds: all that stands between hosts with a baseline is named, and true."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest

from guestabi import atlas, policies
from guestabi.compat.verdict import check
from guestabi.fleet.baseline import Baseline, baseline
from guestabi.fleet.beyond import MOST_HOSTS, beyond
from guestabi.profile.answers import answer
from guestabi.registers.catalogue import find

STRICT = policies.load("strict")
HOSTS = [atlas.resolve(each.name) for each in atlas.newest_of_each_series("neoverse-n1")]
SAFE = ("same", "benign")


def refusals(born_on, goes_to, values):
    question = check(goes_to, born_on, STRICT, pins=values).questions["pinned"]
    return [each for each in question.findings if each.effect not in SAFE]


def test_every_pair_is_safe_or_what_stops_it_is_named() -> None:
    """Under the strict loader, pinned at birth: safe, or told by name; nothing is told of a pair
    that is safe."""
    safe = told = 0
    for pair in combinations(HOSTS, 2):
        made = baseline(pair, allow_dead=True)
        if not isinstance(made, Baseline):
            continue
        named = {(each.register, each.rule): each.pairs for each in beyond(pair, made.values)}
        seen: dict[tuple[str, str], int] = {}
        for born_on, goes_to in permutations(pair):
            found = refusals(born_on, goes_to, made.values)
            safe, told = safe + (not found), told + bool(found)
            for each in found:
                key = (each.members[0], each.rule)
                seen[key] = seen.get(key, 0) + 1
        assert named == seen
    assert safe > 50
    assert told > 20


def test_what_is_named_is_true() -> None:
    """By brute force over the two profiles: the destination lists no such register, or does not
    give back what the guest has; or shows another interrupt controller, and keeps its own."""
    shown = set()
    for pair in combinations(HOSTS, 2):
        made = baseline(pair, allow_dead=True)
        values = made.values if isinstance(made, Baseline) else {}
        for born_on, goes_to in permutations(pair) if values else ():
            for each in refusals(born_on, goes_to, values):
                shown.add(each.rule)
                if each.id == 0:
                    devices = {
                        (row.device, row.attribute): row.default
                        for host in (born_on, goes_to)
                        for row in host.devices
                    }
                    assert any(each.register.endswith(attribute) for _, attribute in devices)
                    continue
                numbers = [find(name).id for name in each.members]
                assert any(_is_lost(number, born_on, goes_to, values) for number in numbers)
    assert {"missing-live", "readback-undone", "readback-state", "device-differs"} <= shown


def _is_lost(number, born_on, goes_to, values) -> bool:
    row = goes_to.registers.get(number)
    value = values.get(number, born_on.defaults[number])
    if row is None or value is None:
        return row is None
    return row.acts is not None or answer(row, value).kind != "same"


def test_canary_of_one_host() -> None:
    """Between a host and itself nothing is beyond pins; between too many, nobody asks."""
    assert beyond(HOSTS[:1] * 3, {}) == ()
    many = [atlas.resolve(name) for name in atlas.names()[: 3 * MOST_HOSTS]]
    with pytest.raises(ValueError, match=r"\d\d hosts"):
        beyond(many, {})
