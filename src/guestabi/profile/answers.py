"""What will this kernel answer to this value? Derived from what was measured, never guessed.

The one assumption: fields that were accepted one at a time are accepted together, because the
kernel checks ID registers field by field (``arm64_check_features`` in
``arch/arm64/kvm/sys_regs.c``). The rehearsal tests hold it against real kernels.
"""

from __future__ import annotations

from typing import Optional

from guestabi.profile.host import Answer, Pattern, ProbedRegister


def answer(register: ProbedRegister, value: int) -> Answer:
    """Return what the kernel answers when ``value`` is written before the first run.

    A value wider than the register is refused, as a VMM cannot even form the call.
    """
    if value >> 8 * register.size:
        return Answer("refused", errno="EINVAL")
    if register.volatile or value == register.default:
        return Answer("same")
    for pattern in register.patterns or ():
        if pattern.value == value:
            return _of_pattern(pattern)
    if register.fields is not None:
        return _by_fields(register, value)
    if register.patterns is not None:
        return _by_bits(register.patterns, value)
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
        return Answer("refused", errno=_errno_of(register), by=_lowest_bit(changed))
    if unknown is not None:
        return unknown
    return Answer("same") if read == value else Answer("readback", got=read)


def _by_bits(patterns: tuple[Pattern, ...], value: int) -> Answer:
    """Compose the answer of a register whose bits each hold what is written, or never change."""
    if not patterns or any(pattern.errno is not None for pattern in patterns):
        return Answer("unknown")
    stuck = ones = zeros = 0
    for pattern in patterns:
        stuck |= pattern.value ^ pattern.got
        ones |= pattern.got
        zeros |= ~pattern.got
    if stuck & ones & zeros:
        return Answer("unknown")
    read = value & ~stuck | ones & stuck
    return Answer("same") if read == value else Answer("readback", got=read)


def _errno_of(register: ProbedRegister) -> Optional[str]:
    for field in register.fields or ():
        if field.record.errno:
            return field.record.errno
    for pattern in register.patterns or ():
        if pattern.errno:
            return pattern.errno
    return None


def _lowest_bit(bits: int) -> tuple[int, int]:
    return ((bits & -bits).bit_length() - 1, 1)
