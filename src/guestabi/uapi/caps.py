"""Capabilities that an arm64 VMM asks about, and the vCPU features that they stand for.

Numbers are ABI, from ``include/uapi/linux/kvm.h`` and ``arch/arm64/include/uapi/asm/kvm.h``.
A profile records the answer to every row of CAPABILITIES; an unlisted one is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

CAPABILITIES: dict[str, int] = {
    "KVM_CAP_IRQCHIP": 0,
    "KVM_CAP_USER_MEMORY": 3,
    "KVM_CAP_NR_VCPUS": 9,
    "KVM_CAP_NR_MEMSLOTS": 10,
    "KVM_CAP_MP_STATE": 14,
    "KVM_CAP_SYNC_MMU": 16,
    "KVM_CAP_IRQ_ROUTING": 25,
    "KVM_CAP_IRQFD": 32,
    "KVM_CAP_IOEVENTFD": 36,
    "KVM_CAP_VCPU_EVENTS": 41,
    "KVM_CAP_ENABLE_CAP": 54,
    "KVM_CAP_MAX_VCPUS": 66,
    "KVM_CAP_ONE_REG": 70,
    "KVM_CAP_SIGNAL_MSI": 77,
    "KVM_CAP_READONLY_MEM": 81,
    "KVM_CAP_ARM_PSCI": 87,
    "KVM_CAP_ARM_SET_DEVICE_ADDR": 88,
    "KVM_CAP_DEVICE_CTRL": 89,
    "KVM_CAP_ARM_EL1_32BIT": 93,
    "KVM_CAP_ENABLE_CAP_VM": 98,
    "KVM_CAP_VM_ATTRIBUTES": 101,
    "KVM_CAP_ARM_PSCI_0_2": 102,
    "KVM_CAP_CHECK_EXTENSION_VM": 105,
    "KVM_CAP_GUEST_DEBUG_HW_BPS": 119,
    "KVM_CAP_GUEST_DEBUG_HW_WPS": 120,
    "KVM_CAP_ARM_PMU_V3": 126,
    "KVM_CAP_VCPU_ATTRIBUTES": 127,
    "KVM_CAP_MAX_VCPU_ID": 128,
    "KVM_CAP_MSI_DEVID": 131,
    "KVM_CAP_IMMEDIATE_EXIT": 136,
    "KVM_CAP_ARM_USER_IRQ": 144,
    "KVM_CAP_ARM_INJECT_SERROR_ESR": 158,
    "KVM_CAP_ARM_VM_IPA_SIZE": 165,
    "KVM_CAP_ARM_SVE": 170,
    "KVM_CAP_ARM_PTRAUTH_ADDRESS": 171,
    "KVM_CAP_ARM_PTRAUTH_GENERIC": 172,
    "KVM_CAP_ARM_IRQ_LINE_LAYOUT_2": 174,
    "KVM_CAP_ARM_NISV_TO_USER": 177,
    "KVM_CAP_ARM_INJECT_EXT_DABT": 178,
    "KVM_CAP_STEAL_TIME": 187,
    "KVM_CAP_PTP_KVM": 198,
    "KVM_CAP_ARM_MTE": 205,
    "KVM_CAP_ARM_REG_SCOPE": 210,
    "KVM_CAP_SYSTEM_EVENT_DATA": 215,
    "KVM_CAP_ARM_SYSTEM_SUSPEND": 216,
    "KVM_CAP_COUNTER_OFFSET": 227,
    "KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE": 228,
    "KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES": 229,
    "KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES": 230,
    "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS": 239,
    "KVM_CAP_ARM_EL2": 240,
    "KVM_CAP_ARM_EL2_E2H0": 241,
    "KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED": 243,
    "KVM_CAP_ARM_SEA_TO_USER": 245,
    "KVM_CAP_ARM_PMU_V3_STRICT": 251,
    "KVM_CAP_ARM_VM_ONE_REG": 4210,
}
"""Name -> number. 210 is the number of the 2022 proposal; mainline gave it to
KVM_CAP_PPC_AIL_MODE_3, which no arm64 kernel answers. 4210 is our own, for the proposal of
docs/uapi-vm-one-reg.md: far outside the sequence, so that whatever mainline numbers next cannot be
taken for it (every kernel answers 0 to a capability that it does not know)."""

VM_ONE_REG_MOVE_OLD = 1 << 1
"""KVM_ARM_VM_ONE_REG_MOVE_OLD, a flag of KVM_ENABLE_CAP (docs/uapi-vm-one-reg.md)."""


@dataclass(frozen=True)
class VcpuFeature:
    """A bit of KVM_ARM_VCPU_INIT, the capability that offers it (None: always there), and whether
    a VMM that takes "the host's CPU" switches it on (QEMU's ``-cpu host``: target/arm/kvm.c,
    kvm_arm_get_host_cpu_features)."""

    name: str
    bit: int
    capability: Optional[str]
    in_host_cpu: bool
    finalize: bool = False


VCPU_FEATURES: tuple[VcpuFeature, ...] = (
    VcpuFeature("power-off", 0, None, False),
    VcpuFeature("el1-32bit", 1, "KVM_CAP_ARM_EL1_32BIT", False),
    VcpuFeature("psci-0.2", 2, "KVM_CAP_ARM_PSCI_0_2", True),
    VcpuFeature("pmu-v3", 3, "KVM_CAP_ARM_PMU_V3", True),
    VcpuFeature("sve", 4, "KVM_CAP_ARM_SVE", True, finalize=True),
    VcpuFeature("ptrauth-address", 5, "KVM_CAP_ARM_PTRAUTH_ADDRESS", True),
    VcpuFeature("ptrauth-generic", 6, "KVM_CAP_ARM_PTRAUTH_GENERIC", True),
    VcpuFeature("el2", 7, "KVM_CAP_ARM_EL2", False),
    VcpuFeature("el2-e2h0", 8, "KVM_CAP_ARM_EL2_E2H0", False),
    VcpuFeature("pmu-v3-strict", 9, "KVM_CAP_ARM_PMU_V3_STRICT", False),
)

FEATURE_BY_NAME = {feature.name: feature for feature in VCPU_FEATURES}
