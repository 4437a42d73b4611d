"""What a guest reported, read from its memory, and how two reports differ."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Mapping, Optional, Sequence, Union

from guestabi.errors import GuestAbiError, UsageError
from guestabi.kvm.exits import Mmio
from guestabi.vmm.guest import DOORBELL, RESULTS, STRIDE, size
from guestabi.vmm.machine import SECONDS, Machine
from guestabi.vmm.questions import Call, Question, Read

UNDEFINED = "undefined"
NOT_SUPPORTED = "not supported"
ANSWERS = "answers"
"""A service whose answer moves by itself is there."""

Answer = Union[int, str]
Report = Mapping[str, Answer]
"""One vCPU's answers by the question's name: a number, or one of the words above, or the name of
another exception (``exception class 0x18``)."""

_UNKNOWN_REASON = 0


@dataclass(frozen=True)
class Change:
    """One answer that is not what it was. ``vcpus``: on which, in their order."""

    name: str
    before: Optional[Answer]
    after: Optional[Answer]
    vcpus: tuple[int, ...]


def ask(
    machine: Machine, questions: Sequence[Question], *, seconds: float = SECONDS
) -> tuple[dict[str, Answer], ...]:
    """Let each vCPU of a machine that runs the reporting guest report, and return what they said.

    Raises GuestAbiError where a vCPU does not ring within ``seconds``, or leaves its guest for
    another reason.
    """
    for index in range(len(machine.vcpus)):
        exit = machine.run(index, seconds=seconds)
        if exit != Mmio(DOORBELL, index.to_bytes(4, "little"), is_write=True):
            raise GuestAbiError(f"vCPU {index} should have reported, and left with {exit}")
    return tuple(
        parse(questions, machine.memory.read(RESULTS + index * STRIDE, STRIDE))
        for index in range(len(machine.vcpus))
    )


def parse(questions: Sequence[Question], memory: bytes) -> dict[str, Answer]:
    """Return the answers that one vCPU wrote (see ``vmm.guest`` for the layout).

    Raises GuestAbiError where the report was never written, or is half-written.
    """
    if len(memory) < size(questions):
        raise GuestAbiError(f"a report of {len(memory)} bytes, {size(questions)} were expected")
    words = struct.unpack_from(f"<{size(questions) // 8}Q", memory)
    if not words[0] or words[0] % 2:
        said = "is half-written" if words[0] else "was never written"
        raise GuestAbiError(f"the guest's report {said}", hint="let the vCPU run until it rings")
    answers: dict[str, Answer] = {}
    at = 1
    for question in questions:
        answers[question.name] = _answer(question, words[at : at + question.stored])
        at += question.stored
    return answers


def plain(answer: Answer) -> str:
    """Return an answer as text: a number in hex, a word as it is."""
    return hex(answer) if isinstance(answer, int) else answer


def generation(memory: bytes) -> int:
    """Return which report of its vCPU this is: 2, 4, ..; odd while it is being written."""
    return int.from_bytes(memory[:8], "little")


def diff(before: Sequence[Report], after: Sequence[Report]) -> tuple[Change, ...]:
    """Return what changed between two reports of all vCPUs, sorted by name.

    UsageError where they are of different numbers of vCPUs.
    """
    if len(before) != len(after) or not before:
        raise UsageError(f"reports of {len(before)} and of {len(after)} vCPUs cannot be compared")
    found: dict[tuple[str, str, str], Change] = {}
    for index, (old, new) in enumerate(zip(before, after)):
        for name in sorted({*old, *new}):
            was, now = old.get(name), new.get(name)
            if was != now:
                key = (name, repr(was), repr(now))
                vcpus = found[key].vcpus if key in found else ()
                found[key] = Change(name, was, now, (*vcpus, index))
    return tuple(found[key] for key in sorted(found))


def _answer(question: Question, words: Sequence[int]) -> Answer:
    ended, *values = words
    if ended:
        cause = ended - 1
        return UNDEFINED if cause == _UNKNOWN_REASON else f"exception class {cause:#04x}"
    if isinstance(question, Read):
        return values[0] & question.bits
    if not isinstance(question, Call):
        return values[0]
    if values[0] & 0xFFFFFFFF == 0xFFFFFFFF:
        return NOT_SUPPORTED
    if not question.words:
        return ANSWERS
    low = [value & 0xFFFFFFFF for value in values[: question.words]]
    return sum(value << 32 * place for place, value in enumerate(low))
