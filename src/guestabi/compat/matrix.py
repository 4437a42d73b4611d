"""Verdicts alone, of many pairs: the same answers as ``check``, without what explains them.

What makes it fast changes no answer: a register with the same value on both sides is ``same``
(only its scope may differ, which is benign at worst), nothing is worse than ``refused``, identical
hosts are weighed once, and what depends on one host alone is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Optional

import msgspec

from guestabi.compat import effects, grades
from guestabi.compat.devices import Devices, devices_of, move_devices
from guestabi.compat.known import is_visible, role_of
from guestabi.compat.move import Side, at_load, given, is_fragile, keeps_pairs, of_lost, settable
from guestabi.compat.outcome import Fact, State, acting, fact_of, held_after
from guestabi.compat.pins import meet_of
from guestabi.compat.seen import Eyes, changes, may_differ
from guestabi.compat.verdict import QUESTIONS
from guestabi.errors import UsageError
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile

Odd = Mapping[int, Optional[int]]
"""Values that are not a host's defaults, by register id."""

_KEPT_PAIRS = 4096
"""Of so many pairs of hosts, what they make of each other is remembered; then it is worked out
again."""

Verdicts = dict[str, str]
"""The verdict of each of the four questions."""


def verdict_only(a: HostProfile, b: HostProfile, policy: Policy) -> Verdicts:
    """Return the four verdicts of ``check(a, b, policy)``."""
    return Engine(policy).verdicts(a, b)


def matrix(profiles: Sequence[HostProfile], policy: Policy) -> list[list[Verdicts]]:
    """Return the verdicts of every pair: ``[i][j]`` is old host ``i``, new host ``j``.

    ``[i][j]["forward"]`` is of a guest born on ``i`` that moves to ``j``. Raises UsageError for
    no profiles.
    """
    if not profiles:
        raise UsageError("a matrix of no profiles", hint="name at least one profile")
    engine = Engine(policy)
    return [[engine.verdicts(a, b) for b in profiles] for a in profiles]


class Host(Side):
    """A side with what the fast path keeps of it. ``compat.bulk`` makes such of parts of hosts."""

    def __init__(self, policy: Policy, host: HostProfile) -> None:
        super().__init__(policy, host)
        self.defaults = dict(host.defaults)
        self.devices = devices_of(host)
        self.eyes = Eyes(host)
        self.scopes = {n: r.scope for n, r in host.registers.items() if r.scope != "unknown"}
        self.acting = acting(host)
        self.fragile = tuple(
            number for number in sorted(self.listed) if is_fragile(host.registers[number])
        )
        self.answers: dict[tuple[int, Optional[int]], Fact] = {}
        self.contents = {
            int(row.id, 16): msgspec.json.encode((row.default, row.fields, row.patterns))
            for row in host.record.registers
            if is_visible(int(row.id, 16))
        }

    def after(
        self, state: State, differing: Optional[frozenset[int]] = None
    ) -> dict[int, Optional[int]]:
        """What a guest with ``state`` has here if every value is kept."""
        kept = dict(self.defaults)
        if differing is not None:
            for number in differing:
                if number in kept and number in state and number not in self.lost:
                    kept[number] = state[number]
            return kept
        kept.update((number, state[number]) for number in kept.keys() & state.keys() - self.lost)
        return kept

    def content(self, number: int) -> bytes:
        """What of the host decides which pins of the register suit it."""
        found = self.contents.get(number)
        if found is None and role_of(number) == "bitmap":
            found = self.contents[number] = b"%d" % grades.unlisted(number, self.host)[0]
        return found or b""

    def fact(self, number: int, value: Optional[int]) -> Fact:
        key = (number, value)
        found = self.answers.get(key)
        if found is None:
            found = self.answers[key] = fact_of(self.host.registers[number], value)
        return found


@dataclass
class _Move:
    """A fast move under way. ``state`` is what the destination makes of single registers, and in
    the end, unless the move is refused, all that the guest has there."""

    effect: str
    state: dict[int, Optional[int]]
    devices: Devices

    def worsen(self, effect: str) -> None:
        if effects.rank(effect) > effects.rank(self.effect):
            self.effect = effect


class _Pair(NamedTuple):
    """What two hosts make of each other, whatever the guest: ids of registers that only one lists,
    or with another default."""

    differing: frozenset[int]

    @classmethod
    def of(cls, source: Host, destination: Host) -> _Pair:
        odd = source.defaults.items() ^ destination.defaults.items()
        return cls(frozenset(number for number, _ in odd))


