"""What a catalogue entry is: a register, its fields, and what must be there for it to exist.

Values are plain integers, as wide as the register. A field's *raw* value is unsigned; its
*interpreted* value is the one to compare: the Arm ARM ("Principles of the ID scheme for fields
in ID registers") makes some ID fields signed, so that 0xF means -1, "not there".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from guestabi.errors import UnknownName, UsageError

ROLES = ("identification", "firmware", "bitmap", "state", "counter")
"""How a guest meets a register.

``identification``: it discovers its machine by it and cannot write it. ``firmware``: a level or
version behind hypercalls. ``bitmap``: a set of hypercall services. ``state``: the guest or the
VMM writes it. ``counter``: it moves by itself.
"""


@dataclass(frozen=True)
class Field:
    """Bits ``low`` .. ``low + width - 1`` of a register.

    ``meaning`` is pairs of (interpreted value, what it says), sorted by value.
    """

    name: str
    low: int
    width: int
    signed: bool = False
    meaning: tuple[tuple[int, str], ...] = ()

    @property
    def mask(self) -> int:
        """The field's bits in place."""
        return (1 << self.width) - 1 << self.low

    def extract(self, value: int) -> int:
        """Return the field's raw, unsigned value in register value ``value``."""
        return value >> self.low & (1 << self.width) - 1

    def interpret(self, value: int) -> int:
        """Return the field's value in ``value``, negative where the field is signed."""
        raw = self.extract(value)
        return raw - (1 << self.width) if self.signed and raw >> self.width - 1 else raw

    def insert(self, value: int, raw: int) -> int:
        """Return ``value`` with this field set to ``raw``. UsageError if ``raw`` does not fit."""
        if not 0 <= raw < 1 << self.width:
            raise UsageError(
                f"{raw:#x} does not fit field {self.name}",
                hint=f"it has {self.width} bit{'s' if self.width > 1 else ''}",
            )
        return value & ~self.mask | raw << self.low

    def says(self, interpreted: int) -> Optional[str]:
        """Return what the interpreted value means, or None where the catalogue does not know."""
        return dict(self.meaning).get(interpreted)


@dataclass(frozen=True)
class Requirement:
    """A feature exists when ``register.field``, sign-aware, is ``at_least`` that.

    ``among``, where not empty, replaces the comparison by a list of values: cache types and
    PMUVer (0xF is "an IMPLEMENTATION DEFINED PMU", which is no PMUv3) are not ordered.
    """

    register: str
    field: str
    at_least: int
    among: tuple[int, ...] = ()

    def holds(self, interpreted: int) -> bool:
        """Whether a field with this interpreted value satisfies the requirement."""
        return interpreted in self.among if self.among else interpreted >= self.at_least

    def __str__(self) -> str:
        wanted = f"={','.join(map(str, self.among))}" if self.among else f">={self.at_least}"
        return f"{self.register}.{self.field}{wanted}"


@dataclass(frozen=True)
class Register:
    """One register that arm64 KVM lists, of whatever kernel.

    ``id``         the number that ONE_REG takes
    ``name``       the KVM name where there is one (``PSCI_VERSION``), else the architectural one
    ``arch_name``  what the id decodes to; differs from ``name`` for the two swapped timer ids
    ``role``       one of :data:`ROLES`
    ``feature``    the group that comes and goes together, None for the base architecture
    ``requires``   any one of these suffices for the feature to exist; empty: always there
    ``absent``     what a guest sees on a kernel that does not list the register, None: not known
    ``fields``     from bit 0 up, without overlap; bits in no field are reserved or opaque
    ``source``     where the row comes from
    """

    id: int
    name: str
    arch_name: str
    role: str
    feature: Optional[str]
    requires: tuple[Requirement, ...]
    absent: Optional[int]
    fields: tuple[Field, ...]
    summary: str
    source: str

    @property
    def size(self) -> int:
        """Width in bytes, from the id."""
        return 1 << (self.id >> 52 & 0xF)

    def field(self, name: str) -> Field:
        """Return the field called ``name``, in any case. UnknownName if there is none."""
        for each in self.fields:
            if each.name.casefold() == name.casefold():
                return each
        raise UnknownName(f"field of {self.name}", name, [each.name for each in self.fields])
