"""What of a saved machine a kernel with fewer registers can do without.

A register that a kernel does not list still looks like something to its guest: a service that is
off, a register that reads as zero. Where the saved value is just that, the kernel without it shows
the same. And a register of a feature that the machine's own ID registers deny cannot be reached by
the guest at all: 6.12 lists TCR2_EL1, PIR_EL1 and PIRE0_EL1 on every CPU (measured).
"""

from __future__ import annotations

from dataclasses import replace
from typing import AbstractSet

from guestabi.kvm.scoped import ScopedKvm
from guestabi.kvm.scratch import Scratch
from guestabi.kvm.snapshot import Snapshot, Values
from guestabi.registers.catalogue import find, lookup
from guestabi.registers.model import Requirement


def listed(kvm: ScopedKvm) -> frozenset[int]:
    """Return every register of ``kvm``'s VMs, the VM's own and the vCPUs', by a throw-away VM."""
    with kvm.create_vm() as vm:
        shared = frozenset(vm.regs)
    scratch = Scratch(kvm.raw, kvm.features, gic=kvm.gic)
    try:
        return shared | frozenset(scratch.vcpu.get_reg_list())
    finally:
        scratch.close()


def fitted(snapshot: Snapshot, there: AbstractSet[int]) -> Snapshot:
    """Return ``snapshot`` without the registers that are not ``there`` and that no guest misses.
    What a guest could miss stays, to be refused by name."""
    own = tuple(_fit(values, {**snapshot.vm, **values}, there) for values in snapshot.vcpus)
    seen = {**snapshot.vm, **snapshot.vcpus[0]}
    return replace(snapshot, vm=_fit(snapshot.vm, seen, there), vcpus=own)


def _fit(values: Values, seen: Values, there: AbstractSet[int]) -> Values:
    return {id: data for id, data in values.items() if id in there or _missed(id, data, seen)}


def _missed(id: int, data: bytes, seen: Values) -> bool:
    register = lookup(id)
    if register is None:
        return True
    if register.absent == int.from_bytes(data, "little"):
        return False
    return not register.requires or any(_may_hold(each, seen) for each in register.requires)


def _may_hold(requirement: Requirement, seen: Values) -> bool:
    tells = find(requirement.register)
    data = seen.get(tells.id)
    if data is None:
        return True
    field = tells.field(requirement.field)
    return requirement.holds(field.interpret(int.from_bytes(data, "little")))
