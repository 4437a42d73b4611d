"""A model kernel behaves as the measured one: held to its own profile, and to the life of a VM."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from guestabi import atlas, model
from guestabi.errors import KvmError, RegisterError, UnknownName, UsageError
from guestabi.model import registers, traits
from guestabi.probe.capture import capture
from guestabi.probe.machine import Configuration, Machine, choose, try_run
from guestabi.profile import canonical

N1 = "debian-6.12/neoverse-n1"
PSCI = 0x6030000000140000
STD = 0x6030000000160000
PFR0 = 0x603000000013C020
PFR2 = 0x603000000013C022
TPIDR = 0x603000000013DE82
MPIDR = 0x603000000013C005
SVE_VLS = 0x606000000015FFFF
TAKEN = {"kernel_release": "6.0", "kernel_version": "#1", "machine": "aarch64"}


def word(value: int) -> bytes:
    return value.to_bytes(8, "little")


def without_guest(profile) -> str:
    """The digest of what a model can answer: no guest code runs there."""
    return canonical.abi_digest({**profile.to_builtins(), "guest": None})


def errno(call, *args) -> str:
    with pytest.raises(KvmError) as caught:
        call(*args)
    return caught.value.errno_name


@pytest.fixture
def kvm():
    return model.kernel(N1)


@pytest.fixture
def machine(kvm):
    with Machine(kvm, choose(kvm)).init_all() as machine:
        yield machine


@pytest.mark.parametrize("name", atlas.names())
def test_a_capture_of_the_model_is_the_profile(name):
    """Measured as a real host is, the model of a profile gives that profile back, but for what
    only guest code sees, and leaves nothing open; no answer is a guess."""
    profile = atlas.resolve(name)
    kvm = model.kernel(profile)
    assert capture(kvm, taken=TAKEN)["digest"] == without_guest(profile)
    assert kvm.counts.open == 1
    assert kvm.guesses == {}


def test_a_changed_row_changes_the_capture():
    """The digest is no formality: one other default, or one missing register, and it differs."""
    profile = atlas.resolve(N1)
    row = registers.measured(profile, fixed=True)[TPIDR]
    for change in (replace(row, default=1, default_other=1), None):
        kvm = model.kernel(profile, rows={TPIDR: change})
        assert capture(kvm, taken=TAKEN)["digest"] != without_guest(profile)


def test_nothing_is_answered_before_init(kvm):
    """ENOEXEC until KVM_ARM_VCPU_INIT, for the list and for every register."""
    with kvm.create_vm() as vm, vm.create_vcpu(0) as vcpu:
        assert errno(vcpu.get_reg_list) == "ENOEXEC"
        assert errno(vcpu.get_one_reg, PFR0) == "ENOEXEC"
        assert errno(vcpu.set_one_reg, PFR0, word(0)) == "ENOEXEC"
        assert try_run(vcpu) == "ENOEXEC"


def test_vm_wide_values_are_one(machine):
    """What one vCPU sets, the other has: PSCI and ID registers, but no state."""
    first, second = machine.vcpus
    first.set_one_reg(PSCI, word(0x10000))
    first.set_one_reg(TPIDR, word(7))
    assert second.get_one_reg(PSCI) == word(0x10000)
    assert second.get_one_reg(TPIDR) != word(7)


def test_the_first_run_of_any_vcpu_closes_the_window(machine):
    """After it, the same value is accepted and another one is EBUSY."""
    first, second = machine.vcpus
    assert try_run(second) is None
    held = first.get_one_reg(STD)
    first.set_one_reg(STD, held)
    assert errno(first.set_one_reg, STD, word(0)) == "EBUSY"
    assert errno(first.set_one_reg, STD, word(1 << 60)) == "EINVAL"


def test_errors_are_the_device_s_own(machine):
    """A refusal carries register, value, errno and meaning."""
    with pytest.raises(RegisterError) as caught:
        machine.vcpus[0].set_one_reg(PSCI, word(0x99999))
    assert (caught.value.register, caught.value.value) == (PSCI, 0x99999)
    assert str(caught.value) == (
        "KVM_SET_ONE_REG PSCI_VERSION (0x6030000000140000) = 0x99999: "
        "EINVAL (this kernel does not accept the value)"
    )


def test_what_nobody_measured_is_refused_and_counted(kvm):
    """A model does not invent: an untried value is EINVAL, and shows in ``guesses``."""
    with Machine(kvm, choose(kvm)).init_all() as machine:
        assert errno(machine.vcpus[0].set_one_reg, PSCI, word(0x99999)) == "EINVAL"
    assert kvm.guesses == {"PSCI_VERSION": 1}


def test_unknown_ids(machine):
    """ENOENT for a register that is not there, EINVAL for a number that is no id of arm64."""
    vcpu = machine.vcpus[0]
    assert errno(vcpu.get_one_reg, 0x60300000001600FF) == "ENOENT"
    assert errno(vcpu.get_one_reg, 0x203000000013C020) == "EINVAL"
    with pytest.raises(UsageError):
        vcpu.set_one_reg(PSCI, b"\0")
    with pytest.raises(UsageError):
        vcpu.get_one_reg(1 << 64)


def test_a_pmu_must_be_set_up_before_a_run():
    """EINVAL on 6.1 and later, and the window stays open; 5.10 runs."""
    for name, said in (("debian-5.10", None), ("debian-6.1", "EINVAL"), ("debian-7.3", "EINVAL")):
        kvm = model.kernel(f"{name}/neoverse-n1")
        with Machine(kvm, choose(kvm)) as machine:
            vcpu = machine.init(0)
            assert try_run(vcpu) == said
            assert machine.vm.ran == (said is None)


def test_asymmetry():
    """Another feature set on a second vCPU is EINVAL since one set is the VM's; older kernels
    take it."""
    for name, refused in (("debian-6.1", False), ("debian-6.12", True)):
        kvm = model.kernel(f"{name}/neoverse-n1")
        with Machine(kvm, choose(kvm)) as machine:
            machine.init(0)
            call = (machine.vcpus[1].init, machine.target, [2])
            if refused:
                assert errno(*call) == "EINVAL"
            else:
                call[0](*call[1:])


def test_sve_is_finalized_once():
    """List, state and run are EPERM before, the vector lengths and a second time after."""
    kvm = model.kernel("debian-6.12/max")
    with Machine(kvm, choose(kvm)) as machine:
        vcpu = machine.init(0)
        lengths = vcpu.get_one_reg(SVE_VLS)
        assert errno(vcpu.get_reg_list) == "EPERM"
        assert try_run(vcpu) == "EPERM"
        vcpu.set_one_reg(SVE_VLS, lengths)
        machine.finish(0)
        assert errno(vcpu.finalize, 4) == "EPERM"
        assert errno(vcpu.set_one_reg, SVE_VLS, lengths) == "EPERM"
        assert SVE_VLS in vcpu.get_reg_list()


def test_a_vcpu_less_than_measured_has_less():
    """Without a PMU, 6.12 lists none of its 74 registers, and everything else as it was; 5.10
    lists them all the same."""
    for series, gone in (("5.10", 0), ("6.12", 74)):
        kvm = model.kernel(f"debian-{series}/neoverse-n1")
        ids = []
        for features in (("pmu-v3", "psci-0.2"), ("psci-0.2",)):
            with Machine(kvm, Configuration(features, "v3")).init_all() as machine:
                ids.append(set(machine.vcpus[0].get_reg_list()))
        assert len(ids[0] - ids[1]) == gone
        assert ids[1] <= ids[0]


def test_vcpus_come_before_the_interrupt_controller(machine):
    """EBUSY for a vCPU after its initialisation."""
    assert errno(machine.vm.create_vcpu, 5) == "EBUSY"


def test_further_vcpus_have_a_place_of_their_own(kvm):
    """MPIDR_EL1 tells every vCPU apart, not just the two that were measured."""
    with Machine(kvm, Configuration(("psci-0.2",), None, vcpus=20)).init_all() as machine:
        seen = {vcpu.get_one_reg(MPIDR) for vcpu in machine.vcpus}
    assert len(seen) == 20


def test_locks_and_calls_are_counted(kvm):
    """Creating a vCPU takes the VM-wide lock, and so does each write of a bitmap or an ID register,
    even of one that takes no other value, from however many threads; a read, PSCI_VERSION or a
    vCPU's own state does not."""
    with Machine(kvm, Configuration(("psci-0.2",), None, vcpus=4)).init_all() as machine:
        assert kvm.locks == {"config": 4}

        def restore(vcpu) -> None:
            for _ in range(200):
                vcpu.set_one_reg(STD, word(0))
                vcpu.set_one_reg(PFR2, word(0))
                vcpu.set_one_reg(PSCI, word(0x10001))
                vcpu.set_one_reg(TPIDR, word(1))
                vcpu.get_one_reg(PSCI)

        threads = [threading.Thread(target=restore, args=(vcpu,)) for vcpu in machine.vcpus]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert kvm.locks == {"config": 4 + 1600}
    assert (kvm.calls["KVM_SET_ONE_REG"], kvm.calls["KVM_GET_ONE_REG"]) == (3200, 800)


