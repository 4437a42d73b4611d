"""What each host has of an item, as a small number: the same number for the same content."""

from __future__ import annotations

from collections import defaultdict
from typing import Hashable, Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from guestabi.compat.bulk.items import Item
from guestabi.profile.host import HostProfile

Keys = NDArray[np.int64]
"""One number a host, counted from 0 in the order of first appearance."""

ABSENT = -1
"""The number of what a host does not have."""

_HIGHEST = (1 << 64) - 1


def numbered(columns: Iterable[Keys], size: int) -> Keys:
    """Number the rows of ``size`` numbers that the columns make, side by side."""
    keys = np.zeros(size, dtype=np.int64)
    for column in columns:
        if (column == column[0]).all():
            continue
        keys = _renumbered(keys * (int(column.max()) + 2) + column + 1)
    return keys


def _renumbered(keys: Keys) -> Keys:
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    found: Keys = rank[place]
    return found


def firsts(keys: Keys) -> list[int]:
    """Return, by key, the place of the first host that has it."""
    return [int(place) for place in np.unique(keys, return_index=True)[1]]


class Contents:
    """Every register, answer, capability and device of every host, numbered."""

    def __init__(self, hosts: Sequence[HostProfile], lasts: Sequence[int]) -> None:
        """``lasts``: of each host, the highest id that it lists, where that matters; else 0."""
        self.size = len(hosts)
        self._above = np.array([min(last + 1, _HIGHEST) for last in lasts], dtype=np.uint64)
        self._columns: dict[object, list[int]] = defaultdict(lambda: [ABSENT] * len(hosts))
        seen: dict[Hashable, int] = {}
        encode = msgspec.json.Encoder().encode
        for place, host in enumerate(hosts):
            record = host.record
            for number, row in zip(host.registers, record.registers):
                self._columns[number][place] = seen.setdefault(encode(row), len(seen))
            for name, said in (record.guest or {}).items():
                self._columns["answer", name][place] = seen.setdefault(said, len(seen))
            for name, level in host.capabilities.items():
                self._columns["capability", name][place] = seen.setdefault(level, len(seen))
            devices = encode((record.devices, record.host.gics))
            self._columns["devices"][place] = seen.setdefault(devices, len(seen))

    def of_register(self, number: int) -> Keys:
        """Number the contents of one register."""
        return numbered([self._column(number)], self.size)

    def of_item(self, item: Item) -> Keys:
        """Number the contents of an item, and whether what it lacks is above all it lists."""
        return numbered(self._of_item(item), self.size)

    def _of_item(self, item: Item) -> Iterable[Keys]:
        for number in item.registers:
            column = self._column(number)
            yield column
            yield ((column == ABSENT) & (np.uint64(number) >= self._above)).astype(np.int64)
        yield from (self._column(("answer", name)) for name in item.answers)
        yield from (self._column(("capability", name)) for name in item.capabilities)
        if item.devices:
            yield self._column("devices")

    def _column(self, node: object) -> Keys:
        return np.array(self._columns[node], dtype=np.int64)
