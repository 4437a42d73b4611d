"""Every 64-bit number decodes, and encodes back to itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.uapi import regid

KNOWN = {
    0x603000000013C020: regid.SysReg(3, 3, 0, 0, 4, 0),
    0x603000000013DF02: regid.SysReg(3, 3, 3, 14, 0, 2),
    0x6030000000140000: regid.Firmware(3, 0),
    0x6030000000160003: regid.Bitmap(3, 3),
    0x6020000000110003: regid.Demux(2, 0, 3),
    0x60200000001000D4: regid.Core(2, 0xD4),
    0x606000000015FFFF: regid.Sve(6, 2047, 31),
}

payloads = st.one_of(
    st.integers(0, 2**64 - 1),
    st.builds(
        lambda size, klass, low: 0x60 << 56 | size << 52 | klass << 16 | low,
        st.integers(0, 15),
        st.sampled_from([0x10, 0x11, 0x13, 0x14, 0x15, 0x16, 0x17]),
        st.integers(0, 0xFFFF),
    ),
)


@pytest.mark.parametrize(("number", "meaning"), KNOWN.items(), ids=str)
def test_known_ids(number, meaning):
    """The ids of BACKGROUND's table decode to what they name, and back."""
    assert regid.decode(number) == meaning
    assert regid.encode(meaning) == number


@given(payloads)
def test_total_and_bijective(number):
    """decode is total over 64 bits and encode undoes it."""
    assert regid.encode(regid.decode(number)) == number


@given(payloads, payloads)
def test_injective(one, other):
    """Two numbers never decode to the same thing."""
    assert (regid.decode(one) == regid.decode(other)) == (one == other)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_out_of_range(number):
    """A number that is no 64-bit number is refused."""
    with pytest.raises(ValueError, match="does not fit 64 bits"):
        regid.decode(number)


def test_scope_flag_is_not_an_arm64_id():
    """An id with the scope flag (bit 28) is kept whole, and taken for no known class."""
    number = 0x6030000000140000 | regid.SCOPE_VM_FLAG
    assert regid.decode(number) == regid.Unknown(number)


def test_sizes():
    """The width is in the id: 8, 4, 16 and 256 bytes."""
    ids = [0x603000000013C020, 0x6020000000110003, 0x6040000000100054, 0x6080000000150000]
    assert [regid.size_of(number) for number in ids] == [8, 4, 16, 256]
