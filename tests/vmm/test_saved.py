"""A saved machine is read whole, or refused with the reason."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.errors import BadInput
from guestabi.kvm.snapshot import Snapshot
from guestabi.vmm import gic_state
from guestabi.vmm.memory import RAM_BYTES
from guestabi.vmm.saved import Saved, _digest, _line, read
from vmm.fake_gic import FakeGic

X0 = 0x6030000000100000
REGISTERS = Snapshot(("psci-0.2",), {}, ({X0: bytes(8)}, {X0: b"\1" * 8}))
GIC = gic_state.save(FakeGic(), 2)
SAVED = Saved(REGISTERS, b"guest".ljust(RAM_BYTES, b"\0"), (0, 5), GIC)
WHOLE = SAVED.to_bytes()


def sealed(parts: bytes, **changes) -> bytes:
    """A file with another head, whose digest fits."""
    head = json.loads(WHOLE.partition(b"\n")[0])
    del head["digest"]
    head.update(changes)
    return _line({**head, "digest": _digest(head, parts)}) + parts


def parts(memory: bytes) -> tuple[bytes, dict]:
    registers, packed = REGISTERS.to_bytes(), zlib.compress(memory)
    return registers + packed, {"registers": len(registers), "memory": len(packed)}


def test_there_and_back():
    """What is read is what was written."""
    assert read(WHOLE) == SAVED


@given(st.integers(0, len(WHOLE) - 1))
def test_cut_short(length):
    """No file that is cut short is taken."""
    with pytest.raises(BadInput):
        read(WHOLE[:length])


@given(st.integers(0, 8 * len(WHOLE) - 1))
def test_a_bit_flips(bit):
    """No file with one bit turned is taken."""
    damaged = bytearray(WHOLE)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadInput):
        read(bytes(damaged))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "does not begin"),
        (b"[1]\n", "is no saved machine"),
        (WHOLE + b"\0", "something behind"),
        (sealed(b"", **{"guestabi-machine": 2}), "has version 2"),
        (sealed(b"", power=[1]), "a head that is none"),
        (sealed(b"", power=[False]), "a head that is none"),
        (sealed(b"", memory=-1), "a head that is none"),
        (sealed(WHOLE.partition(b"\n")[2], power=[0], gic=None), "another number of vCPUs"),
    ],
)
def test_refusals(data, said):
    """Each with its reason."""
    with pytest.raises(BadInput, match=said):
        read(data, "a file")


@pytest.mark.parametrize(
    "gic",
    [
        0,
        [],
        {},
        {**GIC, "GICD_CTLR": [1 << 32]},
        {**GIC, "GICD_CTLR": [[0x50]]},
        {**GIC, "GICD_TYPER": [0x48001F]},
        {**GIC, "GICD_SETSPI_NSR": [0]},
        {name: words for name, words in GIC.items() if name != "GICD_IIDR"},
        gic_state.save(FakeGic(3), 3),
    ],
)
def test_what_is_no_gic(gic):
    """A controller of another kind, or with more or fewer registers than its vCPUs have."""
    with pytest.raises(BadInput, match="holds a GIC that is no GICv3 of 2 vCPUs"):
        read(sealed(WHOLE.partition(b"\n")[2], gic=gic))


def test_a_machine_without_a_gic():
    """It saves none, and none is read."""
    without = replace(SAVED, gic=None)
    assert b'"gic":null' in without.to_bytes()
    assert read(without.to_bytes()) == without


def test_the_gic_is_part_of_the_machine():
    """The digest covers it."""
    swapped = WHOLE.replace(b'"GICD_CTLR":[80]', b'"GICD_CTLR":[82]')
    assert swapped != WHOLE
    with pytest.raises(BadInput, match="digest"):
        read(swapped)


@pytest.mark.parametrize("size", [0, RAM_BYTES - 1, RAM_BYTES + 1, 64 * RAM_BYTES])
def test_another_amount_of_memory(size):
    """Too little, too much, and far too much: it is not unpacked to find out."""
    both, lengths = parts(bytes(size))
    with pytest.raises(BadInput, match="another amount of memory than 2 MiB"):
        read(sealed(both, **lengths))


def test_power_is_part_of_the_machine():
    """The digest covers it."""
    assert read(replace(SAVED, power=(0, 0)).to_bytes()).power == (0, 0)
    swapped = WHOLE.replace(b'"power":[0,5]', b'"power":[5,0]')
    with pytest.raises(BadInput, match="digest"):
        read(swapped)
