"""Vm.regs keeps its word on every implementation."""

from __future__ import annotations

import errno

import pytest

from guestabi import atlas, model
from guestabi.errors import GuestAbiError, RegisterError, UnknownName, UsageError
from guestabi.model.designs import service
from guestabi.probe.vmregs import scoped
from guestabi.registers import lookup
from kvm.kernels import HOST, IMPLEMENTATIONS, Recorded, boot, held, kernel

PSCI = 0x6030000000140000
STD_HYP = 0x6030000000160001
PMCR = 0x603000000013DCE0
WIDGET = 0x6030000000160009
EVERY = pytest.mark.parametrize("implementation", IMPLEMENTATIONS)


@EVERY
def test_the_implementation_is_chosen_by_asking_the_kernel(implementation):
    """Each model kernel is driven in the way that it offers."""
    with scoped(kernel(implementation)) as kvm, kvm.create_vm() as vm:
        assert {vm.regs.implementation(id) for id in vm.regs} == {implementation}


@EVERY
def test_one_list_for_all(implementation):
    """The same registers are VM-scoped however they are reached; PMCR_EL0, mixed, is not one. A
    kernel that tells scopes itself also names ID registers that take no value but their own, of
    which nobody can measure a scope."""
    with scoped(kernel(implementation)) as kvm, kvm.create_vm() as vm:
        profile = atlas.resolve(HOST)
        expected = {id for id, row in profile.registers.items() if row.scope == "vm"} - {PMCR}
        told = set(vm.regs.list()) - expected
        assert vm.regs.list() == sorted(vm.regs)
        assert len(expected) == 33
        assert not expected - set(vm.regs)
        assert len(told) == (0 if implementation == "per-vcpu" else 8)
        assert {profile.registers[id].window for id in told} <= {"never"}


@EVERY
def test_set_is_seen_by_every_vcpu_and_written_once(implementation):
    """However many vCPUs: one write each, the pinned value on all, none in a vCPU's list."""
    recorded = Recorded(implementation)
    with recorded.kvm.create_vm() as vm:
        vm.regs["STD_HYP_BMAP"] = 0
        vm.regs.set("KVM_REG_ARM_PSCI_VERSION", b"\x00\x00\x01\x00\x00\x00\x00\x00")
        vcpus = boot(vm, 4)
        written = [id for raw in (vm, *vcpus) for id in recorded.writes(raw.raw)]
        assert sorted(written) == [PSCI, STD_HYP]
        assert (vm.regs[PSCI], vm.regs["std_hyp_bmap"]) == (0x10000, 0)
        for vcpu in vcpus:
            assert set(vcpu.get_reg_list()) & set(vm.regs) == set()
            assert held(vm, vcpu, PSCI) == 0x10000
            assert held(vm, vcpu, STD_HYP) == 0


@EVERY
def test_errnos_at_the_time_of_the_call(implementation):
    """ENOENT, EINVAL and EBUSY come from set itself, and change nothing."""
    with scoped(kernel(implementation)) as kvm, kvm.create_vm() as vm:
        assert refused(vm.regs.set, "STD_HYP_BMAP", 2) == errno.EINVAL
        assert refused(vm.regs.set, PSCI, 0x20000) == errno.EINVAL
        assert refused(vm.regs.set, WIDGET, 0) == errno.ENOENT
        assert refused(vm.regs.get, WIDGET) == errno.ENOENT
        assert refused(vm.regs.set, "PMCR_EL0", 0) == errno.ENOENT
        vcpu = vm.create_vcpu(0)
        assert refused(vm.regs.set, "STD_HYP_BMAP", 0) == errno.EBUSY
        assert vm.regs["STD_HYP_BMAP"] == 1
        vcpu.init(vm.preferred_target(), vm.features)
        assert refused(vm.regs.set, "STD_HYP_BMAP", 1) == errno.EBUSY
        assert refused(vcpu.get_one_reg, STD_HYP) == errno.ENOENT
        assert refused(vcpu.set_one_reg, STD_HYP, bytes(8)) == errno.ENOENT
        assert vm.regs["STD_HYP_BMAP"] == 1


