"""Conformance of what only a kernel with VM-scoped registers can be asked: the VM's own ioctls
(docs/uapi-vm-one-reg.md), and the scope flag in ids. A kernel that offers neither is asked nothing.
"""

from __future__ import annotations

from typing import Optional, Sequence

from guestabi.kvm.native import natively
from guestabi.kvm.protocol import Kvm, Vcpu, VmRegisters
from guestabi.probe.capture import SVE_VLS
from guestabi.probe.conformance import Sheet, said
from guestabi.probe.conformance_values import STRANGERS, alternative, digest, moves, read, tries
from guestabi.probe.machine import Configuration, Machine, try_run
from guestabi.probe.vmonly import Through
from guestabi.registers.catalogue import name_of
from guestabi.registers.telling import TELLS, Tells
from guestabi.uapi import regid
from guestabi.uapi.caps import CAPABILITIES, VM_ONE_REG_MOVE_OLD
from guestabi.uapi.regid import SCOPE_VM_FLAG

VM_ONE_REG = CAPABILITIES["KVM_CAP_ARM_VM_ONE_REG"]
REG_SCOPE = CAPABILITIES["KVM_CAP_ARM_REG_SCOPE"]
_ENABLED = (("nothing enabled", None), ("MOVE_OLD", VM_ONE_REG_MOVE_OLD))


