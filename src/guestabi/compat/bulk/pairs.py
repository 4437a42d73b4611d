"""All pairs of many hosts, the four questions each: exactly what ``compat.matrix.Engine`` says.

A verdict is the worst of contributions, one of each item of a host, and each depends on the item's
content on both hosts alone (see ``items`` and ``features``). Hosts are many and contents are few:
the engine weighs every two contents of an item once, on parts of hosts, and the verdicts of all
pairs are looked up in these tables and the worst is taken, a whole matrix at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Collection, Iterable, Mapping, Optional, Sequence

import numpy as np

from guestabi.compat import effects
from guestabi.compat import matrix as one_by_one
from guestabi.compat.bulk.contents import Contents, firsts
from guestabi.compat.bulk.features import Tellers, denials
from guestabi.compat.bulk.items import Item, split
from guestabi.compat.bulk.parts import Cutter
from guestabi.compat.bulk.tables import ASKED, Effects, Table, weigh
from guestabi.compat.bulk.whole import lasts, too_long
from guestabi.compat.verdict import QUESTIONS
from guestabi.errors import UsageError
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile

BLOCK = 128
"""Rows of hosts that are looked up at a time, so that they stay in the cache."""
REFUSED = effects.rank("refused")
Progress = Callable[[int, int], None]
"""Called with the number of items that are weighed, and of all."""


@dataclass(frozen=True)
class Verdicts:
    """``ranks[question][i, j]``: place in effects.ORDER of old host ``i``, new host ``j``."""

    ranks: Mapping[str, Effects]

    def verdict(self, question: str, old: int, new: int) -> str:
        """Return the verdict of one pair, by the hosts' places."""
        return effects.ORDER[self.ranks[question][old, new]]


def matrix(
    profiles: Sequence[HostProfile], policy: Policy, *, progress: Optional[Progress] = None
) -> Verdicts:
    """Return the verdicts of every pair. Raises UsageError for no profiles."""
    if not profiles:
        raise UsageError("a matrix of no profiles", hint="name at least one profile")
    items = split(profiles)
    if _is_entangled(profiles, items):
        return _one_by_one(profiles, policy)
    return _combined(profiles, policy, items, progress)


def _combined(
    profiles: Sequence[HostProfile],
    policy: Policy,
    items: Sequence[Item],
    progress: Optional[Progress],
) -> Verdicts:
    ends = lasts(policy, profiles)
    contents, cutter = Contents(profiles, ends), Cutter(profiles, ends)
    tellers = Tellers(policy, contents, cutter)
    can_pin = policy.pins is None or bool(policy.pins)
    asked = ASKED if can_pin else ASKED[:2]
    tables: dict[bytes, Table] = {}
    for place, item in enumerate(items):
        keys = contents.of_item(item)
        parts = [cutter.part(first, item) for first in firsts(keys)]
        table = weigh(policy, parts, keys, tellers.situations(denials(item)), asked)
        same = table.keys.tobytes()
        tables[same] = table.worse(tables[same]) if same in tables else table
        if progress is not None:
            progress(place + 1, len(items))
    return _answered(policy, profiles, tables.values(), asked)


def _answered(
    policy: Policy, profiles: Sequence[HostProfile], tables: Collection[Table], asked: Sequence[str]
) -> Verdicts:
    found = {name: _worst(name, tables, len(profiles)) for name in asked}
    long = too_long(policy, profiles)
    found["forward"][long] = REFUSED
    found["return"][long.T | (found["forward"] == REFUSED)] = REFUSED
    found["rollback"] = found["forward"].T
    if "pinned" in found:
        found["pinned"][long.T] = REFUSED
    else:
        found["pinned"] = found["rollback"]
    return Verdicts({name: found[name] for name in QUESTIONS})


def _worst(question: str, tables: Iterable[Table], size: int) -> Effects:
    found = np.zeros((size, size), dtype=np.uint8)
    for table in tables:
        small = table.effects[question]
        if not small.any():
            continue
        rows = small[:, table.keys]
        for start in range(0, size, BLOCK):
            block = found[start : start + BLOCK]
            np.maximum(block, rows[table.keys[start : start + BLOCK]], out=block)
    return found


def _is_entangled(profiles: Sequence[HostProfile], items: Sequence[Item]) -> bool:
    """Whether an ID register only sets or clears bits: what it holds follows from others, too."""
    tellers = {each.told_by for item in items for each in denials(item)}
    rows = [host.registers[each] for host in profiles for each in tellers & host.registers.keys()]
    return any(row.acts is not None for row in rows)


def _one_by_one(profiles: Sequence[HostProfile], policy: Policy) -> Verdicts:
    size = len(profiles)
    found = {name: np.zeros((size, size), dtype=np.uint8) for name in QUESTIONS}
    engine = one_by_one.Engine(policy)
    for old, a in enumerate(profiles):
        for new, b in enumerate(profiles):
            for name, verdict in engine.verdicts(a, b).items():
                found[name][old, new] = effects.rank(verdict)
    return Verdicts(found)
