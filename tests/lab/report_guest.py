"""Runs in the lab's guest, on a real kernel: the reporting guest under our VMM. Prints JSON."""

import base64
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, "guestabi-capture.pyz")

from guestabi.errors import GuestAbiError
from guestabi.kvm.device import KvmDevice
from guestabi.probe.vmregs import scoped
from guestabi.registers import find
from guestabi.vmm import a64
from guestabi.vmm.guest import DOORBELL, image
from guestabi.vmm.machine import ENTRY, boot, load
from guestabi.vmm.questions import everything
from guestabi.vmm.report import ask
from guestabi.vmm.saved import read

VCPUS = 3
QUESTIONS = everything()
PINS = {"PSCI_VERSION": 0x10000, "STD_BMAP": 0, "STD_HYP_BMAP": 0, "VENDOR_HYP_BMAP": 0}
HANGS = a64.assemble([a64.b(0)])
DIST, REDIST, CPU, LEVEL = 1, 5, 6, 7
VCPU_1, SGI = 1 << 32, 0x1_0000
CLEAR = ((REDIST, VCPU_1 | SGI + 0x180, 0xFFFFFFFF),)
# What no GIC comes up with, once its SGIs are off: (group, attribute, value).
GIC = (
    (DIST, 0x0, 0x52),
    (DIST, 0x84, 0x5A5A5A5A),
    (DIST, 0x104, 0xF0F0F0F0),
    (DIST, 0xC0C, 0x0A0A0A0A),
    (DIST, 0x420, 0x10305078),
    (DIST, 0x6108, 2),
    (LEVEL, 32, 0x00CC0000),
    (DIST, 0x204, 0x00000011),
    (DIST, 0x304, 0x00001100),
    (REDIST, VCPU_1 | 0x78, 0x70010780),
    (REDIST, VCPU_1 | SGI + 0x80, 0xF0F0F0F0),
    (REDIST, VCPU_1 | SGI + 0x100, 0x00F0FFF0),
    (REDIST, VCPU_1 | SGI + 0x200, 0x00300030),
    (REDIST, VCPU_1 | SGI + 0x300, 0x000000C0),
    (REDIST, VCPU_1 | SGI + 0x41C, 0x40506070),
    (LEVEL, VCPU_1, 0x00100000),
    (CPU, VCPU_1 | 0xC664, 0x8C02),
    (CPU, VCPU_1 | 0xC230, 0xF0),
    (CPU, VCPU_1 | 0xC643, 4),
    (CPU, VCPU_1 | 0xC663, 5),
    (CPU, VCPU_1 | 0xC644, 0x10),
    (CPU, VCPU_1 | 0xC648, 0x100),
    (CPU, VCPU_1 | 0xC666, 1),
    (CPU, VCPU_1 | 0xC667, 1),
)
# SPI 40 is enabled and pending, and vCPU 0 takes interrupts of its priority.
PENDING = (
    (DIST, 0x0, 0x52),
    (DIST, 0x104, 1 << 8),
    (DIST, 0x204, 1 << 8),
    (CPU, 0xC230, 0xF0),
    (CPU, 0xC667, 1),
)


def put(machine, rows):
    for group, attribute, value in rows:
        data = value.to_bytes(8 if group == CPU else 4, "little")
        machine.gic.set_device_attr(group, attribute, data)


def held(machine):
    found = []
    for group, attribute, _ in GIC:
        data = machine.gic.get_device_attr(group, attribute, 8 if group == CPU else 4)
        found.append(int.from_bytes(data, "little"))
    return found


def interrupted(kvm):
    """A guest that takes interrupts and spins; its first one was pending when it was saved."""
    rings = [a64.mrs(0, (3, 0, 12, 12, 0)), *a64.load(1, DOORBELL), a64.str_w(0, 1), a64.b(0)]
    vectors = bytes(0x280) + a64.assemble(rings)
    with boot(kvm, HANGS.ljust(0x800, b"\0") + vectors) as machine:
        for name, value in {"VBAR_EL1": ENTRY + 0x800, "PSTATE": 0x345}.items():
            machine.vcpus[0].set_one_reg(find(name).id, value.to_bytes(8, "little"))
        put(machine, PENDING)
        saved = machine.save()
    with load(kvm, saved) as machine:
        try:
            exit = machine.run(seconds=5.0)
        except GuestAbiError as error:
            return str(error)
        return [str(exit), int.from_bytes(exit.data, "little")]