def test_closed_descriptors_and_bad_names(kvm):
    """A closed handle, an unknown host and an unknown design are errors of usage."""
    vm = kvm.create_vm()
    vm.close()
    vm.close()
    with pytest.raises(UsageError):
        vm.create_vcpu(0)
    with pytest.raises(UnknownName):
        model.kernel("debian-6.12/neoverse-n9")
    with pytest.raises(UnknownName):
        model.kernel(N1, "vm-scope")
    with pytest.raises(UsageError):
        model.kernel(N1, move_old=True)


def test_traits_are_read_from_facts():
    """Every trait differs somewhere in the atlas: none is a constant in disguise."""
    found = [traits.of(atlas.resolve(f"debian-{s}/neoverse-n1")) for s in ("5.10", "7.3")]
    old, new = (vars(each) for each in found)
    assert {name for name in old if old[name] == new[name]} == set()


def test_names_of_features_are_no_bits():
    """The error says where bits are; the kernel is not blamed."""
    kvm = model.kernel("debian-6.12/neoverse-n1")
    with kvm.create_vm() as vm, vm.create_vcpu(0) as vcpu, pytest.raises(UsageError) as told:
        vcpu.init(vm.preferred_target(), ["psci-0.2"])
    assert "FEATURE_BY_NAME" in told.value.hint
