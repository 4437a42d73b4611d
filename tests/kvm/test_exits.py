"""Exits mean what struct kvm_run says."""

from __future__ import annotations

import struct

import pytest

from guestabi.kvm.exits import SIZE, Interrupted, Mmio, Other, SystemEvent, decode


def page(reason: int, union: bytes) -> bytes:
    head = struct.pack("=8xI20x", reason)
    return (head + union).ljust(SIZE, b"\0")


@pytest.mark.parametrize(
    ("data", "exit", "said"),
    [
        (
            page(6, struct.pack("=Q8sIB", 0x9000000, b"\1\2\3\4junk", 4, 1)),
            Mmio(0x9000000, b"\1\2\3\4", True),
            "a write to 0x9000000 (4 bytes)",
        ),
        (
            page(6, struct.pack("=Q8sIB", 0x9000018, b"junkjunk", 8, 0)),
            Mmio(0x9000018, bytes(8), False),
            "a read from 0x9000018 (8 bytes)",
        ),
        (page(24, struct.pack("=I", 2)), SystemEvent(2), "system event reset"),
        (page(24, struct.pack("=I", 9)), SystemEvent(9), "system event 9"),
        (page(17, b""), Other(17), "exit 17 (internal error)"),
        (page(2, b""), Other(2), "exit 2 (not expected on arm64)"),
    ],
)
def test_decoded(data, exit, said):
    """A type for each, and one line that says it."""
    assert decode(data) == exit
    assert str(exit) == said


def test_a_signal_is_no_exit_reason():
    """Interrupted comes from EINTR."""
    assert str(Interrupted()) == "a signal"
