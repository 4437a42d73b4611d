"""The findings of very many moves: those of ``compat.verdict.check``, in less time.

A register that has the same value on both sides, and is kept at the same place, is ``same``, and is
not looked at; what depends on one host alone is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Optional

from guestabi.compat import asked, effects, seen
from guestabi.compat import outcome as raw
from guestabi.compat.devices import Devices, devices_of, move_devices
from guestabi.compat.findings import Finding, findings, plain
from guestabi.compat.move import Loader, Moved, Side, at_load, born, is_fragile, unheld
from guestabi.compat.outcome import State, Weighed
from guestabi.compat.pins import Conflict, meet
from guestabi.compat.rules import named
from guestabi.compat.seen import Change, Eyes
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile

Answer = tuple[tuple[Finding, ...], tuple[Change, ...]]
"""Findings, the worst first, and what the guest sees otherwise."""

Answers = dict[str, Answer]


class Host(Side):
    """A side with what its moves ask again and again."""

    def __init__(self, policy: Policy, host: HostProfile) -> None:
        super().__init__(policy.on(host.vm_only), host)
        self.devices = devices_of(host)
        self.eyes = Eyes(host)
        self.acting = raw.acting(host)
        rows = host.registers.values()
        self.fragile = frozenset(row.id for row in rows if is_fragile(row))
        self.scopes = {row.id: row.scope for row in rows}
        self.untold = frozenset(row.id for row in rows if row.default is None)


class Explainer:
    """Answers for one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._hosts: dict[str, Host] = {}
        self._left: dict[tuple[str, str], Moved] = {}

    def answers(self, a: HostProfile, b: HostProfile, questions: Iterable[str]) -> Answers:
        """Return the answers to ``questions`` of a (old) and b (new)."""
        said: Answers = {}
        there: Optional[Moved] = None
        for name in questions:
            if name == "pinned":
                said[name] = self._pinned(a, b)
            elif name == "rollback":
                said[name] = self._told(self.leave(b, a))
            else:
                there = there or self.leave(a, b)
                said[name] = self._told(there) if name == "forward" else self._home(a, b, there)
        return said

    def leave(self, a: HostProfile, b: HostProfile) -> Moved:
        """Move a guest that was born on ``a`` to ``b``."""
        key = (a.digest, b.digest)
        if key not in self._left:
            here = self._host(a)
            self._left[key] = self._move(a.defaults, here.devices, here, self._host(b), {})
        return self._left[key]

    def _home(self, a: HostProfile, b: HostProfile, there: Moved) -> Answer:
        if there.verdict == "refused":
            return (plain(named("never-left"), self._policy, "refused"),), ()
        source, home = self._host(b), self._host(a)
        return self._told(self._move(there.state_after, there.devices_after, source, home, {}))

    def _pinned(self, a: HostProfile, b: HostProfile) -> Answer:
        met = meet([a, b])
        clashes, pins = (met.clashes, met.partial) if isinstance(met, Conflict) else ((), met)
        state, odd = born(b, self._policy, pins.values)
        source = self._host(b)
        moved = self._move(state, source.devices, source, self._host(a), pins.values)
        answer = asked.Answer((*odd, *moved.weighed), moved.changes)
        told = findings(answer.weighed, self._policy)
        if answer.verdict not in effects.GOOD:
            told += asked.remarks(b, self._policy, pins.values, clashes)
        return tuple(told), answer.changes

    def _told(self, moved: Moved) -> Answer:
        return tuple(findings(moved.weighed, self._policy)), moved.changes

    def _host(self, profile: HostProfile) -> Host:
        if profile.digest not in self._hosts:
            self._hosts[profile.digest] = Host(self._policy, profile)
        return self._hosts[profile.digest]

    def _move(
        self,
        state: State,
        devices: Devices,
        source: Host,
        destination: Host,
        pins: Mapping[int, int],
    ) -> Moved:
        policy = self._policy.on(source.host.vm_only | destination.host.vm_only)
        side = destination if policy is destination.policy else Side(policy, destination.host)
        loader = _Loader(side, state, source, destination, at_load(policy, pins))
        weighed = list(loader.of_list(state, source.host))
        if source.misfits or destination.misfits:
            weighed += loader.of_widths(state)
        of_devices, devices_after = move_devices(devices, destination.host, policy)
        weighed += of_devices
        weighed.sort(key=lambda each: (each.outcome.id, each.outcome.name, each.outcome.kind))
        counts = [each for each in weighed if each.effect != "same"]
        if effects.worst([each.effect for each in counts]) == "refused":
            return Moved(tuple(counts), {}, devices_after)
        after = loader.after(weighed, state)
        changes = seen.changes(source.eyes, state, devices, destination.eyes, after, devices_after)
        counts += unheld(changes, [each.outcome for each in counts if each.effect == "changed"])
        return Moved(tuple(counts), after, devices_after, changes)


class _Loader(Loader):
    """A loader that looks only at registers which may not be ``same``."""

    def __init__(
        self,
        side: Side,
        state: State,
        source: Host,
        destination: Host,
        pins: Mapping[int, int],
    ) -> None:
        # A guest has its source's registers: how many go by the list was counted there.
        counted = side.policy is source.policy
        super().__init__(side, {} if counted else state, pins)
        if counted:
            self._incoming = len(source.listed)
        self._held = raw.held_after(state, destination.acting)
        rows = {number for number, _ in state.items() ^ destination.host.defaults.items()}
        scopes = set(source.scopes.items()) ^ set(destination.scopes.items())
        rows |= {number for number, _ in scopes} | self._held.keys()
        rows |= source.untold | destination.untold
        self._odd = rows & (state.keys() | destination.host.registers.keys())
        self._apart = source.lost | destination.lost | destination.fragile | side.policy.lost_ids

    def of_list(self, state: State, source: Optional[HostProfile]) -> Iterable[Weighed]:
        policy = self._policy
        for number in sorted(self._odd):
            if policy.carries_apart(number) or (policy.loses(number) and number in state):
                continue
            outcome = raw.outcome_of(number, state, self._destination, source, self._held)
            if outcome is not None and outcome.kind == "defaulted":
                outcome = self._given(outcome, state, source)
            if outcome is not None:
                yield Weighed(outcome, self.effect(outcome))
        for number in sorted(state.keys() & self._apart):
            if policy.loses(number):
                yield from self._of_lost(number, state)
            elif policy.order == "vcpu-by-vcpu" and not policy.carries_apart(number):
                yield from self._of_order(number, state[number])
