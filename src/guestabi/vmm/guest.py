"""The reporting guest: machine code that asks every question, on every vCPU, again and again.

At EL1, MMU off. vCPU 0 enters at the image's first byte and turns the others on by PSCI. Each vCPU
has results of its own, :data:`STRIDE` bytes at ``RESULTS + index * STRIDE``::

    generation     64 bits: odd while a report is being written, even when it is whole
    answers        for each question 64-bit words: how it ended, then the value (a register, a
                   device) or x0..x3 (a call). 0: answered; else the exception class
                   (ESR_ELx.EC) plus one

A whole report rings: 32 bits, the vCPU's index, are stored to :data:`DOORBELL`. A VMM of ours sees
an MMIO exit there and lets the vCPU wait by not running it; run again, it reports again. A VMM that
runs its vCPUs by itself and has a PL011 at that address (QEMU's ``virt``) shows the index as a
character; there the guest waits in WFI, which ends when the VM is stopped and continued, or moved.

An access that is not there raises an exception, whose handler notes it and steps over the
instruction: an answer, and no hang.
"""

from __future__ import annotations

from typing import Sequence

from guestabi.errors import UsageError
from guestabi.vmm import a64
from guestabi.vmm.questions import CPU_ON, Peek, Question, Read

LOAD = 0x4008_0000
"""Where the image belongs: 512 KiB into RAM, as the arm64 boot protocol has it by default."""
RESULTS = 0x4010_0000
STRIDE_SHIFT = 14
STRIDE = 1 << STRIDE_SHIFT
DOORBELL = 0x0900_0000
"""The data register of the PL011 on QEMU's ``virt`` machine."""
MAX_VCPUS = 16
"""As many as are told apart by MPIDR_EL1.Aff0 alone (arch/arm64/kvm/sys_regs.c, reset_mpidr)."""

_SECONDARY = 4
_VECTORS = 0x800
_CODE = 0x1000
"""Offsets in the image: where the other vCPUs enter, the exception vectors, the code."""
_ENDED, _INDEX, _AT, _RESULTS, _GENERATION, _BELL = 9, 19, 20, 21, 22, 23
"""Registers: x9 how the question ended; x19.. survive calls (DEN0028)."""


def image(questions: Sequence[Question], vcpus: int, *, waits: bool = False) -> bytes:
    """Return the guest for ``vcpus`` vCPUs, to be loaded at :data:`LOAD` and entered there.

    ``waits``: in WFI after each report, for a VMM that runs its vCPUs by itself.
    UsageError: no question, or too many for STRIDE; no vCPU, or more than MAX_VCPUS.
    """
    if not 1 <= vcpus <= MAX_VCPUS:
        raise UsageError(f"the reporting guest runs on 1 to {MAX_VCPUS} vCPUs, not {vcpus}")
    if not questions or size(questions) > STRIDE:
        raise UsageError(f"{len(questions)} questions: none, or more than a report has room for")
    start = [*(word for index in range(1, vcpus) for word in _turn_on(index)), a64.movz(_INDEX, 0)]
    secondary = [a64.mov(_INDEX, 0), a64.b(_CODE + 4 * len(start) - _SECONDARY - 4)]
    head = a64.assemble([a64.b(_CODE), *secondary]).ljust(_VECTORS, b"\0")
    vectors = a64.assemble(_handler()).ljust(0x80, b"\0") * 16
    return head + vectors + a64.assemble([*start, *_report(questions, waits)])


def size(questions: Sequence[Question]) -> int:
    """Return the bytes of one vCPU's report."""
    return 8 + 8 * sum(question.stored for question in questions)


def _handler() -> list[int]:
    return [
        a64.mrs(_ENDED, a64.ELR_EL1),
        a64.add(_ENDED, _ENDED, 4),
        a64.msr(a64.ELR_EL1, _ENDED),
        a64.mrs(_ENDED, a64.ESR_EL1),
        a64.lsr(_ENDED, _ENDED, 26),
        a64.add(_ENDED, _ENDED, 1),
        a64.ERET,
    ]


def _turn_on(index: int) -> list[int]:
    arguments = enumerate((CPU_ON, index, LOAD + _SECONDARY, index))
    return [*(word for rd, value in arguments for word in a64.load(rd, value)), a64.HVC]


def _report(questions: Sequence[Question], waits: bool) -> list[int]:
    words = [*a64.load(0, LOAD + _VECTORS), a64.msr(a64.VBAR_EL1, 0), a64.ISB]
    words += [*a64.load(_RESULTS, RESULTS), *a64.load(_BELL, DOORBELL)]
    words += [a64.add_shifted(_RESULTS, _RESULTS, _INDEX, STRIDE_SHIFT)]
    again = len(words)
    words += [a64.ldr(_GENERATION, _RESULTS), *_next_generation(), a64.add(_AT, _RESULTS, 8)]
    for question in questions:
        words += _ask(question)
    words += [*_next_generation(), a64.str_w(_INDEX, _BELL), *([a64.WFI] if waits else [])]
    return [*words, a64.b(4 * (again - len(words)))]


def _next_generation() -> list[int]:
    return [
        a64.DMB_SY,
        a64.add(_GENERATION, _GENERATION, 1),
        a64.str_(_GENERATION, _RESULTS),
        a64.DMB_SY,
    ]


def _ask(question: Question) -> list[int]:
    start = [a64.movz(_ENDED, 0), a64.movz(0, 0)]
    one_value = [a64.push(_ENDED, _AT), a64.push(0, _AT)]
    if isinstance(question, Read):
        return [*start, a64.mrs(0, question.encoding), *one_value]
    if isinstance(question, Peek):
        return [*start, *a64.load(1, question.address), a64.ldr_w(0, 1), *one_value]
    call = a64.SMC if question.conduit == "smc" else a64.HVC
    arguments = [*a64.load(0, question.function), *a64.load(1, question.argument)]
    rest = [a64.movz(2, 0), a64.movz(3, 0), call]
    return [*start, *arguments, *rest, *(a64.push(rt, _AT) for rt in (_ENDED, 0, 1, 2, 3))]
