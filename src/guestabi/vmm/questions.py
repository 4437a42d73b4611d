"""What a guest asks to learn its machine: registers that it reads, calls that it makes, and its
interrupt controller.

Function ids from Arm's documents: DEN0028 (SMCCC), DEN0022 (PSCI), DEN0098 (TRNG), DEN0057
(paravirtualised time); GIC registers from IHI0069 (GICv3); KVM's own from Linux'
Documentation/virt/kvm/arm/hypercalls.rst and ptp_kvm.rst.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from guestabi.registers.catalogue import find, name_of
from guestabi.uapi.devices import GICS
from guestabi.uapi.regid import ARCH_ARM64, ARCH_SHIFT, CLASS_SHIFT, CLASS_SYSREG, SIZE_SHIFT
from guestabi.vmm.a64 import Encoding

ARCH_FEATURES = 0x80000001
PSCI_FEATURES = 0x8400000A
CPU_ON = 0xC4000003


@dataclass(frozen=True)
class Read:
    """A system register, by MRS. ``bits``: those that tell of the machine; the rest is the
    guest's own."""

    name: str
    encoding: Encoding
    bits: int = (1 << 64) - 1

    stored = 2
    """64-bit words in the report: how it ended, the value"""


@dataclass(frozen=True)
class Call:
    """A call by the SMC calling convention: ``function`` in x0, ``argument`` in x1.

    ``words``: how many 32-bit words of the answer count, from x0 on; 0 where the answer moves by
    itself and only its being there is part of the machine.
    """

    name: str
    function: int
    argument: int = 0
    words: int = 1
    conduit: str = "hvc"

    stored = 5
    """64-bit words in the report: how it ended, x0 to x3"""


@dataclass(frozen=True)
class Peek:
    """32 bits of a device, read at a physical address."""

    name: str
    address: int

    stored = 2
    """64-bit words in the report: how it ended, the value"""


Question = Union[Read, Call, Peek]


def _id_space() -> list[Read]:
    # Every register of the ID space: those without a name read as zero, until they do not.
    encodings = [(3, 0, 0, crm, op2) for crm in range(1, 8) for op2 in range(8)]
    return [_read(encoding) for encoding in encodings]


def _read(encoding: Encoding) -> Read:
    op0, op1, crn, crm, op2 = encoding
    space = ARCH_ARM64 << ARCH_SHIFT | 3 << SIZE_SHIFT | CLASS_SYSREG << CLASS_SHIFT
    return Read(name_of(space | op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2), encoding)


_PMCR_READ_ONLY = sum(find("PMCR_EL0").field(name).mask for name in ("IMP", "IDCODE", "N"))

_OTHER_REGISTERS = (
    Read("MIDR_EL1", (3, 0, 0, 0, 0)),
    Read("MPIDR_EL1", (3, 0, 0, 0, 5)),
    Read("REVIDR_EL1", (3, 0, 0, 0, 6)),
    Read("CLIDR_EL1", (3, 1, 0, 0, 1)),
    Read("CCSIDR2_EL1", (3, 1, 0, 0, 2)),
    Read("GMID_EL1", (3, 1, 0, 0, 4)),
    Read("SMIDR_EL1", (3, 1, 0, 0, 6)),
    Read("AIDR_EL1", (3, 1, 0, 0, 7)),
    Read("CTR_EL0", (3, 3, 0, 0, 1)),
    Read("DCZID_EL0", (3, 3, 0, 0, 7)),
    Read("CNTFRQ_EL0", (3, 3, 14, 0, 0)),
    Read("PMCR_EL0", (3, 3, 9, 12, 0), _PMCR_READ_ONLY),
    Read("PMCEID0_EL0", (3, 3, 9, 12, 6)),
    Read("PMCEID1_EL0", (3, 3, 9, 12, 7)),
    Read("PMMIR_EL1", (3, 0, 9, 14, 6)),
)

