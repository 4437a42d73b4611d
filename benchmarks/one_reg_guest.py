"""Runs in the lab's guest: C and Python in turn, on the same boot. Prints JSON."""

import json
import subprocess
import sys
import time

sys.path.insert(0, "guestabi-capture.pyz")

from guestabi.kvm.device import KvmDevice

REGISTER = 0x603000000013C020
CALLS = 20_000
ROUNDS = 5


def python() -> float:
    with KvmDevice() as kvm, kvm.create_vm() as vm, vm.create_vcpu(0) as vcpu:
        vcpu.init(vm.preferred_target(), [2])
        get = vcpu.get_one_reg
        started = time.perf_counter_ns()
        for _ in range(CALLS):
            get(REGISTER)
        return (time.perf_counter_ns() - started) / CALLS


def c() -> float:
    said = subprocess.run(["./one_reg", str(CALLS)], check=True, capture_output=True)
    return float(said.stdout)


rounds = [(c(), python()) for _ in range(ROUNDS)]
print(json.dumps(rounds))
