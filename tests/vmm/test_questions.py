"""Every question has a name of its own and asks what its name says."""

from __future__ import annotations

from guestabi.errors import UnknownName
from guestabi.registers import find
from guestabi.uapi import regid
from guestabi.vmm.questions import ARCH_FEATURES, PSCI_FEATURES, Call, Read, everything

QUESTIONS = everything()
BY_NAME = {question.name: question for question in QUESTIONS}


def test_names_are_unique():
    """A report is a mapping: no answer may hide another."""
    assert len(BY_NAME) == len(QUESTIONS)


def test_the_whole_id_space_is_read():
    """CRm 1..7 and op2 0..7 of the ID space, named or not."""
    grid = {(3, 0, 0, crm, op2) for crm in range(1, 8) for op2 in range(8)}
    assert grid <= {each.encoding for each in QUESTIONS if isinstance(each, Read)}


def test_registers_are_what_their_names_say():
    """Where the catalogue knows the name, it has the same encoding."""
    compared = 0
    for question in QUESTIONS:
        try:
            decoded = regid.decode(find(question.name).id)
        except UnknownName:
            continue
        if isinstance(question, Read):
            fields = (decoded.op0, decoded.op1, decoded.crn, decoded.crm, decoded.op2)
            assert fields == question.encoding
            compared += 1
    assert compared > 60


def test_function_ids_are_fast_calls():
    """DEN0028: bit 31 is a fast call, bits 23..16 are zero; bit 30 goes with the 64-bit form."""
    calls = [each for each in QUESTIONS if isinstance(each, Call)]
    for number in {number for call in calls for number in (call.function, call.argument) if number}:
        assert number >> 31 == 1
        assert number >> 16 & 0xFF == 0
    sixty_four = [call for call in calls if call.name.endswith("(64-bit)")]
    assert {call.argument >> 30 for call in sixty_four} == {3}
    assert len(sixty_four) == 13


def test_known_numbers():
    """Numbers that /usr/include/linux/psci.h and others show."""
    numbers = {
        name: (BY_NAME[name].function, BY_NAME[name].argument)
        for name in (
            "PSCI_FEATURES of SYSTEM_RESET2",
            "PSCI_FEATURES of SYSTEM_SUSPEND (64-bit)",
            "PSCI_FEATURES of MEM_PROTECT_CHECK_RANGE",
            "ARCH_FEATURES of ARCH_WORKAROUND_2",
            "TRNG_VERSION",
        )
    }
    assert numbers == {
        "PSCI_FEATURES of SYSTEM_RESET2": (PSCI_FEATURES, 0x84000012),
        "PSCI_FEATURES of SYSTEM_SUSPEND (64-bit)": (PSCI_FEATURES, 0xC400000E),
        "PSCI_FEATURES of MEM_PROTECT_CHECK_RANGE": (PSCI_FEATURES, 0x84000014),
        "ARCH_FEATURES of ARCH_WORKAROUND_2": (ARCH_FEATURES, 0x80007FFF),
        "TRNG_VERSION": (0x84000050, 0),
    }
