"""guestabi.fleet.plan.stages: every way the fleet can stand, and who may be where."""

from __future__ import annotations

from typing import Any

from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.stages import Stage, stages

from .hand import group, plan


def of(asked: Plan) -> tuple[Stage, ...]:
    return stages(asked, asked.hosts)


def names(places: Any) -> list[tuple[str, str]]:
    return sorted((place.group, place.config.profile.name) for place in places)


def kernel(hosts: int, **more: Any) -> Stage:
    """The middle of a kernel step of group ``a``, beside a group ``b``."""
    step = {"kernel": "new", "groups": ["a"], **more}
    return of(plan([group("a", hosts=hosts), group("b", hosts=hosts)], [step]))[1]


def test_a_step_that_rolls_has_a_middle_and_others_have_none() -> None:
    steps = [{"kernel": "new"}, {"pins": {"X0": 1}}, {"vmm": "qemu-10.0"}, {"drain": True}]
    found = of(plan([group("a")], [*steps, {"open": True}, {"commit": True}, {"reboot": True}]))
    told = [(stage.step, stage.middle) for stage in found]
    middles = [(0, True), (2, True), (3, True)]
    assert told == sorted([(number, False) for number in range(8)] + middles)


def test_in_the_middle_a_group_has_hosts_of_both_kinds() -> None:
    stage = kernel(hosts=2)
    assert names(stage.taking) == [("a", "new"), ("a", "old"), ("b", "old")]
    assert stage.closing == ()
    assert names(stage.leave_up) == [("a", "old")]
    assert names(stage.leave_down) == [("a", "new")]
    assert stage.alone == frozenset()


def test_one_host_takes_nobody_in_while_its_kernel_is_changed() -> None:
    stage = kernel(hosts=1)
    assert names(stage.taking) == [("b", "old")]
    assert names(stage.closing) == [("a", "new"), ("a", "old")]
    assert names(stage.births) == [("b", "old")]
    assert names(stage.leave_up) == [("a", "old")]


def test_one_host_goes_on_taking_guests_in_where_its_kernel_stays() -> None:
    asked = plan([group("a", hosts=1), group("b", "new", hosts=1)], [{"kernel": "new"}])
    stage = of(asked)[1]
    assert names(stage.taking) == [("b", "new")]
    assert names(stage.leave_up) == [("a", "old")]


def test_one_host_takes_guests_in_while_its_vmm_is_changed() -> None:
    stage = of(plan([group("a", hosts=1, vmm="qemu-7.2")], [{"vmm": "qemu-10.0"}]))[1]
    old, new = stage.taking
    assert (old.config.policy.name, new.config.policy.name) == ("qemu-7.2", "qemu-10.0")
    assert stage.targets == {old: (new,), new: (old,)}


def test_a_host_alone_has_no_like_to_move_to() -> None:
    alone = of(plan([group("a", hosts=1)], [{"reboot": True}]))[0]
    assert [*alone.targets.values()] == [()]
    two = of(plan([group("a", hosts=2)], [{"reboot": True}]))[0]
    assert [*two.targets.values()] == [two.taking]


def test_a_drained_group_takes_nobody_in_until_it_is_opened() -> None:
    steps = [{"drain": True, "groups": ["a"]}, {"open": True, "groups": ["a"]}]
    before, middle, drained, opened = of(plan([group("a"), group("b")], steps))
    for stage in (middle, drained):
        assert names(stage.taking) == names(stage.births) == [("b", "old")]
        assert names(stage.closing) == [("a", "old")]
    assert names(middle.leave_up) == [("a", "old")]
    assert middle.leave_down == drained.leave_up == frozenset()
    for stage in (before, opened):
        assert names(stage.taking) == [("a", "old"), ("b", "old")]


def test_moves_and_births_are_those_of_the_steps_before() -> None:
    steps = [
        {"moves": [("a", "b")]},
        {"births": ["b"]},
        {"kernel": "new", "groups": ["a"]},
        {"moves": "group"},
    ]
    found = of(plan([group("a"), group("b")], steps))
    ways = [
        sorted(
            {(here.group, there.group) for here in stage.targets for there in stage.targets[here]}
        )
        for stage in found
    ]
    stay, every = [("a", "a"), ("b", "b")], [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    to_b = [("a", "a"), ("a", "b"), ("b", "b")]
    assert ways == [every, to_b, to_b, to_b, to_b, stay]
    assert [names(stage.births)[0][0] for stage in found] == ["a", "a", "b", "b", "b", "b"]


def test_a_middle_has_the_pins_of_before() -> None:
    steps = [{"kernel": "new"}, {"pins": {"X0": 1}}, {"unpin": ["X0"]}]
    found = of(plan([group("a")], steps))
    assert [len(stage.fleet.pins["a"]) for stage in found] == [0, 0, 0, 1, 0]


def test_only_the_groups_that_are_asked_for_are_looked_at() -> None:
    asked = plan([group("a"), group("b")], [{"kernel": "new"}])
    assert names(stages(asked, {"b": 1})[1].closing) == [("b", "new"), ("b", "old")]


def test_who_is_stuck_may_be_booted_anew_in_the_middle_alone() -> None:
    found = of(plan([group("a")], [{"kernel": "new", "reboot_stuck": True}]))
    assert [stage.reboot_stuck for stage in found] == [False, True, False]
