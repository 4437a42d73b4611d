"""EL2 registers, listed on a vCPU with KVM_ARM_VCPU_HAS_EL2 (nested virtualisation, 6.16 on).

Which of them depend on which ID field: ``arch/arm64/kvm/sys_regs.c`` (the visibility
callbacks) and the feature table of ``tools/testing/selftests/kvm/arm64/get-reg-list.c``.
"""

from __future__ import annotations

from guestabi.registers.rows import ARM_ARM, Row, system

_EL2 = "ID_AA64PFR0_EL1.EL2>=1"
_FGT = "ID_AA64MMFR0_EL1.FGT>=1"
_FGT2 = "ID_AA64MMFR0_EL1.FGT>=2"
_S1PIE = "ID_AA64MMFR3_EL1.S1PIE>=1"
_VHE = "ID_AA64MMFR1_EL1.VH>=1"
_RAS = "ID_AA64PFR0_EL1.RAS>=1"
_PERMISSIONS = " ".join(f"Perm{n}:{4 * n}:4" for n in range(16))
_ATTRIBUTES = " ".join(f"Attr{n}:{8 * n}:8" for n in range(8))
_CTL = "ISTATUS:2 IMASK:1 ENABLE:0"
_HCR = (
    "TWEDEL:60:4 TWEDEn:59 TID5:58 DCT:57 ATA:56 TTLBOS:55 TTLBIS:54 EnSCXT:53 TOCU:52 "
    "AMVOFFEN:51 TICAB:50 TID4:49 GPF:48 FIEN:47 FWB:46 NV2:45 AT:44 NV1:43 NV:42 API:41 APK:40 "
    "TEA:37 TERR:36 TLOR:35 E2H:34 ID:33 CD:32 RW:31 TRVM:30 HCD:29 TDZ:28 TGE:27 TVM:26 TTLB:25 "
    "TPU:24 TPCP:23 TSW:22 TACR:21 TIDCP:20 TSC:19 TID3:18 TID2:17 TID1:16 TID0:15 TWE:14 TWI:13 "
    "DC:12 BSU:10:2 FB:9 VSE:8 VI:7 VF:6 AMO:5 IMO:4 FMO:3 PTW:2 SWIO:1 VM:0"
)


def _el2(name: str, encoding: str, summary: str, fields: str = "", requires: str = _EL2) -> Row:
    return system(
        name,
        f"3 4 {encoding}",
        summary,
        fields,
        feature="EL2",
        requires=requires,
        source=f"{ARM_ARM}; arch/arm64/kvm/sys_regs.c",
    )


_CONTROL = (
    _el2("VPIDR_EL2", "0 0 0", "MIDR_EL1 of the nested guest"),
    _el2("VMPIDR_EL2", "0 0 5", "MPIDR_EL1 of the nested guest"),
    _el2("SCTLR_EL2", "1 0 0", "system control"),
    _el2("ACTLR_EL2", "1 0 1", "auxiliary control; IMPLEMENTATION DEFINED"),
    _el2(
        "SCTLR2_EL2",
        "1 0 3",
        "system control, second register",
        requires="ID_AA64MMFR3_EL1.SCTLRX>=1",
    ),
    _el2("HCR_EL2", "1 1 0", "hypervisor configuration", _HCR),
    _el2("MDCR_EL2", "1 1 1", "debug and PMU traps; HPMN splits the event counters"),
    _el2("CPTR_EL2", "1 1 2", "floating-point, SVE and SME traps"),
    _el2("HSTR_EL2", "1 1 3", "AArch32 system register traps"),
    _el2("HACR_EL2", "1 1 7", "auxiliary configuration; IMPLEMENTATION DEFINED"),
    _el2("ZCR_EL2", "1 2 0", "SVE control", "LEN:0:4", "ID_AA64PFR0_EL1.SVE>=1"),
    _el2(
        "HCRX_EL2",
        "1 2 2",
        "hypervisor configuration, extended",
        requires="ID_AA64MMFR1_EL1.HCX>=1",
    ),
    _el2(
        "NVHCR_EL2",
        "1 5 0",
        "HCR_EL2 of a nested hypervisor (FEAT_NV3)",
        _HCR,
        "ID_AA64MMFR4_EL1.NV_frac>=3",
    ),
    _el2(
        "VNCR_EL2",
        "2 2 0",
        "nested virtualisation memory page",
        "RESS:57:7 BADDR:12:45",
        "ID_AA64MMFR4_EL1.NV_frac>=1",
    ),
)

