"""The notation of the catalogue's rows (``registers/data``), and its reader.

A row is text where text is shortest:

- encoding: ``"3 0 0 4 0"`` is op0 op1 CRn CRm op2
- fields: ``"SVE:32:4 FP:16:4s V:8"`` is name:low:width, ``s`` for signed, width 1 left out
- requires: ``"ID_AA64PFR0_EL1.SVE>=1 CLIDR_EL1.Ctype1=1,3"``, any of which suffices;
  ``=1..14`` is a range

and is read into :class:`~guestabi.registers.model.Register` when somebody asks for it.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from guestabi.registers.model import Field, Register, Requirement
from guestabi.uapi.regid import sysreg

ARM_ARM = "Arm ARM DDI 0487"
Meanings = dict[str, tuple[tuple[int, str], ...]]


class Row(NamedTuple):
    """A register as the data modules write it; see the module's docstring."""

    id: int
    name: str
    arch_name: str
    role: str = "state"
    feature: Optional[str] = None
    requires: str = ""
    absent: Optional[int] = None
    fields: str = ""
    summary: str = ""
    source: str = ARM_ARM


def system(
    name: str,
    encoding: str,
    summary: str,
    fields: str = "",
    *,
    role: str = "state",
    feature: Optional[str] = None,
    requires: str = "",
    absent: Optional[int] = None,
    source: str = ARM_ARM,
) -> Row:
    """Return the row of a system register, whose KVM name is the architectural one."""
    number = sysreg(*map(int, encoding.split()))
    return Row(number, name, name, role, feature, requires, absent, fields, summary, source)


def read_field(text: str, meaning: tuple[tuple[int, str], ...] = ()) -> Field:
    """Read ``name:low[:width[s]]``."""
    name, low, width = f"{text}:1".split(":")[:3]
    return Field(name, int(low), int(width.rstrip("s")), width.endswith("s"), meaning)


def read_requirement(text: str) -> Requirement:
    """Read ``REGISTER.FIELD>=n``, ``=n,m`` or ``=n..m``."""
    register, _, rest = text.partition(".")
    name, at_least, least = rest.partition(">=")
    if at_least:
        return Requirement(register, name, int(least))
    name, _, values = rest.partition("=")
    first, dots, last = values.partition("..")
    among = range(int(first), int(last) + 1) if dots else map(int, values.split(","))
    ordered = tuple(sorted(among))
    return Requirement(register, name, ordered[0], ordered)


def read_row(row: Row, meanings: Meanings) -> Register:
    """Return the register of a row. ``meanings`` is keyed ``REGISTER.FIELD``."""
    fields = sorted(
        (
            read_field(each, meanings.get(f"{row.name}.{each.partition(':')[0]}", ()))
            for each in row.fields.split()
        ),
        key=lambda field: field.low,
    )
    return Register(
        row.id,
        row.name,
        row.arch_name,
        row.role,
        row.feature,
        tuple(read_requirement(each) for each in row.requires.split()),
        row.absent,
        tuple(fields),
        row.summary,
        row.source,
    )
