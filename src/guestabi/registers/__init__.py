"""The catalogue of arm64 registers: names, fields, signedness, meaning."""

from __future__ import annotations

from guestabi.registers.catalogue import (
    all_registers,
    field_segments,
    find,
    lookup,
    name_of,
)
from guestabi.registers.decode import Said, describe, feature_present
from guestabi.registers.model import ROLES, Field, Register, Requirement

__all__ = [
    "ROLES",
    "Field",
    "Register",
    "Requirement",
    "Said",
    "all_registers",
    "describe",
    "feature_present",
    "field_segments",
    "find",
    "lookup",
    "name_of",
]
