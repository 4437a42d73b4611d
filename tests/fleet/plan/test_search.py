"""guestabi.fleet.plan.search finds what a naive planner finds, and no shorter story exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, find, given, settings
from hypothesis.errors import NoSuchExample

from guestabi.errors import BadInput
from guestabi.fleet.plan import search
from guestabi.fleet.plan.births import Nursery, Went
from guestabi.fleet.plan.found import PROPERTIES
from guestabi.fleet.plan.search import explore
from guestabi.fleet.plan.shape import Plan

from .hand import DFR0, group, guests, plan
from .naive import Harm, Naive
from .strategies import Rollout, plans

KEYS = {(name, sure) for name in PROPERTIES for sure in (True, False)}

BY_HAND = {
    "a guest of the new kernel has no way back": (
        plan([group("a")], [{"kernel": "new"}]),
        "broken",
        {("undone", True): 3},
    ),
    "a pin gives it one": (
        plan([group("a")], [{"kernel": "new"}], pins={DFR0: 6}),
        "proved",
        {},
    ),
    "a pin that comes too late": (
        plan([group("a")], [{"kernel": "new"}, {"pins": {DFR0: 6}}]),
        "broken",
        {("undone", True): 3},
    ),
    "a pin that is dropped before the last step back": (
        plan([group("a")], [{"kernel": "new"}, {"unpin": [DFR0]}], pins={DFR0: 6}),
        "broken",
        # kernel begun and done, unpinned, booted, two lines back, and the harm.
        {("undone", True): 7},
    ),
    "a commit before anything is unpinned": (
        plan(
            [group("a")], [{"kernel": "new"}, {"commit": True}, {"unpin": [DFR0]}], pins={DFR0: 6}
        ),
        "proved",
        {},
    ),
    "no guest, and nowhere to go": (
        plan([group("a")], [{"births": []}], births=[]),
        "vacuous",
        {},
    ),
    "nothing but one group of one kind": (
        plan([group("a")], [{"pins": {DFR0: 6}}]),
        "vacuous",
        {},
    ),
    "a host of its own": (
        plan([group("a", hosts=1)], [{"births": "anywhere"}]),
        "broken",
        {("leaves", True): 2},
    ),
    "a service appears": (
        plan([group("a", vmm="qemu-10.0")], [{"kernel": "more"}]),
        "broken",
        {("unchanged", True): 3, ("leaves", True): 3, ("undone", True): 3},
    ),
    "nobody knows": (
        plan([group("a", "new")], [{"kernel": "dim"}]),
        "unknown",
        {("unchanged", False): 3, ("leaves", False): 3},
    ),
    "a pin that one host refuses and the other was not asked": (
        plan([group("a", "dim")], [{"kernel": "old"}], pins={DFR0: 8}),
        "broken",
        {("starts", False): 1, ("starts", True): 2},
    ),
    "the whole fleet is drained": (
        plan([group("a")], [{"drain": True}]),
        "broken",
        {("leaves", True): 3},
    ),
    "one of two groups is drained": (
        plan([group("a"), group("b", "twin")], [{"drain": True, "groups": ["a"]}]),
        "proved",
        {},
    ),
    "those who are stuck are booted anew": (
        plan(
            [group("a", "new"), group("b", "old")],
            [{"drain": True, "groups": ["a"], "reboot_stuck": True}],
        ),
        "proved",
        {},
    ),
    "those who are stuck have nowhere to boot": (
        plan([group("a")], [{"drain": True, "reboot_stuck": True}]),
        "broken",
        {("leaves", True): 3},
    ),
    "those who are stuck may boot, and births are nowhere": (
        plan(
            [group("a", "new"), group("b", "old")],
            [{"births": []}, {"drain": True, "groups": ["a"], "reboot_stuck": True}],
        ),
        "broken",
        {("leaves", True): 4},
    ),
    "those who are stuck are booted where no guest may move": (
        plan(
            [group("a"), group("b")],
            [{"drain": True, "groups": ["a"], "reboot_stuck": True}],
            moves="group",
        ),
        "vacuous",
        {},
    ),
    "two hosts alone, whose kernels are changed in one step": (
        plan([group("a", hosts=1), group("b", hosts=1)], [{"kernel": "twin"}]),
        "broken",
        # Neither takes the other's guest in: 0 begun, and stuck; begun, done, begun to undo, stuck.
        {("leaves", True): 3, ("undone", True): 5},
    ),
    "a host alone that runs the new kernel already": (
        plan([group("a", hosts=1), group("b", "twin", hosts=1)], [{"kernel": "twin"}]),
        "proved",
        {},
    ),
    "two hosts alone, and moves end": (
        plan([group("a", hosts=1), group("b", hosts=1)], [{"moves": "group"}]),
        "broken",
        {("leaves", True): 3},
    ),
}
"""Plan, verdict, and the length of the shortest story of each harm, counted by hand."""


@pytest.mark.parametrize("name", BY_HAND)
def test_a_plan_by_hand_is_judged_as_by_hand(name: str) -> None:
    asked, verdict, shortest = BY_HAND[name]
    found = explore(asked)
    assert (found.verdict, lengths(found)) == (verdict, shortest)


@pytest.mark.parametrize("name", BY_HAND)
def test_the_naive_planner_judges_it_alike(name: str) -> None:
    asked, verdict, shortest = BY_HAND[name]
    found = Naive(asked).explore()
    assert (found.verdict, found.shortest) == (verdict, shortest)


@given(plans())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_it_finds_what_the_naive_planner_finds(rollout: Rollout) -> None:
    """The same verdict, harms and lengths, and each story can be lived and ends in its harm."""
    asked = rollout.plan
    naive = of_naive(asked)
    event("bad guests" if naive is None else naive[0])
    assert of_search(asked) == naive
    if naive is not None:
        tell(asked)


@pytest.mark.parametrize("name", BY_HAND)
def test_stories_by_hand_can_be_lived(name: str) -> None:
    tell(BY_HAND[name][0])


def test_a_guest_is_given_where_the_plan_says_it_is() -> None:
    asked = plan(
        [group("a"), group("b")],
        [{"drain": True}],
        guests=[guests("of b", "b"), guests("of a", "a")],
        births=[],
    )
    (failure,) = explore(asked).failures
    given_ = failure.events[0]
    assert given_.what == "given"
    assert given_.place is not None
    assert asked.guests[given_.step].group == given_.place.group
    tell(asked)


def test_random_plans_are_of_every_kind() -> None:
    """What the two planners agree on says nothing of verdicts and harms that never occur."""
    seen: Counter[Any] = Counter()

    @given(plans())
    @settings(
        max_examples=350,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    def count(rollout: Rollout) -> None:
        asked = rollout.plan
        found = of_search(asked)
        if found is None:
            seen["bad guests"] += 1
            return
        seen.update([found[0], *found[1], *(step.kind for step in asked.steps)])

    count()
    assert all(seen[verdict] >= 5 for verdict in ("broken", "proved", "vacuous", "unknown")), seen
    assert seen.keys() >= KEYS, KEYS - seen.keys()
    assert seen["bad guests"]
    kinds = {"kernel", "vmm", "pins", "unpin", "drain", "open", "reboot", "commit", "moves"}
    assert {*kinds, "births", "baseline"} <= seen.keys()


def no_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = search.line
    monkeypatch.setattr(
        search, "line", lambda *args: tuple(replace(stop, down=0) for stop in whole(*args))
    )


def commits_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = search.line

    def both_ways(*args: Any) -> Any:
        stops = whole(*args)
        back = (0, *(stop.up for stop in stops))
        return tuple(replace(stop, down=down) for stop, down in zip(stops, back))

    monkeypatch.setattr(search, "line", both_ways)


def changes_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Nursery.move

    def move(*args: Any) -> Went:
        went = whole(*args)
        return went._replace(effect="refused") if went.effect == "changed" else went

    monkeypatch.setattr(Nursery, "move", move)


def nothing_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Nursery.born
    monkeypatch.setattr(Nursery, "born", lambda self, config, pins: whole(self, config, {}))


def nobody_must_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search._Search, "_leaves", lambda *args: "yes")


SPOILT = (
    no_way_back,
    commits_do_not_count,
    changes_do_not_count,
    nothing_is_pinned,
    nobody_must_leave,
)


@pytest.mark.parametrize("spoil", SPOILT)
def test_plans_by_hand_find_a_wrong_planner_out(
    spoil: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {name: of_search(asked) for name, (asked, _, _) in BY_HAND.items()}
    spoil(monkeypatch)
    assert good != {name: of_search(asked) for name, (asked, _, _) in BY_HAND.items()}


@pytest.mark.parametrize("spoil", [spoil for spoil in SPOILT if spoil != commits_do_not_count])
def test_random_plans_find_a_wrong_planner_out(
    spoil: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The canary. Plans that only a commit saves are too rare to wait for."""
    spoil(monkeypatch)
    try:
        find(
            plans(),
            lambda rollout: of_search(rollout.plan) != of_naive(rollout.plan),
            settings=settings(
                max_examples=500,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    except NoSuchExample:
        pytest.fail("no random plan tells the difference")


def lengths(found: search.Explored) -> dict[tuple[str, bool], int]:
    """How many lines each story has; a harm has no more than one."""
    told = {(each.property, each.sure): each.length for each in found.failures}
    assert len(told) == len(found.failures)
    return told


def of_search(asked: Plan) -> Any:
    """Verdict, lengths and tested steps; None where guests cannot be where they are."""
    try:
        found = explore(asked)
    except BadInput:
        return None
    return found.verdict, lengths(found), found.tested


def of_naive(asked: Plan) -> Any:
    """The same by the naive planner."""
    try:
        found = Naive(asked).explore()
    except BadInput:
        return None
    return found.verdict, found.shortest, found.tested


def tell(asked: Plan) -> None:
    """Live through every story that the search tells of a plan."""
    naive = Naive(asked)
    for failure in explore(asked).failures:
        state = naive.walk(failure.events)
        harm = Harm(failure.property, failure.sure, failure.kind, failure.place, failure.way)
        if harm not in set(naive.harms(state)):
            pytest.fail(f"no such harm: {failure.property}, {failure.kind}, {failure.place.group}")
        assert failure.step == state.at.done
