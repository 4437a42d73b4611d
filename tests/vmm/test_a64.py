"""Words are those that an assembler makes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.errors import UsageError
from guestabi.vmm import a64

# As GNU as and llvm-mc assemble them.
WORDS = {
    "movz x9, #0": (a64.movz(9, 0), 0xD2800009),
    "movz x0, #0x8400, lsl #16": (a64.movz(0, 0x8400, 1), 0xD2B08000),
    "movk x1, #0xc400, lsl #16": (a64.movk(1, 0xC400, 1), 0xF2B88001),
    "mov x19, x0": (a64.mov(19, 0), 0xAA0003F3),
    "add x9, x9, #4": (a64.add(9, 9, 4), 0x91001129),
    "add x21, x21, x19, lsl #14": (a64.add_shifted(21, 21, 19, 14), 0x8B133AB5),
    "lsr x9, x9, #26": (a64.lsr(9, 9, 26), 0xD35AFD29),
    "mrs x9, elr_el1": (a64.mrs(9, a64.ELR_EL1), 0xD5384029),
    "mrs x9, esr_el1": (a64.mrs(9, a64.ESR_EL1), 0xD5385209),
    "mrs x0, id_aa64pfr0_el1": (a64.mrs(0, (3, 0, 0, 4, 0)), 0xD5380400),
    "mrs x0, cntfrq_el0": (a64.mrs(0, (3, 3, 14, 0, 0)), 0xD53BE000),
    "msr vbar_el1, x0": (a64.msr(a64.VBAR_EL1, 0), 0xD518C000),
    "ldr x22, [x21]": (a64.ldr(22, 21), 0xF94002B6),
    "str x22, [x21]": (a64.str_(22, 21), 0xF90002B6),
    "str w19, [x23]": (a64.str_w(19, 23), 0xB90002F3),
    "str x9, [x20], #8": (a64.push(9, 20), 0xF8008689),
    "b .": (a64.b(0), 0x14000000),
    "b .-4": (a64.b(-4), 0x17FFFFFF),
}


@pytest.mark.parametrize("text", WORDS)
def test_encodings(text):
    """Each instruction is the word that an assembler makes of its text."""
    ours, assembled = WORDS[text]
    assert ours == assembled


@given(st.integers(0, (1 << 64) - 1), st.integers(0, 30))
def test_load(value, rd):
    """The movz and movk of a 64-bit value add up to it, without one that does nothing."""
    first, *rest = a64.load(rd, value)
    parts = [(word >> 21 & 3, word >> 5 & 0xFFFF) for word in (first, *rest)]
    assert sum(part << 16 * place for place, part in parts) == value
    assert {word & 31 for word in (first, *rest)} == {rd}
    assert all(part for _, part in parts[1:])


@pytest.mark.parametrize(
    "call",
    [
        lambda: a64.movz(0, 1 << 16),
        lambda: a64.load(0, 1 << 64),
        lambda: a64.load(0, -1),
        lambda: a64.add(0, 0, 1 << 12),
        lambda: a64.b(1 << 27),
        lambda: a64.b(-(1 << 27) - 4),
        lambda: a64.b(2),
    ],
)
def test_what_does_not_fit_is_refused(call):
    """No operand is cut to size."""
    with pytest.raises(UsageError):
        call()
