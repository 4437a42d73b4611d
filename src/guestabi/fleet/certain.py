"""Is a clash certain? It is where, of every value, some host is known not to hold it.

A clash that nothing but a missing measurement makes is no proof that there is no common value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from guestabi.compat.grades import unlisted
from guestabi.compat.known import absent_of, role_of
from guestabi.compat.pins import Clash, is_signed, order, segments
from guestabi.fleet.unordered import is_unordered
from guestabi.profile.answers import answer
from guestabi.profile.host import HostProfile, ProbedRegister

_SMALL = 8
"""Of a field of so many bits every value is tried; of a wider one, the ends of measured ranges."""


def is_certain(clash: Clash, hosts: Sequence[HostProfile]) -> bool:
    """Return whether what is known of ``hosts`` leaves no value for the register of ``clash``."""
    number = clash.register
    steady = [host for host in hosts if host.defaults.get(number, 0) is not None]
    rows = [host.registers[number] for host in steady if number in host.registers]
    without = [host for host in steady if number not in host.registers]
    if without and role_of(number) == "bitmap":
        return _no_services(number, clash.bits, rows, without)
    absent = absent_of(number)
    if without and absent is not None:
        return any(_refuses(row, absent) for row in rows)
    return any(_no_value(low, width, rows) for low, width in _pieces(clash.bits, rows))


def _refuses(row: ProbedRegister, value: int) -> bool:
    return answer(row, value).kind in ("refused", "readback")


def _no_services(
    number: int, bits: int, rows: list[ProbedRegister], without: list[HostProfile]
) -> bool:
    """Whether hosts that do not list the bitmap, and show guests some services all the same, leave
    the others (``rows``) no value."""
    shown = [unlisted(number, host) for host in without]
    on = off = open_bits = 0
    for offered, unknown in shown:
        on |= offered
        off |= ~(offered | unknown)
        open_bits |= unknown
    if on & off & bits:
        return True
    free = open_bits & ~on & ~off
    return all(
        any(value & ~(row.default or 0) or _refuses(row, value) for row in rows)
        for value in (on | each for each in _subsets(free))
    )


def _subsets(bits: int) -> Iterator[int]:
    single = [1 << place for place in range(bits.bit_length()) if bits >> place & 1]
    for count in range(len(single) + 1):
        for chosen in combinations(single, count):
            yield sum(chosen)


def _pieces(bits: int, rows: list[ProbedRegister]) -> list[tuple[int, int]]:
    """The parts of the register that ``bits`` touch and no edge of a measured field crosses."""
    found = segments(rows)
    return [(low, width) for low, width in found if bits >> low & ((1 << width) - 1)]


def _no_value(low: int, width: int, rows: list[ProbedRegister]) -> bool:
    if all(row.fields is None for row in rows):
        return False
    mask = ((1 << width) - 1) << low
    ranked = all(row.fields is not None for row in rows) and not is_unordered(rows[0].id)
    signed = is_signed(rows[0].id, low, width)
    ceiling = min(order((row.default or 0) >> low & mask >> low, width, signed) for row in rows)
    for raw in _candidates(low, width, rows):
        if ranked and order(raw, width, signed) > ceiling:
            continue
        if not any(_refuses(row, (row.default or 0) & ~mask | raw << low) for row in rows):
            return False
    return True


def _candidates(low: int, width: int, rows: list[ProbedRegister]) -> Sequence[int]:
    """Values of which each stands for all that every host answers alike, the least of them."""
    if width <= _SMALL:
        return range(1 << width)
    most = (1 << width) - 1
    found = {0, 1 << width - 1, *((row.default or 0) >> low & most for row in rows)}
    for row in rows:
        for field in row.fields or ():
            if (field.low, field.width) != (low, width):
                continue
            spans = [*field.record.accepts, *field.record.refuses]
            spans += [(first, last) for first, last, _ in field.record.otherwise]
            found |= {edge for first, last in spans for edge in (first, last + 1)}
    return sorted(raw for raw in found if raw <= most)
