"""The four questions, as moves of guests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Optional, Union

from guestabi.compat import effects
from guestabi.compat.findings import Finding, plain
from guestabi.compat.move import Moved, born, move
from guestabi.compat.outcome import Weighed
from guestabi.compat.pins import Clash, Conflict, Pins, meet
from guestabi.compat.rules import named
from guestabi.compat.seen import Change
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile


@dataclass(frozen=True)
class Answer:
    """What a question comes to: weighed outcomes, and findings that are of no outcome.

    ``changes`` is what the guest sees otherwise; ``remarks`` count towards the verdict with their
    effect.
    """

    weighed: tuple[Weighed, ...]
    changes: tuple[Change, ...] = ()
    remarks: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> str:
        said = [each.effect for each in self.weighed] + [each.effect for each in self.remarks]
        return effects.worst(said)


def leave(
    born_on: HostProfile, goes_to: HostProfile, policy: Policy, pins: Mapping[int, int]
) -> tuple[list[Weighed], Moved]:
    """Bear a guest and move it: what its birth made of the pins, and the move."""
    state, odd = born(born_on, policy, pins)
    return odd, move(state, goes_to, policy, pins, source=born_on)


def one_way(born_on: HostProfile, goes_to: HostProfile, policy: Policy) -> Answer:
    """``forward`` and ``rollback``: born with the host's defaults, and moved once."""
    _, moved = leave(born_on, goes_to, policy, {})
    return Answer(moved.weighed, moved.changes)


def there_and_back(a: HostProfile, b: HostProfile, policy: Policy) -> Answer:
    """``return``: born on ``a``, saved on ``b`` with what b's list adds, and home again."""
    _, there = leave(a, b, policy, {})
    if there.verdict == "refused":
        return Answer((), (), (plain(named("never-left"), policy, "refused"),))
    back = move(there.state_after, a, policy, {}, source=b, devices=there.devices_after)
    return Answer(back.weighed, back.changes)


def pinned(
    a: HostProfile,
    b: HostProfile,
    policy: Policy,
    pins: Union[Pins, Mapping[int, int], None] = None,
) -> Answer:
    """``pinned``: born on ``b`` with pins, by default those that suit both, and moved to ``a``."""
    clashes: tuple[Clash, ...] = ()
    if pins is None:
        met = meet([a, b])
        clashes = met.clashes if isinstance(met, Conflict) else ()
        pins = met.partial if isinstance(met, Conflict) else met
    values = dict(pins.values if isinstance(pins, Pins) else pins)
    odd, moved = leave(b, a, policy, values)
    answer = Answer((*odd, *moved.weighed), moved.changes)
    if answer.verdict in ("same", "benign"):
        return answer
    return Answer(answer.weighed, answer.changes, remarks(b, policy, values, clashes))


def remarks(
    born_on: HostProfile, policy: Policy, pins: Mapping[int, int], clashes: tuple[Clash, ...]
) -> tuple[Finding, ...]:
    """Return what stands beside a bad answer to ``pinned``: pins that ``policy`` cannot express,
    and registers that no one value suits."""
    found = []
    for number, value in sorted(pins.items()):
        default: Optional[int] = born_on.defaults.get(number)
        if not policy.can_pin(number) and number in born_on.defaults and value != default:
            found.append(_inexpressible(policy, number, default, value))
    for clash in clashes:
        rule = named("no-common-abi")
        found.append(
            plain(rule, policy, "same", number=clash.register, bits=clash.bits, fields=clash.fields)
        )
    return tuple(found)


def _inexpressible(policy: Policy, number: int, default: Optional[int], value: int) -> Finding:
    rule = named("pin-not-expressible")
    return plain(rule, policy, "same", number=number, source=default, destination=value)
