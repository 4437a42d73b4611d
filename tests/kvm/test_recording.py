"""What was recorded plays back, and nothing else does."""

import json

import pytest

from fake_kernel import FakeKvm, Row
from guestabi.errors import RegisterError, ReplayError
from guestabi.kvm.recording import Recording, replay

PSCI = 0x6030000000140000
MIDR = 0x603000000013C000


def program(kvm):
    """A short VMM: reads, writes, and meets a refusal."""
    with kvm.create_vm() as vm, vm.create_vcpu(0) as vcpu:
        vcpu.init(vm.preferred_target(), [2])
        listed = vcpu.get_reg_list()
        before = vcpu.get_one_reg(PSCI)
        vcpu.set_one_reg(PSCI, (0x10000).to_bytes(8, "little"))
        try:
            vcpu.set_one_reg(MIDR, bytes(8))
        except RegisterError as error:
            return listed, before, vcpu.get_one_reg(PSCI), error.errno_name
    raise AssertionError("MIDR_EL1 should have been refused")


@pytest.fixture
def rows():
    fake = FakeKvm({PSCI: Row(0x10001, scope="vm"), MIDR: Row(7, accepts=lambda value: False)})
    recording = Recording(fake)
    answer = program(recording.kvm)
    assert fake.open == 0
    return answer, json.loads(json.dumps(recording.rows))


def test_replay_gives_the_same_answers(rows):
    """A transcript that went through JSON answers the same program alike."""
    answer, transcript = rows
    assert program(replay(transcript)) == answer
    assert answer[3] == "EINVAL"


def test_another_call_is_refused(rows):
    """A program that asks for something else is told where it left the recording."""
    _, transcript = rows
    with pytest.raises(ReplayError, match="call 0: recorded"):
        replay(transcript).check_extension(1)


def test_the_end(rows):
    """A program that goes on after the recording's end is told so."""
    _, transcript = rows
    with pytest.raises(ReplayError, match="recording ends"):
        program(replay(transcript[:-1]))


def test_every_call_is_in_it(rows):
    """The transcript holds each call once, in order."""
    _, transcript = rows
    assert [row[1] for row in transcript] == [
        "create_vm",
        "create_vcpu",
        "preferred_target",
        "init",
        "get_reg_list",
        "get_one_reg",
        "set_one_reg",
        "set_one_reg",
        "get_one_reg",
    ]
