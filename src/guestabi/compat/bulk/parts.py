"""Parts of hosts, and the engine that answers for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Sequence

import msgspec

from guestabi.compat.bulk.items import Item
from guestabi.compat.matrix import Engine, Host
from guestabi.compat.move import settable
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.profile.schema import RegisterRecord
from guestabi.registers.catalogue import name_of
from guestabi.uapi.regid import size_of

Told = tuple[tuple[int, int], ...]
"""Values of ID registers outside an item, by id: what they tell of features in it."""


@dataclass(frozen=True)
class Part:
    """An item of one host; ``last`` is the highest id that the whole host lists."""

    host: HostProfile
    last: int


class Cutter:
    """Cuts parts out of hosts; ``lasts`` are by host."""

    def __init__(self, hosts: Sequence[HostProfile], lasts: Sequence[int]) -> None:
        self._hosts = hosts
        self._lasts = lasts
        self._rows: dict[int, dict[int, RegisterRecord]] = {}

    def part(self, place: int, item: Item) -> Part:
        """Return what the host at ``place`` has of an item, as a host of its own."""
        host, rows = self._hosts[place], self._rows_of(place)
        guest = host.record.guest or {}
        numbers = [number for number in item.registers if number in rows]
        record = msgspec.structs.replace(
            host.record,
            registers=[rows[number] for number in numbers],
            devices=host.record.devices if item.devices else [],
            guest={name: guest[name] for name in item.answers if name in guest},
        )
        registers = {number: host.registers[number] for number in numbers}
        own = HostProfile("", host.digest, record, registers, b"")
        return Part(own, self._lasts[place])

    def _rows_of(self, place: int) -> dict[int, RegisterRecord]:
        if place not in self._rows:
            host = self._hosts[place]
            self._rows[place] = dict(zip(host.registers, host.record.registers))
        return self._rows[place]


class PartEngine(Engine):
    """Answers for parts of hosts, as the engine does for whole ones. All parts are of one item."""

    def __init__(self, policy: Policy) -> None:
        # How long the lists are is no matter of parts: see ``whole``.
        super().__init__(replace(policy, longer="accept"))
        self._parts: dict[tuple[str, Told], Host] = {}

    def forward(self, a: Part, b: Part, told: Told) -> str:
        """Return the effect of the move from ``a`` to ``b``."""
        return self._leave(self._with(a, told), self._with(b, told)).effect

    def back(self, a: Part, b: Part, told: Told, told_there: Told) -> str:
        """Return the effect of the move back, ``refused`` where the guest never left.

        ``told_there`` is what ID registers tell on ``b``.
        """
        there = self._leave(self._with(a, told), self._with(b, told))
        if there.effect == "refused":
            return "refused"
        state = {number: there.state[number] for number in b.host.registers}
        state.update(told_there)
        source, home = self._with(b, told_there), self._with(a, told_there)
        return self._move(state, there.devices, source, home, {}).effect

    def pinned(self, a: Part, b: Part, told: Told) -> str:
        """Return the effect of the birth on ``b`` with the pins of both, and the move to ``a``."""
        return self._pinned(self._with(a, told), self._with(b, told))

    def carried(self, a: Part, b: Part, number: int) -> Optional[int]:
        """Return what a guest of ``a`` has in a register on ``b``."""
        return self._leave(self._with(a, ()), self._with(b, ())).state.get(number)

    def born(self, a: Part, b: Part, number: int) -> Optional[int]:
        """Return what a guest has in a register that is born on ``b`` with the pins of both."""
        home = self._with(b, ())
        pin = settable(self._policy, self._meet(self._with(a, ()), home)).get(number)
        if pin is not None and number in home.defaults and home.fact(number, pin).kind == "same":
            return pin
        return home.defaults.get(number)

    def _with(self, part: Part, told: Told) -> Host:
        key = (part.host.digest, told)
        if key not in self._parts:
            own = part.host
            stubs = {number: _stub(number, value) for number, value in told}
            registers = {**own.registers, **stubs}
            host = self._host(replace(own, digest=f"{own.digest} {told}", registers=registers))
            host.last = part.last
            self._parts[key] = host
        return self._parts[key]


def _stub(number: int, value: int) -> ProbedRegister:
    """An ID register with this value, which stands beside an item on both hosts and is ``same``."""
    return ProbedRegister(
        id=number,
        name=name_of(number),
        size=size_of(number),
        scope="unknown",
        window="unknown",
        volatile=False,
        default=value,
        fields=None,
        patterns=None,
        stages={},
        survives_other_init=None,
        survives_reinit=None,
    )
