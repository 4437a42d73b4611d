"""Which registers does a VM have once? Measured, on throw-away VMs, in a fraction of a capture.

A register is VM-scoped when every change of it through one vCPU shows through another, and the
change outlives the initialisation of either. One that is VM-wide in part (PMCR_EL0: its N is, its
enable bits are not) is a vCPU's own.
"""

from __future__ import annotations

from typing import Iterator, Optional, Sequence

from guestabi.errors import RegisterError
from guestabi.kvm.protocol import Kvm, Vcpu
from guestabi.probe.machine import Configuration, Machine
from guestabi.probe.sweep import Cell, fields_of, is_swept, patterns_for
from guestabi.uapi.caps import VCPU_FEATURES

WIDEST_TRIED = 3
"""Of a field of more bits, a few values are tried and not all."""


def measure(kvm: Kvm, features: Sequence[int], gic: Optional[str] = None) -> frozenset[int]:
    """Return the ids of the VM-scoped registers of a VM whose vCPUs have these feature bits."""
    names = tuple(sorted(row.name for row in VCPU_FEATURES if row.bit in features))
    configuration = Configuration(names, gic)
    with Machine(kvm, configuration).init_all() as machine:
        first, second = machine.vcpus
        changes = {id: _shared_change(first, second, id) for id in first.get_reg_list()}
    found = {id: data for id, data in changes.items() if data is not None}
    return frozenset(_lasting(kvm, configuration, found))


def _shared_change(first: Vcpu, second: Vcpu, id: int) -> Optional[bytes]:
    """Return another value that both vCPUs then show; None where a change is one vCPU's alone."""
    default, other = first.get_one_reg(id), second.get_one_reg(id)
    if (default, other) != (first.get_one_reg(id), second.get_one_reg(id)):
        return None
    shared: Optional[bytes] = None
    for field in _candidates(Cell(id, _int(default), _int(other))):
        for value in field:
            if not _write(first, id, value.to_bytes(len(default), "little")):
                continue
            now, there = first.get_one_reg(id), second.get_one_reg(id)
            changed = _int(now) ^ _int(default)
            _write(first, id, default)
            if changed & ~(_int(there) ^ _int(other)):
                return None
            if changed:
                shared = now
                break
    return shared


def _candidates(cell: Cell) -> Iterator[list[int]]:
    """Yield lists of values; the first one of each that is taken is enough."""
    if not is_swept(cell.id):
        for value in patterns_for(cell.size):
            yield [value]
        return
    for _, low, width, values, _ in fields_of(cell):
        mask = (1 << width) - 1
        own = cell.default >> low & mask
        few = {own ^ 1, own - 1 & mask, own + 1 & mask, 0, mask}
        tried = few if WIDEST_TRIED < width <= 16 else set(values)
        yield [cell.default & ~(mask << low) | raw << low for raw in sorted(tried - {own})]


def _lasting(kvm: Kvm, configuration: Configuration, changes: dict[int, bytes]) -> Iterator[int]:
    with Machine(kvm, configuration) as machine:
        first = machine.init(0)
        machine.finish(0)
        for id, data in changes.items():
            _write(first, id, data)
        # What another register's change undid says nothing of how long this one lasts.
        held = {id: data for id, data in changes.items() if first.get_one_reg(id) == data}
        second = machine.init(1)
        machine.finish(1)
        machine.init(0)
        for id in sorted(changes):
            kept = held.get(id)
            if kept is None or first.get_one_reg(id) == second.get_one_reg(id) == kept:
                yield id


def _write(vcpu: Vcpu, id: int, data: bytes) -> bool:
    try:
        vcpu.set_one_reg(id, data)
    except RegisterError:
        return False
    return True


def _int(data: bytes) -> int:
    return int.from_bytes(data, "little")