def ask(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    """Ask all of it that ``kvm`` offers."""
    offered = kvm.check_extension(VM_ONE_REG)
    if offered:
        _enable(kvm, sheet)
        for name, flags in _ENABLED:
            if flags is None or offered & flags:
                _Vms(kvm, configuration, sheet, f"vm registers, {name}", flags).ask()
    if kvm.check_extension(REG_SCOPE):
        _flag(kvm, configuration, sheet)


def _enable(kvm: Kvm, sheet: Sheet) -> None:
    """The arguments of KVM_ENABLE_CAP, before and after the first vCPU."""
    tried = ([0], [1], [2], [4], [1 << 63], [0, 1], [2, 0, 0, 1])
    for args in tried:
        with kvm.create_vm() as vm:
            sheet.ask(f"vm registers/enable {args}", vm.enable_cap, VM_ONE_REG, args)
            sheet.ask(f"vm registers/enable {args} again", vm.enable_cap, VM_ONE_REG, args)
        with kvm.create_vm() as vm, vm.create_vcpu(0):
            sheet.ask(f"vm registers/enable {args} late", vm.enable_cap, VM_ONE_REG, args)


class _Vms:
    """Asks VMs of one kind, all made alike."""

    def __init__(
        self,
        kvm: Kvm,
        configuration: Configuration,
        sheet: Sheet,
        place: str,
        flags: Optional[int],
    ) -> None:
        self._kvm = kvm
        self._configuration = configuration
        self._sheet = sheet
        self._place = place
        self._flags = flags

    def ask(self) -> None:
        with self._machine() as machine:
            ids = self._before(machine)
            others = {id: alternative(_vcpu(machine), id, _value(machine, id)) for id in ids}
        self._life(ids, others)
        for tells in TELLS:
            if tells.register in ids:
                self._contradiction(tells)

    def _machine(self) -> Machine:
        enable = [] if self._flags is None else [(VM_ONE_REG, [self._flags])]
        return Machine(self._kvm, self._configuration, enable=enable, born=False)

    def _put(self, name: str, answer: object) -> None:
        self._sheet.put(f"{self._place}/{name}", answer)

    def _before(self, machine: Machine) -> Sequence[int]:
        """Lists, defaults, strangers and values before any vCPU exists."""
        vm = _native(machine)
        ids = sorted(vm.get_vm_reg_list())
        self._put("list: length", len(ids))
        self._put("list", digest(ids))
        self._put("list: again", digest(vm.get_vm_reg_list()))
        for name, id in STRANGERS:
            self._put(f"{name}, get", said(vm.get_vm_one_reg, id))
            self._put(f"{name}, set", said(vm.set_vm_one_reg, id, bytes(regid.size_of(id))))
        for id in ids:
            default = _value(machine, id)
            self._put(f"{name_of(id)}: default", hex(default))
            for label, value in (("its own", default), *tries(id, default)):
                self._put(f"{name_of(id)}: {label}", _try(vm, id, value, default))
        return ids

    def _life(self, ids: Sequence[int], others: dict[int, Optional[int]]) -> None:
        """Values that were set, from the first vCPU to its run."""
        with self._machine() as machine:
            vm = _native(machine)
            for id, value in others.items():
                if value is not None:
                    self._put(f"{name_of(id)}: another, to stay", said(_set, vm, id, value))
            held = {id: _value(machine, id) for id in ids}
            machine.bear()
            for id in ids:
                place = f"{name_of(id)}: with vCPUs,"
                self._put(f"{place} its own", said(_set, vm, id, held[id]))
                self._put(f"{place} all ones", said(_set, vm, id, (1 << 64) - 1))
            for name, id in STRANGERS:
                late = said(vm.set_vm_one_reg, id, bytes(regid.size_of(id)))
                self._put(f"{name}, set with vCPUs", late)
            self._kept("vCPUs", machine, held)
            machine.init_all()
            self._kept("init", machine, held)
            self._on_vcpus(machine.vcpus[0], ids)
            self._put("run", try_run(machine.vcpus[0]) or "ok")
            self._kept("run", machine, held)
            self._put("init after run", said(machine.init, 1))
            self._kept("another init", machine, held)

    def _contradiction(self, tells: Tells) -> None:
        """What the vCPUs' features say otherwise: found when they are initialised."""
        with self._machine() as machine:
            vm = _native(machine)
            value = _value(machine, tells.register) & ~tells.mask | tells.without
            place = f"{name_of(tells.register)}: as without {tells.feature}"
            self._put(place, said(_set, vm, tells.register, value))
            machine.bear()
            self._put(f"{place}, init", said(lambda: _init(machine)))
            self._put(f"{place}, read then", hex(_value(machine, tells.register)))

    def _kept(self, when: str, machine: Machine, held: dict[int, int]) -> None:
        changed = [name_of(id) for id, value in held.items() if _value(machine, id) != value]
        self._put(f"changed after {when}", " ".join(changed))
        self._put(f"list after {when}", digest(_native(machine).get_vm_reg_list()))

    def _on_vcpus(self, vcpu: Vcpu, ids: Sequence[int]) -> None:
        listed = vcpu.get_reg_list()
        self._put("a vCPU's list: length", len(listed))
        self._put("a vCPU's list", digest(listed))
        for id in ids:
            zeros = bytes(regid.size_of(id))
            self._put(f"{name_of(id)}: listed on a vCPU", id in listed)
            got = said(lambda id=id: hex(read(vcpu, id)))
            self._put(f"{name_of(id)}: get on a vCPU", got)
            if id not in listed:
                self._put(f"{name_of(id)}: set on a vCPU", said(vcpu.set_one_reg, id, zeros))


def _init(machine: Machine) -> None:
    machine.init(0)


def _native(machine: Machine) -> VmRegisters:
    found = natively(machine.kvm, machine.vm)
    assert found is not None
    return found


def _vcpu(machine: Machine) -> Vcpu:
    through: Vcpu = Through(_native(machine))  # type: ignore[assignment]
    return through


def _value(machine: Machine, id: int) -> int:
    return int.from_bytes(_native(machine).get_vm_one_reg(id), "little")


def _set(vm: VmRegisters, id: int, value: int) -> None:
    vm.set_vm_one_reg(id, (value & (1 << 8 * regid.size_of(id)) - 1).to_bytes(8, "little"))


def _try(vm: VmRegisters, id: int, value: int, default: int) -> str:
    """Set ``value``; say what was answered and, where it does not read back, what is read."""
    answer = said(_set, vm, id, value)
    got = int.from_bytes(vm.get_vm_one_reg(id), "little")
    wanted = value if answer == "ok" else default
    _set(vm, id, default)
    return answer if got == wanted else f"{answer}, reads {got:#x}"


def _flag(kvm: Kvm, configuration: Configuration, sheet: Sheet) -> None:
    """Bit 28: in lists once it is enabled, and in the ids that ONE_REG takes."""
    with Machine(kvm, configuration).init_all() as machine:
        before = machine.vcpus[0].get_reg_list()
        sheet.put("scope flag/list, not enabled", digest(before))
        sheet.ask("scope flag/enable", machine.vm.enable_cap, REG_SCOPE)
        sheet.ask("scope flag/enable again", machine.vm.enable_cap, REG_SCOPE)
        first, second = machine.vcpus[:2]
        listed = first.get_reg_list()
        sheet.put("scope flag/list", digest(listed))
        sheet.put("scope flag/list of another vCPU", digest(second.get_reg_list()))
        sheet.put("scope flag/flagged", sum(bool(id & SCOPE_VM_FLAG) for id in listed))
        for id in sorted(before):
            if id == SVE_VLS or moves(first, id):
                continue
            place = f"scope flag/{name_of(id)}"
            data = first.get_one_reg(id)
            flagged = id | SCOPE_VM_FLAG
            sheet.ask(f"{place}: get", lambda id=flagged: hex(read(first, id)))
            sheet.ask(f"{place}: set", first.set_one_reg, flagged, data)
        for name, id in STRANGERS:
            place = f"scope flag/{name}"
            sheet.ask(f"{place}: get", first.get_one_reg, id | SCOPE_VM_FLAG)