class Engine:
    """Answers for one policy. Keeps what it has worked out of each host, by digest."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._hosts: dict[str, Host] = {}
        self._pairs: dict[tuple[str, str], Verdicts] = {}
        self._left: dict[tuple[str, str], _Move] = {}
        self._met: dict[tuple[int, bytes, bytes], Optional[int]] = {}
        self._differing: dict[tuple[str, str], frozenset[str]] = {}
        self._kept: dict[tuple[str, str], _Pair] = {}

    def verdicts(self, a: HostProfile, b: HostProfile) -> Verdicts:
        """Return the four verdicts of a (old) and b (new)."""
        key = (a.digest, b.digest)
        if key not in self._pairs:
            self._pairs[key] = self._ask(self._host(a), self._host(b))
        return dict(self._pairs[key])

    def move(
        self,
        odd: Odd,
        devices: Devices,
        source: HostProfile,
        destination: HostProfile,
        pins: Mapping[int, int],
    ) -> tuple[str, Odd, Devices]:
        """Move a guest that has exactly ``source``'s registers, with its defaults in all but
        ``odd``, and was born with ``pins``.

        Return the verdict of ``compat.move.move``, and in what registers the guest then has other
        values than ``destination``'s defaults; that means nothing where it is refused.
        """
        here, there = self._host(source), self._host(destination)
        key = (source.digest, destination.digest)
        pair = self._kept.get(key)
        if pair is None:
            if len(self._kept) >= _KEPT_PAIRS:
                self._kept.clear()
            pair = self._kept[key] = _Pair.of(here, there)
        state = {**here.defaults, **odd}
        given = at_load(self._policy, pins)
        moved = self._move(state, devices, here, there, given, pair.differing.union(odd))
        after = moved.state.items() - there.defaults.items() if moved.effect != "refused" else ()
        return moved.effect, dict(after), moved.devices

    def _host(self, profile: HostProfile) -> Host:
        if profile.digest not in self._hosts:
            self._policy = self._policy.on(profile.vm_only)
            self._hosts[profile.digest] = Host(self._policy, profile)
        return self._hosts[profile.digest]

    def _ask(self, a: Host, b: Host) -> Verdicts:
        there, rollback = self._leave(a, b), self._leave(b, a)
        back = "refused"
        if there.effect != "refused":
            back = self._move(there.state, there.devices, b, a, {}).effect
        can_pin = self._policy.pins is None or self._policy.pins
        pinned = self._pinned(a, b) if can_pin else rollback.effect
        return dict(zip(QUESTIONS, (there.effect, back, rollback.effect, pinned)))

    def _leave(self, source: Host, destination: Host) -> _Move:
        key = (source.host.digest, destination.host.digest)
        if key not in self._left:
            state, devices = source.defaults, source.devices
            self._left[key] = self._move(state, devices, source, destination, {})
        return self._left[key]

    def _pinned(self, a: Host, b: Host) -> str:
        pins = settable(self._policy, self._meet(a, b))
        state, odd = dict(b.defaults), "same"
        for number, value in pins.items():
            if number not in state:
                continue
            kind = b.fact(number, value).kind
            if kind == "same":
                state[number] = value
            else:
                odd = effects.worst([odd, "unknown" if kind == "unmeasured" else "refused"])
        again = at_load(self._policy, pins)
        return effects.worst([odd, self._move(state, b.devices, b, a, again).effect])

    def _meet(self, a: Host, b: Host) -> dict[int, int]:
        pins = {}
        hosts = [a.host, b.host]
        for number in {number for number, _ in a.defaults.items() ^ b.defaults.items()}:
            if not is_visible(number):
                continue
            key = (number, a.content(number), b.content(number))
            if key not in self._met:
                found = meet_of(number, hosts)
                self._met[key] = found[0] if isinstance(found, tuple) else None
            pin = self._met[key]
            if pin is not None:
                pins[number] = pin
        return pins

    def _move(
        self,
        state: State,
        devices: Devices,
        source: Host,
        destination: Host,
        pins: Mapping[int, int],
        differing: Optional[frozenset[int]] = None,
    ) -> _Move:
        """Move a guest that has exactly ``source``'s registers. ``differing``: no other register
        has another value on the destination, or is on one side alone; None: that is looked up."""
        move = _Move("same", {}, {})
        weigh = _Weigher(self._policy, move, state, source, destination, pins)
        if source.misfits or destination.misfits:
            move.worsen("refused")
        for number in weigh.differing(differing):
            weigh.one(number)
            if move.effect == "refused":
                return move
        weigh.fragile()
        move.state = {**destination.after(state, differing), **move.state}
        of_devices, move.devices = move_devices(devices, destination.host, self._policy)
        for each in of_devices:
            move.worsen(each.effect)
        if move.effect in effects.GOOD and self._sees_otherwise(
            state, devices, source, destination, move
        ):
            move.worsen("changed")
        if move.effect == "same" and weigh.rescoped():
            move.worsen("benign")
        return move

    def _sees_otherwise(
        self, state: State, devices: Devices, source: Host, destination: Host, move: _Move
    ) -> bool:
        before, after = source.eyes, destination.eyes
        if not before.answers or not after.answers:
            return False
        key = (source.host.digest, destination.host.digest)
        if key not in self._differing:
            odd = {name for name, _ in before.answers.items() ^ after.answers.items()}
            self._differing[key] = frozenset(odd)
        names = may_differ(before, state, after, move.state, self._differing[key])
        return bool(changes(before, state, devices, after, move.state, move.devices, names))


@dataclass
class _Weigher:
    """Weighs the registers of one move, one at a time."""

    policy: Policy
    move: _Move
    state: State
    source: Host
    destination: Host
    pins: Mapping[int, int]

    def __post_init__(self) -> None:
        self.held = held_after(self.state, self.destination.acting)
        # What is not as written has an outcome of its own, whatever its scope.
        self.otherwise: set[int] = set()

    def differing(self, known: Optional[frozenset[int]] = None) -> Iterable[int]:
        """The registers that are on one side alone or have another value there, and those that
        may read otherwise even so."""
        if known is not None:
            return known.union(self.held)
        odd = {number for number, _ in self.state.items() ^ self.destination.defaults.items()}
        odd.update(self.held)
        return odd

    def one(self, number: int) -> None:
        """Weigh a register that differs."""
        if self.policy.carries_apart(number):
            return
        if number not in self.state:
            self._defaulted(number)
        elif self.policy.loses(number):
            self.move.worsen(of_lost(number, self.state, self.destination.host))
        elif number in self.destination.defaults:
            self._common(number)
        else:
            value = self.state[number]
            grade = grades.of_missing(number, value, self.state, self.destination.host)
            action = self.destination.action(number, len(self.source.listed))
            self.move.worsen(effects.of_missing(action, value, grade))

    def fragile(self) -> None:
        """Weigh what another vCPU's initialisation throws away."""
        if self.policy.order != "vcpu-by-vcpu":
            return
        for number in self.destination.fragile:
            value = self.state.get(number)
            if value is None or value == self.destination.defaults[number]:
                continue
            if self.destination.fact(number, value).kind == "same":
                self.move.worsen("changed")
                self.move.state[number] = self.destination.defaults[number]

    def rescoped(self) -> bool:
        """Whether a register that both sides have is kept at another place."""
        before, after = self.source.scopes, self.destination.scopes
        both = (before.keys() & after.keys() & self.destination.listed) - self.otherwise
        return any(before[number] != after[number] for number in both)

    def _defaulted(self, number: int) -> None:
        register = self.destination.host.registers[number]
        value = given(register, self.policy, self.pins)
        if value is not None:
            register = replace(register, default=value)
            self.move.state[number] = value
        grade, _ = grades.of_defaulted(register, self.state, self.source.host)
        self.move.worsen(effects.of_defaulted(self.policy, grade))

    def _common(self, number: int) -> None:
        value = self.state[number]
        register = self.destination.host.registers[number]
        if register.acts is None:
            fact = self.destination.fact(number, value)
        else:
            fact = fact_of(register, value, self.held[number])
        if fact.kind == "same":
            return
        self.otherwise.add(number)
        grade = ""
        if fact.kind == "readback":
            source = self.source.host
            grade = grades.of_readback(register, value, fact.bits, self.state, source)
            if not keeps_pairs(self.policy, grade):
                self.move.state[number] = fact.got
        elif fact.kind == "refused":
            self.move.state[number] = self.destination.defaults[number]
        self.move.worsen(effects.of_common(self.policy, fact.kind, grade))
