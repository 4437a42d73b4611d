"""What a kernel does that no profile records: rows, each with the measured fact that stands for it.

A profile holds registers, not the order of checks in KVM_ARM_VCPU_INIT. Between the kernels that
the atlas knows, a measured fact that came with a change, or at the same time, tells them apart.
The conformance suite (``guestabi lab conformance``) holds each of these rows against real kernels;
of a kernel between two of the atlas's series they are an inference.
"""

from __future__ import annotations

from dataclasses import dataclass

from guestabi.profile.host import HostProfile
from guestabi.uapi import regid
from guestabi.uapi.caps import CAPABILITIES

_PFR0 = regid.hex_id(regid.sysreg(3, 0, 0, 4, 0))
_RAS = 0xF << 28


@dataclass(frozen=True)
class Traits:
    """``one_feature_set``: vCPUs of one VM with different features are refused, and "power-off"
    is none that counts (known by: the writable masks, 6.12 and later).
    ``id_registers_fixed``: after the first run every other value of an ID register is EBUSY, also
    of one that takes no other value at all (known by: the same).
    ``feature_bits``: how many bits KVM_ARM_VCPU_INIT knows; one beyond is ENOENT, not EINVAL
    (known by: capabilities that came with the last ones).
    ``e2h0_alone``: the bit el2-e2h0 is taken on hosts that do not offer it, without effect
    (as ``feature_bits``).
    ``run_needs_pmu``: KVM_RUN is EINVAL while a vCPU's PMU is not initialised (known by:
    KVM_CAP_ARM_SYSTEM_SUSPEND, 6.1 and later).
    ``hides_pmu``: a vCPU without a PMU does not list the PMU's registers (known by: the same).
    ``redistributor_twice``: what a second address of the redistributors gets (as above).
    ``early_iidr``: GICD_IIDR can be read before the GIC is initialised (known by: a writable
    ID_AA64PFR0_EL1.RAS, 6.17 and later).
    ``need_vm``: capabilities that /dev/kvm itself answers with EINVAL (as above)."""

    one_feature_set: bool
    id_registers_fixed: bool
    feature_bits: int
    e2h0_alone: bool
    run_needs_pmu: bool
    hides_pmu: bool
    redistributor_twice: str
    early_iidr: bool
    need_vm: frozenset[int]


def of(profile: HostProfile) -> Traits:
    """Return the traits of the kernel that ``profile`` was taken from."""
    known = profile.capabilities
    masks = profile.record.host.writable_masks
    late = bool(int((masks or {}).get(_PFR0, "0x0"), 16) & _RAS)
    bits = 9 if "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS" in known else 7
    names = {"KVM_CAP_MSI_DEVID"} | ({"KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED"} if late else set())
    suspends = "KVM_CAP_ARM_SYSTEM_SUSPEND" in known
    return Traits(
        one_feature_set=masks is not None,
        id_registers_fixed=masks is not None,
        feature_bits=10 if "KVM_CAP_ARM_PMU_V3_STRICT" in known else bits,
        e2h0_alone=bits > 7,
        run_needs_pmu=suspends,
        hides_pmu=suspends,
        redistributor_twice="EEXIST" if suspends else "EINVAL",
        early_iidr=late,
        need_vm=frozenset(CAPABILITIES[name] for name in names),
    )
