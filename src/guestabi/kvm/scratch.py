"""A throw-away VM with one vCPU, on which a value is tried before the real VM has any vCPU."""

from __future__ import annotations

import errno
from typing import Mapping, Optional, Sequence

from guestabi.errors import RegisterError
from guestabi.kvm.gic import create_gic
from guestabi.kvm.protocol import Handle, Kvm
from guestabi.kvm.vmregs import SET, refuse
from guestabi.uapi.caps import VCPU_FEATURES

FINALIZE_BITS = frozenset(feature.bit for feature in VCPU_FEATURES if feature.finalize)


class Scratch:
    """One VM, one vCPU with ``features`` (bits), finalized where they need it; never run.

    ``gic`` names the in-kernel GIC that the VM has (None: none); ``enable`` are capabilities to
    enable on the VM first. ``close`` gives it all back.
    """

    def __init__(
        self,
        kvm: Kvm,
        features: Sequence[int],
        *,
        gic: Optional[str] = None,
        vm_type: int = 0,
        enable: Sequence[int] = (),
    ) -> None:
        self._open: list[Handle] = []
        try:
            self.vm = kvm.create_vm(vm_type)
            self._open.append(self.vm)
            for capability in enable:
                self.vm.enable_cap(capability)
            self.vcpu = self.vm.create_vcpu(0)
            self._open.append(self.vcpu)
            if gic is not None:
                self._open.append(create_gic(self.vm, gic))
            self.vcpu.init(self.vm.preferred_target(), features)
            for bit in sorted(FINALIZE_BITS & set(features)):
                self.vcpu.finalize(bit)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        while self._open:
            self._open.pop().close()

    def read(self, id: int) -> bytes:
        return self.vcpu.get_one_reg(id)

    def write(self, id: int, data: bytes) -> None:
        """Write and read back. RegisterError with the kernel's errno, or EINVAL where the value
        is taken but not kept; the register then holds what it held."""
        before = self.read(id)
        try:
            self.vcpu.set_one_reg(id, data)
        except RegisterError as error:
            refuse(SET, error.errno, id, data)
        got = self.read(id)
        if got != data:
            self.vcpu.set_one_reg(id, before)
            read = int.from_bytes(got, "little")
            refuse(SET, errno.EINVAL, id, data, f"it would read back as {read:#x}")

    def write_all(self, values: Mapping[int, bytes]) -> None:
        for id, data in values.items():
            self.write(id, data)
