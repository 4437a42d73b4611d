"""Pins: the greatest guest ABI that every host of a set accepts, register by register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Mapping, Optional, Sequence, Union

from guestabi.compat.grades import unlisted
from guestabi.compat.known import absent_of, field_names, is_visible, role_of
from guestabi.errors import UsageError
from guestabi.profile.answers import answer
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.registers.catalogue import lookup, name_of


@dataclass(frozen=True)
class Pins:
    """What a VMM sets when a guest is born: ``values`` by register id, ``reasons`` why.

    Registers on which all hosts agree anyway are not in it.
    """

    values: Mapping[int, int]
    reasons: Mapping[int, str]


@dataclass(frozen=True)
class Clash:
    """No value of these bits of ``register`` (an id) suits all of ``profiles`` (their labels)."""

    register: int
    name: str
    fields: tuple[str, ...]
    bits: int
    profiles: tuple[str, ...]


@dataclass(frozen=True)
class Conflict:
    """There is no common ABI. ``partial`` pins what can be."""

    clashes: tuple[Clash, ...]
    partial: Pins


def meet(profiles: Sequence[HostProfile]) -> Union[Pins, Conflict]:
    """Return the greatest common pins of ``profiles``, or what stands against them.

    For ID fields greatest means most capable (sign-aware) and not beyond any host's default, for
    bitmaps every service that all have, for PSCI the highest version that all accept. A register
    that only some list is pinned to what a guest of the others sees. Raises UsageError for none.
    """
    if not profiles:
        raise UsageError("a baseline of no profiles", hint="name at least one profile")
    values: dict[int, int] = {}
    reasons: dict[int, str] = {}
    clashes: list[Clash] = []
    ids = sorted({number for each in profiles for number in each.registers})
    for number in ids:
        if not is_visible(number) or not _differ(number, profiles):
            continue
        found = meet_of(number, profiles)
        if isinstance(found, Clash):
            clashes.append(found)
        elif found is not None:
            values[number], reasons[number] = found
    pins = Pins(values, reasons)
    return Conflict(tuple(clashes), pins) if clashes else pins


def _differ(number: int, profiles: Iterable[HostProfile]) -> bool:
    rows = [each.registers.get(number) for each in profiles]
    return len({None if row is None else row.default for row in rows}) > 1


def meet_of(number: int, profiles: Sequence[HostProfile]) -> Union[tuple[int, str], Clash, None]:
    """Return (pin, reason) of one register, a Clash, or None where nothing can be said."""
    rows = [each.registers.get(number) for each in profiles]
    listed = [row for row in rows if row is not None]
    if any(row.default is None for row in listed):
        # A counter there: it cannot be pinned, but may not hide what the other hosts lack.
        steady = [p for p, row in zip(profiles, rows) if row is None or row.default is not None]
        found = meet_of(number, steady) if any(number in p.registers for p in steady) else None
        return found if isinstance(found, Clash) else None
    everywhere = len(listed) == len(rows)
    absent = absent_of(number)
    if role_of(number) == "bitmap":
        offered = {unlisted(number, p)[0] for p, row in zip(profiles, rows) if row is None}
        if len(offered) > 1:
            return _clash(number, _spread(offered), profiles)
        absent = offered.pop() if offered else 0
        # A host that offers what another one has switched off leaves no value that suits both.
        beyond = _spread({0, *(absent & ~(row.default or 0) for row in listed)})
        if beyond:
            return _clash(number, beyond, profiles)
    found = _among(number, listed, profiles)
    if everywhere and not isinstance(found, Clash):
        return found
    if absent is None:
        return found if isinstance(found, Clash) else None
    if all(answer(row, absent).kind == "same" for row in listed):
        return absent, "what a guest sees of a kernel that does not list it"
    bits = 0
    for row in listed:
        bits |= absent ^ (row.default or 0)
    return found if everywhere else _clash(number, bits, profiles)


def _spread(values: set[int]) -> int:
    """The bits in which the values are not all alike."""
    bits = 0
    for value in values:
        bits |= value ^ min(values)
    return bits


def _among(
    number: int, listed: list[ProbedRegister], profiles: Sequence[HostProfile]
) -> Union[tuple[int, str], Clash]:
    """The same for hosts that all list the register."""
    if any(row.fields is None for row in listed):
        return _whole(number, listed, profiles)
    return _by_fields(number, listed, profiles)


def _whole(
    number: int, listed: list[ProbedRegister], profiles: Sequence[HostProfile]
) -> Union[tuple[int, str], Clash]:
    # Not measured field by field: only values that some host shows are worth a try, so that a
    # clash here may be one that another value would solve.
    candidates = sorted({row.default for row in listed if row.default is not None})
    for value in candidates:
        if all(answer(row, value).kind == "same" for row in listed):
            return value, "a default that every host accepts"
    return _clash(number, _differing(listed), profiles)


def _by_fields(
    number: int, listed: list[ProbedRegister], profiles: Sequence[HostProfile]
) -> Union[tuple[int, str], Clash]:
    value = 0
    bad = 0
    for low, width in segments(listed):
        mask = ((1 << width) - 1) << low
        raw = _field(number, low, width, listed)
        if raw is None:
            bad |= mask & _differing(listed)
        else:
            value |= raw << low
    if bad:
        return _clash(number, bad, profiles)
    return value, "field by field, the most that every host accepts"


def _differing(listed: list[ProbedRegister]) -> int:
    """The bits in which the defaults are not all alike."""
    bits = 0
    for row in listed:
        bits |= (row.default or 0) ^ (listed[0].default or 0)
    return bits


def segments(listed: list[ProbedRegister]) -> list[tuple[int, int]]:
    """Split the register so that no piece crosses the edge of any host's measured field."""
    size = 8 * listed[0].size
    edges = {0, size}
    for row in listed:
        for field in row.fields or ():
            edges |= {field.low, field.low + field.width}
    ordered = sorted(edges)
    return [(low, high - low) for low, high in zip(ordered, ordered[1:])]


