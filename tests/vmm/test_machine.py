"""A VM boots, runs, is saved and goes on elsewhere, or ends in one clear error."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from guestabi import model
from guestabi.errors import GuestAbiError, RegisterError, UsageError
from guestabi.kvm.exits import Mmio
from guestabi.probe.vmregs import scoped
from guestabi.registers import find
from guestabi.vmm import a64
from guestabi.vmm.guest import DOORBELL, image
from guestabi.vmm.machine import ENTRY, boot, load
from guestabi.vmm.memory import RAM
from guestabi.vmm.questions import everything
from guestabi.vmm.report import UNDEFINED, ask, diff
from guestabi.vmm.saved import read
from vmm.fake_gic import DIST, OLD
from vmm.machines import Firmware, executing

QUESTIONS = everything()
SPINS = a64.assemble([a64.b(0)])


def reporting(kvm, vcpus: int = 2, **named):
    return boot(kvm, image(QUESTIONS, vcpus), vcpus=vcpus, **named)


def test_every_vcpu_reports():
    """The first turns the others on, and each rings with its index."""
    kvm, _ = executing()
    with reporting(kvm, 3) as machine:
        exits = [machine.run(index) for index in range(3)]
    assert exits == [Mmio(DOORBELL, bytes([index, 0, 0, 0]), True) for index in range(3)]


def test_reports_are_stable():
    """A second report of an unchanged machine is equal to the first."""
    kvm, _ = executing()
    with reporting(kvm) as machine:
        first = ask(machine, QUESTIONS)
        assert diff(first, ask(machine, QUESTIONS)) == ()
    assert set(first[0]) == {question.name for question in QUESTIONS}


def test_an_undefined_access_is_an_answer():
    """What is not there is called undefined, and the next question is asked."""
    kvm, _ = executing()
    with reporting(kvm, 1) as machine:
        (report,) = ask(machine, QUESTIONS)
    assert report["SMIDR_EL1"] == UNDEFINED
    assert report["MIDR_EL1"] == 0x414FD0C1


def test_a_machine_moves():
    """Saved, through its file, and loaded on another kernel: it goes on and reports the same."""
    source, _ = executing()
    with reporting(source) as machine:
        before = ask(machine, QUESTIONS)
        written = machine.save().to_bytes()
        assert ask(machine, QUESTIONS) == before
    destination, _ = executing()
    with load(destination, read(written)) as moved:
        assert diff(before, ask(moved, QUESTIONS)) == ()


def test_a_change_is_seen_by_name():
    """Firmware that answers otherwise after the move is what differs, and all that does."""
    source, _ = executing(Firmware(psci=0x10000, uid=None))
    with reporting(source) as machine:
        before, saved = ask(machine, QUESTIONS), machine.save()
    destination, _ = executing(Firmware())
    with load(destination, saved) as moved:
        changes = diff(before, ask(moved, QUESTIONS))
    assert [(each.name, each.vcpus) for each in changes] == [
        ("PSCI_VERSION", (0, 1)),
        ("VENDOR_HYP_CALL_UID", (0, 1)),
    ]


def test_a_vcpu_that_is_off_stays_off():
    """Power moves too: a vCPU that nobody turned on is off after the move."""
    kvm, _ = executing()
    with boot(kvm, image(QUESTIONS, 1), vcpus=2) as machine:
        machine.run()
        saved = machine.save()
    assert saved.power == (0, 5)
    with load(kvm, saved) as moved:
        assert [vcpu.raw.get_mp_state() for vcpu in moved.vcpus] == [0, 5]


def test_the_gic_moves_too():
    """What its registers held is there when the machine goes on; its revision is the old one."""
    source, _ = executing(host="debian-5.10/neoverse-n1")
    with reporting(source) as machine:
        machine.gic.set_device_attr(DIST, 0x104, b"\x12\0\0\0")
        saved = machine.save()
    assert saved.gic["GICD_IIDR"] == [OLD]
    assert saved.gic["GICD_ISENABLER"] == [0x12, 0, 0, 0, 0, 0, 0]
    destination, _ = executing()
    with load(destination, read(saved.to_bytes())) as moved:
        assert moved.save().gic == saved.gic


def test_a_revision_that_is_not_kept():
    """A kernel that ignores the guest's GICD_IIDR: it is named, and every handle is given back."""
    source, _ = executing(host="debian-5.10/neoverse-n1")
    with reporting(source) as machine:
        saved = machine.save()
    destination, kernel = executing(host="debian-6.19/neoverse-n1")
    with pytest.raises(GuestAbiError, match=r"GICD_IIDR was 0x4b00243b .* here it is 0x4b00343b"):
        load(destination, saved)
    assert kernel.counts.open == 1


