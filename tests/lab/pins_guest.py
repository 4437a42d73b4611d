"""Runs in the lab's guest, on a real kernel: sets pins before any vCPU, and reads them back.

Reads ``pins.json``: sets of pins by name, each {register id: value}. Prints, by name, what was
answered to each and what each of three vCPUs then holds, as JSON. A register that is none of the
VM's is written through every vCPU before the first run.
"""

import json
import sys

sys.path.insert(0, "guestabi-capture.pyz")

from guestabi.errors import RegisterError
from guestabi.kvm.device import KvmDevice
from guestabi.kvm.gic import create_gic
from guestabi.probe.vmregs import scoped
from guestabi.uapi import devices
from guestabi.uapi.caps import FEATURE_BY_NAME
from guestabi.uapi.regid import size_of

PMU = FEATURE_BY_NAME["pmu-v3"].bit


def tried(vm, id, value):
    try:
        vm.regs.set(id, value)
    except RegisterError as error:
        return error.errno_name
    return "ok"


def boot(kvm, vm):
    vcpus = [vm.create_vcpu(index) for index in range(3)]
    if kvm.gic:
        create_gic(vm, kvm.gic)
    for vcpu in vcpus:
        vcpu.init(vm.preferred_target(), vm.features)
    for vcpu in vcpus:
        if PMU in vm.features:
            group = devices.VCPU_PMU_V3_CTRL
            ppi = devices.PMU_PPI.to_bytes(4, "little")
            vcpu.set_device_attr(group, devices.VCPU_PMU_V3_IRQ, ppi)
            vcpu.set_device_attr(group, devices.VCPU_PMU_V3_INIT, None)
    return vcpus


def written(vcpus, id, value):
    try:
        for vcpu in vcpus:
            vcpu.raw.set_one_reg(id, value.to_bytes(size_of(id), "little"))
    except RegisterError as error:
        return error.errno_name
    return "ok"


def held(vcpu, id):
    try:
        return int.from_bytes(vcpu.raw.get_one_reg(id), "little")
    except RegisterError as error:
        return error.errno_name


def born(kvm, pins):
    with kvm.create_vm() as vm:
        said = {id: tried(vm, int(id, 16), value) for id, value in pins.items()}
        vcpus = boot(kvm, vm)
        for id, value in pins.items():
            if said[id] == "ENOENT":
                said[id] = written(vcpus, int(id, 16), value)
        vcpus[0].run(immediate_exit=True)
        found = [{id: held(vcpu, int(id, 16)) for id in pins} for vcpu in vcpus]
        for vcpu in vcpus:
            vcpu.close()
    return {"set": said, "vcpus": found}


with open("pins.json") as stream:
    wanted = json.load(stream)
with KvmDevice() as device:
    kvm = scoped(device)
    print(json.dumps({name: born(kvm, pins) for name, pins in wanted.items()}))
