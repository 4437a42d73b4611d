"""KVM/arm64 register ids (``struct kvm_one_reg.id``): 64-bit number <-> what it names.

Layout, from ``Documentation/virt/kvm/api.rst`` section 4.68 (KVM_SET_ONE_REG) and
``arch/arm64/include/uapi/asm/kvm.h``::

    63      56 55  52 51         28 27      16 15            0
    [  arch  ] [size] [ reserved  ] [ class  ] [   payload   ]

``decode`` is total: every 64-bit number decodes, to :class:`Unknown` where the layout does not
fit, and ``encode(decode(n)) == n`` for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Union

ARCH_SHIFT = 56
ARCH_ARM64 = 0x60
SIZE_SHIFT = 52
CLASS_SHIFT = 16

CLASS_CORE = 0x10
CLASS_DEMUX = 0x11
CLASS_SYSREG = 0x13
CLASS_FIRMWARE = 0x14
CLASS_SVE = 0x15
CLASS_BITMAP = 0x16

SCOPE_VM_FLAG = 1 << 28
"""Bit 28, the scope flag that was proposed with KVM_CAP_ARM_REG_SCOPE in 2022."""

MAX_SIZE_LOG2 = 8
"""2048 bits, the widest register that arm64 lists (an SVE Z register)."""


@dataclass(frozen=True)
class RegId:
    """One decoded id. ``size`` is the register's width in bytes."""

    size_log2: int
    klass: ClassVar[int] = 0

    @property
    def size(self) -> int:
        return 1 << self.size_log2

    def payload(self) -> int:
        raise AssertionError("every concrete RegId has a payload")


@dataclass(frozen=True)
class Core(RegId):
    """A field of ``struct kvm_regs``; ``offset`` counts 32-bit words."""

    offset: int = 0
    klass: ClassVar[int] = CLASS_CORE

    def payload(self) -> int:
        return self.offset


@dataclass(frozen=True)
class Demux(RegId):
    """A banked register: ``selector`` 0 is CCSIDR, indexed by the CSSELR value ``index``."""

    selector: int = 0
    index: int = 0
    klass: ClassVar[int] = CLASS_DEMUX

    def payload(self) -> int:
        return self.selector << 8 | self.index


@dataclass(frozen=True)
class SysReg(RegId):
    """A system register by its MRS encoding."""

    op0: int = 0
    op1: int = 0
    crn: int = 0
    crm: int = 0
    op2: int = 0
    klass: ClassVar[int] = CLASS_SYSREG

    def payload(self) -> int:
        return self.op0 << 14 | self.op1 << 11 | self.crn << 7 | self.crm << 3 | self.op2

    def __str__(self) -> str:
        return f"S{self.op0}_{self.op1}_C{self.crn}_C{self.crm}_{self.op2}"


@dataclass(frozen=True)
class Firmware(RegId):
    """A firmware pseudo-register (PSCI version, SMCCC workaround level), by number."""

    number: int = 0
    klass: ClassVar[int] = CLASS_FIRMWARE

    def payload(self) -> int:
        return self.number


@dataclass(frozen=True)
class Sve(RegId):
    """SVE state: ``register`` is bits 15..5 and ``slice`` bits 4..0 of the id."""

    register: int = 0
    slice: int = 0
    klass: ClassVar[int] = CLASS_SVE

    def payload(self) -> int:
        return self.register << 5 | self.slice


@dataclass(frozen=True)
class Bitmap(RegId):
    """A firmware feature bitmap (hypercall services), by number."""

    number: int = 0
    klass: ClassVar[int] = CLASS_BITMAP

    def payload(self) -> int:
        return self.number


@dataclass(frozen=True)
class Unknown:
    """A number that is no arm64 register id of a known class; kept as it is."""

    raw: int


AnyId = Union[RegId, Unknown]

_KNOWN_BITS = 0xFF << ARCH_SHIFT | 0xF << SIZE_SHIFT | 0xFFF << CLASS_SHIFT | 0xFFFF


def decode(number: int) -> AnyId:
    """Return what ``number`` names. Raises ValueError outside 0 .. 2**64-1."""
    if not 0 <= number < 1 << 64:
        raise ValueError(f"register id {number:#x} does not fit 64 bits")
    size_log2 = number >> SIZE_SHIFT & 0xF
    if number & ~_KNOWN_BITS or number >> ARCH_SHIFT != ARCH_ARM64 or size_log2 > MAX_SIZE_LOG2:
        return Unknown(number)
    low = number & 0xFFFF
    klass = number >> CLASS_SHIFT & 0xFFF
    if klass == CLASS_CORE:
        return Core(size_log2, low)
    if klass == CLASS_DEMUX:
        return Demux(size_log2, low >> 8, low & 0xFF)
    if klass == CLASS_SYSREG:
        return SysReg(
            size_log2, low >> 14, low >> 11 & 0x7, low >> 7 & 0xF, low >> 3 & 0xF, low & 0x7
        )
    if klass == CLASS_FIRMWARE:
        return Firmware(size_log2, low)
    if klass == CLASS_SVE:
        return Sve(size_log2, low >> 5, low & 0x1F)
    if klass == CLASS_BITMAP:
        return Bitmap(size_log2, low)
    return Unknown(number)


def encode(reg: AnyId) -> int:
    """Return the 64-bit number of ``reg``, the inverse of :func:`decode`."""
    if isinstance(reg, Unknown):
        return reg.raw
    payload = reg.payload()
    if not 0 <= payload < 1 << 16:
        raise ValueError(f"{reg} does not fit a register id")
    return (
        ARCH_ARM64 << ARCH_SHIFT | reg.size_log2 << SIZE_SHIFT | reg.klass << CLASS_SHIFT | payload
    )


def sysreg(op0: int, op1: int, crn: int, crm: int, op2: int) -> int:
    """Return the id of a 64-bit system register (``ARM64_SYS_REG`` in the kernel's uapi)."""
    return encode(SysReg(3, op0, op1, crn, crm, op2))


def size_of(number: int) -> int:
    """Return a register's width in bytes, read from its id alone."""
    return 1 << (number >> SIZE_SHIFT & 0xF)


def hex_id(number: int) -> str:
    """Return the one spelling of an id that guestabi writes: ``0x`` and 16 digits."""
    return f"0x{number:016x}"
