"""The designs on a model kernel: who lists what, who may write it, until when."""

from __future__ import annotations

import pytest

from guestabi import model
from guestabi.errors import KvmError, RegisterError, UsageError
from guestabi.probe.conformance import said
from guestabi.probe.machine import Configuration, Machine, try_run
from guestabi.uapi.caps import CAPABILITIES
from guestabi.uapi.caps import VM_ONE_REG_MOVE_OLD as MOVE_OLD

N1 = "debian-6.12/neoverse-n1"
NEW = 0x6030000000160008
PSCI = 0x6030000000140000
PMCR = 0x603000000013DCE0
FLAG = 1 << 28
VM_ONE_REG = CAPABILITIES["KVM_CAP_ARM_VM_ONE_REG"]
PLAIN = Configuration(("psci-0.2",), None)
NATIVE = ("vm-scoped", "listed-when-set")


def word(value: int) -> bytes:
    return value.to_bytes(8, "little")


def kernel(design: str, **more):
    return model.kernel(N1, design, extras=[model.service(NEW, "NEW_BMAP", 0b11, design)], **more)


def errno(call, *args) -> str:
    with pytest.raises(KvmError) as caught:
        call(*args)
    return caught.value.errno_name


def listed(vcpu) -> bool:
    return NEW in vcpu.get_reg_list()


def test_the_rows_are_all_there():
    """Five designs, each with its own answers."""
    assert list(model.DESIGNS) == [
        "per-vcpu",
        "bitmap",
        "scope-flag",
        "vm-scoped",
        "listed-when-set",
    ]
    assert len({tuple(vars(row).values())[1:] for row in model.DESIGNS.values()}) == 5


@pytest.mark.parametrize("design", model.DESIGNS)
def test_unset(design):
    """Left alone: on and listed where nobody opts in, zero and unlisted under opt-in designs,
    where nothing but the new ids tells the kernel from the old one."""
    kvm, old = kernel(design), model.kernel(N1)
    with Machine(kvm, PLAIN).init_all() as new, Machine(old, PLAIN).init_all() as before:
        ids = set(new.vcpus[0].get_reg_list()) - set(before.vcpus[0].get_reg_list())
        assert ids == (set() if design in NATIVE else {NEW})
        if design not in NATIVE:
            assert new.vcpus[0].get_one_reg(NEW) == word(0b11)
        elif design == "vm-scoped":
            assert errno(new.vcpus[0].get_one_reg, NEW) == "ENOENT"
            assert errno(new.vcpus[0].set_one_reg, NEW, word(1)) == "ENOENT"


@pytest.mark.parametrize("design", ["per-vcpu", "bitmap", "scope-flag"])
def test_through_vcpus(design):
    """One value a vCPU, or one for all; any subset until the first run, then only the same."""
    with Machine(kernel(design), PLAIN).init_all() as machine:
        first, second = machine.vcpus
        first.set_one_reg(NEW, word(0b01))
        assert second.get_one_reg(NEW) == word(0b11 if design == "per-vcpu" else 0b01)
        assert errno(first.set_one_reg, NEW, word(0b100)) == "EINVAL"
        assert try_run(second) is None
        first.set_one_reg(NEW, word(0b01))
        assert errno(first.set_one_reg, NEW, word(0)) == "EBUSY"


def test_scope_flag():
    """With the capability, ids of VM-wide registers carry bit 28, and both forms work; without
    it nothing shows. A register that is VM-wide in part (PMCR_EL0.N) is not flagged."""
    kvm = kernel("scope-flag")
    with Machine(kvm, PLAIN).init_all() as machine:
        vcpu = machine.vcpus[0]
        plain = vcpu.get_reg_list()
        assert {id for id in plain if id & FLAG} == set()
        machine.vm.enable_cap(CAPABILITIES["KVM_CAP_ARM_REG_SCOPE"])
        flagged = {id ^ FLAG for id in vcpu.get_reg_list() if id & FLAG}
        assert [id & ~FLAG for id in vcpu.get_reg_list()] == plain
        assert {NEW, PSCI} <= flagged
        assert PMCR not in flagged
        vcpu.set_one_reg(NEW | FLAG, word(0))
        assert vcpu.get_one_reg(NEW) == vcpu.get_one_reg(NEW | FLAG) == word(0)


def test_scope_flag_is_unknown_elsewhere():
    """Other kernels refuse the capability and do not know a flagged id."""
    with Machine(kernel("bitmap"), PLAIN).init_all() as machine:
        scope = CAPABILITIES["KVM_CAP_ARM_REG_SCOPE"]
        assert machine.vm.check_extension(scope) == 0
        assert errno(machine.vm.enable_cap, scope) == "EINVAL"
        assert errno(machine.vcpus[0].get_one_reg, NEW | FLAG) == "ENOENT"


