"""In-kernel devices and attribute groups that guestabi touches, as rows.

Facts from ``arch/arm64/include/uapi/asm/kvm.h``, ``include/uapi/linux/kvm.h`` and
``Documentation/virt/kvm/devices/{arm-vgic,arm-vgic-v3,vcpu}.rst``.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_VGIC_V2 = 5
TYPE_VGIC_V3 = 7

VGIC_GRP_ADDR = 0
VGIC_GRP_DIST_REGS = 1
VGIC_GRP_CTRL = 4
VGIC_CTRL_INIT = 0
VGIC_GRP_REDIST_REGS = 5
VGIC_GRP_CPU_SYSREGS = 6
VGIC_GRP_LEVEL_INFO = 7
VGIC_AFFINITY_SHIFT = 32
"""In the attributes of the last three groups: where the affinity of the vCPU begins, Aff0 first."""

VCPU_PMU_V3_CTRL = 0
VCPU_PMU_V3_IRQ = 0
VCPU_PMU_V3_INIT = 1
PMU_PPI = 23
"""The PPI that QEMU's and most other machines give the PMU."""


@dataclass(frozen=True)
class Gic:
    """A GIC model: how it is created, and where its frames are put in guest memory (any free
    place will do; these are the places of QEMU's ``virt`` machine)."""

    name: str
    device_type: int
    addresses: tuple[tuple[int, int], ...]
    """(VGIC_GRP_ADDR attribute, guest address)"""


GICS: tuple[Gic, ...] = (
    Gic("v3", TYPE_VGIC_V3, ((2, 0x0800_0000), (3, 0x080A_0000))),
    Gic("v2", TYPE_VGIC_V2, ((0, 0x0800_0000), (1, 0x0801_0000))),
)
"""Newest first: a VMM prefers v3."""


@dataclass(frozen=True)
class DistRegister:
    """A distributor register that a guest can tell its host by. ``tries``: values to write,
    as (mask, bits) over the default."""

    name: str
    offset: int
    tries: tuple[tuple[int, int], ...] = ()


REVISION_MASK = 0xF << 12

DIST_REGISTERS: tuple[DistRegister, ...] = (
    DistRegister("GICD_TYPER", 0x4),
    DistRegister("GICD_IIDR", 0x8, tuple((REVISION_MASK, revision << 12) for revision in range(5))),
    DistRegister("GICD_TYPER2", 0xC),
)
"""GICD_IIDR.Revision selects the VGIC behaviour that userspace restores
(arch/arm64/kvm/vgic/vgic-mmio-v3.c, vgic_mmio_uaccess_write_v3_misc)."""
