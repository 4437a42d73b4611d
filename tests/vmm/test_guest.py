"""The image is what it says, and refuses what it cannot be."""

from __future__ import annotations

import pytest

from guestabi.errors import UsageError
from guestabi.vmm.guest import MAX_VCPUS, RESULTS, STRIDE, image, size
from guestabi.vmm.machine import ENTRY
from guestabi.vmm.memory import RAM, RAM_BYTES
from guestabi.vmm.questions import Call, Read, everything

READ = Read("MIDR_EL1", (3, 0, 0, 0, 0))


def test_it_fits():
    """Image and results lie in the machine's memory and do not touch."""
    whole = image(everything(), MAX_VCPUS)
    assert RAM <= ENTRY < ENTRY + len(whole) <= RESULTS
    assert RESULTS + MAX_VCPUS * STRIDE <= RAM + RAM_BYTES


def test_the_same_list_is_the_same_guest():
    """The bytes depend on the questions and the number of vCPUs alone."""
    assert image(everything(), 2) == image(everything(), 2)
    assert image(everything(), 1) != image(everything(), 2)


def test_size():
    """A generation, two words a register, five a call."""
    assert size([READ, Call("c", 0x80000000)]) == 8 * (1 + 2 + 5)


@pytest.mark.parametrize(
    ("questions", "vcpus"),
    [([], 1), ([READ] * 1024, 1), ([READ], 0), ([READ], MAX_VCPUS + 1)],
)
def test_refusals(questions, vcpus):
    """No question, too many, no vCPU, too many."""
    with pytest.raises(UsageError):
        image(questions, vcpus)


def test_the_largest_list():
    """1,023 registers fill a report to the last word."""
    assert size([READ] * 1023) == STRIDE - 8
    assert image([READ] * 1023, 1)
