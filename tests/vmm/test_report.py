"""A report is read whole, and two are told apart by name."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.errors import GuestAbiError, UsageError
from guestabi.vmm.questions import Call, Read
from guestabi.vmm.report import ANSWERS, NOT_SUPPORTED, UNDEFINED, Change, diff, parse

REGISTER = Read("MIDR_EL1", (3, 0, 0, 0, 0))
VERSION = Call("PSCI_VERSION", 0x84000000)
UID = Call("UID", 0x8600FF01, words=4)
PTP = Call("PTP", 0x86000001, words=0)
NONE = (1 << 64) - 1


def memory(*words: int) -> bytes:
    return struct.pack(f"<{len(words)}Q", *words)


@pytest.mark.parametrize(
    ("question", "words", "answer"),
    [
        (REGISTER, [0, 0x414FD0C1], 0x414FD0C1),
        (REGISTER, [1, 0], UNDEFINED),
        (REGISTER, [0x19, 0], "exception class 0x18"),
        (REGISTER, [0, NONE], NONE),
        (VERSION, [0, 0x10001, 7, 8, 9], 0x10001),
        (VERSION, [0, NONE, 0, 0, 0], NOT_SUPPORTED),
        (VERSION, [0, 0xFFFFFFFF, 0, 0, 0], NOT_SUPPORTED),
        (VERSION, [1, 0, 0, 0, 0], UNDEFINED),
        (UID, [0, 1, 2, 3, 4], 4 << 96 | 3 << 64 | 2 << 32 | 1),
        (PTP, [0, 1, 2, 3, 4], ANSWERS),
        (PTP, [0, NONE, 2, 3, 4], NOT_SUPPORTED),
    ],
)
def test_answers(question, words, answer):
    """A value, or the word for why there is none."""
    assert parse([question], memory(2, *words)) == {question.name: answer}


def test_answers_in_their_order():
    """Each question has as many words as its kind takes."""
    words = [4, 0, 5, 0, 6, 0, 0, 0, 1, 0]
    assert parse([REGISTER, VERSION, REGISTER], memory(*words)) == {
        "MIDR_EL1": UNDEFINED,
        "PSCI_VERSION": 6,
    }


@pytest.mark.parametrize(
    ("words", "said"), [([0, 0, 0], "never written"), ([3, 0, 0], "half-written"), ([2], "8 bytes")]
)
def test_no_whole_report(words, said):
    """A report that is not there, or not yet, is an error and no answer."""
    with pytest.raises(GuestAbiError, match=said):
        parse([REGISTER], memory(*words))


def test_differences():
    """What changed, sorted by name, with the vCPUs on which it did."""
    before = [{"b": 1, "a": NOT_SUPPORTED, "c": 1}, {"b": 1, "a": NOT_SUPPORTED, "c": 2}]
    after = [{"b": 1, "a": 5, "c": 3}, {"b": 2, "a": 5, "c": 2, "d": 0}]
    assert diff(before, after) == (
        Change("a", NOT_SUPPORTED, 5, (0, 1)),
        Change("b", 1, 2, (1,)),
        Change("c", 1, 3, (0,)),
        Change("d", None, 0, (1,)),
    )


REPORTS = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2) | st.just(UNDEFINED)), min_size=2
)


@given(REPORTS, st.randoms())
def test_difference_has_a_mirror(reports, random):
    """Nothing differs from itself, and the way back names the same."""
    other = random.sample(reports, len(reports))
    there, back = diff(reports, other), diff(other, reports)
    assert diff(reports, reports) == ()
    assert {(c.name, c.vcpus) for c in there} == {(c.name, c.vcpus) for c in back}
    assert (there == ()) == (reports == other)


@pytest.mark.parametrize(("before", "after"), [([], []), ([{}], [{}, {}])])
def test_nothing_to_compare(before, after):
    """Reports of no vCPU, or of another number of them, are not equal but refused."""
    with pytest.raises(UsageError, match="cannot be compared"):
        diff(before, after)