def refused(call, *arguments) -> int:
    with pytest.raises(RegisterError) as caught:
        call(*arguments)
    return caught.value.errno


def test_a_register_that_5_10_lacks_is_enoent():
    """On 5.10, STD_HYP_BMAP fails at the call and PSCI 1.0 is taken."""
    with scoped(model.kernel("debian-5.10/neoverse-n1")) as kvm, kvm.create_vm() as vm:
        assert refused(vm.regs.set, "STD_HYP_BMAP", 0) == errno.ENOENT
        vm.regs["PSCI_VERSION"] = 0x10000
        assert {lookup(id).name for id in vm.regs} == {"ID_AA64PFR0_EL1", "PSCI_VERSION"}


@EVERY
def test_bad_arguments_fail_before_the_kernel_is_asked(implementation):
    """Wrong width, no id, unknown name: UsageError, and not one call to the kernel."""
    made = kernel(implementation)
    with scoped(made) as kvm, kvm.create_vm() as vm:
        before = sum(made.calls.values())
        for register, value in (
            (PSCI, bytes(4)),
            (PSCI, 1 << 64),
            (PSCI, -1),
            (1 << 64, 0),
            (0x60F0_0000_0014_0000, 0),
        ):
            with pytest.raises(UsageError):
                vm.regs.set(register, value)
        with pytest.raises(UnknownName) as caught:
            vm.regs["STD_HYP_BMPA"] = 0
        assert caught.value.nearest[0] == "STD_HYP_BMAP"
        with pytest.raises(UnknownName):
            vm.regs.get("0xzz")
        assert ("STD_HYP_BMAP" in vm.regs, "NONE" in vm.regs, PMCR in vm.regs, None in vm.regs) == (
            True,
            False,
            False,
            False,
        )
        assert sum(made.calls.values()) == before


def test_other_features_than_measured_are_refused():
    """A vCPU with features that regs were not checked for never reaches the kernel."""
    with scoped(kernel("per-vcpu")) as kvm, kvm.create_vm() as vm:
        vcpu = vm.create_vcpu(0)
        with pytest.raises(UsageError, match="features"):
            vcpu.init(vm.preferred_target(), [2])
        vcpu.init(vm.preferred_target(), [0, *vm.features])


def test_a_mode_that_does_not_exist():
    """UsageError names those that do."""
    with pytest.raises(UsageError) as caught:
        scoped(kernel("per-vcpu"), mode="optin")
    assert "opt-in" in caught.value.hint


FIRMWARE = ("firmware", "bitmap")


def firmware(vm) -> dict[str, int]:
    rows = [lookup(id) for id in vm.regs]
    return {row.name: vm.regs[row.id] for row in rows if row and row.role in FIRMWARE}


@EVERY
def test_opt_in_shows_nothing_that_nobody_asked_for(implementation):
    """Bitmaps are zero, PSCI is as old as the kernel accepts; what is set stays set; each write
    happens once."""
    recorded = Recorded(implementation, mode="opt-in")
    with recorded.kvm.create_vm() as vm:
        vm.regs["PSCI_VERSION"] = 0x10001
        before = firmware(vm)
        vcpus = boot(vm, 3)
        assert (
            firmware(vm)
            == before
            == {
                "PSCI_VERSION": 0x10001,
                "STD_BMAP": 0,
                "STD_HYP_BMAP": 0,
                "VENDOR_HYP_BMAP": 0,
                "VENDOR_HYP_BMAP_2": 0,
            }
        )
        assert vm.regs["ID_AA64ISAR0_EL1"] == 0
        written = [id for raw in (vm, *vcpus) for id in recorded.writes(raw.raw)]
        assert len(written) == len(set(written)) > 20
        assert {held(vm, vcpu, STD_HYP) for vcpu in vcpus} == {0}


