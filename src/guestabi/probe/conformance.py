"""What does a kernel answer, call by call? The same questions for any kernel behind the protocol.

The answers are short texts under names that depend on the questions alone, so that a real kernel
and the model of it can be compared line by line. Only throw-away VMs are touched, and no guest
code runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Sequence

from guestabi.errors import KvmError
from guestabi.kvm.protocol import Device, Kvm
from guestabi.probe.machine import (
    Configuration,
    Machine,
    choose,
    offered_features,
    offered_gics,
    try_run,
)
from guestabi.uapi import devices, regid
from guestabi.uapi.caps import CAPABILITIES, FEATURE_BY_NAME


@dataclass(frozen=True)
class Check:
    """One question and its answer."""

    name: str
    answer: str


class Sheet:
    """Collects checks; a name that is asked twice is an error of the suite."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}

    def put(self, name: str, answer: object) -> None:
        if name in self.answers:
            raise ValueError(f"the suite asks {name!r} twice")
        self.answers[name] = str(answer)

    def ask(self, name: str, call: Callable[..., object], *args: object) -> None:
        self.put(name, said(call, *args))


def said(call: Callable[..., object], *args: object) -> str:
    """Return what ``call(*args)`` returns, as text ("ok" for None, or for a handle, which is
    closed), or the errno's name."""
    try:
        answer = call(*args)
    except KvmError as error:
        return error.errno_name
    if hasattr(answer, "close"):
        answer.close()
        return "ok"
    return "ok" if answer is None else str(answer)


def conformance(kvm: Kvm, features: Optional[Sequence[str]] = None) -> list[Check]:
    """Ask ``kvm`` everything, for the configuration that ``probe.machine.choose`` chooses.

    Returns hundreds of checks, in the order of their asking.
    """
    from guestabi.probe import conformance_life, conformance_scoped, conformance_values

    configuration = choose(kvm, features)
    sheet = Sheet()
    _system(kvm, configuration, sheet)
    _creation(kvm, configuration, sheet)
    _features(kvm, configuration, sheet)
    _gic(kvm, configuration, sheet)
    conformance_values.ask(kvm, configuration, sheet)
    conformance_life.ask(kvm, configuration, sheet)
    conformance_scoped.ask(kvm, configuration, sheet)
    return [Check(name, answer) for name, answer in sheet.answers.items()]


