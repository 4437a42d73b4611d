"""Conformance of a VM's life: windows, what outlives an initialisation, and what a run closes."""

from __future__ import annotations

from typing import Optional

from guestabi.errors import KvmError
from guestabi.kvm.protocol import Kvm, Vcpu
from guestabi.probe.capture import SVE_VLS
from guestabi.probe.conformance import Sheet, said
from guestabi.probe.conformance_values import alternative, digest, moves, read, write
from guestabi.probe.machine import Configuration, Machine, try_run
from guestabi.registers.catalogue import lookup, name_of
from guestabi.uapi import devices, regid
from guestabi.uapi.caps import CAPABILITIES, FEATURE_BY_NAME

SVE = FEATURE_BY_NAME["sve"].bit


def ask(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    """Ask everything that depends on when it is asked."""
    _finalize(kvm, configuration, sheet)
    _run_unready(kvm, configuration, sheet)
    _pmu(kvm, configuration, sheet)
    _enable(kvm, sheet)
    _implementation_ids(kvm, configuration, sheet)
    ids = _identifying(kvm, configuration)
    _survival(kvm, configuration, ids, sheet)
    _after_run(kvm, configuration, ids, sheet)


def _identifying(kvm: Kvm, configuration: Configuration) -> list[int]:
    """The ids of what a guest knows its machine by, and of a few registers of its state."""
    with Machine(kvm, configuration).init_all() as machine:
        vcpu = machine.vcpus[0]
        return [id for id in sorted(vcpu.get_reg_list()) if _tells(id) and not moves(vcpu, id)]


def _tells(id: int) -> bool:
    decoded = regid.decode(id)
    if isinstance(decoded, (regid.Firmware, regid.Bitmap, regid.Demux)):
        return True
    known = lookup(id)
    if known is not None and known.name in ("PMCR_EL0", "TPIDR_EL1", "SCTLR_EL1", "TCR_EL1"):
        return True
    return id != SVE_VLS and known is not None and known.role == "identification"


def _finalize(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    z0 = 0x6080_0000_0015_0000
    with Machine(kvm, configuration) as machine:
        vcpu = machine.init(0)
        if "sve" in configuration.features:
            sheet.ask("finalize/list before", _list, vcpu)
            sheet.ask("finalize/get Z0 before", _hex, vcpu, z0)
            sheet.ask("finalize/set Z0 before", vcpu.set_one_reg, z0, bytes(256))
            sheet.put("finalize/run before", try_run(vcpu) or "ok")
            lengths = vcpu.get_one_reg(SVE_VLS)
            sheet.ask("finalize/SVE_VLS before", vcpu.set_one_reg, SVE_VLS, lengths)
        sheet.ask("finalize/sve", vcpu.finalize, SVE)
        sheet.ask("finalize/sve again", vcpu.finalize, SVE)
        sheet.ask("finalize/pmu-v3", vcpu.finalize, FEATURE_BY_NAME["pmu-v3"].bit)
        sheet.ask("finalize/99", vcpu.finalize, 99)
        if "sve" in configuration.features:
            sheet.ask("finalize/SVE_VLS after", vcpu.set_one_reg, SVE_VLS, lengths)
            sheet.ask("finalize/get Z0 after", _hex, vcpu, z0)
        else:
            sheet.ask("finalize/get Z0 without sve", _hex, vcpu, z0)
            sheet.ask("finalize/get SVE_VLS without sve", _hex, vcpu, SVE_VLS)
        sheet.ask("finalize/init again", _init, machine, 0)
        sheet.ask("finalize/list after init again", _list, vcpu)


def _enable(kvm: Kvm, sheet: Sheet) -> None:
    """Each capability is enabled on a VM of its own, before and after the first vCPU."""
    for name, number in sorted(CAPABILITIES.items()):
        with kvm.create_vm() as vm:
            sheet.ask(f"enable/{name}", vm.enable_cap, number)
        with kvm.create_vm() as vm, vm.create_vcpu(0):
            sheet.ask(f"enable/{name}, with a vCPU", vm.enable_cap, number)


def _implementation_ids(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    """MIDR_EL1, REVIDR_EL1 and AIDR_EL1 of a VM that may choose them."""
    with kvm.create_vm() as vm:
        sheet.ask("identity/enable", vm.enable_cap, CAPABILITIES[_IDENTITY])
        target = vm.preferred_target()
        bits = [FEATURE_BY_NAME["psci-0.2"].bit]
        with vm.create_vcpu(0) as first, vm.create_vcpu(1) as second:
            first.init(target, bits)
            second.init(target, bits)
            for late in ("", " after the run"):
                for op1, op2 in ((0, 0), (0, 6), (1, 7)):
                    id = regid.sysreg(3, op1, 0, 0, op2)
                    for label, value in (*_IDENTITIES, ("its own", read(first, id))):
                        place = f"identity/{name_of(id)} = {label}{late}"
                        sheet.ask(place, write, first, id, value)
                        sheet.ask(f"{place}, read", _hex, first, id)
                        sheet.ask(f"{place}, read by the other vCPU", _hex, second, id)
                if not late:
                    sheet.put("identity/run", try_run(second) or "ok")


_IDENTITY = "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS"


_IDENTITIES = (("another", 0x410FD490), ("one bit beyond 32", 0x1_0000_0000))


def _run_unready(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    """A vCPU that is initialised and finalized, but whose PMU is not set up."""
    if "pmu-v3" not in configuration.features:
        return
    with Machine(kvm, configuration) as machine:
        vcpu = machine.init(0)
        for name in configuration.features:
            if FEATURE_BY_NAME[name].finalize:
                vcpu.finalize(FEATURE_BY_NAME[name].bit)
        sheet.put("run/PMU not initialised", try_run(vcpu) or "ok")
        pfr0 = regid.sysreg(3, 0, 0, 4, 0)
        default = read(vcpu, pfr0)
        other = alternative(vcpu, pfr0, default)
        sheet.put("run/a window is still open after that", other is not None)
        sheet.put("run/the other vCPU, never initialised", try_run(machine.vcpus[1]) or "ok")


def _pmu(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    if "pmu-v3" not in configuration.features or configuration.gic is None:
        return
    irq = devices.PMU_PPI.to_bytes(4, "little")
    with Machine(kvm, configuration) as machine:
        vcpu = machine.vcpus[0]
        sheet.ask("pmu/irq before init", vcpu.set_device_attr, 0, 0, irq)
        machine.init(0)
        for group, attribute in ((0, 0), (0, 1), (0, 99), (99, 0)):
            name = f"pmu/has attribute {group}.{attribute}"
            sheet.ask(name, vcpu.has_device_attr, group, attribute)
        sheet.ask("pmu/init without irq", vcpu.set_device_attr, 0, 1, None)
        sheet.ask("pmu/get irq before", vcpu.get_device_attr, 0, 0, 4)
        sheet.ask("pmu/irq", vcpu.set_device_attr, 0, 0, irq)
        sheet.ask("pmu/get irq", vcpu.get_device_attr, 0, 0, 4)
        sheet.ask("pmu/irq again", vcpu.set_device_attr, 0, 0, irq)
        sheet.ask("pmu/init", vcpu.set_device_attr, 0, 1, None)
        sheet.ask("pmu/init again", vcpu.set_device_attr, 0, 1, None)
        sheet.ask("pmu/irq after init", vcpu.set_device_attr, 0, 0, irq)


def _survival(kvm: Kvm, configuration: Configuration, ids: list[int], sheet: Sheet) -> None:
    """One VM a register: no other register's change can be taken for a lost value."""
    for id in ids:
        with Machine(kvm, configuration) as machine:
            first = machine.init(0)
            machine.finish(0)
            default = read(first, id)
            value = alternative(first, id, default)
            place = f"life/{name_of(id)}"
            if value is None:
                sheet.put(f"{place}: another value", "none")
                continue
            write(first, id, value)
            second = machine.init(1)
            machine.finish(1)
            sheet.put(f"{place}: after another vCPU's init", _seen(first, id, value))
            sheet.put(f"{place}: on the vCPU initialised later", _seen(second, id, value))
            machine.init(0)
            sheet.put(f"{place}: after its own second init", _seen(first, id, value))
            sheet.put(f"{place}: the list", digest(first.get_reg_list()))


def _init(machine: Machine, index: int) -> None:
    machine.init(index)


def _list(vcpu: Vcpu) -> str:
    return digest(vcpu.get_reg_list())


def _hex(vcpu: Vcpu, id: int) -> str:
    return hex(read(vcpu, id))


def _seen(vcpu: Vcpu, id: int, value: int) -> str:
    try:
        return "kept" if read(vcpu, id) == value else "another"
    except KvmError as error:
        return error.errno_name


def _after_run(kvm: Kvm, configuration: Configuration, ids: list[int], sheet: Sheet) -> None:
    for ran in (0, 1):
        with Machine(kvm, configuration).init_all() as machine:
            vcpu = machine.vcpus[0]
            defaults = {id: read(vcpu, id) for id in ids}
            others = {id: alternative(vcpu, id, defaults[id]) for id in ids}
            sheet.put(f"run/vcpu{ran}", try_run(machine.vcpus[ran]) or "ok")
            sheet.put(f"run/list after vcpu{ran} ran", digest(vcpu.get_reg_list()))
            for id in ids:
                place = f"ran/vcpu{ran} ran: {name_of(id)}"
                sheet.put(f"{place}: its own", _late(vcpu, id, defaults[id]))
                sheet.put(f"{place}: another", _late(vcpu, id, others[id]))
                top = (1 << 8 * regid.size_of(id)) - 1
                sheet.put(f"{place}: all ones", _late(vcpu, id, top))
                sheet.put(f"{place}: its own again", _late(vcpu, id, defaults[id]))
            for index in (0, 1):
                sheet.ask(
                    f"run/init of vcpu{index} after vcpu{ran} ran",
                    _init,
                    machine,
                    index,
                )
            changed = [name_of(id) for id in ids if read(vcpu, id) != defaults[id]]
            sheet.put(f"run/not at their reset values after vcpu{ran} ran", " ".join(changed))


def _late(vcpu: Vcpu, id: int, value: Optional[int]) -> str:
    if value is None:
        return "none"
    answer = said(write, vcpu, id, value)
    got = read(vcpu, id)
    return answer if got == value or answer != "ok" else f"{answer}, reads {got:#x}"
