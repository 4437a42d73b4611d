"""Register values and ranges in words of fixed shape."""

from __future__ import annotations

from typing import Iterable

from guestabi.profile.answers import answer
from guestabi.profile.host import ProbedField, ProbedRegister
from guestabi.registers.catalogue import lookup

NOTHING = "–"
"""Shown where there is no value."""

_LONGEST = 34
_TRIED_WIDTH = 4


def hexed(value: int | str | None) -> str:
    """Return ``0x2a``; long values are cut in the middle; ``–`` for None."""
    if value is None:
        return NOTHING
    text = value if isinstance(value, str) else hex(value)
    return text if len(text) <= _LONGEST else f"{text[:18]}…{text[-8:]}"


def spans(ranges: Iterable[tuple[int, int]]) -> str:
    """Return ``0-2, 15`` for [(0, 2), (15, 15)]."""
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def accepted(register: ProbedRegister, low: int, width: int) -> str:
    """Say which raw values of bits ``low`` .. ``low+width-1`` the host takes, others at default.

    ``fixed``: only the default. ``in part``: the bits were measured in other pieces.
    ``not measured``: nothing is known.
    """
    default = register.default
    if default is None or (register.fields is None and register.patterns is None):
        return "not measured"
    for field in register.fields or ():
        if (field.low, field.width) == (low, width):
            return _measured(field, field.extract(default))
    for field in register.fields or ():
        if field.low <= low and low + width <= field.low + field.width:
            return _inside(field, low - field.low, width, field.extract(default))
    if any(field.mask & (1 << width) - 1 << low for field in register.fields or ()):
        return "in part"
    if width > _TRIED_WIDTH:
        return "fixed" if register.fields is not None else _of_patterns(register, low, width)
    return _tried(register, low, width, default)


def _measured(field: ProbedField, default: int) -> str:
    record = field.record
    if record.complete:
        return _said(field.accepted(), default)
    if not record.refuses and not record.otherwise:
        return "every value tried"
    said = _said(field.accepted(), default)
    return said if said == "fixed" else f"{said} of the values tried"


def _inside(field: ProbedField, low: int, width: int, default: int) -> str:
    """What bits of a measured field accept while the field's other bits stay at default."""
    mask = (1 << width) - 1 << low
    if field.record.complete:
        tried = {(default & ~mask | raw << low) for raw in range(1 << width)}
    else:
        tried = {end for span in (*field.accepted(), *field.record.refuses) for end in span}
        tried = {raw for raw in tried if not (raw ^ default) & ~mask} | {default}
    taken = sorted((raw & mask) >> low for raw in tried if field.answer(raw).kind == "same")
    if not field.record.complete:
        return f"{spans(_joined(taken))} of the values tried"
    return _said(_joined(taken), (default & mask) >> low)


def _tried(register: ProbedRegister, low: int, width: int, default: int) -> str:
    mask = (1 << width) - 1 << low
    values = range(1 << width)
    kinds = [answer(register, default & ~mask | raw << low).kind for raw in values]
    if "unknown" in kinds:
        return "not measured"
    taken = [raw for raw in values if kinds[raw] == "same"]
    return _said(_joined(taken), default >> low & mask >> low)


def _of_patterns(register: ProbedRegister, low: int, width: int) -> str:
    default, mask = register.default or 0, (1 << width) - 1 << low
    taken = {default >> low & mask >> low}
    for pattern in register.patterns or ():
        stored = pattern.errno is None and pattern.got == pattern.value
        if stored and not (pattern.value ^ default) & ~mask:
            taken.add((pattern.value & mask) >> low)
    return spans(_joined(sorted(taken))) + " of the values tried"


def _said(ranges: list[tuple[int, int]], default: int) -> str:
    return "fixed" if ranges == [(default, default)] else spans(ranges)


def _joined(values: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for value in values:
        if ranges and ranges[-1][1] == value - 1:
            ranges[-1] = (ranges[-1][0], value)
        else:
            ranges.append((value, value))
    return ranges


def meaning(id: int, low: int, width: int, value: int | None) -> str:
    """Return what the catalogue says about a field's value in register value ``value``."""
    register = lookup(id)
    if register is None or value is None:
        return ""
    for field in register.fields:
        if (field.low, field.width) == (low, width):
            return field.says(field.interpret(value)) or ""
    return ""
