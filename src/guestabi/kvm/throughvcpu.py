"""VM-scoped registers on a kernel that reaches them through vCPUs alone.

Before any vCPU exists, values live on a scratch VM, where the kernel judges them at the time of the
call. The first vCPU that is ready gets each of them once; another one is then read to see
that they hold for the VM. This serves plain ONE_REG and the scope flag alike.
"""

from __future__ import annotations

from typing import Callable, Mapping, Optional, Sequence

from guestabi.errors import GuestAbiError
from guestabi.kvm.protocol import Vcpu
from guestabi.kvm.scratch import Scratch
from guestabi.registers.catalogue import name_of

PLAIN = "per-vcpu"
FLAG = "scope-flag"


class ThroughVcpu:
    """The backend for registers ``ids``. ``asked`` are values to have unless the VMM sets others
    (ascending ids); ``open_scratch`` builds a scratch VM with the features of the real one."""

    def __init__(
        self,
        name: str,
        ids: Sequence[int],
        open_scratch: Callable[[], Scratch],
        asked: Optional[Mapping[int, bytes]] = None,
    ) -> None:
        self.name = name
        self._ids = tuple(sorted(ids))
        self._open_scratch = open_scratch
        self._pending = dict(sorted((asked or {}).items()))
        self._scratch: Optional[Scratch] = None
        self._first: Optional[Vcpu] = None
        self._unverified: dict[int, bytes] = {}

    @property
    def ids(self) -> tuple[int, ...]:
        return self._ids

    def read(self, id: int) -> bytes:
        if self._first is not None:
            return self._first.get_one_reg(id)
        return self._opened().read(id)

    def write(self, id: int, data: bytes) -> None:
        self._opened().write(id, data)
        self._pending.pop(id, None)
        self._pending[id] = data

    def default(self, id: int) -> bytes:
        scratch = self._open_scratch()
        try:
            return scratch.read(id)
        finally:
            scratch.close()

    def apply(self, vcpu: Vcpu) -> None:
        """Write every pending value through ``vcpu``, the first that is ready, once."""
        for id, data in self._pending.items():
            vcpu.set_one_reg(id, data)
        self._unverified, self._pending = self._pending, {}
        self._first = vcpu
        self.close()

    def verify(self, vcpu: Vcpu) -> None:
        """Read everything that was written through ``vcpu``, once. GuestAbiError names the
        register that does not hold for the VM."""
        unverified, self._unverified = self._unverified, {}
        for id, data in unverified.items():
            got = vcpu.get_one_reg(id)
            if got != data:
                wrote, read = (int.from_bytes(each, "little") for each in (data, got))
                raise GuestAbiError(
                    f"{name_of(id)} was written as {wrote:#x} and reads {read:#x} on another vCPU",
                    hint="discard the VM: this kernel does not keep the register for the VM",
                )

    def close(self) -> None:
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None

    def _opened(self) -> Scratch:
        if self._scratch is None:
            scratch = self._open_scratch()
            try:
                scratch.write_all(self._pending)
            except BaseException:
                scratch.close()
                raise
            self._scratch = scratch
        return self._scratch
