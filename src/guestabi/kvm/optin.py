"""The opt-in value of a register: what a guest sees of a feature that nobody asked for.

Zero, or where zero is no value the oldest behaviour that the kernel accepts:

- a version: the lowest one that is accepted (PSCI: 0.2 with the vCPU feature psci-0.2)
- an ID register: field by field the lowest accepted value in the field's own order, so that -1,
  "not there", comes before 0 in a signed field
- anything else: all zeros, or else each field as low as it goes

Values are tried on a scratch VM, in ascending order of ids, and stay there: what the result says
of one register holds with all the others at theirs.
"""

from __future__ import annotations

from typing import Callable, Iterable, Iterator

from guestabi.errors import RegisterError
from guestabi.registers.catalogue import field_segments, lookup
from guestabi.uapi import regid

WIDEST_FIELD = 8
_VERSIONS = (*range(8), *range(0x10000, 0x10010))
"""Levels, and PSCI's 0.1, 0.2 and 1.x."""

Read = Callable[[int], bytes]
Write = Callable[[int, bytes], None]


def opt_in(ids: Iterable[int], read: Read, write: Write) -> dict[int, bytes]:
    """Return the opt-in values of ``ids`` that differ from the defaults, and leave them set."""
    found = {}
    for id in ids:
        default = read(id)
        value = oldest(id, int.from_bytes(default, "little"), _tries(id, write))
        data = value.to_bytes(len(default), "little")
        if data != default:
            found[id] = data
    return found


def _tries(id: int, write: Write) -> Callable[[int], bool]:
    size = regid.size_of(id)

    def tries(value: int) -> bool:
        try:
            write(id, value.to_bytes(size, "little"))
        except RegisterError:
            return False
        return True

    return tries


def oldest(id: int, default: int, accepts: Callable[[int], bool]) -> int:
    """Return the opt-in value of a register with that ``default``; ``accepts`` says whether it
    takes a value and keeps it."""
    if isinstance(regid.decode(id), regid.Firmware):
        return next((v for v in _VERSIONS if v < default and accepts(v)), default)
    if not _signed_fields(id) and (default == 0 or accepts(0)):
        return 0
    return _by_fields(id, default, accepts)


def _by_fields(id: int, value: int, accepts: Callable[[int], bool]) -> int:
    signed = _signed_fields(id)
    for _, low, bits in field_segments(id):
        mask = (1 << bits) - 1
        own = value >> low & mask
        for raw in _older(own, bits, low in signed):
            candidate = value & ~(mask << low) | raw << low
            if accepts(candidate):
                value = candidate
                break
    return value


def _older(own: int, bits: int, signed: bool) -> Iterator[int]:
    """Yield the raw values that come before ``own`` in the field's order, the oldest first."""
    if bits > WIDEST_FIELD:
        yield from (0,) if own else ()
        return
    top = (1 << bits) - 1
    # Of the negative values only -1 has a meaning; kernels accept the others too.
    for raw in (top, *range(1 << bits - 1)) if signed else range(top + 1):
        if raw == own:
            return
        yield raw


def _signed_fields(id: int) -> frozenset[int]:
    """Return where the register's signed fields begin."""
    known = lookup(id)
    return frozenset(f.low for f in known.fields if f.signed) if known else frozenset()
