"""Every register that arm64 KVM lists, on kernels 5.10 to 7.3, by id and by name.

The tables are read from ``registers/data`` on first use, and a register's fields only when the
register itself is asked for: naming the 400 ids of a profile costs one dictionary look-up each.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Optional

from guestabi.errors import UnknownName
from guestabi.registers.model import Field, Register
from guestabi.registers.rows import Meanings, Row, read_row
from guestabi.uapi import regid

GROUPS = (
    "core",
    "debug",
    "el1",
    "el2",
    "firmware",
    "id_aa32",
    "id_aa64",
    "pmu",
    "processor",
    "sve",
    "timers",
)
"""The modules of ``registers/data``, each with a ``ROWS`` tuple."""

Segment = tuple[Optional[str], int, int]

_SPELLINGS = ("KVM_REG_ARM64_", "KVM_REG_ARM_", "SYS_")
_CHUNK = 4


@cache
def _rows() -> dict[int, Row]:
    rows: dict[int, Row] = {}
    for group in GROUPS:
        for row in importlib.import_module(f"guestabi.registers.data.{group}").ROWS:
            rows[row.id] = row
    return rows


@cache
def _meanings() -> Meanings:
    module = importlib.import_module("guestabi.registers.data.meanings")
    meanings: Meanings = module.load()
    return meanings


@cache
def _by_name() -> dict[str, int]:
    # KVM's own names last: where one is also another register's architectural name, it wins.
    names = {row.arch_name.casefold(): number for number, row in _rows().items()}
    names.update((row.name.casefold(), number) for number, row in _rows().items())
    return names


@cache
def lookup(number: int) -> Optional[Register]:
    """Return the register with this id, or None where the catalogue has none."""
    row = _rows().get(number)
    return None if row is None else read_row(row, _meanings())


def find(name_or_id: str) -> Register:
    """Return a register by any spelling of its name, or by its id in hex. UnknownName if none.

    Accepted, in any case: ``PSCI_VERSION``, ``KVM_REG_ARM_PSCI_VERSION``, ``ID_AA64PFR0_EL1``,
    ``SYS_ID_AA64PFR0_EL1``, ``S3_0_C0_C4_0``, ``0x603000000013c020``. An architectural name
    finds the id that *decodes* to it: ``CNTVCT_EL0`` is ``TIMER_CVAL``, see
    ``registers/data/timers.py``.
    """
    number = _number(name_or_id.strip())
    register = None if number is None else lookup(number)
    if register is None:
        names = [row.name for row in _rows().values()]
        raise UnknownName(
            "register", name_or_id, names, hint="give a name or an id such as 0x603000000013c020"
        )
    return register


def _number(text: str) -> Optional[int]:
    if text[:2].lower() == "0x":
        try:
            return int(text, 16)
        except ValueError:
            return None
    upper = text.upper()
    for prefix in _SPELLINGS:
        if upper.startswith(prefix):
            upper = upper[len(prefix) :]
            break
    number = _by_name().get(upper.casefold())
    return _by_encoding().get(upper) if number is None else number


@cache
def _by_encoding() -> dict[str, int]:
    decoded = ((number, regid.decode(number)) for number in _rows())
    return {str(reg): number for number, reg in decoded if isinstance(reg, regid.SysReg)}


def name_of(number: int) -> str:
    """Return the one name that guestabi shows for an id, whatever the number.

    A system register that the catalogue does not know is ``S3_0_C0_C3_3``, anything else its id.
    Raises nothing: numbers beyond 64 bits are shown in hex too.
    """
    row = _rows().get(number)
    if row is not None:
        return row.name
    if not 0 <= number < 1 << 64:
        return hex(number)
    decoded = regid.decode(number)
    if isinstance(decoded, regid.SysReg) and decoded.size_log2 == 3:
        return str(decoded)
    return regid.hex_id(number)


def all_registers() -> tuple[Register, ...]:
    """Return the whole catalogue, sorted by id."""
    found = (lookup(number) for number in sorted(_rows()))
    return tuple(register for register in found if register is not None)


@cache
def field_segments(number: int) -> tuple[Segment, ...]:
    """Return (field name or None, low, width) from bit 0 up, every bit exactly once.

    Bits in no field come as aligned chunks of at most 4. The width is the id's own, so that
    ids unknown to the catalogue can be segmented too.
    """
    register = lookup(number)
    bits = 8 * regid.size_of(number)
    segments: list[Segment] = []
    position = 0
    for field in register.fields if register else ():
        segments += _gap(position, field.low)
        segments.append((field.name, field.low, field.width))
        position = _end(field)
    return tuple(segments + _gap(position, bits))


def _end(field: Field) -> int:
    return field.low + field.width


def _gap(start: int, stop: int) -> list[Segment]:
    chunks: list[Segment] = []
    while start < stop:
        end = min(stop, (start // _CHUNK + 1) * _CHUNK)
        chunks.append((None, start, end - start))
        start = end
    return chunks
