"""Edits that may mend a plan, made of what breaks it: they say nothing about whether they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from guestabi import policies
from guestabi.compat import effects
from guestabi.compat.pins import Conflict, meet
from guestabi.errors import UnknownName
from guestabi.fleet.plan.between import family
from guestabi.fleet.plan.proof import Proof
from guestabi.fleet.plan.resolve import Sources
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.written import GroupRow, PlanFile, StepRow
from guestabi.registers.catalogue import find, name_of

T = TypeVar("T", bound=msgspec.Struct)

COSTS = {"order": 2, "pin": 2, "vmm": 3, "hop": 6, "gate": 8, "reboot": 9}
"""What an operator would rather not do costs more: reboots of guests, and ways back that close."""


@dataclass(frozen=True)
class Edit:
    """A change of a plan's file: ``kind`` is a key of COSTS, ``words`` say what it does."""

    kind: str
    words: str
    file: PlanFile

    @property
    def cost(self) -> int:
        return COSTS[self.kind]


def edits(proof: Proof, sources: Sources) -> Iterator[Edit]:
    """Yield the edits that what breaks ``proof`` suggests, cheapest kinds first."""
    plan = proof.plan
    yield from _orders(plan)
    yield from _pins(proof)
    yield from _vmms(plan)
    yield from _hops(plan, sources)
    yield from _gates(plan)
    yield from _reboots(proof)


def _orders(plan: Plan) -> Iterator[Edit]:
    """VMMs and pins before the first kernel."""
    steps = plan.file.step
    first = _first_kernel(plan.file)
    for number, step in enumerate(steps):
        if number > first and step.action in ("vmm", "pins", "baseline"):
            moved = [*steps[:first], step, *steps[first:number], *steps[number + 1 :]]
            words = f"step {step.name!r} before the first kernel"
            yield Edit("order", words, _with(plan.file, step=moved))


def _pins(proof: Proof) -> Iterator[Edit]:
    """Pin, at birth, what is refused or changes to what suits every host of the plan."""
    plan = proof.plan
    met = meet([config.profile for config in plan.configs])
    values = (met.partial if isinstance(met, Conflict) else met).values
    able = _reachable([config.policy for config in plan.configs])
    pinned = [pins for fleet in plan.fleets for pins in fleet.pins.values()]
    chosen = {
        name_of(number): hex(values[number])
        for number in sorted(_blamed(proof) & values.keys())
        if any(policy.can_pin(number) for policy in able)
        and any(pins.get(number) != values[number] for pins in pinned)
    }
    if not chosen:
        return
    at = _first_kernel(plan.file)
    name = _fresh(plan.file, "pin what all hosts have")
    step = StepRow(name=name, pins=dict(chosen))
    said = ", ".join(f"{register} = {value}" for register, value in chosen.items())
    steps = [*plan.file.step[:at], step, *plan.file.step[at:]]
    yield Edit("pin", f"guests are born with {said}", _with(plan.file, step=steps))


def _blamed(proof: Proof) -> set[int]:
    """Ids of the registers that are refused, or change, at the end of a story."""
    findings = [each for told in proof.stories for tried in told.tried for each in tried.findings]
    bad = [each for each in findings if each.effect not in effects.GOOD]
    return {number for each in bad for number in _ids(each.members)}


def _reachable(able: list[policies.Policy]) -> list[policies.Policy]:
    """The policies, and the newer ones of their families."""
    found = {policy.name: policy for policy in able}
    for policy in able:
        found.update({name: policies.load(name) for name in newer(policy)})
    return list(found.values())


def newer(policy: policies.Policy) -> list[str]:
    """Return the names of the shipped policies of newer versions of the same VMM, oldest first."""
    kin = [
        policies.load(name)
        for name in policies.names()
        if family(policies.load(name)) == family(policy)
    ]
    later = [each for each in kin if _version(each.name) > _version(policy.name)]
    return [each.name for each in sorted(later, key=lambda each: _version(each.name))]


