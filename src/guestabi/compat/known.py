"""What the catalogue says about an id, made total: an id that it does not know has an answer too.

The answers are kept, because a matrix asks them a million times.
"""

from __future__ import annotations

from functools import cache
from typing import Optional

from guestabi.registers.catalogue import field_segments, find, lookup
from guestabi.registers.model import Field, Register, Requirement
from guestabi.uapi import regid

POISON = 0x1DE7EC7EDBADC0DE
"""What KVM's reset_unknown() puts into a register that nobody wrote (arch/arm64/kvm/sys_regs.c)."""

VISIBLE = frozenset({"identification", "firmware", "bitmap"})
"""Roles of registers by which a guest knows its machine, and which it cannot write."""

UNKNOWN = "unknown"
"""The role of an id of which nothing is known."""

_ID_SPACE = (3, 0, 0)


@cache
def role_of(number: int) -> str:
    """Return the catalogue's role; what the id itself tells where the catalogue is silent."""
    register = lookup(number)
    if register is not None:
        return register.role
    decoded = regid.decode(number)
    if isinstance(decoded, regid.Bitmap):
        return "bitmap"
    if isinstance(decoded, regid.Firmware):
        return "firmware"
    return "identification" if in_id_space(number) else UNKNOWN


@cache
def is_visible(number: int) -> bool:
    """Whether a guest knows its machine by this register."""
    return role_of(number) in VISIBLE


@cache
def in_id_space(number: int) -> bool:
    """Whether the id is one of op0=3, op1=0, CRn=0, CRm=1..7, which read as zero if unallocated
    (Arm ARM, "ID registers": reserved encodings are RAZ)."""
    decoded = regid.decode(number)
    if not isinstance(decoded, regid.SysReg):
        return False
    return (decoded.op0, decoded.op1, decoded.crn) == _ID_SPACE and 1 <= decoded.crm <= 7


@cache
def absent_of(number: int) -> Optional[int]:
    """Return what a guest sees where the register is not listed, None: not known."""
    register = lookup(number)
    if register is not None and register.absent is not None:
        return register.absent
    return 0 if in_id_space(number) else None


@cache
def feature_of(number: int) -> Optional[str]:
    """Return the group that the register comes and goes with."""
    register = lookup(number)
    return None if register is None else register.feature


@cache
def field_names(number: int, bits: int) -> tuple[str, ...]:
    """Return the names of the fields that ``bits`` touch, unnamed ones as ``[7:4]``."""
    return tuple(
        name or (f"[{low}]" if width == 1 else f"[{low + width - 1}:{low}]")
        for name, low, width in field_segments(number)
        if bits >> low & ((1 << width) - 1)
    )


@cache
def requirements(number: int) -> tuple[tuple[int, Field, Requirement], ...]:
    """Return (id of the ID register, its field, requirement); any of them suffices."""
    register = lookup(number)
    return () if register is None else tuple(_resolved(each) for each in register.requires)


def _resolved(requirement: Requirement) -> tuple[int, Field, Requirement]:
    told_by: Register = find(requirement.register)
    return told_by.id, told_by.field(requirement.field), requirement
