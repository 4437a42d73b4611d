"""What it costs to give N vCPUs their registers: the VM's written on each vCPU, or once.

Imported by vm_scope.py for the model; run in the lab's guest it measures the real kernel and
prints JSON: ``{"r_vm", "r_vcpu", "rows": [row, ...]}``, where a row is ``{"vcpus", "way", "vm",
"all", "first_init"}``. ``vm`` is the VM's registers alone and ``all`` all of them, each
``{"writes", "seconds", "locks": {name: [acquired, waited for]}}``, medians over the rounds;
``first_init`` is the seconds of the first KVM_ARM_VCPU_INIT. None is what was not counted.
"""

import ctypes
import json
import statistics
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, "guestabi-capture.pyz")

from guestabi.kvm.state import SVE_VLS, in_order
from guestabi.probe import scopes
from guestabi.probe.machine import Configuration, Machine, choose
from guestabi.uapi.caps import CAPABILITIES, FEATURE_BY_NAME, VM_ONE_REG_MOVE_OLD
from guestabi.uapi.regid import SCOPE_VM_FLAG

VCPUS = (1, 2, 4, 8, 16, 32, 64)
PER_VCPU, FIRST_VCPU, SCOPE_FLAG, VM_SCOPED = "per-vcpu", "first-vcpu", "scope-flag", "vm-scoped"
REG_SCOPE = CAPABILITIES["KVM_CAP_ARM_REG_SCOPE"]
VM_ONE_REG = CAPABILITIES["KVM_CAP_ARM_VM_ONE_REG"]
ENABLE = {SCOPE_FLAG: [(REG_SCOPE, [])], VM_SCOPED: [(VM_ONE_REG, [VM_ONE_REG_MOVE_OLD])]}


def measure(kvm, writer, rounds):
    """Return the rows of both ways that ``kvm`` has, on a new VM each round."""
    chosen = choose(kvm)
    way = best_way(kvm)
    ids = vm_wide(kvm, chosen, way)
    with Machine(kvm, Configuration(chosen.features, None, 1)).init_all() as machine:
        vcpu = machine.vcpus[0]
        values = {id: vcpu.get_one_reg(id) for id in vcpu.get_reg_list() if id != SVE_VLS}
    vm = in_order({id: data for id, data in values.items() if id in ids})
    own = in_order({id: data for id, data in values.items() if id not in ids})
    rows = []
    for count in VCPUS:
        configuration = Configuration(chosen.features, None, count)
        found = {PER_VCPU: [], way: []}
        for number in range(rounds):
            for each, done in found.items():
                writer.begin(number)
                done.append(restore(kvm, configuration, each, vm, own, writer))
        rows += [{"vcpus": count, "way": each, **medians(done)} for each, done in found.items()]
    return {"r_vm": len(vm), "r_vcpu": len(own), "rows": rows}


def best_way(kvm):
    """Return how ``kvm`` is given once what is the VM's."""
    if kvm.check_extension(VM_ONE_REG) & VM_ONE_REG_MOVE_OLD:
        return VM_SCOPED
    return SCOPE_FLAG if kvm.check_extension(REG_SCOPE) else FIRST_VCPU


def vm_wide(kvm, chosen, way):
    """Return the ids of what is the VM's: as the kernel lists them, else as measured."""
    if way == FIRST_VCPU:
        bits = [FEATURE_BY_NAME[name].bit for name in chosen.features]
        return scopes.measure(kvm, bits, chosen.gic)
    with Machine(kvm, chosen, enable=ENABLE[way]) as machine:
        if way == VM_SCOPED:
            return frozenset(machine.vm.get_vm_reg_list())
        listed = machine.init(0).get_reg_list()
        return frozenset(id & ~SCOPE_VM_FLAG for id in listed if id & SCOPE_VM_FLAG)


def restore(kvm, configuration, way, vm, own, writer):
    """Build a VM, write all of its registers; return what it cost."""
    with Machine(kvm, configuration, enable=ENABLE.get(way, ()), born=False) as machine:
        part = writer.put([machine.vm], vm) if way == VM_SCOPED else None
        machine.bear()
        started = time.perf_counter()
        machine.init(0)
        first_init = time.perf_counter() - started
        for index in range(1, configuration.vcpus):
            machine.init(index)
        for index in range(configuration.vcpus):
            machine.finish(index)
        vcpus = machine.vcpus
        if way == PER_VCPU:
            part, whole = writer.put(vcpus, vm), writer.put(vcpus, vm + own)
            return {"vm": part, "all": whole, "first_init": first_init}
        if way == SCOPE_FLAG:
            vm = [(id | SCOPE_VM_FLAG, data) for id, data in vm]
        part = part or writer.put(vcpus[:1], vm)
        whole = added(part, writer.put(vcpus, own))
        return {"vm": part, "all": whole, "first_init": first_init}


def added(one, two):
    """Return the cost of one after the other."""
    if isinstance(one, dict):
        return {key: added(one[key], two[key]) for key in one}
    if isinstance(one, list):
        return [added(*pair) for pair in zip(one, two)]
    return None if one is None else one + two


def medians(rounds):
    """Return the median of each number in ``rounds``; those that are None do not count."""
    first = rounds[0]
    if isinstance(first, dict):
        return {key: medians([each[key] for each in rounds]) for key in first}
    if isinstance(first, list):
        return [medians(each) for each in zip(*rounds)]
    there = [each for each in rounds if each is not None]
    return statistics.median_high(there) if there else None


class OnModel:
    """Writes in turn and counts locks: a model has no time, and nobody waits."""

    def __init__(self, kvm):
        self._locks = kvm.locks

    def begin(self, number):
        """Nothing is to be prepared."""

    def put(self, handles, writes):
        before = sum(self._locks.values())
        for handle in handles:
            write = getattr(handle, "set_vm_one_reg", None) or handle.set_one_reg
            for id, data in writes:
                write(id, data)
        acquired = sum(self._locks.values()) - before
        return {"writes": len(handles) * len(writes), "seconds": None, "locks": {"": [acquired, 0]}}


class OneReg(ctypes.Structure):
    _fields_ = (("id", ctypes.c_uint64), ("addr", ctypes.c_uint64))


class OnDevice:
    """Writes with a thread a descriptor (vm_scope.c). ``locks`` counts, where it is asked to."""

    def __init__(self, library, locks):
        self._put = ctypes.CDLL(library).put
        self._put.restype = ctypes.c_double
        self._locks = locks

    def begin(self, number):
        if self._locks:
            self._locks.begin(number)

    def put(self, handles, writes):
        kept = [ctypes.create_string_buffer(data, len(data)) for _, data in writes]
        packed = (OneReg * len(writes))(
            *(OneReg(id, ctypes.addressof(data)) for (id, _), data in zip(writes, kept))
        )
        fds = (ctypes.c_int * len(handles))(*(handle._fd for handle in handles))
        if self._locks:
            self._locks.start()
        seconds = self._put(fds, len(handles), packed, len(writes))
        locks = self._locks.stop() if self._locks else {}
        if seconds < 0:
            raise SystemExit(f"a write failed: errno {-seconds:.0f}")
        return {"writes": len(handles) * len(writes), "seconds": seconds, "locks": locks}


def main():
    from vm_scope_locks import Locks

    from guestabi.kvm.device import KvmDevice

    locks = Locks() if sys.argv[2:] == ["locks"] else None
    with KvmDevice() as kvm:
        print(json.dumps(measure(kvm, OnDevice("./vm_scope.so", locks), int(sys.argv[1]))))


if __name__ == "__main__":
    main()
