import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.errors import TornResult
from guestabi.lab.channel import Result, decode, encode

RESULTS = st.builds(
    Result, status=st.integers(0, 255), stdout=st.binary(max_size=64), stderr=st.binary(max_size=64)
)
SMALL = encode(Result(3, b"out\n", b"guestabi-result stderr 0 x\n"))


@given(RESULTS)
def test_a_whole_stream_gives_the_result_back(result: Result) -> None:
    """Whatever bytes a program wrote come home as they were, framing look-alikes included."""
    assert decode(encode(result)) == result


def test_every_truncation_is_torn() -> None:
    """A stream cut at any byte is never taken for a result."""
    for length in range(len(SMALL)):
        with pytest.raises(TornResult):
            decode(SMALL[:length])


def test_every_flipped_bit_is_torn() -> None:
    """A stream with any one bit wrong is never taken for a result."""
    for position in range(len(SMALL) * 8):
        damaged = bytearray(SMALL)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(TornResult):
            decode(bytes(damaged))


@given(RESULTS, st.binary(min_size=1, max_size=8), st.data())
def test_bytes_put_in_anywhere_are_torn(result: Result, more: bytes, data: st.DataObject) -> None:
    """Foreign bytes in the stream, such as a kernel message, are never taken for a result."""
    whole = encode(result)
    at = data.draw(st.integers(0, len(whole)))
    assert whole[:at] + more + whole[at:] != whole
    with pytest.raises(TornResult):
        decode(whole[:at] + more + whole[at:])


@pytest.mark.parametrize("status", [b"256\n", b"-1\n", b"3", b"03\n", b"\n", b"three\n"])
def test_a_status_that_is_none_is_torn(status: bytes) -> None:
    """An exit status is a number from 0 to 255 on a line, or the result is refused."""
    digest = hashlib.sha256(status).hexdigest().encode()
    rest = SMALL[SMALL.index(b"guestabi-result stdout") :]
    with pytest.raises(TornResult, match="status"):
        decode(b"guestabi-result status %d %s\n" % (len(status), digest) + status + rest)


def test_the_message_names_the_section_and_what_is_wrong() -> None:
    """The error says which of the three parts arrived damaged, and how."""
    with pytest.raises(TornResult, match=r"stderr is short: \d+ of \d+ bytes"):
        decode(SMALL[:-1])
    with pytest.raises(TornResult, match="stdout has the wrong digest"):
        decode(SMALL.replace(b"out\n", b"0ut\n"))
