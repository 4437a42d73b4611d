"""/dev/kvm as far as this machine has it; what needs arm64 says so."""

import ctypes
import errno
import os
import struct
from collections import Counter

import pytest

from guestabi.errors import NoKvm, RegisterError, UsageError
from guestabi.kvm import device
from guestabi.kvm.device import DeviceVcpu, DeviceVm, KvmDevice


@pytest.fixture
def kvm():
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        pytest.skip("no usable /dev/kvm here; the lab tests cover it on arm64")
    try:
        with KvmDevice() as device:
            yield device
    except NoKvm as error:
        pytest.skip(f"{error}; the lab tests cover it on arm64")


def test_opens_and_answers(kvm):
    """Opening, versions, capabilities and a VM work on any architecture."""
    assert kvm.api_version() == 12
    assert kvm.check_extension(0xFFFF) == 0
    with kvm.create_vm() as vm:
        assert vm.check_extension(3) == 1
    assert kvm.calls["KVM_CREATE_VM"] == 1


@pytest.mark.skipif(os.uname().machine == "aarch64", reason="this machine is an arm64 one")
def test_what_needs_arm64_says_so(kvm):
    """On another architecture the first arm64 call names the machine and the way out."""
    with kvm.create_vm() as vm, pytest.raises(NoKvm, match=r"not an arm64 one") as caught:
        vm.preferred_target()
    assert "guestabi lab" in caught.value.hint


def test_closed_descriptor(kvm):
    """A closed VM refuses calls with a usage error, and may be closed twice."""
    vm = kvm.create_vm()
    vm.close()
    vm.close()
    with pytest.raises(UsageError, match="closed"):
        vm.check_extension(3)


@pytest.mark.parametrize(
    ("path", "said", "hint"),
    [("/no/such/node", "No such file", "EL2"), ("/", "Is a directory", "")],
)
def test_no_device(path, said, hint):
    """A node that cannot be opened is one clear error."""
    with pytest.raises(NoKvm, match=said) as caught:
        KvmDevice(path)
    assert hint in caught.value.hint


def test_not_kvm():
    """Another device is not taken for KVM."""
    with pytest.raises(NoKvm, match="API version"):
        KvmDevice("/dev/null")


class TestBadArguments:
    """Wrong sizes and unknown ids fail before the kernel is called."""

    @pytest.fixture
    def vcpu(self):
        fd = os.open("/dev/null", os.O_RDWR)
        from collections import Counter

        with DeviceVcpu(fd, Counter(), 4096) as vcpu:
            yield vcpu

    def test_wrong_size(self, vcpu):
        """Four bytes for an eight-byte register."""
        with pytest.raises(UsageError, match="ID_AA64PFR0_EL1 is 8 bytes wide, not 4"):
            vcpu.set_one_reg(0x603000000013C020, b"\0\0\0\0")
        assert not vcpu.calls

    @pytest.mark.parametrize("number", [-1, 1 << 64, 0x60F0000000130000])
    def test_no_id(self, vcpu, number):
        """A number that no register id can be."""
        with pytest.raises(UsageError, match="is no register id"):
            vcpu.get_one_reg(number)
        assert not vcpu.calls

    def test_refusal_names_the_register(self, vcpu):
        """A kernel's refusal carries ioctl, register, value and errno."""
        with pytest.raises(RegisterError) as caught:
            vcpu.set_one_reg(0x6030000000140000, (0x10003).to_bytes(8, "little"))
        error = caught.value
        assert (error.ioctl, error.register, error.value, error.errno) == (
            "KVM_SET_ONE_REG",
            0x6030000000140000,
            0x10003,
            errno.ENOTTY,
        )
        assert "PSCI_VERSION" in str(error)


def test_registers_of_the_vm_alone(monkeypatch):
    """The VM's own ioctls carry the id and the value's address; a refusal names the register. Real
    kernels that have them are built in the lab; here a stand-in takes the calls."""
    held = {0x6030000000160009: bytes(8)}

    def answer(fd, request, argument):
        id, address = struct.unpack("QQ", argument)
        if id not in held:
            raise OSError(errno.ENOENT, "none")
        if request == 0xC010AEAB:
            ctypes.memmove(address, held[id], len(held[id]))
        else:
            assert request == 0x4010AEAC
            held[id] = ctypes.string_at(address, 8)
        return 0

    monkeypatch.setattr(device, "_ioctl", answer)
    with open(os.devnull) as stream:
        vm = DeviceVm(os.dup(stream.fileno()), Counter(), 4096)
    number = next(iter(held))
    vm.set_vm_one_reg(number, (5).to_bytes(8, "little"))
    assert vm.get_vm_one_reg(number) == (5).to_bytes(8, "little")
    with pytest.raises(UsageError, match="8 bytes wide, not 4"):
        vm.set_vm_one_reg(number, bytes(4))
    with pytest.raises(RegisterError, match="ENOENT"):
        vm.get_vm_one_reg(number + 1)
    assert vm.calls == {"KVM_ARM_VM_SET_ONE_REG": 1, "KVM_ARM_VM_GET_ONE_REG": 2}
    vm.close()
    with pytest.raises(UsageError, match="closed"):
        vm.get_vm_one_reg(number)
