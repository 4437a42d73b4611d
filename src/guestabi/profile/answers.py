"""What will this kernel answer to this value? Derived from what was measured, never guessed.

Three assumptions, which the rehearsal tests hold against real kernels. Fields that were accepted
one at a time are accepted together, because the kernel checks ID registers field by field
(``arm64_check_features`` in ``arch/arm64/kvm/sys_regs.c``). Of a field too wide to try every
value, whose samples (all zeros, all ones, each bit flipped) were all accepted, or all refused, so
are the other values. And bits that each answered alike in every pattern act one by one.
"""

from __future__ import annotations

from typing import Optional

from guestabi.profile import bits
from guestabi.profile.host import Answer, Pattern, ProbedRegister


def answer(register: ProbedRegister, value: int) -> Answer:
    """Return what the kernel answers when ``value`` is written before the first run.

    A value wider than the register is refused, as a VMM cannot even form the call.
    """
    if value >> 8 * register.size:
        return Answer("refused", errno="EINVAL")
    if register.volatile:
        return Answer("same")
    if register.acts is not None:
        return _by_action(register, value)
    if value == register.default:
        return Answer("same")
    for pattern in register.patterns or ():
        if pattern.value == value:
            return _of_pattern(pattern)
    if register.fields is not None:
        return _by_fields(register, value)
    if register.patterns is not None:
        return _by_bits(register, value)
    return Answer("unknown")


def _of_pattern(pattern: Pattern) -> Answer:
    if pattern.errno is not None:
        return Answer("refused", errno=pattern.errno)
    if pattern.got != pattern.value:
        return Answer("readback", got=pattern.got)
    return Answer("same")


def _by_fields(register: ProbedRegister, value: int) -> Answer:
    if register.default is None:
        return Answer("unknown")
    changed = register.default ^ value
    read = value
    unknown: Optional[Answer] = None
    for field in register.fields or ():
        if not changed & field.mask:
            continue
        changed &= ~field.mask
        said = field.answer(field.extract(value))
        if said.kind == "refused":
            return said
        if said.kind == "unknown":
            unknown = said
        elif said.got is not None:
            read = read & ~field.mask | said.got << field.low
    if changed:
        return Answer("refused", errno=register.errno, by=_lowest_bit(changed))
    if unknown is not None:
        return unknown
    return Answer("same") if read == value else Answer("readback", got=read)


def _by_bits(register: ProbedRegister, value: int) -> Answer:
    """Compose the answer of a register whose bits were each seen to act alone."""
    patterns = register.patterns or ()
    if not patterns or any(pattern.errno is not None for pattern in patterns):
        return Answer("unknown")
    pairs = [(pattern.value, pattern.got) for pattern in patterns]
    if register.default is not None:
        pairs.append((register.default, register.default))
    table = bits.learn(pairs, 8 * register.size)
    read = None if table is None else table.read_back(value)
    if read is None:
        return Answer("unknown")
    return Answer("same") if read == value else Answer("readback", got=read)


def apply(register: ProbedRegister, held: int, value: int) -> int:
    """Return what a register that only sets or only clears bits holds after ``value`` is written
    to it while it holds ``held``."""
    if register.acts == "clears":
        return held & ~value
    settable = 0
    for pattern in register.patterns or ():
        settable |= pattern.got
    return held | value & settable


def _by_action(register: ProbedRegister, value: int) -> Answer:
    read = apply(register, register.default or 0, value)
    return Answer("same") if read == value else Answer("readback", got=read)


def _lowest_bit(bits: int) -> tuple[int, int]:
    return ((bits & -bits).bit_length() - 1, 1)