def _version(name: str) -> tuple[int, ...]:
    digits = name.rpartition("-")[2].split(".")
    return tuple(int(each) if each.isdigit() else 0 for each in digits)


def _vmms(plan: Plan) -> Iterator[Edit]:
    """A newer VMM on every host, before anything else."""
    now = {group.config.policy.name: group.config.policy for group in plan.groups}
    names = dict.fromkeys(name for policy in now.values() for name in newer(policy))
    for name in names:
        step = StepRow(name=_fresh(plan.file, f"every host gets {name}"), vmm=name)
        later = [each for each in plan.file.step if each.vmm is None]
        yield Edit("vmm", f"{name} on every host first", _with(plan.file, step=[step, *later]))


def _hops(plan: Plan, sources: Sources) -> Iterator[Edit]:
    """Hosts of a kernel between old and new that guests may go over, and where none are born."""
    for step in plan.steps:
        if step.kind != "kernel":
            continue
        name = step.groups[0]
        at = plan.steps.index(step)
        before, after = plan.fleets[at].configs[name], step.to[name]
        for hop in sources.hops(before.profile, after.profile):
            group = f"hop over {hop}"
            if any(row.name == group for row in plan.file.group):
                continue
            row = GroupRow(group, hop, before.policy.name, 2)
            births: object = plan.file.births
            if isinstance(births, str):
                births = [each.name for each in plan.file.group]
            touching = [_named_groups(each, plan.file) for each in plan.file.step]
            file = _with(plan.file, group=[*plan.file.group, row], births=births, step=touching)
            yield Edit("hop", f"two hosts with {hop}, for guests to go over", file)


def _named_groups(step: StepRow, file: PlanFile) -> StepRow:
    # A step of all groups would upgrade the hop as well.
    if step.groups is not None or step.kernel is None:
        return step
    return _with(step, groups=[row.name for row in file.group])


def _gates(plan: Plan) -> Iterator[Edit]:
    """Use what is pinned only once every host has its VMM, and the way back to others is closed."""
    steps = plan.file.step
    vmms = [number for number, step in enumerate(steps) if step.vmm is not None]
    pins = [step for step in steps if step.action in ("pins", "baseline")]
    if vmms and pins:
        rest = [step for step in steps if step not in pins]
        at = rest.index(steps[vmms[-1]]) + 1
        gate = StepRow(name=_fresh(plan.file, "every VMM knows it, and stays"), commit=True)
        named = ", ".join(repr(step.name) for step in pins)
        words = f"{named} only when every host has its VMM, which then is not rolled back"
        yield Edit("gate", words, _with(plan.file, step=[*rest[:at], gate, *pins, *rest[at:]]))
    if plan.file.moves == "anywhere" and len(plan.groups) > 1:
        yield Edit("gate", "guests stay in their group", _with(plan.file, moves="group"))


def _reboots(proof: Proof) -> Iterator[Edit]:
    """Guests that cannot leave alive are shut down, and booted elsewhere."""
    stuck = {
        told.failure.step
        for told in proof.stories
        if told.failure.kind == "stuck" and told.failure.way != "stay"
    }
    for number in sorted(stuck):
        steps = list(proof.plan.file.step)
        if steps[number].reboot_stuck:
            continue
        steps[number] = _with(steps[number], reboot_stuck=True)
        words = f"in step {steps[number].name!r}, guests that cannot leave alive are rebooted"
        yield Edit("reboot", words, _with(proof.plan.file, step=steps))


def _first_kernel(file: PlanFile) -> int:
    kernels = [number for number, step in enumerate(file.step) if step.kernel is not None]
    return kernels[0] if kernels else 0


def _fresh(file: PlanFile, name: str) -> str:
    taken = {row.name for row in file.step}
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


def _ids(names: tuple[str, ...]) -> Iterator[int]:
    for name in names:
        try:
            yield find(name).id
        except UnknownName:
            continue


def _with(row: T, **changes: object) -> T:
    found: T = msgspec.structs.replace(row, **changes)
    return found
