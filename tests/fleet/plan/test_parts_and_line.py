"""guestabi.fleet.plan.parts and line: what is looked at together, and which stages differ."""

from __future__ import annotations

import pytest

from guestabi.errors import BadInput
from guestabi.fleet.plan.line import Stop, crossings, line
from guestabi.fleet.plan.parts import Part, parts
from guestabi.fleet.plan.search import explore
from guestabi.fleet.plan.shape import Plan

from .hand import group, guests, plan

ONCE = [{"vmm": "qemu-11.1"}]


def hosts(asked: Plan) -> list[tuple[dict[str, int], int]]:
    return [(dict(part.hosts), part.stands_for) for part in parts(asked)]


def groups(*names: str, hosts: int = 2) -> list:
    return [group(name, hosts=hosts, vmm="qemu-10.0") for name in names]


def test_alike_groups_are_one() -> None:
    assert hosts(plan(groups("a", "b", "c"), ONCE)) == [({"a": 6}, 3)]


def test_groups_that_are_upgraded_apart_are_not_alike() -> None:
    steps = [{"kernel": "twin", "groups": ["a", "c"]}, {"kernel": "twin", "groups": ["b"]}]
    assert hosts(plan(groups("a", "b", "c"), steps)) == [({"a": 4, "b": 2}, 3)]


@pytest.mark.parametrize(
    "more",
    [
        {"births": ["a"]},
        {"guests": [guests("g", "b")]},
    ],
)
def test_groups_of_which_something_else_is_said_are_not_alike(more: dict) -> None:
    assert hosts(plan(groups("a", "b"), ONCE, **more)) == [({"a": 2, "b": 2}, 2)]


@pytest.mark.parametrize(
    "step",
    [{"pins": {"X0": 1}}, {"drain": True}, {"reboot": True}, {"kernel": "new"}],
    ids=["pins", "drain", "reboot", "kernel"],
)
def test_groups_that_a_step_tells_apart_are_not_alike(step: dict) -> None:
    asked = plan(groups("a", "b"), [{**step, "groups": ["b"]}])
    assert hosts(asked) == [({"a": 2, "b": 2}, 2)]


def test_groups_without_moves_between_them_are_apart_and_one_where_alike() -> None:
    asked = plan([*groups("a", "b"), group("c", "twin", vmm="qemu-10.0")], ONCE, moves="group")
    assert hosts(asked) == [({"a": 2}, 2), ({"c": 2}, 1)]


def test_a_group_of_one_host_is_not_like_a_group_of_two() -> None:
    asked = plan([*groups("a"), *groups("b", hosts=1)], ONCE, moves="group")
    assert hosts(asked) == [({"a": 2}, 1), ({"b": 1}, 1)]


def test_pairs_join_groups_in_whatever_direction_at_whatever_step() -> None:
    steps = [{"moves": [("c", "b")]}]
    asked = plan(groups("a", "b", "c", "d"), steps, moves=[("a", "b")])
    assert hosts(asked) == [({"a": 2, "b": 2, "c": 2}, 3), ({"d": 2}, 1)]


def test_one_step_that_allows_all_moves_joins_all() -> None:
    asked = plan(groups("a", "b"), [{"moves": "anywhere"}], moves=[])
    assert sum(stands for _, stands in hosts(asked)) == 2
    assert len(hosts(asked)) == 1


def test_parts_hold_every_group_and_every_guest_that_differs() -> None:
    asked = plan(
        groups("a", "b", "c"),
        ONCE,
        moves="group",
        guests=[guests("one", "a"), guests("other", "c")],
    )
    found = parts(asked)
    assert sum(part.stands_for for part in found) == 3
    assert {each.name for part in found for _, each in part.guests} & {"one", "other"}
    assert all(group in part.hosts for part in found for group, _ in part.guests)


def stops(asked: Plan, *names: str) -> list[tuple[int, int, int]]:
    """(place on the line, up, down) of each stop of the part of these groups."""
    wanted = {name: asked.hosts[name] for name in names} or dict(asked.hosts)
    return [(stop.at, stop.up, stop.down) for stop in line(asked, Part(wanted, (), 1))]


