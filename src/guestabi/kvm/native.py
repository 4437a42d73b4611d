"""VM-scoped registers by the kernel's own VM ioctls (docs/uapi-vm-one-reg.md).

The opt-in values, where there are any, are written when the first vCPU is about to exist, and only
to registers that the VMM did not set itself: each register is written once.
"""

from __future__ import annotations

import errno
from typing import Mapping, Optional, cast

from guestabi.kvm.protocol import Kvm, Vm, VmRegisters
from guestabi.kvm.vmregs import GET, SET, refuse
from guestabi.uapi.caps import CAPABILITIES

METHODS = ("get_vm_reg_list", "get_vm_one_reg", "set_vm_one_reg")


def natively(kvm: Kvm, vm: Vm) -> Optional[VmRegisters]:
    """Return ``vm`` as what offers the ioctls, None where the kernel has none."""
    if not all(hasattr(vm, name) for name in METHODS):
        return None
    if not kvm.check_extension(CAPABILITIES["KVM_CAP_ARM_VM_ONE_REG"]):
        return None
    return cast(VmRegisters, vm)


class Native:
    """The backend. ``asked`` are values to have unless the VMM sets others."""

    name = "native"

    def __init__(
        self,
        vm: VmRegisters,
        asked: Optional[Mapping[int, bytes]] = None,
        defaults: Optional[Mapping[int, bytes]] = None,
    ) -> None:
        self._vm = vm
        self._asked = dict(asked or {})
        self._listed = tuple(sorted(vm.get_vm_reg_list()))
        self._defaults = dict(defaults or {})

    @property
    def ids(self) -> tuple[int, ...]:
        return self._listed

    def read(self, id: int) -> bytes:
        if id in self._asked:
            return self._asked[id]
        return self._vm.get_vm_one_reg(id)

    def write(self, id: int, data: bytes) -> None:
        before = self._vm.get_vm_one_reg(id)
        self._defaults.setdefault(id, before)
        self._vm.set_vm_one_reg(id, data)
        got = self._vm.get_vm_one_reg(id)
        if got != data:
            self._vm.set_vm_one_reg(id, before)
            read = int.from_bytes(got, "little")
            refuse(SET, errno.EINVAL, id, data, f"it would read back as {read:#x}")
        self._asked.pop(id, None)

    def default(self, id: int) -> bytes:
        if id not in self._listed:
            refuse(GET, errno.ENOENT, id, None)
        return self._defaults.get(id) or self._vm.get_vm_one_reg(id)

    def settle(self) -> None:
        """Write what was asked for and not set since. The last moment is before the first vCPU."""
        for id, data in sorted(self._asked.items()):
            self._vm.set_vm_one_reg(id, data)
        self._asked.clear()

    def close(self) -> None:
        """Nothing beside the VM is held."""