_TRAPS = (
    _el2("HFGRTR_EL2", "1 1 4", "fine-grained read traps", requires=_FGT),
    _el2("HFGWTR_EL2", "1 1 5", "fine-grained write traps", requires=_FGT),
    _el2("HFGITR_EL2", "1 1 6", "fine-grained instruction traps", requires=_FGT),
    _el2("HDFGRTR_EL2", "3 1 4", "fine-grained debug read traps", requires=_FGT),
    _el2("HDFGWTR_EL2", "3 1 5", "fine-grained debug write traps", requires=_FGT),
    _el2("HAFGRTR_EL2", "3 1 6", "fine-grained activity monitor traps", requires=_FGT),
    _el2("HDFGRTR2_EL2", "3 1 0", "fine-grained debug read traps 2", requires=_FGT2),
    _el2("HDFGWTR2_EL2", "3 1 1", "fine-grained debug write traps 2", requires=_FGT2),
    _el2("HFGRTR2_EL2", "3 1 2", "fine-grained read traps 2", requires=_FGT2),
    _el2("HFGWTR2_EL2", "3 1 3", "fine-grained write traps 2", requires=_FGT2),
    _el2("HFGITR2_EL2", "3 1 7", "fine-grained instruction traps 2", requires=_FGT2),
)

_MEMORY = (
    _el2("TTBR0_EL2", "2 0 0", "translation table base 0"),
    _el2("TTBR1_EL2", "2 0 1", "translation table base 1"),
    _el2("TCR_EL2", "2 0 2", "translation control"),
    _el2(
        "TCR2_EL2",
        "2 0 3",
        "translation control, second register",
        requires="ID_AA64MMFR3_EL1.TCRX>=1",
    ),
    _el2("VTTBR_EL2", "2 1 0", "stage 2 translation table base"),
    _el2("VTCR_EL2", "2 1 2", "stage 2 translation control"),
    _el2("MAIR_EL2", "10 2 0", "memory attributes", _ATTRIBUTES),
    _el2("PIRE0_EL2", "10 2 2", "permission indirection of EL0", _PERMISSIONS, _S1PIE),
    _el2("PIR_EL2", "10 2 3", "permission indirection of EL2", _PERMISSIONS, _S1PIE),
    _el2(
        "POR_EL2", "10 2 4", "permission overlay of EL2", _PERMISSIONS, "ID_AA64MMFR3_EL1.S1POE>=1"
    ),
    _el2("AMAIR_EL2", "10 3 0", "auxiliary memory attributes; IMPLEMENTATION DEFINED"),
)

_EXCEPTIONS = (
    system("SP_EL2", "3 6 4 1 0", "stack pointer of EL2", feature="EL2", requires=_EL2),
    _el2("SPSR_EL2", "4 0 0", "saved program status"),
    _el2("ELR_EL2", "4 0 1", "exception return address"),
    _el2("AFSR0_EL2", "5 1 0", "auxiliary fault status 0; IMPLEMENTATION DEFINED"),
    _el2("AFSR1_EL2", "5 1 1", "auxiliary fault status 1; IMPLEMENTATION DEFINED"),
    _el2("ESR_EL2", "5 2 0", "exception syndrome", "ISS2:32:24 EC:26:6 IL:25 ISS:0:25"),
    _el2("VSESR_EL2", "5 2 3", "syndrome of a virtual SError", requires=_RAS),
    _el2("FAR_EL2", "6 0 0", "fault address", "ADDR:0:64"),
    _el2("HPFAR_EL2", "6 0 4", "faulting IPA", "NS:63 FIPA:4:44"),
    _el2("VBAR_EL2", "12 0 0", "vector base address"),
    _el2("VDISR_EL2", "12 1 1", "deferred virtual interrupt status", requires=_RAS),
    _el2("CONTEXTIDR_EL2", "13 0 1", "context id", "PROCID:0:32"),
    _el2("TPIDR_EL2", "13 0 2", "thread id"),
)

_TIMERS = (
    _el2("CNTVOFF_EL2", "14 0 3", "virtual counter offset", "Offset:0:64"),
    _el2("CNTHCTL_EL2", "14 1 0", "counter access control"),
    _el2("CNTHP_CTL_EL2", "14 2 1", "EL2 physical timer control", _CTL),
    _el2("CNTHP_CVAL_EL2", "14 2 2", "EL2 physical timer compare value", "Value:0:64"),
    _el2("CNTHV_CTL_EL2", "14 3 1", "EL2 virtual timer control", _CTL, _VHE),
    _el2("CNTHV_CVAL_EL2", "14 3 2", "EL2 virtual timer compare value", "Value:0:64", _VHE),
)

_GIC = (
    *(_el2(f"ICH_AP0R{n}_EL2", f"12 8 {n}", "group 0 active priorities") for n in range(4)),
    *(_el2(f"ICH_AP1R{n}_EL2", f"12 9 {n}", "group 1 active priorities") for n in range(4)),
    _el2("ICH_HCR_EL2", "12 11 0", "virtual CPU interface control"),
    _el2("ICH_VMCR_EL2", "12 11 7", "virtual machine view of the CPU interface"),
    *(
        _el2(f"ICH_LR{n}_EL2", f"12 {12 + n // 8} {n % 8}", f"interrupt list register {n}")
        for n in range(16)
    ),
)

ROWS = (*_CONTROL, *_TRAPS, *_MEMORY, *_EXCEPTIONS, *_TIMERS, *_GIC)