def test_a_host_with_another_gic():
    """A machine without a GIC is not loaded where VMs have one; no VM is made to find that out."""
    kvm, kernel = executing()
    with reporting(kvm) as machine:
        saved = replace(machine.save(), gic=None)
    before = kernel.counts.calls["KVM_CREATE_VM"]
    with pytest.raises(UsageError, match="saved with no GIC, and VMs of this host come with a GIC"):
        load(kvm, saved)
    assert kernel.counts.calls["KVM_CREATE_VM"] == before


def test_vm_scoped_registers_are_set_once():
    """What the VMM asks for is what every vCPU holds."""
    kvm, _ = executing()
    with reporting(kvm, registers={"PSCI_VERSION": 0x10000}) as machine:
        psci = find("PSCI_VERSION").id
        held = [vcpu.raw.get_one_reg(psci) for vcpu in machine.vcpus]
    assert held == [(0x10000).to_bytes(8, "little")] * 2


def test_a_guest_that_hangs():
    """It is stopped and named within the stated time."""
    kvm, kernel = executing()
    with (
        boot(kvm, SPINS) as machine,
        pytest.raises(GuestAbiError, match=r"vCPU 0 ran for 0.5 s") as caught,
    ):
        ask(machine, QUESTIONS, seconds=0.5)
    assert "hangs" in caught.value.hint
    assert kernel.counts.open == 1


def test_a_guest_that_waits():
    """With ``waits`` a guest that rang sleeps; stopped and run on, it reports again."""
    kvm, _ = executing()
    with boot(kvm, image(QUESTIONS, 1, waits=True)) as machine:
        first = ask(machine, QUESTIONS)
        with pytest.raises(GuestAbiError, match="never asked for its VMM"):
            machine.run(seconds=0.1)
        assert ask(machine, QUESTIONS) == first


def test_a_guest_that_strays():
    """An exit that is no report is an error that says what it was."""
    kvm, _ = executing()
    stray = a64.assemble([*a64.load(1, 0x0A00_0000), a64.ldr(0, 1)])
    with (
        boot(kvm, stray) as machine,
        pytest.raises(GuestAbiError, match="a read from 0xa000000"),
    ):
        ask(machine, QUESTIONS)


def test_a_refused_register_leaves_nothing():
    """A value that the kernel does not take ends the boot, and every handle is given back."""
    kvm, kernel = executing()
    with pytest.raises(RegisterError):
        reporting(kvm, registers={"PSCI_VERSION": 0x20000})
    assert kernel.counts.open == 1


def test_a_refused_machine_leaves_nothing():
    """Loading on a kernel that lacks a register names it, and every handle is given back."""
    new, _ = executing(host="debian-7.3/neoverse-n1")
    with reporting(new) as machine:
        saved = machine.save()
    old, kernel = executing(host="debian-6.1/neoverse-n1")
    with pytest.raises(RegisterError, match="PSCI_VERSION"):
        load(old, saved)
    assert kernel.counts.open == 1


def test_a_model_runs_no_guest():
    """A kernel that answers ioctls alone is refused, and every handle is given back."""
    kernel = model.kernel("debian-6.12/neoverse-n1")
    with pytest.raises(UsageError, match="runs no guest code"):
        boot(scoped(kernel), SPINS)
    assert kernel.counts.open == 1


def test_runs_in_the_main_thread_alone():
    """Elsewhere no signal could stop a hanging guest: refused before it runs."""
    kvm, _ = executing()
    caught: list[BaseException] = []

    def run(machine):
        try:
            machine.run()
        except UsageError as error:
            caught.append(error)

    with boot(kvm, SPINS) as machine:
        thread = threading.Thread(target=run, args=(machine,))
        thread.start()
        thread.join()
    assert [str(error) for error in caught] == ["a vCPU runs in the main thread alone"]


@pytest.mark.parametrize(("address", "size"), [(RAM - 1, 1), (RAM + (2 << 20), 1), (RAM, 1 << 30)])
def test_memory_has_bounds(address, size):
    """What is not in guest memory is neither read nor written."""
    kvm, _ = executing()
    with boot(kvm, SPINS) as machine:
        with pytest.raises(UsageError, match="not in guest memory"):
            machine.memory.read(address, size)
        assert machine.memory.read(ENTRY, 4) == SPINS
