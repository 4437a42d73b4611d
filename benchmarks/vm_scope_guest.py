"""What it costs to give N vCPUs their registers: the VM's written N times, or once.

Imported by vm_scope.py for the model; run in the lab's guest it measures the real kernel and
prints JSON: ``{"r_vm", "r_vcpu", "rows": [{"vcpus", "once", "ioctls", "locks", "seconds",
"vm_seconds"}]}``; ``vm_seconds`` is the part of the VM's registers alone.
"""

import json
import statistics
import sys
import threading
import time

if __name__ == "__main__":
    sys.path.insert(0, "guestabi-capture.pyz")

from guestabi.kvm.state import SVE_VLS, in_order, put
from guestabi.probe import scopes
from guestabi.probe.machine import Configuration, Machine, choose
from guestabi.uapi.caps import FEATURE_BY_NAME

VCPUS = (1, 2, 4, 8, 16, 32, 64)
ROUNDS = 3


def measure(kvm, locks=None):
    """Return the rows of both ways on ``kvm``; ``locks`` counts acquisitions, where it can."""
    chosen = choose(kvm)
    bits = [FEATURE_BY_NAME[name].bit for name in chosen.features]
    shared = scopes.measure(kvm, bits, chosen.gic)
    rows = []
    for count in VCPUS:
        with Machine(kvm, Configuration(chosen.features, chosen.gic, count)).init_all() as machine:
            first = machine.vcpus[0]
            values = {id: first.get_one_reg(id) for id in first.get_reg_list() if id != SVE_VLS}
            vm = in_order({id: data for id, data in values.items() if id in shared})
            own = in_order({id: data for id, data in values.items() if id not in shared})
            rows += [row(machine.vcpus, vm, own, once, locks) for once in (False, True)]
    return {"r_vm": len(vm), "r_vcpu": len(own), "rows": rows}


def row(vcpus, vm, own, once, locks):
    """Restore all of it into ``vcpus``, then the VM's part alone: medians of wall time."""
    before = taken(locks)
    restore(vcpus, vm, own, once)
    acquired = None if locks is None else taken(locks) - before
    written = len(vm) * (1 if once else len(vcpus)) + len(own) * len(vcpus)
    return {
        "vcpus": len(vcpus),
        "once": once,
        "ioctls": written,
        "locks": acquired,
        "seconds": timed(vcpus, vm, own, once),
        "vm_seconds": timed(vcpus, vm, [], once),
    }


def timed(vcpus, vm, own, once):
    return statistics.median(restore(vcpus, vm, own, once) for _ in range(ROUNDS))


def taken(locks):
    return 0 if locks is None else sum(locks.values())


def restore(vcpus, vm, own, once):
    """Write ``vm`` through each vCPU or through the first alone, and ``own`` to each, one thread a
    vCPU; return the seconds."""
    started = time.perf_counter()
    if once:
        put(vcpus[0], vm)
    each = own if once else vm + own
    if each:
        threads = [threading.Thread(target=put, args=(vcpu, each)) for vcpu in vcpus]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return time.perf_counter() - started


def main():
    from guestabi.kvm.device import KvmDevice

    with KvmDevice() as kvm:
        print(json.dumps(measure(kvm)))


if __name__ == "__main__":
    main()
