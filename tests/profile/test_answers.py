"""A predicted answer is what the measurement implies; what was not measured is unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_kernel import FakeKvm, Row
from guestabi.errors import RegisterError
from guestabi.probe.capture import capture
from guestabi.profile import canonical, files
from guestabi.profile.answers import answer
from guestabi.profile.host import Answer

PFR0 = 0x603000000013C020
TPIDR = 0x603000000013DE82
MASKED = 0x603000000013DE83
PSTATE = 0x6030000000100042
PSCI = 0x6030000000140000
ROWS = {
    PSTATE: Row(0x3C5, accepts=lambda value: value & 0xF in (0, 4, 5)),
    PFR0: Row(
        0x2011,
        accepts=lambda v: (
            v & 0xF <= 1
            and v >> 4 & 0xF == 1
            and v >> 8 & 0xF == 0
            and v >> 12 & 0xF in (1, 2)
            and not v >> 16
        ),
    ),
    TPIDR: Row(0),
    MASKED: Row(0, keeps=0xFF),
    PSCI: Row(0x10001, accepts=lambda v: v in (2, 0x10000, 0x10001), scope="vm"),
}
TAKEN = {"kernel_release": "6.0", "kernel_version": "#1", "machine": "aarch64"}
PROFILE = files.loads(canonical.to_text(capture(FakeKvm(ROWS), taken=TAKEN)).encode())


def said(id: int, value: int) -> tuple[str, object]:
    found = answer(PROFILE.registers[id], value)
    return found.kind, found.got if found.kind == "readback" else found.errno


CASES = [
    (PFR0, 0x2011, ("same", None)),
    (PFR0, 0x1010, ("same", None)),
    (PFR0, 0x2012, ("refused", "EINVAL")),
    (PFR0, 0x12011, ("refused", "EINVAL")),
    (TPIDR, 0x1234_5678, ("same", None)),
    (MASKED, 0x1FF, ("readback", 0xFF)),
    (MASKED, 0x12, ("same", None)),
    (PSCI, 2, ("same", None)),
    (PSCI, 0x10003, ("refused", "EINVAL")),
    (PSCI, 0x30000, ("unknown", None)),
    (PSTATE, 0x3C4, ("same", None)),
    (PSTATE, 0x3C1, ("refused", "EINVAL")),
    (PSCI, 1 << 64, ("refused", "EINVAL")),
]


@pytest.mark.parametrize(("id", "value", "expected"), CASES)
def test_answers(id, value, expected):
    """The answer that the kernel gives, or unknown."""
    assert said(id, value) == expected


@given(st.sampled_from([PFR0, TPIDR, MASKED]), st.integers(0, 2**64 - 1))
def test_agrees_with_the_kernel(id, value):
    """Whatever is predicted for any value is what the kernel then answers."""
    kvm = FakeKvm(ROWS)
    with kvm.create_vm() as vm, vm.create_vcpu(0) as vcpu:
        vcpu.init(5, [])
        try:
            vcpu.set_one_reg(id, value.to_bytes(8, "little"))
        except RegisterError as error:
            real = Answer("refused", errno=error.errno_name)
        else:
            got = int.from_bytes(vcpu.get_one_reg(id), "little")
            real = Answer("same") if got == value else Answer("readback", got=got)
    predicted = answer(PROFILE.registers[id], value)
    assert (predicted.kind, predicted.errno, predicted.got) == (real.kind, real.errno, real.got)
