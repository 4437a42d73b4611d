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
from guestabi.vmm import a64
from guestabi.vmm.guest import image
from guestabi.vmm.machine import boot, load
from guestabi.vmm.questions import everything
from guestabi.vmm.report import ask
from guestabi.vmm.saved import read

VCPUS = 3
QUESTIONS = everything()
PINS = {"PSCI_VERSION": 0x10000, "STD_BMAP": 0, "STD_HYP_BMAP": 0, "VENDOR_HYP_BMAP": 0}
HANGS = a64.assemble([a64.b(0)])


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
    """What a guest that was born elsewhere reports here; or why it cannot be loaded."""
    saved = read(path.read_bytes(), path.name)
    said = {}
    for mode in ("inherit", "opt-in"):
        try:
            with load(scoped(device, mode=mode), saved) as machine:
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
        saved = machine.save()
        said["power"] = saved.power
    with load(kvm, saved) as machine:
        said["moved"] = ask(machine, QUESTIONS)
    with boot(kvm, image(QUESTIONS, 1), vcpus=2) as machine:
        said["one_on"] = [str(machine.run()), machine.save().power]
    with kvm.create_vm() as vm:
        pins = {name: value for name, value in PINS.items() if name in vm.regs}
    with boot(kvm, image(QUESTIONS, VCPUS), vcpus=VCPUS, registers=pins) as machine:
        said["pinned"] = ask(machine, QUESTIONS)
    said["hangs"] = hangs(kvm)
    said["waits"] = waits(kvm)
    said["strays"] = strays(kvm)
    said["saved"] = text(saved)
    said["born"] = born(kvm)
    arriving = sorted(Path().glob("*.machine"))
    said["arrived"] = {path.stem: arrives(device, path) for path in arriving}
print(json.dumps(said))
