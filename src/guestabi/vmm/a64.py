"""The A64 instructions that the reporting guest is made of, as 32-bit words.

Encodings from the Arm ARM (DDI 0487), chapter C6. ``rd``, ``rt``, ``rn``, ``rm`` are register
numbers 0..31; offsets are in bytes, relative to the instruction itself.
"""

from __future__ import annotations

import struct
from typing import Sequence

from guestabi.errors import UsageError

Encoding = tuple[int, int, int, int, int]
"""op0, op1, CRn, CRm, op2 of a system register."""

VBAR_EL1: Encoding = (3, 0, 12, 0, 0)
ELR_EL1: Encoding = (3, 0, 4, 0, 1)
ESR_EL1: Encoding = (3, 0, 5, 2, 0)

ERET = 0xD69F03E0
ISB = 0xD5033FDF
WFI = 0xD503207F
DMB_SY = 0xD5033FBF
HVC = 0xD4000002
SMC = 0xD4000003


def movz(rd: int, value: int, quarter: int = 0) -> int:
    """``rd`` becomes the 16 bits of ``value``, shifted left by 16 * ``quarter``."""
    return 0xD2800000 | quarter << 21 | _fits(value, 16) << 5 | rd


def movk(rd: int, value: int, quarter: int) -> int:
    """The same, the other bits of ``rd`` kept."""
    return 0xF2800000 | quarter << 21 | _fits(value, 16) << 5 | rd


def load(rd: int, value: int) -> list[int]:
    """``rd`` becomes the 64-bit ``value``: one instruction, and one for each further quarter."""
    quarters = [_fits(value, 64) >> 16 * each & 0xFFFF for each in range(4)]
    rest = [movk(rd, each, place) for place, each in enumerate(quarters) if place and each]
    return [movz(rd, quarters[0]), *rest]


def mov(rd: int, rm: int) -> int:
    return 0xAA0003E0 | rm << 16 | rd


def add(rd: int, rn: int, value: int) -> int:
    return 0x91000000 | _fits(value, 12) << 10 | rn << 5 | rd


def add_shifted(rd: int, rn: int, rm: int, shift: int) -> int:
    """``rd = rn + (rm << shift)``"""
    return 0x8B000000 | rm << 16 | _fits(shift, 6) << 10 | rn << 5 | rd


def lsr(rd: int, rn: int, shift: int) -> int:
    return 0xD340FC00 | _fits(shift, 6) << 16 | rn << 5 | rd


def mrs(rt: int, register: Encoding) -> int:
    return 0xD5300000 | _system(register) | rt


def msr(register: Encoding, rt: int) -> int:
    return 0xD5100000 | _system(register) | rt


def ldr(rt: int, rn: int) -> int:
    """64 bits from the address in ``rn``."""
    return 0xF9400000 | rn << 5 | rt


def ldr_w(rt: int, rn: int) -> int:
    """32 bits from the address in ``rn``; the upper half of ``rt`` becomes zero."""
    return 0xB9400000 | rn << 5 | rt


def str_(rt: int, rn: int) -> int:
    """64 bits to the address in ``rn``."""
    return 0xF9000000 | rn << 5 | rt


def str_w(rt: int, rn: int) -> int:
    """The low 32 bits, to the address in ``rn``."""
    return 0xB9000000 | rn << 5 | rt


def push(rt: int, rn: int) -> int:
    """64 bits to the address in ``rn``, which then moves up by 8."""
    return 0xF8008400 | rn << 5 | rt


def b(offset: int) -> int:
    if offset % 4:
        raise UsageError(f"an offset of {offset} is not one of whole instructions")
    return 0x14000000 | _signed(offset // 4, 26)


def assemble(words: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(words)}I", *words)


def _system(register: Encoding) -> int:
    op0, op1, crn, crm, op2 = register
    return (op0 & 1) << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5


def _fits(value: int, bits: int) -> int:
    if not 0 <= value < 1 << bits:
        raise UsageError(f"{value:#x} does not fit the {bits} bits that an instruction has for it")
    return value


def _signed(value: int, bits: int) -> int:
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise UsageError(f"an offset of {value} is too far for {bits} bits")
    return value & (1 << bits) - 1
