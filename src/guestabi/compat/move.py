"""One move of one guest: its registers, the destination, the VMM between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Iterable, Mapping, Optional

from guestabi.compat import effects, grades, seen
from guestabi.compat import outcome as raw
from guestabi.compat.devices import NO_ID, Devices, devices_of, move_devices
from guestabi.compat.known import field_names
from guestabi.compat.outcome import Outcome, State, Weighed
from guestabi.compat.seen import Change, Eyes
from guestabi.kvm.optin import oldest
from guestabi.policies import Policy
from guestabi.profile.answers import answer
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.registers.catalogue import name_of
from guestabi.uapi.regid import size_of


@dataclass(frozen=True)
class Moved:
    """The result of a move. ``state_after`` is what the guest has on the destination, and what a
    save there carries; it means nothing where the verdict is ``refused``."""

    weighed: tuple[Weighed, ...]
    state_after: Mapping[int, Optional[int]]
    devices_after: Devices
    changes: tuple[Change, ...] = ()
    """What the guest sees otherwise, where both hosts' profiles have the answers of guest code."""

    @cached_property
    def verdict(self) -> str:
        return effects.worst([each.effect for each in self.weighed])

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(each.outcome for each in self.weighed)


def born(
    host: HostProfile, policy: Policy, pins: Mapping[int, int]
) -> tuple[dict[int, Optional[int]], list[Weighed]]:
    """Return the registers of a guest that boots on ``host`` with ``pins``, and what the host
    made of pins that it does not accept as they are."""
    policy = policy.on(host.vm_only)
    state = dict(host.defaults)
    odd = []
    for number, value in sorted(settable(policy, pins).items()):
        register = host.registers.get(number)
        if register is None:
            continue
        fact = raw.fact_of(register, value)
        if fact.kind == "same":
            state[number] = value
            continue
        effect = "unknown" if fact.kind == "unmeasured" else "refused"
        fields = field_names(number, fact.bits)
        outcome = Outcome(
            number,
            name_of(number),
            fact.kind,
            value,
            register.default,
            fact.errno,
            "pin",
            fields,
            fact.bits,
        )
        odd.append(Weighed(outcome, effect))
    return state, odd


def move(
    state: State,
    destination: HostProfile,
    policy: Policy,
    pins: Optional[Mapping[int, int]] = None,
    *,
    source: Optional[HostProfile] = None,
    devices: Optional[Devices] = None,
) -> Moved:
    """Move a guest with ``state`` to ``destination`` under ``policy``.

    ``pins`` are those that the guest was born with: some VMMs give them on both ends. ``source``
    is the host that it leaves; without it, less is known, and the verdict may be worse.
    ``devices`` is what the guest sees of its interrupt controller; by default, ``source``'s own.
    """
    policy = policy.on(destination.vm_only | (source.vm_only if source else frozenset()))
    given = at_load(policy, pins or {})
    loader = Loader(Side(policy, destination), state, given)
    weighed = [*loader.of_list(state, source), *loader.of_widths(state)]
    if devices is None and source is not None:
        devices = devices_of(source)
    of_devices, devices_after = move_devices(devices or {}, destination, policy)
    weighed += of_devices
    weighed.sort(key=lambda each: (each.outcome.id, each.outcome.name, each.outcome.kind))
    after = loader.after(weighed, state)
    counts = [each for each in weighed if each.effect != "same"]
    changes: tuple[Change, ...] = ()
    if source is not None and effects.worst([each.effect for each in counts]) != "refused":
        changes = seen.changes(
            Eyes(source), state, devices or {}, Eyes(destination), after, devices_after
        )
        counts += unheld(changes, [each.outcome for each in counts if each.effect == "changed"])
    return Moved(tuple(counts), after, devices_after, changes)


def unheld(changes: Iterable[Change], told: Iterable[Outcome]) -> list[Weighed]:
    """Return what changes for the guest that none of the outcomes ``told`` accounts for."""
    known = {each.id for each in told} | {each.name.rpartition(".")[2] for each in told}
    found = []
    for change in changes:
        if change.name not in known and not known & seen.held_by(change.name):
            before, after = (
                each if isinstance(each, int) else None for each in (change.before, change.after)
            )
            bits = (before or 0) ^ (after or 0)
            found.append(
                Weighed(Outcome(NO_ID, change.name, "answer", before, after, bits=bits), "changed")
            )
    return found


_REPLACING = frozenset({"readback", "refused", "defaulted", "order"})
"""Kinds of outcomes after which the guest has the destination's value."""


class Side:
    """One host as the VMM handles it: worked out once, however many guests come and go."""

    def __init__(self, policy: Policy, host: HostProfile) -> None:
        self.policy = policy
        self.host = host
        self.listed = frozenset(number for number in host.registers if goes_by_list(policy, number))
        self.lost = frozenset(number for number in host.registers if policy.loses(number))
        self.last = max(self.listed, default=-1)
        sizes = policy.sizes
        self.misfits = frozenset(
            number for number in self.listed if sizes is not None and size_of(number) not in sizes
        )

    def action(self, number: int, incoming: int) -> str:
        """Return what the VMM does here with register ``number``, which this host lacks, in a
        stream of ``incoming`` registers."""
        policy = self.policy
        if number in policy.tolerances:
            return policy.tolerances[number]
        if policy.longer == "refuse" and incoming > len(self.listed):
            return "refuse"
        return policy.above_all if number > self.last else policy.missing


def goes_by_list(policy: Policy, number: int) -> bool:
    """Whether the VMM carries register ``number`` by the list."""
    return not (policy.loses(number) or policy.carries_apart(number))


