"""What ID registers tell of features, in the states that a guest is in.

A register whose feature the guest's ID registers deny is weighed otherwise. That they deny it
follows from what they hold: at birth, after a move, or pinned. Nothing else of them counts for the
register, and it counts nothing for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Mapping, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from guestabi.compat.bulk.contents import Contents, Keys, firsts, numbered
from guestabi.compat.bulk.items import Item
from guestabi.compat.bulk.parts import Cutter, Part, PartEngine, Told
from guestabi.compat.known import requirements
from guestabi.policies import Policy
from guestabi.registers.model import Field, Requirement

Value = Optional[int]


@dataclass(frozen=True)
class Denial:
    """The feature of some register is not there, says this ID register: nothing is met."""

    told_by: int
    wanted: tuple[tuple[Field, Requirement], ...]

    def holds(self, value: Value) -> bool:
        """Whether an ID register of this value denies the feature."""
        if value is None:
            return False
        return not any(each.holds(field.interpret(value)) for field, each in self.wanted)


def denials(item: Item) -> tuple[Denial, ...]:
    """Return what ID registers outside the item may tell of it, in a fixed order."""
    found: dict[Denial, None] = {}
    for register in item.registers:
        by_teller: dict[int, list[tuple[Field, Requirement]]] = {}
        for told_by, field, requirement in requirements(register):
            by_teller.setdefault(told_by, []).append((field, requirement))
        for told_by, wanted in by_teller.items():
            if told_by not in item.registers:
                found[Denial(told_by, tuple(wanted))] = None
    return tuple(found)


@dataclass(frozen=True)
class Situation:
    """What ID registers tell in one pair of hosts, in the three states that are asked about."""

    born: Told
    """A guest of a, on a"""
    moved: Told
    """the same guest on b"""
    pinned: Told
    """a guest of b, pinned"""


@dataclass(frozen=True)
class Situations:
    """All that are told of one item. ``keys``: one number a host, of its ID registers' content;
    ``of_pair``: ``[key of a, key of b]``, the place in ``each``."""

    keys: Keys
    of_pair: NDArray[np.intp]
    each: tuple[Situation, ...]


class Tellers:
    """The ID registers of hosts, and what they hold in the states that guests are in."""

    def __init__(self, policy: Policy, contents: Contents, cutter: Cutter) -> None:
        # Values alone: whether a VMM refuses the guest for them is weighed elsewhere.
        self._policy = replace(
            policy,
            missing="drop",
            above_all="drop",
            tolerances={},
            refused="accept",
            readback="accept",
            defaulted="off" if policy.defaulted == "off" else "keep",
            sizes=None,
        )
        self._contents = contents
        self._cutter = cutter
        self._tellers: dict[int, _Teller] = {}
        self._told: dict[tuple[Denial, ...], Situations] = {}

    def situations(self, wanted: tuple[Denial, ...]) -> Situations:
        """Return what is told of an item with these denials; one situation for no denials."""
        if wanted not in self._told:
            self._told[wanted] = self._situations(wanted)
        return self._told[wanted]

    def _situations(self, wanted: tuple[Denial, ...]) -> Situations:
        tellers = sorted({each.told_by for each in wanted})
        values = [self._of(teller) for teller in tellers]
        keys = numbered([each.keys for each in values], self._contents.size)
        kinds = [[int(each.keys[first]) for each in values] for first in firsts(keys)]
        places: dict[object, int] = {}
        found: list[Situation] = []
        of_pair = np.zeros((len(kinds), len(kinds)), dtype=np.intp)
        for row, a in enumerate(kinds):
            for column, b in enumerate(kinds):
                held = zip(*(each.of(x, y) for each, x, y in zip(values, a, b)))
                states = [dict(zip(tellers, state)) for state in held] or [{}, {}, {}]
                said = tuple(each.holds(s[each.told_by]) for s in states for each in wanted)
                if said not in places:
                    places[said] = len(found)
                    found.append(Situation(*map(_told, states)))
                of_pair[row, column] = places[said]
        return Situations(keys, of_pair, tuple(found))

    def _of(self, teller: int) -> _Teller:
        if teller not in self._tellers:
            keys = self._contents.of_register(teller)
            item = Item((teller,))
            parts = [self._cutter.part(first, item) for first in firsts(keys)]
            self._tellers[teller] = _Teller(self._policy, teller, keys, parts)
        return self._tellers[teller]


class _Teller:
    """One ID register. ``keys``: one number a host, of its content."""

    def __init__(self, policy: Policy, number: int, keys: Keys, parts: Sequence[Part]) -> None:
        self.keys = keys
        self._number = number
        self._parts = parts
        self._engine = PartEngine(policy)
        self._known: dict[tuple[int, int], tuple[Value, Value, Value]] = {}

    def of(self, a: int, b: int) -> tuple[Value, Value, Value]:
        """What it holds in the three states of a Situation; ``a`` and ``b`` are keys."""
        if (a, b) not in self._known:
            home, there = self._parts[a], self._parts[b]
            self._known[a, b] = (
                home.host.defaults.get(self._number),
                self._engine.carried(home, there, self._number),
                self._engine.born(home, there, self._number),
            )
        return self._known[a, b]


def _told(state: Mapping[int, Value]) -> Told:
    return tuple((number, value) for number, value in state.items() if value is not None)