def _system(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    sheet.ask("system/api version", kvm.api_version)
    with kvm.create_vm() as vm:
        for name, number in sorted(CAPABILITIES.items()):
            sheet.ask(f"system/{name}", kvm.check_extension, number)
            sheet.ask(f"vm/{name}", vm.check_extension, number)
    sheet.put("system/vcpu features", " ".join(offered_features(kvm)))
    sheet.put("system/gics", " ".join(offered_gics(kvm)))
    sheet.put("system/chosen features", " ".join(configuration.features))
    limit = kvm.check_extension(CAPABILITIES["KVM_CAP_ARM_VM_IPA_SIZE"])
    for name, bits in (("31", 31), ("32", 32), ("limit", limit), ("limit + 1", limit + 1)):
        sheet.ask(f"system/a VM of {name} IPA bits", kvm.create_vm, bits)


def _creation(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    bits = [FEATURE_BY_NAME[name].bit for name in configuration.features]
    pfr0 = regid.sysreg(3, 0, 0, 4, 0)
    with kvm.create_vm() as vm:
        target = vm.preferred_target()
        sheet.put("birth/preferred target", target)
        with vm.create_vcpu(0) as vcpu:
            sheet.ask("birth/the same vCPU again", vm.create_vcpu, 0)
            sheet.ask("birth/a vCPU beyond the limit", vm.create_vcpu, 1 << 20)
            sheet.ask("birth/list before init", vcpu.get_reg_list)
            sheet.ask("birth/get before init", vcpu.get_one_reg, pfr0)
            sheet.ask("birth/set before init", vcpu.set_one_reg, pfr0, bytes(8))
            sheet.ask("birth/finalize before init", vcpu.finalize, FEATURE_BY_NAME["sve"].bit)
            sheet.put("birth/run before init", try_run(vcpu) or "ok")
            sheet.ask("birth/init of another target", vcpu.init, target + 100, bits)
            for bit in (31, 100, 223):
                name = f"birth/init with unknown feature bit {bit}"
                sheet.ask(name, vcpu.init, target, [*bits, bit])
            sheet.ask("birth/init", vcpu.init, target, bits)
            sheet.ask("birth/init again", vcpu.init, target, bits)


def _features(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    """The feature bits of a second vCPU, and of a second initialisation, with one more or less.
    Features that change what the VM is are left out where they are offered."""
    offered = offered_features(kvm)
    unlike = {"el1-32bit", "el2", "el2-e2h0", "pmu-v3-strict"} & set(offered)
    for name in sorted(set(FEATURE_BY_NAME) - unlike):
        chosen = [FEATURE_BY_NAME[each].bit for each in configuration.features]
        changed = sorted({FEATURE_BY_NAME[name].bit} ^ set(chosen))
        place = f"features/{'without' if name in configuration.features else 'with'} {name}"
        with Machine(kvm, configuration) as machine:
            first, second = machine.vcpus[:2]
            target = machine.target
            if name not in offered:
                sheet.ask(f"{place}, which is not offered", first.init, target, changed)
            sheet.ask(f"{place}: the first vCPU without that", first.init, target, chosen)
            sheet.ask(f"{place}: the second vCPU", second.init, target, changed)
            sheet.ask(f"{place}: the first vCPU again", first.init, target, changed)
            sheet.ask(f"{place}: the second vCPU without that", second.init, target, chosen)


def _gic(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    for row in devices.GICS:
        with kvm.create_vm() as vm:
            sheet.ask(f"gic/{row.name} can be created", vm.has_device_type, row.device_type)
            sheet.ask(f"gic/{row.name}", vm.create_device, row.device_type)
    gic = next((row for row in devices.GICS if row.name == configuration.gic), None)
    if gic is None:
        return
    psci = FEATURE_BY_NAME["psci-0.2"].bit
    kind = gic.device_type
    with kvm.create_vm() as vm, vm.create_vcpu(0) as vcpu, vm.create_device(kind) as device:
        sheet.ask("gic/a second one", vm.create_device, kind)
        for group, attribute in ((0, 99), (1, 8), (4, 0), (4, 99), (99, 0)):
            place = f"gic/has attribute {group}.{attribute}"
            sheet.ask(place, device.has_device_attr, group, attribute)
        sheet.ask("gic/GICD_IIDR before init", _dist, device, 8)
        for attribute, address in gic.addresses:
            for again in ("", " again"):
                data = address.to_bytes(8, "little")
                place = f"gic/address {attribute}{again}"
                sheet.ask(place, device.set_device_attr, devices.VGIC_GRP_ADDR, attribute, data)
        sheet.ask("gic/another vCPU before init", vm.create_vcpu, 1)
        target = vm.preferred_target()
        sheet.ask("gic/init of a vCPU with psci-0.2 alone", vcpu.init, target, [psci])
        for again in ("", " again"):
            sheet.ask(f"gic/init{again}", device.set_device_attr, *_INIT)
        sheet.ask("gic/another vCPU after init", vm.create_vcpu, 2)
        _distributor(device, sheet)


_INIT = (devices.VGIC_GRP_CTRL, devices.VGIC_CTRL_INIT, None)


def _distributor(device: Device, sheet: Sheet) -> None:
    for register in devices.DIST_REGISTERS:
        sheet.ask(f"gic/{register.name}", _dist, device, register.offset)
        for mask, bits in register.tries:
            value = int(_dist(device, register.offset), 16) & ~mask | bits
            data = value.to_bytes(4, "little")
            place = f"gic/{register.name} revision {bits >> 12}"
            group = devices.VGIC_GRP_DIST_REGS
            sheet.ask(place, device.set_device_attr, group, register.offset, data)
            sheet.ask(f"{place} read", _dist, device, register.offset)


def _dist(device: Device, offset: int) -> str:
    data = device.get_device_attr(devices.VGIC_GRP_DIST_REGS, offset, 4)
    return hex(int.from_bytes(data, "little"))