def test_every_stage_of_a_step_is_a_stop() -> None:
    assert stops(plan(groups("a"), [{"kernel": "twin"}])) == [(0, 1, 0), (1, 1, 1), (2, 0, 1)]


def test_steps_of_others_are_only_counted() -> None:
    steps = [{"kernel": "twin", "groups": [name]} for name in ("b", "c", "a", "b")]
    steps[3] = {"vmm": "qemu-11.1", "groups": ["b"]}
    asked = plan(groups("a", "b", "c"), steps)
    # Two steps of two stages, the own one, and two stages more.
    assert stops(asked, "a") == [(0, 4, 0), (4, 1, 4), (5, 1, 1), (6, 2, 1), (8, 0, 2)]


def test_a_part_that_nothing_is_done_to_has_two_stops() -> None:
    asked = plan(groups("a", "b"), [{"kernel": "twin", "groups": ["b"]}])
    assert stops(asked, "a") == [(0, 2, 0), (2, 0, 2)]


def test_whoever_is_told_of_a_step_that_changes_it_not_is_not_stopped() -> None:
    asked = plan([*groups("a"), group("b", "twin", vmm="qemu-10.0")], [{"kernel": "twin"}])
    assert stops(asked, "b") == [(0, 2, 0), (2, 0, 2)]


def test_moves_and_births_concern_everybody() -> None:
    asked = plan(groups("a"), [{"moves": "group"}, {"births": []}])
    assert stops(asked) == [(0, 1, 0), (1, 1, 1), (2, 0, 1)]


def test_nothing_is_undone_past_a_commit() -> None:
    asked = plan(groups("a"), [{"kernel": "twin"}, {"commit": True}, {"vmm": "qemu-11.1"}])
    assert stops(asked) == [
        (0, 1, 0),
        (1, 1, 1),
        (2, 1, 1),
        (3, 1, 0),
        (4, 1, 1),
        (5, 0, 1),
    ]


def test_a_commit_among_the_steps_of_others_counts() -> None:
    steps = [{"kernel": "twin", "groups": ["b"]}, {"commit": True}]
    asked = plan(groups("a", "b"), [*steps, {"vmm": "qemu-11.1", "groups": ["b"]}])
    assert stops(asked, "a") == [(0, 5, 0), (5, 0, 0)]


def test_only_a_step_that_reboots_reboots() -> None:
    steps = [{"pins": {"X0": 1}}, {"reboot": True, "groups": ["a"]}]
    asked = plan(groups("a", "b"), steps)
    found: tuple[Stop, ...] = line(asked, Part(dict(asked.hosts), (), 1))
    assert [stop.reboots for stop in found] == [frozenset(), {"a"}, frozenset()]


def test_a_way_along_the_line_is_told_step_by_step() -> None:
    asked = plan(groups("a"), [{"kernel": "twin"}, {"pins": {"X0": 1}}])
    there = [("begin", 0), ("finish", 0), ("do", 1)]
    assert [*crossings(asked, 0, 3)] == there
    assert [*crossings(asked, 1, 2)] == [("finish", 0)]
    assert [*crossings(asked, 2, 2)] == []
    assert [*crossings(asked, 3, 0)] == [("undo-do", 1), ("undo-begin", 0), ("undo-finish", 0)]
    assert [*crossings(asked, 2, 1)] == [("undo-begin", 0)]


def test_parts_that_are_alike_are_searched_once() -> None:
    names = [f"g{number}" for number in range(40)]
    found = explore(plan(groups(*names), [{"kernel": "twin"}], moves="group"))
    one = explore(plan(groups("a"), [{"kernel": "twin"}]))
    assert (found.parts, found.states, found.verdict) == (1, one.states, "proved")


def test_guests_that_cannot_be_there_are_refused_whatever_part_they_are_in() -> None:
    asked = plan(
        [*groups("a"), group("b", vmm="qemu-10.0")],
        ONCE,
        moves="group",
        guests=[guests("strangers", "b", born="new")],
    )
    with pytest.raises(BadInput, match=r"plan\.toml: guests 'strangers' cannot have come"):
        explore(asked)