@pytest.mark.parametrize("design", NATIVE)
def test_native_ioctls(design):
    """Listed by the VM, zero, set once per VM before any vCPU; EBUSY, ENOENT and EINVAL at the
    time of the call."""
    kvm = kernel(design)
    with kvm.create_vm() as vm:
        assert vm.get_vm_reg_list() == [NEW]
        assert vm.get_vm_one_reg(NEW) == word(0)
        vm.set_vm_one_reg(NEW, word(0b10))
        assert errno(vm.set_vm_one_reg, NEW, word(0b100)) == "EINVAL"
        assert errno(vm.set_vm_one_reg, PSCI, word(0x10000)) == "ENOENT"
        with pytest.raises(UsageError):
            vm.set_vm_one_reg(NEW, b"\1")
        before = kvm.locks["config"]
        vm.set_vm_one_reg(NEW, word(0b01))
        assert kvm.locks["config"] == before + 1
        with vm.create_vcpu(0):
            with pytest.raises(RegisterError) as caught:
                vm.set_vm_one_reg(NEW, word(0b01))
            assert (caught.value.ioctl, caught.value.errno_name) == (
                "KVM_ARM_VM_SET_ONE_REG",
                "EBUSY",
            )
            assert vm.get_vm_one_reg(NEW) == word(0b01)


def test_vm_scoped_never_shows_on_a_vcpu():
    """Set or not, no vCPU lists it or answers to it."""
    with kernel("vm-scoped").create_vm() as vm:
        vm.set_vm_one_reg(NEW, word(1))
        with vm.create_vcpu(0) as vcpu:
            vcpu.init(5, [2])
            assert not listed(vcpu)
            assert errno(vcpu.get_one_reg, NEW) == "ENOENT"


def test_listed_when_set():
    """Set, every vCPU lists it, and it is writable until the first run."""
    with kernel("listed-when-set").create_vm() as vm:
        vm.set_vm_one_reg(NEW, word(1))
        with vm.create_vcpu(0) as vcpu:
            vcpu.init(5, [2])
            assert listed(vcpu)
            vcpu.set_one_reg(NEW, word(3))
            assert vcpu.get_one_reg(NEW) == word(3)
            assert try_run(vcpu) is None
            vcpu.set_one_reg(NEW, word(3))
            assert errno(vcpu.set_one_reg, NEW, word(1)) == "EBUSY"


def test_listed_when_set_takes_a_restore_that_just_writes():
    """A loader that writes what the stream holds succeeds on a kernel that knows the register,
    and then sees it listed; a loader that reads the list first finds no such id."""
    with Machine(kernel("listed-when-set"), PLAIN).init_all() as machine:
        first, second = machine.vcpus
        assert not listed(first)
        first.set_one_reg(NEW, word(1))
        assert listed(first)
        assert listed(second)
    with Machine(model.kernel(N1), PLAIN).init_all() as machine:
        assert errno(machine.vcpus[0].set_one_reg, NEW, word(1)) == "ENOENT"


@pytest.mark.parametrize("design", ["vm-scoped", "listed-when-set"])
def test_old_registers_move_for_the_vm_that_asks(design):
    """With MOVE_OLD they are the VM's, in no vCPU's list and ENOENT there, and every vCPU has them
    from its start; without, all is as before."""
    kvm = model.kernel(N1, design, move_old=True)
    assert kvm.check_extension(VM_ONE_REG) == 3
    with kvm.create_vm() as vm:
        assert vm.get_vm_reg_list() == []
        assert errno(vm.set_vm_one_reg, PSCI, word(0x10000)) == "ENOENT"
        vm.enable_cap(VM_ONE_REG, [MOVE_OLD])
        assert PSCI in vm.get_vm_reg_list()
        assert PMCR not in vm.get_vm_reg_list()
        vm.set_vm_one_reg(PSCI, word(0x10000))
        assert errno(vm.set_vm_one_reg, PSCI, word(0x20000)) == "EINVAL"
        with vm.create_vcpu(0) as vcpu:
            vcpu.init(5, [2])
            assert vm.get_vm_one_reg(PSCI) == word(0x10000)
            assert not set(vcpu.get_reg_list()) & set(vm.get_vm_reg_list())
            for call in ((vcpu.get_one_reg, PSCI), (vcpu.set_one_reg, PSCI, word(0x10000))):
                assert errno(*call) == "ENOENT"
    with kvm.create_vm() as vm, vm.create_vcpu(0) as vcpu:
        vcpu.init(5, [2])
        vcpu.set_one_reg(PSCI, word(0x10000))


def test_a_flag_that_the_kernel_does_not_know():
    """EINVAL, even when it is too late anyway; a known one too late is EBUSY."""
    for move_old in (True, False):
        kvm = model.kernel(N1, "vm-scoped", move_old=move_old)
        with kvm.create_vm() as vm:
            known = [[0], *([[MOVE_OLD]] if move_old else [])]
            unknown = [[1], [4], [0, 1], *([] if move_old else [[MOVE_OLD]])]
            for late in (False, True):
                answers = [errno(vm.enable_cap, VM_ONE_REG, args) for args in unknown]
                assert set(answers) == {"EINVAL"}
                answers = [said(vm.enable_cap, VM_ONE_REG, args) for args in known]
                assert set(answers) == {"EBUSY" if late else "ok"}
                vm.create_vcpu(int(late))


def test_kernels_of_today_have_no_native_ioctls():
    """A VM of a measured kernel does not even have the methods."""
    with model.kernel(N1).create_vm() as vm:
        assert not hasattr(vm, "get_vm_reg_list")


def test_an_extra_cannot_hide_a_measured_register():
    """An id that the kernel has already is an error of usage."""
    with pytest.raises(UsageError):
        model.kernel(N1, "bitmap", extras=[model.service(PSCI, "PSCI", 1, "bitmap")])
