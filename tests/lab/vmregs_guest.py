"""Runs in the lab's guest, on a real kernel: Vm.regs, save and restore. Prints JSON."""

import json
import sys
import time

sys.path.insert(0, "guestabi-capture.pyz")

from guestabi.errors import RegisterError
from guestabi.kvm.device import KvmDevice
from guestabi.kvm.gic import create_gic
from guestabi.kvm.recording import Recording
from guestabi.kvm.snapshot import read
from guestabi.kvm.state import SVE_VLS, restore, save
from guestabi.probe.vmregs import scoped
from guestabi.registers import find, lookup, name_of
from guestabi.uapi import devices
from guestabi.uapi.caps import FEATURE_BY_NAME

PMU = FEATURE_BY_NAME["pmu-v3"].bit
SVE = FEATURE_BY_NAME["sve"].bit
PINS = {"STD_HYP_BMAP": 0, "PSCI_VERSION": 0x10000}
SETTERS = ("set_one_reg", "set_vm_one_reg")
PAIRS = (("PMCNTENSET_EL0", "PMCNTENCLR_EL0"), ("PMINTENSET_EL1", "PMINTENCLR_EL1"))


def tried(call, *arguments):
    try:
        call(*arguments)
    except RegisterError as error:
        return error.errno_name
    return "ok"


def finish(vm, vcpu):
    if SVE in vm.features:
        vcpu.finalize(SVE)
    if PMU in vm.features:
        group = devices.VCPU_PMU_V3_CTRL
        vcpu.set_device_attr(group, devices.VCPU_PMU_V3_IRQ, devices.PMU_PPI.to_bytes(4, "little"))
        vcpu.set_device_attr(group, devices.VCPU_PMU_V3_INIT, None)


def boot(kvm, vm, count):
    vcpus = [vm.create_vcpu(index) for index in range(count)]
    gic = create_gic(vm, kvm.gic) if kvm.gic else None
    for vcpu in vcpus:
        vcpu.init(vm.preferred_target(), vm.features)
    for vcpu in vcpus:
        finish(vm, vcpu)
    return vcpus, gic


def number(data):
    return int.from_bytes(data, "little")


def held(vm, vcpu, name):
    """What the kernel says that ``vcpu`` shows: through it, or through its VM."""
    id = find(name).id
    native = vm.regs.implementation(id) == "native"
    return number(vm.raw.get_vm_one_reg(id) if native else vcpu.raw.get_one_reg(id))


def pinned(kvm, recording):
    """Pin two registers before any vCPU, boot four, run one, look at all."""
    said = {}
    with kvm.create_vm() as vm:
        said["registers"] = [name_of(id) for id in vm.regs]
        said["implementation"] = sorted({vm.regs.implementation(id) for id in vm.regs})
        said["set"] = {name: tried(vm.regs.set, name, value) for name, value in PINS.items()}
        said["refused"] = tried(vm.regs.set, "PSCI_VERSION", 0x20000)
        vcpus, _ = boot(kvm, vm, 4)
        vcpus[0].run(immediate_exit=True)
        said["busy"] = {name: tried(vm.regs.set, name, value) for name, value in PINS.items()}
        said["vcpus"] = [
            {name: held(vm, vcpu, name) for name in PINS if name in vm.regs} for vcpu in vcpus
        ]
        said["listed"] = [
            [name_of(id) for id in vcpu.get_reg_list() if id in vm.regs] for vcpu in vcpus
        ]
        said["raw"] = {name: tried(vcpus[1].raw.get_one_reg, find(name).id) for name in PINS}
        handles = {vm.raw._handle: "vm"}
        handles.update((vcpu.raw._handle, index) for index, vcpu in enumerate(vcpus))
        said["writes"] = sorted(
            [name_of(row[2][0]), handles[row[0]]]
            for row in recording.rows
            if row[0] in handles and row[1] in SETTERS
        )
        for vcpu in vcpus:
            vcpu.close()
    return said


def opt_in(plain):
    """The firmware that a guest sees when nobody asked for any, from the vCPU that ran."""
    kvm = scoped(plain, mode="opt-in")
    with kvm.create_vm() as vm:
        vcpus, _ = boot(kvm, vm, 2)
        vcpus[1].run(immediate_exit=True)
        firmware = [id for id in vm.regs if lookup(id).role in ("firmware", "bitmap")]
        seen = {name_of(id): held(vm, vcpus[0], name_of(id)) for id in firmware}
        for vcpu in vcpus:
            vcpu.close()
    return seen


def moved(kvm, recording):
    """Save a VM with something in it and restore it; say what differs, and count the calls."""
    said = {}
    with kvm.create_vm() as vm:
        vm.regs["PSCI_VERSION"] = 0x10000
        vcpus = [vm.create_vcpu(index) for index in range(3)]
        gic = create_gic(vm, kvm.gic)
        for vcpu in vcpus:
            vcpu.init(vm.preferred_target(), vm.features)
        if SVE in vm.features:
            lengths = number(vcpus[0].get_one_reg(SVE_VLS))
            for vcpu in vcpus:
                most = 1 << lengths.bit_length() - 1
                vcpu.set_one_reg(SVE_VLS, (lengths ^ most).to_bytes(64, "little"))
                vcpu.finalize(SVE)
        for index, vcpu in enumerate(vcpus):
            vcpu.set_one_reg(0x6030000000100000, index.to_bytes(8, "little"))
            for enable, clear in PAIRS:
                vcpu.set_one_reg(find(clear).id, b"\xff" * 8)
                vcpu.set_one_reg(find(enable).id, (0x80000001 + 2 * index).to_bytes(8, "little"))
        saved = save(vm, vcpus)
        gic.close()
        for vcpu in vcpus:
            vcpu.close()
    del recording.rows[:]
    held = []
    there = restore(
        kvm, read(saved.to_bytes()), created=lambda vm, _: held.append(create_gic(vm, kvm.gic))
    )
    handles = [each.raw._handle for each in (there.vm, *there.vcpus)]
    writes = [row for row in recording.rows if row[0] in handles and row[1] in SETTERS]
    again = save(there.vm, there.vcpus)
    said["r_vm"], said["r_vcpu"] = len(saved.vm), len(saved.vcpus[0])
    said["writes"] = len(writes)
    said["vm"] = sorted(name_of(id) for id in saved.vm if saved.vm[id] != again.vm.get(id))
    said["vcpus"] = [
        sorted(name_of(id) for id in a if a[id] != b.get(id))
        for a, b in zip(saved.vcpus, again.vcpus)
    ]
    said["pairs"] = [
        [number(values[find(name).id]) for pair in PAIRS for name in pair] for values in again.vcpus
    ]
    said["x0"] = [number(values[0x6030000000100000]) for values in again.vcpus]
    said["bytes"] = len(saved.to_bytes())
    held[0].close()
    there.close()
    return said


with KvmDevice() as device:
    recording = Recording(device)
    kvm = scoped(recording.kvm)
    started = time.perf_counter()
    kvm.create_vm().close()
    result = {"measured_seconds": time.perf_counter() - started}
    del recording.rows[:]
    result["pinned"] = pinned(kvm, recording)
    result["opt_in"] = opt_in(device)
    result["moved"] = moved(kvm, recording)
print(json.dumps(result))