@EVERY
def test_inherit_asks_for_the_kernels_default(implementation):
    """In mode opt-in, one register at a time can be asked for as the kernel has it."""
    with scoped(kernel(implementation), mode="opt-in") as kvm, kvm.create_vm() as vm:
        default = atlas.resolve(HOST).registers[PSCI].default
        assert vm.regs["PSCI_VERSION"] == 0x2
        assert vm.regs.inherit("PSCI_VERSION") == default == 0x10003
        assert vm.regs["PSCI_VERSION"] == default


def test_opt_in_on_7_3_is_opt_in_on_6_1():
    """A guest of the new kernel is shown no firmware service that one of the old is not."""
    shown = {}
    for host in ("6.1", "7.3"):
        opened = scoped(model.kernel(f"debian-{host}/neoverse-n1"), mode="opt-in")
        with opened as kvm, kvm.create_vm() as vm:
            shown[host] = firmware(vm)
    assert shown["7.3"].pop("VENDOR_HYP_BMAP_2") == 0
    assert shown["7.3"] == shown["6.1"]
    assert set(shown["6.1"].values()) == {0, 2}


def test_signed_fields_go_below_zero():
    """-1, "not there", is older than 0 in a signed field, and older than what means nothing."""
    with scoped(kernel("per-vcpu"), mode="opt-in") as kvm, kvm.create_vm() as vm:
        default = atlas.resolve(HOST).registers[register := 0x603000000013C038].default
        row = lookup(register)
        before = {f.name: f.interpret(default) for f in row.fields if f.signed}
        after = {f.name: f.interpret(vm.regs[register]) for f in row.fields if f.signed}
        assert before["TGran4"] == 0
        assert after["TGran4"] == -1


def test_a_value_that_a_later_vcpu_loses_is_found():
    """Read-back through another vCPU fails loudly where the kernel's scope is a lie."""
    made = kernel("per-vcpu")
    with scoped(made) as kvm, kvm.create_vm() as vm:
        vm.regs["STD_HYP_BMAP"] = 0
        first, second = vm.create_vcpu(0), vm.create_vcpu(1)
        first.init(vm.preferred_target(), vm.features)
        vm.raw.values[STD_HYP] = 1  # what a kernel that loses it would hold
        with pytest.raises(GuestAbiError, match="STD_HYP_BMAP was written as 0x0 and reads 0x1"):
            second.init(vm.preferred_target(), vm.features)


def test_new_registers_and_old_ones_on_one_kernel():
    """A kernel whose native list holds its new register alone: the old ones are reached too."""
    widget = service(WIDGET, "WIDGET_BMAP", 0b11, "vm-scoped")
    made = model.kernel(HOST, "vm-scoped", extras=[widget])
    with scoped(made, mode="opt-in") as kvm, kvm.create_vm() as vm:
        assert vm.regs.implementation(WIDGET) == "native"
        assert vm.regs.implementation(PSCI) == "per-vcpu"
        vm.regs[WIDGET] = 1
        vm.regs[PSCI] = 0x10000
        vcpus = boot(vm)
        assert (vm.regs[WIDGET], vm.regs[PSCI]) == (1, 0x10000)
        assert {WIDGET, PSCI} & set(vcpus[1].get_reg_list()) == set()


@EVERY
def test_no_descriptor_is_left(implementation):
    """Scratch VMs and vCPUs are all given back, on every path."""
    made = kernel(implementation)
    before = made.counts.open
    kvm = scoped(made, mode="opt-in")
    with kvm.create_vm() as vm:
        vm.regs["STD_HYP_BMAP"] = 0
        assert refused(vm.regs.set, "STD_HYP_BMAP", 4) == errno.EINVAL
        for vcpu in boot(vm):
            vcpu.close()
    with kvm.create_vm() as vm:
        vm.regs["STD_HYP_BMAP"] = 1
    assert made.counts.open == before
