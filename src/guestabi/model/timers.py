"""The one thing that a model computes at a reading: a timer's "condition met" bit.

ISTATUS of the control register is 1 while the counter has passed the compare value, on or off
(arch/arm64/kvm/arch_timer.c, read_timer_ctl). So a compare value that is written changes what the
control register reads. Kernels whose control register does not read 1 there at reset, when both
are zero, do not show it (7.3).
"""

from __future__ import annotations

from collections.abc import Callable

from guestabi.model.registers import Row
from guestabi.registers.catalogue import find

ISTATUS = 1 << 2
FAR = 1 << 48
"""A compare value from here on lies in the future of any counter that a VM has."""

_COMPARE = {find(f"{timer}_CTL").id: find(f"{timer}_CVAL").id for timer in ("TIMER", "PTIMER")}


def read(row: Row, held: int, value_of: Callable[[int], int]) -> int:
    """Return what ``row``'s register, which holds ``held``, reads."""
    if row.id not in _COMPARE or not row.default & ISTATUS:
        return held
    return held & ~ISTATUS if value_of(_COMPARE[row.id]) >= FAR else held | ISTATUS
