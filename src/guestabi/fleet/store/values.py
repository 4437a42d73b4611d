"""Register ids and values as every engine reads them alike: a signed pattern, and hex text."""

from __future__ import annotations

from typing import Optional

_HALF = 1 << 63
_WHOLE = 1 << 64


def signed(value: int) -> int:
    """Return the 64-bit pattern ``value`` as a signed integer (two's complement).

    Raises ValueError for what does not fit 64 bits.
    """
    if not 0 <= value < _WHOLE:
        raise ValueError(f"{value:#x} is no 64-bit pattern")
    return value - _WHOLE if value >= _HALF else value


def unsigned(pattern: int) -> int:
    """Return the 64-bit pattern that the signed ``pattern`` stands for."""
    return pattern % _WHOLE


def bits(value: Optional[int], size: int) -> Optional[int]:
    """Return the signed pattern of a register's value; None where it has ``size`` > 8 bytes."""
    return None if value is None or size > 8 else signed(value)


def text(value: Optional[int]) -> Optional[str]:
    """Return ``0x2a``, whatever the width."""
    return None if value is None else hex(value)