_SERVICES = (
    Call("SMCCC_VERSION", 0x80000000),
    Call("SMCCC_VERSION by SMC", 0x80000000, conduit="smc"),
    Call("PSCI_VERSION", 0x84000000),
    Call("PSCI_MIGRATE_INFO_TYPE", 0x84000006),
    Call("TRNG_VERSION", 0x84000050),
    Call("TRNG_FEATURES of TRNG_RND32", 0x84000051, 0x84000053),
    Call("TRNG_FEATURES of TRNG_RND64", 0x84000051, 0xC4000053),
    Call("TRNG_GET_UUID", 0x84000052, words=4),
    Call("PV_TIME_FEATURES", 0xC5000020, 0xC5000020),
    Call("PV_TIME_FEATURES of PV_TIME_ST", 0xC5000020, 0xC5000021),
    Call("VENDOR_HYP_CALL_UID", 0x8600FF01, words=4),
    Call("VENDOR_HYP_KVM_FEATURES", 0x86000000, words=4),
    Call("VENDOR_HYP_KVM_PTP", 0x86000001, words=0),
)

_ARCH_FEATURES_OF = (
    ("ARCH_FEATURES", 0x80000001),
    ("ARCH_SOC_ID", 0x80000002),
    ("ARCH_WORKAROUND_1", 0x80008000),
    ("ARCH_WORKAROUND_2", 0x80007FFF),
    ("ARCH_WORKAROUND_3", 0x80003FFF),
    ("PV_TIME_FEATURES", 0xC5000020),
)

_PSCI_FUNCTIONS = (
    ("PSCI_VERSION", False),
    ("CPU_SUSPEND", True),
    ("CPU_OFF", False),
    ("CPU_ON", True),
    ("AFFINITY_INFO", True),
    ("MIGRATE", True),
    ("MIGRATE_INFO_TYPE", False),
    ("MIGRATE_INFO_UP_CPU", True),
    ("SYSTEM_OFF", False),
    ("SYSTEM_RESET", False),
    ("PSCI_FEATURES", False),
    ("CPU_FREEZE", False),
    ("CPU_DEFAULT_SUSPEND", True),
    ("NODE_HW_STATE", True),
    ("SYSTEM_SUSPEND", True),
    ("PSCI_SET_SUSPEND_MODE", False),
    ("PSCI_STAT_RESIDENCY", True),
    ("PSCI_STAT_COUNT", True),
    ("SYSTEM_RESET2", True),
    ("MEM_PROTECT", False),
    ("MEM_PROTECT_CHECK_RANGE", True),
    ("SYSTEM_OFF2", True),
)
"""In the order of their numbers, from 0x84000000 on; True: there is a 64-bit form too, the same
number with bit 30 set."""


def _psci_features() -> list[Call]:
    asked = [("SMCCC_VERSION", 0x80000000)]
    for number, (name, has_64) in enumerate(_PSCI_FUNCTIONS):
        asked.append((name, 0x84000000 + number))
        if has_64:
            asked.append((f"{name} (64-bit)", 0xC4000000 + number))
    return [Call(f"PSCI_FEATURES of {name}", PSCI_FEATURES, of) for name, of in asked]


def _gic_v3() -> list[Peek]:
    # Offsets: IHI0069, "The GIC Distributor register map" and "The GIC Redistributor register map".
    ((_, distributor), (_, redistributor)) = next(r for r in GICS if r.name == "v3").addresses
    return [
        Peek("GICD_TYPER", distributor + 0x4),
        Peek("GICD_IIDR", distributor + 0x8),
        Peek("GICD_TYPER2", distributor + 0xC),
        Peek("GICD_PIDR2", distributor + 0xFFE8),
        Peek("GICR_IIDR", redistributor + 0x4),
    ]


def everything(*, gic: Optional[str] = "v3") -> tuple[Question, ...]:
    """Return every question, each under a name of its own.

    ``gic``: the machine's interrupt controller; one that is not ``v3`` is not asked.
    """
    features = [
        Call(f"ARCH_FEATURES of {name}", ARCH_FEATURES, of) for name, of in _ARCH_FEATURES_OF
    ]
    peeks = _gic_v3() if gic == "v3" else []
    return (*_id_space(), *_OTHER_REGISTERS, *peeks, *_SERVICES, *features, *_psci_features())
