"""How userspace reaches a register that a kernel adds: the designs that were argued about, as rows.

A design answers, for a VM-wide register that is new in a kernel: does a vCPU list it while nobody
set it, and once somebody did; what is its value until then; which calls reach it; until when.

``per-vcpu``         2021: listed and on, one value a vCPU. Nobody opted in.
``bitmap``           what was merged in 2022: listed, all services on, one value a VM, fixed by the
                     first run; a VMM that knows it switches off what it does not want.
``scope-flag``       the 2022 posting: as ``bitmap``; with KVM_CAP_ARM_REG_SCOPE enabled, the vCPU's
                     list carries bit 28 on it, and ONE_REG takes the id with or without that bit.
``vm-scoped``        the VM's own ioctls and no others: in no vCPU's list, zero until set, fixed
                     once a vCPU exists.
``listed-when-set``  the VM's own ioctls before the first vCPU, zero until set, and unlisted while
                     it is zero. As soon as it is not, it is listed and writable through vCPUs
                     until the first run, so that a VMM which saves what it sees carries it.

What restoring a set ``listed-when-set`` register needs of a VMM that knows nothing of it: the
destination holds zero, so its list, read before the load, lacks the id. A loader that just writes
every id of the stream (Firecracker) succeeds, because the kernel takes the write through a vCPU
even while the register is zero and unlisted. A loader that first compares the stream with the
destination's list (QEMU) refuses the guest: nothing is lost, but the move fails even where
the destination knows the register. A kernel that does not know it answers ENOENT to either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from guestabi.errors import UnknownName
from guestabi.model.registers import Refused, Row
from guestabi.uapi import regid


@dataclass(frozen=True)
class Design:
    """``listed_unset``, ``listed_set``: in a vCPU's list while its value is zero, and when not.
    ``on``: every service is on until userspace says otherwise. ``vcpu``: KVM_*_ONE_REG on a vCPU
    reaches it. ``native``: the VM's own ioctls do. ``flagged``: bit 28 on demand. ``vm_wide``:
    stored once."""

    name: str
    listed_unset: bool
    listed_set: bool
    on: bool
    vcpu: bool
    native: bool
    flagged: bool
    vm_wide: bool


AS_MEASURED = "as-measured"

DESIGNS: dict[str, Design] = {
    row.name: row
    for row in (
        #                         unset  set    on     vcpu   native flag   vm-wide
        Design("per-vcpu",        True,  True,  True,  True,  False, False, False),
        Design("bitmap",          True,  True,  True,  True,  False, False, True),
        Design("scope-flag",      True,  True,  True,  True,  False, True,  True),
        Design("vm-scoped",       False, False, False, False, True,  False, True),
        Design("listed-when-set", False, True,  False, True,  True,  False, True),
    )
}  # fmt: skip


def find(name: str) -> Design:
    """Return the design called ``name``. Raises UnknownName with the nearest ones."""
    if name not in DESIGNS:
        raise UnknownName("design", name, [*DESIGNS, AS_MEASURED])
    return DESIGNS[name]


@dataclass(frozen=True)
class Extra:
    """A register that a model kernel has beside the measured ones.

    ``accepts`` says which values the kernel takes (64 bits, or as wide as ``id`` says).
    ``default`` is its reset value, ``design`` a name of DESIGNS; :func:`service` fills in both.
    """

    id: int
    name: str
    default: int
    accepts: Callable[[int], bool]
    design: str

    def row(self) -> Row:
        """Return the register's row: refuses with EINVAL, and with EBUSY after the first run."""
        size = regid.size_of(self.id)
        shared = (1 << 8 * size) - 1 if find(self.design).vm_wide else 0
        return Row(self.id, size, self.default, self.default, self._law, shared, store=self.id)

    def _law(self, held: int, value: int, ran: bool) -> int:
        if value == held:
            return held
        if not self.accepts(value):
            raise Refused("EINVAL")
        if ran:
            raise Refused("EBUSY")
        return value


def service(id: int, name: str, bits: int, design: str, default: Optional[int] = None) -> Extra:
    """Return a bitmap of hypercall services ``bits``: any subset of them is accepted.

    The reset value is the design's own, all on or all off, unless ``default`` is given.
    """
    initial = (bits if find(design).on else 0) if default is None else default
    return Extra(id, name, initial, lambda value: not value & ~bits, design)
