"""Values in words: what a register's value says, and whether a feature exists in a profile."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional

from guestabi.registers.catalogue import find
from guestabi.registers.model import Register, Requirement


class Said(NamedTuple):
    """One field of a value: raw bits, sign-aware value, and the meaning where it is known."""

    field: str
    raw: int
    interpreted: int
    meaning: Optional[str]


def describe(register: Register, value: int) -> list[Said]:
    """Return what each field of ``value`` says, from bit 0 up; empty for an opaque register."""
    said = []
    for field in register.fields:
        interpreted = field.interpret(value)
        said.append(Said(field.name, field.extract(value), interpreted, field.says(interpreted)))
    return said


def feature_present(register: Register, values: Mapping[int, int]) -> Optional[bool]:
    """Whether the registers' ``values`` (by id) say that ``register``'s feature exists.

    True without requirements. None where no requirement holds and one of the ID registers that
    would tell is not in ``values``.
    """
    if not register.requires:
        return True
    answers = [_holds(each, values) for each in register.requires]
    if True in answers:
        return True
    return None if None in answers else False


def _holds(requirement: Requirement, values: Mapping[int, int]) -> Optional[bool]:
    told_by = find(requirement.register)
    value = values.get(told_by.id)
    if value is None:
        return None
    return requirement.holds(told_by.field(requirement.field).interpret(value))