def hangs(kvm):
    """A guest that never reports."""
    started = time.monotonic()
    with boot(kvm, HANGS) as machine:
        try:
            ask(machine, QUESTIONS, seconds=1.0)
        except GuestAbiError as error:
            return [str(error), time.monotonic() - started]
    return ["it reported", 0.0]


def waits(kvm):
    """A guest that sleeps after each report, and is woken by being stopped and run on."""
    with boot(kvm, image(QUESTIONS, 1, waits=True)) as machine:
        first = ask(machine, QUESTIONS)
        slept = 0
        try:
            machine.run(seconds=0.5)
        except GuestAbiError:
            slept = 1
        return [slept, ask(machine, QUESTIONS) == first]


def strays(kvm):
    """A guest that touches what is not there."""
    with boot(kvm, a64.assemble([*a64.load(1, 0x0A00_0000), a64.ldr(0, 1), a64.b(0)])) as machine:
        try:
            ask(machine, QUESTIONS)
        except GuestAbiError as error:
            return str(error)
    return "it reported"


def text(saved):
    return base64.b64encode(saved.to_bytes()).decode()


def born(kvm):
    """A guest born with PSCI 1.1, what it reports, and the machine; None where there is none."""
    try:
        machine = boot(kvm, image(QUESTIONS, 1), registers={"PSCI_VERSION": 0x10001})
    except GuestAbiError:
        return None
    with machine:
        return {"report": ask(machine, QUESTIONS), "saved": text(machine.save())}


def arrives(device, path):
    """What a guest that was born elsewhere reports here, and whether its GIC is what it was; or why
    it cannot be loaded."""
    saved = read(path.read_bytes(), path.name)
    said = {"gic": {}}
    for mode in ("inherit", "opt-in"):
        try:
            with load(scoped(device, mode=mode), saved) as machine:
                said["gic"][mode] = machine.save().gic == saved.gic
                said[mode] = ask(machine, QUESTIONS)
                said["saved"] = text(machine.save())
        except GuestAbiError as error:
            said[mode] = str(error)
    return said


with KvmDevice() as device:
    kvm = scoped(device)
    started = time.perf_counter()
    with boot(kvm, image(QUESTIONS, VCPUS), vcpus=VCPUS) as machine:
        booted = time.perf_counter()
        said = {"first": ask(machine, QUESTIONS)}
        said["seconds"] = [booted - started, time.perf_counter() - booted]
        said["again"] = ask(machine, QUESTIONS)
        said["gic"] = {"asked": [value for _, _, value in GIC], "first": machine.save().gic}
        put(machine, CLEAR + GIC)
        said["gic"]["held"] = held(machine)
        saved = machine.save()
        said["gic"]["saved"] = saved.gic
        said["power"] = saved.power
    with load(kvm, saved) as machine:
        said["gic"]["moved"] = held(machine)
        said["gic"]["saved again"] = machine.save().gic
        said["moved"] = ask(machine, QUESTIONS)
        said["gic"]["after running"] = machine.save().gic
    with boot(kvm, image(QUESTIONS, 1), vcpus=2) as machine:
        said["one_on"] = [str(machine.run()), machine.save().power]
    with kvm.create_vm() as vm:
        pins = {name: value for name, value in PINS.items() if name in vm.regs}
    with boot(kvm, image(QUESTIONS, VCPUS), vcpus=VCPUS, registers=pins) as machine:
        said["pinned"] = ask(machine, QUESTIONS)
    said["hangs"] = hangs(kvm)
    said["waits"] = waits(kvm)
    said["interrupted"] = interrupted(kvm)
    said["strays"] = strays(kvm)
    said["saved"] = text(saved)
    said["born"] = born(kvm)
    arriving = sorted(Path().glob("*.machine"))
    said["arrived"] = {path.stem: arrives(device, path) for path in arriving}
print(json.dumps(said))