class Loader:
    """The policy at work on one guest and one destination."""

    def __init__(self, side: Side, state: State, pins: Mapping[int, int]) -> None:
        self._side = side
        self._policy = side.policy
        self._destination = side.host
        self._pins = pins
        self._incoming = sum(1 for number in state if goes_by_list(side.policy, number))

    def of_list(self, state: State, source: Optional[HostProfile]) -> Iterable[Weighed]:
        """Yield the outcomes of the registers that go through the list, and of those lost."""
        policy = self._policy
        for outcome in raw.outcomes(state, self._destination, source=source):
            if policy.carries_apart(outcome.id):
                continue
            if policy.loses(outcome.id) and outcome.id in state:
                continue
            if outcome.kind == "defaulted":
                outcome = self._given(outcome, state, source)
            yield Weighed(outcome, self.effect(outcome))
        for number in sorted(state):
            if policy.loses(number):
                yield from self._of_lost(number, state)
            elif policy.order == "vcpu-by-vcpu" and goes_by_list(policy, number):
                yield from self._of_order(number, state[number])

    def of_widths(self, state: State) -> Iterable[Weighed]:
        """Yield registers too wide or too narrow for the VMM: on such a host it does not start."""
        sizes = self._policy.sizes
        if sizes is None:
            return
        for number in sorted(state.keys() | self._destination.registers.keys()):
            if goes_by_list(self._policy, number) and size_of(number) not in sizes:
                value, after = state.get(number), self._destination.defaults.get(number)
                outcome = Outcome(number, name_of(number), "refused", value, after, grade="width")
                yield Weighed(outcome, "refused")

    def effect(self, outcome: Outcome) -> str:
        """Return what the policy makes of a raw outcome."""
        if outcome.kind == "missing":
            action = self._side.action(outcome.id, self._incoming)
            return effects.of_missing(action, outcome.source, outcome.grade)
        if outcome.kind == "defaulted":
            return effects.of_defaulted(self._policy, outcome.grade)
        return effects.of_common(self._policy, outcome.kind, outcome.grade)

    def after(self, weighed: list[Weighed], state: State) -> dict[int, Optional[int]]:
        """Return the guest's registers on the destination."""
        kept = self._destination.defaults
        found = {number: state.get(number, default) for number, default in kept.items()}
        for each in weighed:
            outcome = each.outcome
            if keeps_pairs(self._policy, outcome.grade):
                continue
            if outcome.id in found and outcome.kind in _REPLACING:
                found[outcome.id] = outcome.destination
        found.update((n, kept[n]) for n in kept if self._policy.loses(n))
        return found

    def _given(self, outcome: Outcome, state: State, source: Optional[HostProfile]) -> Outcome:
        register = self._destination.registers[outcome.id]
        value = given(register, self._policy, self._pins)
        if value is None:
            return outcome
        return raw.defaulted(replace(register, default=value), state, source)

    def _of_lost(self, number: int, state: State) -> Iterable[Weighed]:
        value = state[number]
        after = self._destination.defaults.get(number)
        effect = of_lost(number, state, self._destination)
        if effect == "same":
            return
        bits = (value or 0) ^ (after or 0)
        yield Weighed(
            Outcome(
                number,
                name_of(number),
                "defaulted",
                value,
                after,
                grade="lost",
                fields=field_names(number, bits),
                bits=bits,
            ),
            effect,
        )

    def _of_order(self, number: int, value: Optional[int]) -> Iterable[Weighed]:
        register = self._destination.registers.get(number)
        if register is None or not is_fragile(register) or value in (None, register.default):
            return
        if raw.fact_of(register, value).kind == "same":
            yield Weighed(
                Outcome(number, name_of(number), "order", value, register.default), "changed"
            )


def settable(policy: Policy, pins: Mapping[int, int]) -> dict[int, int]:
    """Return those pins that the VMM can set."""
    return {number: value for number, value in pins.items() if policy.can_pin(number)}


def at_load(policy: Policy, pins: Mapping[int, int]) -> dict[int, int]:
    """Return those pins that the VMM sets again on the host that it loads on."""
    return settable(policy, pins) if policy.pins_at_load else {}


def keeps_pairs(policy: Policy, grade: str) -> bool:
    """Whether the VMM writes registers that only set or clear bits so that none undoes another."""
    return policy.set_clear == "cleared-first" and grade in ("undone", "likewise")


def given(register: ProbedRegister, policy: Policy, pins: Mapping[int, int]) -> Optional[int]:
    """Return what the VMM gives a register that the stream lacks; None: it leaves it alone."""
    pin = pins.get(register.id)
    if pin is not None and raw.fact_of(register, pin).kind == "same":
        return pin
    if policy.defaulted != "off" or register.scope != "vm" or register.default is None:
        return None
    return oldest(
        register.id, register.default, lambda value: answer(register, value).kind == "same"
    )


def of_lost(number: int, state: State, destination: HostProfile) -> str:
    """The effect of a register that the VMM leaves behind on its way to ``destination``."""
    grade = ""
    if number not in destination.registers:
        grade = grades.of_missing(number, state[number], state, destination)
    return effects.of_lost(number, state[number], destination.defaults.get(number), grade)


def is_fragile(register: ProbedRegister) -> bool:
    """Whether another vCPU's initialisation throws away what a restore wrote. A register of the
    VM is written again with the last vCPU's, after every initialisation."""
    return register.survives_other_init is False and register.scope != "vm"
