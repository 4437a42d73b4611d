"""The replay is independent of the explorer, and agrees with it step by step."""

from __future__ import annotations

import random

import pytest

from guestabi.model import vmm
from guestabi.model.explore import Failure, Line, check
from guestabi.model.naive import NEW_REGISTER, OLD_REGISTER, SCOPE_BIT, number_of
from guestabi.model.properties import PROPERTIES
from guestabi.model.replay import ReplayMismatch, Scene, replay
from guestabi.model.semantics import BEHAVIOURS, DESIGNS
from guestabi.model.world import LOST, NONE, SAVED, Guest, Rules, World

WALKS = 150
STEPS = 40


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_every_failure_is_replayed(design, behaviour):
    """Acting a trace out, ioctl by ioctl, shows the same kind of violation, and none earlier."""
    row, how = DESIGNS[design], BEHAVIOURS[behaviour]
    for answer in check(row, how):
        if answer.failure is None:
            continue
        seen = replay(row, how, answer.property, answer.failure)
        assert seen.startswith(answer.failure.note.kind)
        for end in range(1, len(answer.failure.trace)):
            shorter = answer.failure._replace(trace=answer.failure.trace[:end])
            with pytest.raises(ReplayMismatch):
                replay(row, how, answer.property, shorter)


def test_a_wrong_trace_is_found_out():
    """A trace whose opt-in was cut out does not violate anything, and says so."""
    row, how = DESIGNS["vm-scoped"], BEHAVIOURS["list-written"]
    (answer,) = check(row, how, [PROPERTIES["P5"]])
    trace = tuple(line for line in answer.failure.trace if line.action[0] != "other-sets")
    assert len(trace) == len(answer.failure.trace) - 1
    with pytest.raises(ReplayMismatch, match="the explorer saw 'lost', the replay None"):
        replay(row, how, "P5", Failure(answer.failure.note, trace))


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_random_walks_agree(design, behaviour):
    """After each of many random steps the two tell the same: services, streams, refusals."""
    rng = random.Random(f"{design} {behaviour}")
    loads = sum(walk(DESIGNS[design], BEHAVIOURS[behaviour], rng) for _ in range(WALKS))
    assert loads > WALKS // 2


def walk(design, behaviour, rng):
    """Take random steps in both worlds; return how many of them were loads."""
    world = World(design, behaviour, Rules(others_set=True, pokes=True))
    scene = Scene(design, behaviour)
    guest, place, loads = Guest(), None, 0
    for _ in range(STEPS):
        line, step = choose(world, scene, guest, place, rng)
        scene.act(line.action, line.host)
        if step is None:
            continue
        compare(scene, step)
        loads += step.action[0] == "load"
        guest = step.after
        place = None if guest.phase in (NONE, SAVED) else line.host
        if guest.phase == LOST:
            break
    return loads


def choose(world, scene, guest, place, rng):
    """Return a host's change, or a step of the guest, at random."""
    empty = [host for host in (0, 1) if host != place]
    if rng.random() < 0.35 and empty:
        host, what = rng.choice(empty), rng.choice(("kernel", "vmm"))
        way = "up" if scene.versions[host][what] < 2 and rng.random() < 0.7 else "down"
        if way == "down" and scene.versions[host][what] == 0:
            way = "up"
        return Line((what, way), host), None
    host = rng.choice((0, 1)) if place is None else place
    k, v = scene.versions[host]["kernel"], scene.versions[host]["vmm"]
    steps = world.to_host(guest, k, v) if place is None else world.at_host(guest, k, v, 0)
    step = rng.choice(list(steps))
    return Line(step.action, host), step


def compare(scene, step):
    """Hold one step of the naive world against the explorer's."""
    if step.action[0] == "load":
        refused = scene.refusal.register if scene.refusal else None
        assert refused == step.loaded.refused
        if refused is None:
            assert shown(scene) == step.loaded.masks
    elif step.action[0] == "save":
        assert in_stream(scene.stream) == in_fast_stream(step.after.stream)
    elif len(scene.machine.own) == 2:
        assert shown(scene) == step.after.masks


def shown(scene):
    return tuple(sum(vmm.bit(number) for number in one) for one in scene.machine.services())


def in_stream(stream):
    first, second = stream["vcpus"]
    values = {number_of(each): (first[each], second[each]) for each in first}
    old = values.pop(0)
    flagged = OLD_REGISTER | SCOPE_BIT in first
    assert old == (1, 1)
    section = {each - NEW_REGISTER: (value, value) for each, value in stream["vm"].items()}
    return section, values, flagged


def in_fast_stream(stream):
    def plain(entries):
        return {register: (one, two) for register, one, two in entries}

    return plain(stream.section), plain(stream.listed), stream.flagged
