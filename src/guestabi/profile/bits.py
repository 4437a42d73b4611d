"""What a register makes of each bit, learnt from whole values that were written to it.

Standard library alone: the probe asks it whether its few patterns tell the whole register.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Optional


@dataclass(frozen=True)
class BitTable:
    """For each bit, what it reads after a 0 and after a 1 was written to it at its default.

    ``seen`` and ``reads`` are pairs of masks, indexed by the bit that was written.
    """

    seen: tuple[int, int]
    reads: tuple[int, int]

    def read_back(self, value: int) -> Optional[int]:
        """Return what the register reads after ``value`` is written; None: not known."""
        zeros, ones = self.seen
        if value & ~ones or ~value & (zeros | ones) & ~zeros:
            return None
        return value & self.reads[1] | ~value & self.reads[0]


def learn(pairs: Iterable[tuple[int, int]], width: int) -> Optional[BitTable]:
    """Return the table that explains all ``pairs`` of (written, read back), each from the default,
    of a register of ``width`` bits.

    None when a bit answered differently to the same bit: then bits do not act one by one.
    """
    whole = (1 << width) - 1
    seen = [0, 0]
    reads = [0, 0]
    for written, got in pairs:
        for bit, where in ((0, ~written & whole), (1, written & whole)):
            known = seen[bit] & where
            if (got ^ reads[bit]) & known:
                return None
            seen[bit] |= where
            reads[bit] |= got & where
    return BitTable((seen[0], seen[1]), (reads[0], reads[1]))
