"""HostProfile: what one host was measured to expose, ready to be asked questions.

Built from a validated :class:`~guestabi.profile.schema.ProfileRecord`; ids and values are
integers here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Mapping, Optional, Union

from guestabi.profile.schema import DeviceRecord, FieldRecord, ProfileRecord

_HEX = re.compile(r"0x[0-9a-f]{1,64}")


@dataclass(frozen=True)
class Answer:
    """What a kernel answers to a write. ``kind`` is one of

    ``same``      accepted, and reads back as written
    ``readback``  accepted, but reads back as ``got``
    ``refused``   refused with ``errno`` (a name such as ``EINVAL``; None: not recorded)
    ``unknown``   not measured
    """

    kind: str
    errno: Optional[str] = None
    got: Optional[int] = None
    by: Optional[tuple[int, int]] = None
    """(low, width) of the field that decided, where one did"""


@dataclass(frozen=True)
class ProbedField:
    low: int
    width: int
    record: FieldRecord
    errno: Optional[str] = None
    """the errno of what it refuses"""

    @property
    def mask(self) -> int:
        return ((1 << self.width) - 1) << self.low

    def extract(self, value: int) -> int:
        return value >> self.low & ((1 << self.width) - 1)

    def accepted(self) -> list[tuple[int, int]]:
        """Ranges (first, last) of raw field values that are accepted as written."""
        return [(first, last) for first, last in self.record.accepts]

    def answer(self, raw: int) -> Answer:
        """What the kernel answers to ``raw`` (the field's own bits) in this field alone."""
        place = (self.low, self.width)
        if any(first <= raw <= last for first, last in self.record.accepts):
            return Answer("same", by=place)
        for first, last, got in self.record.otherwise:
            if first <= raw <= last:
                return Answer("readback", got=got, by=place)
        if self.record.complete or any(a <= raw <= b for a, b in self.record.refuses):
            return Answer("refused", errno=self.errno, by=place)
        if self.record.otherwise:
            return Answer("unknown", by=place)
        if not self.record.refuses:
            return Answer("same", by=place)
        if sum(last - first + 1 for first, last in self.record.accepts) == 1:
            return Answer("refused", errno=self.errno, by=place)
        return Answer("unknown", by=place)


@dataclass(frozen=True)
class Pattern:
    value: int
    errno: Optional[str]
    got: int
    """What was read back (equal to ``value`` when accepted as written)."""


@dataclass(frozen=True)
class ProbedRegister:
    """One register of a profile. ``size`` is its width in bytes."""

    id: int
    name: str
    size: int
    scope: str
    window: str
    volatile: bool
    default: Optional[int]
    fields: Optional[tuple[ProbedField, ...]]
    patterns: Optional[tuple[Pattern, ...]]
    stages: Mapping[str, tuple[str, Optional[str]]]
    """stage -> (answer to the same value, answer to another value)"""
    survives_other_init: Optional[bool]
    survives_reinit: Optional[bool]
    errno: Optional[str] = None
    """the errno of what its fields refuse"""
    acts: Optional[str] = None
    """``sets`` or ``clears``: what a write does with the bits that are 1 in it, and no more"""
    shares: tuple[int, ...] = ()
    """ids of other registers that such a write changes too"""
    vm_only: bool = False
    """reached by the VM's own ioctls alone"""


@dataclass(frozen=True)
class HostProfile:
    """The shared noun. ``registers`` is keyed by id, in ascending order."""

    name: str
    digest: str
    record: ProfileRecord
    registers: Mapping[int, ProbedRegister]
    raw: bytes
    """The file's bytes."""

    @property
    def capabilities(self) -> Mapping[str, int]:
        return self.record.host.capabilities

    @property
    def devices(self) -> list[DeviceRecord]:
        return self.record.devices

    @cached_property
    def guest(self) -> Optional[Mapping[str, Union[int, str]]]:
        """What guest code found: a number, or a word; None where none was run."""
        said = self.record.guest
        if said is None:
            return None
        return {
            name: int(each, 16) if _HEX.fullmatch(each) else each for name, each in said.items()
        }

    @property
    def features(self) -> tuple[str, ...]:
        """vCPU features of the measured VM, sorted."""
        return tuple(self.record.vm.features)

    @property
    def kernel(self) -> str:
        return self.record.taken.kernel_release

    @property
    def emulated_cpu(self) -> Optional[str]:
        emulator = self.record.taken.emulator
        return emulator.cpu if emulator else None

    @cached_property
    def defaults(self) -> Mapping[int, Optional[int]]:
        """The reset value of every register by id; None for a volatile one."""
        return {id: register.default for id, register in self.registers.items()}

    @cached_property
    def vm_only(self) -> frozenset[int]:
        """Ids of the registers that are in no vCPU's list."""
        return frozenset(number for number, row in self.registers.items() if row.vm_only)

    @property
    def label(self) -> str:
        """A name for people: the profile's own, or else the kernel release."""
        return self.name or self.kernel or self.digest[:12]

    def to_builtins(self) -> dict[str, Any]:
        """The profile as plain dicts and lists, as it stands in its file."""
        import msgspec

        plain: dict[str, Any] = msgspec.json.decode(self.raw)
        return plain