def _field(number: int, low: int, width: int, listed: list[ProbedRegister]) -> Optional[int]:
    mask = (1 << width) - 1
    defaults = [(row.default or 0) >> low & mask for row in listed]
    if len(set(defaults)) == 1:
        return defaults[0]
    allowed = [_accepted(row, low, width) for row in listed]
    signed = is_signed(number, low, width)
    ceiling = min(order(raw, width, signed) for raw in defaults)
    common = _intersect(allowed)
    at_most = [_highest(span, ceiling, width, signed) for span in common]
    found = [raw for raw in at_most if raw is not None]
    return max(found, key=lambda raw: order(raw, width, signed), default=None)


def _accepted(row: ProbedRegister, low: int, width: int) -> list[tuple[int, int]]:
    default = (row.default or 0) >> low & ((1 << width) - 1)
    for field in row.fields or ():
        if (field.low, field.width) == (low, width):
            return sorted({*field.accepted(), (default, default)})
    return [(default, default)]


def _intersect(allowed: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:
    common = allowed[0]
    for spans in allowed[1:]:
        # Spans may overlap: without the set their number would double with every host.
        both = {(max(a, c), min(b, d)) for a, b in common for c, d in spans}
        common = sorted((first, last) for first, last in both if first <= last)
    return common


def _highest(span: tuple[int, int], ceiling: int, width: int, signed: bool) -> Optional[int]:
    """The raw value of ``span`` that is the most and not beyond ``ceiling``, None if none is."""
    first, last = span
    half = 1 << width - 1
    parts = [span]
    if signed and first < half <= last:
        parts = [(first, half - 1), (half, last)]
    best: Optional[int] = None
    for start, end in parts:
        lowest, highest = order(start, width, signed), order(end, width, signed)
        if lowest <= ceiling:
            raw = start + min(highest, ceiling) - lowest
            if best is None or order(raw, width, signed) > order(best, width, signed):
                best = raw
    return best


def order(raw: int, width: int, signed: bool) -> int:
    """Return the place of a raw value of ``width`` bits among the others: how capable it is."""
    return raw - (1 << width) if signed and raw >> width - 1 else raw


def is_signed(number: int, low: int, width: int) -> bool:
    """Return whether the catalogue has a signed field of exactly these bits."""
    register = lookup(number)
    if register is None:
        return False
    return any(f.signed for f in register.fields if (f.low, f.width) == (low, width))


def _clash(number: int, bits: int, profiles: Sequence[HostProfile]) -> Clash:
    labels = tuple(sorted({each.label for each in profiles}))
    return Clash(number, name_of(number), field_names(number, bits), bits, labels)
