"""The registers that make up the state of an in-kernel GICv3, as rows in the order of a restore.

Groups and attributes: Linux Documentation/virt/kvm/devices/arm-vgic-v3.rst. Offsets and encodings:
IHI0069 (GICv3). No ITS and no LPIs: the machines of :mod:`guestabi.vmm.machine` have none.
"""

from __future__ import annotations

from dataclasses import dataclass

from guestabi.uapi import devices

State = dict[str, list[int]]
"""The register's name, and its words in the order of their attributes: one after the other for each
vCPU where every vCPU has the register."""

_DIST = devices.VGIC_GRP_DIST_REGS
_REDIST = devices.VGIC_GRP_REDIST_REGS
_CPU = devices.VGIC_GRP_CPU_SYSREGS
_LEVEL = devices.VGIC_GRP_LEVEL_INFO
_STEP = {_DIST: 4, _REDIST: 4, _CPU: 1, _LEVEL: 32}
"""From the attribute of one word to the next one's: bytes, op2, interrupts."""
_SGI = 0x1_0000
"""Offset of a redistributor's second frame"""


@dataclass(frozen=True)
class Row:
    """A register, or several of one name. ``at``: the attribute of the first word, without the
    affinity of a vCPU: an offset, an encoding, or the number of an interrupt."""

    name: str
    group: int
    at: int
    words: int = 1
    """0: as many as the priority bits need"""
    bits: int = 0
    """An interrupt, in an array of all interrupts; what it has for the private ones is left out"""
    clears: bool = False
    """Written with ones, which clear what the next row sets; not saved"""

    @property
    def size(self) -> int:
        """Return how many bytes a word has."""
        return 8 if self.group == _CPU else 4


def _encoding(op1: int, crn: int, crm: int, op2: int) -> int:
    return 3 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2


IDENTITY = tuple(Row(each.name, _DIST, each.offset) for each in devices.DIST_REGISTERS)
"""What a guest knows the controller by: before all others."""

ROWS: tuple[Row, ...] = (
    # Before anything is pending: what becomes pending while the distributor is off is queued to no
    # vCPU (vgic.c, vgic_target_oracle), and lost when it is turned on afterwards (measured).
    Row("GICD_CTLR", _DIST, 0x0),
    Row("GICD_STATUSR", _DIST, 0x10),
    # The tables are fixed once GICR_CTLR has enabled LPIs.
    Row("GICR_PROPBASER", _REDIST, 0x70, words=2),
    Row("GICR_PENDBASER", _REDIST, 0x78, words=2),
    Row("GICR_CTLR", _REDIST, 0x0),
    Row("GICR_STATUSR", _REDIST, 0x10),
    Row("GICR_WAKER", _REDIST, 0x14),
    # Where interrupts go, in which group and how: before one is pending or active.
    Row("GICD_IROUTER", _DIST, 0x6000, bits=64),
    Row("GICD_IGROUPR", _DIST, 0x80, bits=1),
    Row("GICR_IGROUPR0", _REDIST, _SGI + 0x80),
    Row("GICD_ICFGR", _DIST, 0xC00, bits=2),
    Row("GICR_ICFGR", _REDIST, _SGI + 0xC00, words=2),
    Row("GICD_IPRIORITYR", _DIST, 0x400, bits=8),
    Row("GICR_IPRIORITYR", _REDIST, _SGI + 0x400, words=8),
    Row("GICD_ICENABLER", _DIST, 0x180, bits=1, clears=True),
    Row("GICD_ISENABLER", _DIST, 0x100, bits=1),
    Row("GICR_ICENABLER0", _REDIST, _SGI + 0x180, clears=True),
    Row("GICR_ISENABLER0", _REDIST, _SGI + 0x100),
    Row("line levels of SPIs", _LEVEL, 0, bits=1),
    Row("line levels of PPIs", _LEVEL, 0),
    # The latch: a write sets it and clears it.
    Row("GICD_ISPENDR", _DIST, 0x200, bits=1),
    Row("GICR_ISPENDR0", _REDIST, _SGI + 0x200),
    Row("GICD_ICACTIVER", _DIST, 0x380, bits=1, clears=True),
    Row("GICD_ISACTIVER", _DIST, 0x300, bits=1),
    Row("GICR_ICACTIVER0", _REDIST, _SGI + 0x380, clears=True),
    Row("GICR_ISACTIVER0", _REDIST, _SGI + 0x300),
    Row("ICC_SRE_EL1", _CPU, _encoding(0, 12, 12, 5)),
    # Before what depends on it: PRIbits, how many AP registers there are; CBPR, whether BPR1 is
    # one of its own.
    Row("ICC_CTLR_EL1", _CPU, _encoding(0, 12, 12, 4)),
    Row("ICC_PMR_EL1", _CPU, _encoding(0, 4, 6, 0)),
    Row("ICC_BPR0_EL1", _CPU, _encoding(0, 12, 8, 3)),
    Row("ICC_BPR1_EL1", _CPU, _encoding(0, 12, 12, 3)),
    Row("ICC_AP0R_EL1", _CPU, _encoding(0, 12, 8, 4), words=0),
    Row("ICC_AP1R_EL1", _CPU, _encoding(0, 12, 9, 0), words=0),
    Row("ICC_IGRPEN0_EL1", _CPU, _encoding(0, 12, 12, 6)),
    Row("ICC_IGRPEN1_EL1", _CPU, _encoding(0, 12, 12, 7)),
)
"""Everything else, in the order of a restore."""

SAVED = (*IDENTITY, *(row for row in ROWS if not row.clears))


def attributes(row: Row, state: State, vcpus: int) -> list[int]:
    """Return the attribute of each word of ``row`` on a GICv3 with ``vcpus`` vCPUs.

    ``state`` has at least GICD_TYPER, which tells how many interrupts there are, and for the AP
    registers ICC_CTLR_EL1.
    """
    step = _STEP[row.group]
    if row.bits:
        # GICD_TYPER.ITLinesNumber: how many times 32 SPIs there are.
        words = row.bits * (state["GICD_TYPER"][0] & 0x1F)
        return [row.at + step * (row.bits + word) for word in range(words)]
    if row.group == _DIST:
        return [row.at]
    count = row.words or _active_words(state["ICC_CTLR_EL1"][0])
    return [
        affinity(vcpu) << devices.VGIC_AFFINITY_SHIFT | row.at + step * word
        for vcpu in range(vcpus)
        for word in range(count)
    ]


def affinity(vcpu: int) -> int:
    """Return the affinity that KVM gives to the vCPU with this index, Aff0 in bits 7:0.

    arch/arm64/kvm/sys_regs.c, reset_mpidr: 16 vCPUs an Aff1.
    """
    return vcpu & 0xF | (vcpu >> 4 & 0xFF) << 8 | vcpu >> 12 << 16


def _active_words(ctlr: int) -> int:
    # By ICC_CTLR_EL1.PRIbits. KVM refuses those beyond: EINVAL (measured, with 5 bits).
    return {6: 2, 7: 4}.get((ctlr >> 8 & 7) + 1, 1)
