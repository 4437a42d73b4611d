"""Why KVM_RUN came back: ``struct kvm_run`` of include/uapi/linux/kvm.h, decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Union

HEAD = 32
SIZE = 64
"""Bytes of the page that decode() looks at: the head, and of the union what arm64 needs."""

_REASON = struct.Struct("=8xI")
_MMIO = struct.Struct("=Q8sIB")
_SYSTEM_EVENT = struct.Struct("=I")
_KVM_EXIT_MMIO = 6
_KVM_EXIT_SYSTEM_EVENT = 24

REASONS = {
    0: "unknown",
    9: "entry failed",
    10: "interrupted",
    17: "internal error",
    28: "an access to no memory that KVM cannot decode",
}


@dataclass(frozen=True)
class Mmio:
    """The guest accessed an address that is no memory. ``data``: what it wrote, or, for a read,
    as many zeros as it wants bytes. The access ends with the next KVM_RUN."""

    address: int
    data: bytes
    is_write: bool

    def __str__(self) -> str:
        what = "write to" if self.is_write else "read from"
        return f"a {what} {self.address:#x} ({len(self.data)} bytes)"


@dataclass(frozen=True)
class SystemEvent:
    """The guest asked for power-off (``type`` 1), reset (2) or has crashed (3)."""

    type: int

    def __str__(self) -> str:
        said = {1: "power-off", 2: "reset", 3: "crash"}.get(self.type, str(self.type))
        return f"system event {said}"


@dataclass(frozen=True)
class Interrupted:
    """A signal came."""

    def __str__(self) -> str:
        return "a signal"


@dataclass(frozen=True)
class Other:
    """Any other KVM_EXIT_* ``reason``."""

    reason: int

    def __str__(self) -> str:
        return f"exit {self.reason} ({REASONS.get(self.reason, 'not expected on arm64')})"


Exit = Union[Mmio, SystemEvent, Interrupted, Other]


def decode(page: bytes) -> Exit:
    """Return the exit that the first SIZE bytes of ``struct kvm_run`` describe."""
    (reason,) = _REASON.unpack_from(page)
    if reason == _KVM_EXIT_MMIO:
        address, data, length, is_write = _MMIO.unpack_from(page, HEAD)
        kept = data[:length] if is_write else bytes(length)
        return Mmio(address, kept, bool(is_write))
    if reason == _KVM_EXIT_SYSTEM_EVENT:
        return SystemEvent(_SYSTEM_EVENT.unpack_from(page, HEAD)[0])
    return Other(reason)
