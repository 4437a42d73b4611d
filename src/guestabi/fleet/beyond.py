"""What no pin holds: hosts of a baseline between which a guest that was born with it cannot go.

A baseline is about what a guest knows its machine by. A kernel may still lack what carries a
guest's state, or show another interrupt controller; that is asked here of a loader that does all
that can be done, pair by pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from guestabi import policies
from guestabi.compat import asked, effects
from guestabi.compat.findings import findings
from guestabi.profile.host import HostProfile

MOST_HOSTS = 12
"""Of more hosts, not every pair is asked: that takes a matrix."""


@dataclass(frozen=True)
class Beyond:
    """``register`` (a name; of its feature the first) stops, or is lost by, guests that are born on
    ``source`` and go to ``destination`` (labels), and on ``pairs`` pairs in all. ``rule``: why."""

    register: str
    rule: str
    title: str
    source: str
    destination: str
    pairs: int


def beyond(hosts: Sequence[HostProfile], pins: Mapping[int, int]) -> tuple[Beyond, ...]:
    """Ask every pair of ``hosts``, each digest once. Return what is found, by register and rule.

    Raises ValueError for more than MOST_HOSTS different hosts.
    """
    distinct = {host.digest: host for host in sorted(hosts, key=lambda host: host.label)}
    if len(distinct) > MOST_HOSTS:
        raise ValueError(f"{len(distinct)} hosts")
    strict = policies.load("strict")
    found: dict[tuple[str, str], Beyond] = {}
    for source, destination in permutations(distinct.values(), 2):
        answer = asked.pinned(destination, source, strict, pins)
        for each in findings(list(answer.weighed), strict):
            if each.effect in effects.GOOD:
                continue
            name = each.members[0] if each.members else each.register
            before = found.get((name, each.rule))
            first = before or Beyond(
                name, each.rule, each.title, source.label, destination.label, 0
            )
            found[name, each.rule] = Beyond(
                name, each.rule, first.title, first.source, first.destination, first.pairs + 1
            )
    return tuple(found[key] for key in sorted(found))
