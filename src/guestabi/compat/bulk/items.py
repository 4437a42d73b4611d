"""What of a host is weighed together: registers, answers of guest code, devices.

A verdict is the worst of what the registers of a host contribute. What a register contributes
depends on its own content on both hosts and on little else, all of which is in its item:

- registers that only set or clear bits, and those that share their storage
- the answers of guest code that may follow a register, and all registers that they may follow
- of bitmaps, the capabilities that tell of services where the bitmap is not listed
- the devices, and the answers that a device holds

What an ID register tells of other registers' features is in no item: see ``features``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Iterable, Sequence, Union

from guestabi.compat.grades import services
from guestabi.compat.seen import held_by
from guestabi.profile.host import HostProfile

Node = Union[int, str]
"""A register's id, the name of an answer, or DEVICES."""

DEVICES = ""
"""No answer has this name."""


@dataclass(frozen=True)
class Item:
    """A part of every host, sorted; ``registers`` are all that some host lists."""

    registers: tuple[int, ...]
    answers: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    devices: bool = False


def split(profiles: Sequence[HostProfile]) -> list[Item]:
    """Return the items of these hosts, every register and answer in exactly one."""
    listed = {number for host in profiles for number in host.registers}
    together = _Together(listed)
    together.join([DEVICES])
    named: dict[str, set[int]] = defaultdict(set)
    answers: set[str] = set()
    attributes = {each.attribute for host in profiles for each in host.devices}
    for host in profiles:
        answers |= (host.guest or {}).keys()
        for number, row in host.registers.items():
            named[row.name].add(number)
            if row.shares:
                together.join([number, *row.shares])
    for name in answers:
        together.join([name, *held_by(name), *named[name]])
        if name in attributes:
            together.join([name, DEVICES])
    return [_item(nodes, listed, answers) for nodes in together.groups()]


def _item(nodes: Iterable[Node], listed: set[int], answers: set[str]) -> Item:
    numbers = [node for node in nodes if isinstance(node, int)]
    told = {row.capability for number in numbers for row in services().get(number, ())}
    return Item(
        tuple(sorted(listed.intersection(numbers))),
        tuple(sorted(node for node in nodes if isinstance(node, str) and node in answers)),
        tuple(sorted(name for name in told if name is not None)),
        DEVICES in nodes,
    )


class _Together:
    """Sets of nodes that grow into one another."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._group: dict[Node, set[Node]] = {node: {node} for node in nodes}

    def join(self, nodes: Sequence[Node]) -> None:
        first = self._group.setdefault(nodes[0], {nodes[0]})
        for node in nodes[1:]:
            other = self._group.setdefault(node, {node})
            if other is not first:
                first |= other
                self._group.update((each, first) for each in other)

    def groups(self) -> list[set[Node]]:
        unique = {id(group): group for group in self._group.values()}
        return sorted(unique.values(), key=lambda group: min(map(str, group)))
