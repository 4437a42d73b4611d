"""Registers that are the VM's alone: reached by its own ioctls, in no vCPU's list
(docs/uapi-vm-one-reg.md). Kernels without these ioctls have none."""

from __future__ import annotations

from typing import Any, Iterable, Optional

from guestabi.errors import RegisterError
from guestabi.kvm.native import natively
from guestabi.kvm.protocol import Kvm, VmRegisters
from guestabi.probe.machine import Configuration, Machine
from guestabi.probe.stages import WITH_VCPUS, Life
from guestabi.probe.sweep import Cell, Sweeper


class Through:
    """A VM's own registers, asked as those of a vCPU are."""

    def __init__(self, vm: VmRegisters) -> None:
        self._vm = vm

    def get_one_reg(self, id: int) -> bytes:
        return self._vm.get_vm_one_reg(id)

    def set_one_reg(self, id: int, data: bytes) -> None:
        self._vm.set_vm_one_reg(id, data)


def measure(
    kvm: Kvm, configuration: Configuration, listed: Iterable[int]
) -> list[tuple[Cell, Life]]:
    """Return each register that is not among ``listed``, the vCPUs' own.

    Values are tried before any vCPU exists, and once more when one does.
    """
    known = frozenset(listed)
    cells = []
    with kvm.create_vm() as vm:
        native = natively(kvm, vm)
        if native is None:
            return []
        through: Any = Through(native)
        for id in sorted(set(native.get_vm_reg_list()) - known):
            cell = Cell(id, int.from_bytes(native.get_vm_one_reg(id), "little"), None)
            Sweeper(through, through).measure(cell)
            cell.scope = "vm"
            for row in cell.fields or []:
                row["scope"] = "vm"
            cells.append(cell)
    return [(cell, _late(kvm, configuration, cell)) for cell in cells]


def _late(kvm: Kvm, configuration: Configuration, cell: Cell) -> Life:
    with Machine(kvm, configuration) as machine:
        native = natively(kvm, machine.vm)
        assert native is not None
        said = {"same": _write(native, cell, cell.default)}
        if cell.alternative is not None:
            said["other"] = _write(native, cell, cell.alternative)
    return Life({WITH_VCPUS: said})


def _write(vm: VmRegisters, cell: Cell, value: int) -> str:
    error: Optional[str] = None
    try:
        vm.set_vm_one_reg(cell.id, value.to_bytes(cell.size, "little"))
    except RegisterError as refused:
        error = refused.errno_name
    return error or "ok"
