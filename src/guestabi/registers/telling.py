"""Registers of a VM that tell of a feature of its vCPUs, which is no register: rows.

Where a register of the VM is set before any vCPU exists, KVM cannot know yet with which features
they will be initialised. A value that contradicts them is then refused by KVM_ARM_VCPU_INIT
(docs/uapi-vm-one-reg.md, "Life of a VM").
"""

from __future__ import annotations

from dataclasses import dataclass

from guestabi.registers.catalogue import find


def _bits(register: str, *fields: str) -> int:
    return sum(find(register).field(name).mask for name in fields)


@dataclass(frozen=True)
class Tells:
    """``register``, whose bits ``mask`` are ``without`` exactly if the vCPUs do not have the
    feature (a name of uapi.caps)."""

    register: int
    feature: str
    mask: int
    without: int = 0


TELLS = (
    # arch/arm64/kvm/sys_regs.c, __kvm_read_sanitised_id_reg: what is cleared without the feature.
    Tells(find("ID_AA64PFR0_EL1").id, "sve", _bits("ID_AA64PFR0_EL1", "SVE")),
    Tells(
        find("ID_AA64ISAR1_EL1").id,
        "ptrauth-address",
        _bits("ID_AA64ISAR1_EL1", "APA", "API", "GPA", "GPI"),
    ),
    # arch/arm64/kvm/psci.c, kvm_psci_version: KVM_ARM_PSCI_0_1.
    Tells(find("PSCI_VERSION").id, "psci-0.2", (1 << 64) - 1, 1),
)
"""Those that another value than the host's own can be written to."""
