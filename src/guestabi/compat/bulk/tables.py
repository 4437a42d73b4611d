"""What an item contributes to each verdict, for every two contents of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from guestabi.compat import effects
from guestabi.compat.bulk.contents import Keys, firsts, numbered
from guestabi.compat.bulk.features import Situation, Situations
from guestabi.compat.bulk.parts import Part, PartEngine
from guestabi.policies import Policy

Effects = NDArray[np.uint8]
"""Places in effects.ORDER, ``[old, new]``."""

ASKED = ("forward", "return", "pinned")
"""``rollback`` is ``forward`` of the pair turned round."""


@dataclass(frozen=True)
class Table:
    """Contributions by question, ``[key of the old host, key of the new one]``."""

    keys: Keys
    effects: Mapping[str, Effects]

    def worse(self, other: Table) -> Table:
        """Return the worse of both, of two tables with the same keys."""
        both = {name: np.maximum(each, other.effects[name]) for name, each in self.effects.items()}
        return Table(self.keys, both)


def weigh(
    policy: Policy, parts: Sequence[Part], keys: Keys, told: Situations, asked: Sequence[str]
) -> Table:
    """Return the table of one item; ``parts`` are by key, ``asked`` some of ASKED."""
    engine = PartEngine(policy)
    by_situation = [_square(engine, parts, each, asked) for each in told.each]
    if len(told.each) == 1:
        return Table(keys, by_situation[0])
    joint = numbered([keys, told.keys], len(keys))
    places = firsts(joint)
    own, tellers = keys[places], told.keys[places]
    situation = told.of_pair[np.ix_(tellers, tellers)]
    stacked = {name: np.stack([each[name] for each in by_situation]) for name in asked}
    chosen = {name: each[situation, own[:, None], own] for name, each in stacked.items()}
    return Table(joint, chosen)


def _square(
    engine: PartEngine, parts: Sequence[Part], told: Situation, asked: Sequence[str]
) -> dict[str, Effects]:
    ask: dict[str, Callable[[Part, Part], str]] = {
        "forward": lambda a, b: engine.forward(a, b, told.born),
        "return": lambda a, b: engine.back(a, b, told.born, told.moved),
        "pinned": lambda a, b: engine.pinned(a, b, told.pinned),
    }
    return {
        name: np.array([[effects.rank(ask[name](a, b)) for b in parts] for a in parts], np.uint8)
        for name in asked
    }
