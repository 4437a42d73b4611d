"""What field values say, in words: ours where an enumeration needs them, else the FEAT_ names.

Sources: the register descriptions of the Arm ARM (DDI 0487); for the firmware registers
``Documentation/virt/kvm/arm/fw-pseudo-registers.rst`` and ``hypercalls.rst``; for the FEAT_ names
see ``meanings_arm``. An entry is ``"value: words; value: words"``; a value in no entry has no
meaning that we know, which is not the same as "not implemented".
"""

from __future__ import annotations

from guestabi.registers.data.meanings_arm import FEATURES
from guestabi.registers.rows import Meanings

_NOT_THERE = "not implemented"
_OFFERED = "0: not offered; 1: offered"
_LEVEL = "0: not available; 1: available; 2: not required"
_EXECUTES = "0: not implemented; 1: AArch64; 2: AArch64 and AArch32"
_CACHE = "0: none; 1: instruction; 2: data; 3: instruction and data; 4: unified"
_STAGE2 = "0: as stage 1; 1: not implemented; 2: implemented"
_ADDRESS = "0: not implemented; 1: FEAT_PAuth"
_GENERIC = "0: not implemented; 1: implemented"
_UNSAID = "0: not described"

_SAYS = {
    "SMCCC_ARCH_WORKAROUND_1.Level": _LEVEL,
    "SMCCC_ARCH_WORKAROUND_2.Level": "0: not available; 1: unknown; 2: available; 3: not required",
    "SMCCC_ARCH_WORKAROUND_2.Enabled": "0: mitigation off; 1: mitigation on",
    "SMCCC_ARCH_WORKAROUND_3.Level": _LEVEL,
    "STD_BMAP.TRNG_V1_0": _OFFERED,
    "STD_HYP_BMAP.PV_TIME": _OFFERED,
    "VENDOR_HYP_BMAP.FUNC_FEAT": _OFFERED,
    "VENDOR_HYP_BMAP.PTP": _OFFERED,
    "VENDOR_HYP_BMAP_2.DISCOVER_IMPL_VER": _OFFERED,
    "VENDOR_HYP_BMAP_2.DISCOVER_IMPL_CPUS": _OFFERED,
    "WIDGET_BMAP.WIDGET": _OFFERED,
    "MIDR_EL1.Implementer": (
        "65: Arm; 66: Broadcom; 67: Cavium; 70: Fujitsu; 72: HiSilicon; 78: NVIDIA; "
        "80: Applied Micro; 81: Qualcomm; 97: Apple; 109: Microsoft; 192: Ampere"
    ),
    "MIDR_EL1.Architecture": "15: described by the ID registers",
    "MPIDR_EL1.U": "0: multiprocessor; 1: uniprocessor",
    "CTR_EL0.L1Ip": "0: VPIPT; 1: AIVIVT; 2: VIPT; 3: PIPT",
    "CTR_EL0.IDC": "0: clean to the point of unification needed; 1: not needed",
    "CTR_EL0.DIC": "0: instruction invalidation needed; 1: not needed",
    **{f"CLIDR_EL1.Ctype{level}": _CACHE for level in range(1, 8)},
    "ID_AA64PFR0_EL1.EL0": _EXECUTES,
    "ID_AA64PFR0_EL1.EL1": _EXECUTES,
    "ID_AA64PFR0_EL1.EL2": _EXECUTES,
    "ID_AA64PFR0_EL1.EL3": _EXECUTES,
    "ID_AA64PFR0_EL1.FP": "-1: not implemented; 0: FEAT_FP; 1: FEAT_FP, FEAT_FP16",
    "ID_AA64PFR0_EL1.AdvSIMD": "-1: not implemented; 0: FEAT_AdvSIMD; 1: FEAT_AdvSIMD, FEAT_FP16",
    "ID_AA64PFR0_EL1.GIC": (
        "0: no system register interface; 1: GICv3 and GICv4.0 system registers; "
        "3: GICv4.1 system registers"
    ),
    "ID_AA64PFR0_EL1.MPAM": "0: not implemented, or v0.1 by MPAM_frac; 1: FEAT_MPAM, version 1",
    "ID_AA64PFR0_EL1.RAS": "2: FEAT_RASv1p1, FEAT_DoubleFault",
    "ID_AA64PFR0_EL1.CSV2": "0: not disclosed",
    "ID_AA64PFR0_EL1.CSV3": "0: not disclosed",
    "ID_AA64PFR1_EL1.RAS_frac": "0: as RAS says; 1: FEAT_RASv1p1",
    "ID_AA64PFR1_EL1.CSV2_frac": "0: as CSV2 says; 1: FEAT_CSV2_1p1; 2: FEAT_CSV2_1p2",
    "ID_AA64PFR1_EL1.MTE_frac": "-1: not implemented",
    "ID_AA64PFR1_EL1.MPAM_frac": "0: minor version 0; 1: minor version 1",
    "ID_AA64PFR2_EL1.GCIE": "0: not implemented; 1: GICv5 CPU interface",
    "ID_AA64ZFR0_EL1.SVEver": "0: as SVE says",
    "ID_AA64SMFR0_EL1.SMEver": "0: as SME says",
    "ID_AA64DFR0_EL1.DebugVer": "0: reserved; 6: Armv8 debug; 7: FEAT_Debugv8p1 (VHE)",
    "ID_AA64DFR0_EL1.DoubleLock": "-1: not implemented",
    "ID_AA64DFR0_EL1.PMUVer": "15: IMPLEMENTATION DEFINED, not FEAT_PMUv3",
    "ID_AA64DFR0_EL1.MTPMU": "-1: not implemented; 0: IMPLEMENTATION DEFINED",
    "ID_AA64ISAR1_EL1.APA": _ADDRESS,
    "ID_AA64ISAR1_EL1.API": _ADDRESS,
    "ID_AA64ISAR1_EL1.GPA": _GENERIC,
    "ID_AA64ISAR1_EL1.GPI": _GENERIC,
    "ID_AA64ISAR2_EL1.APA3": _ADDRESS,
    "ID_AA64ISAR2_EL1.GPA3": _GENERIC,
    "ID_AA64ISAR2_EL1.PAC_frac": "0: PAC field size as the address layout says",
    "ID_AA64MMFR0_EL1.PARange": (
        "0: 32 bits, 4 GB; 1: 36 bits, 64 GB; 2: 40 bits, 1 TB; 3: 42 bits, 4 TB; "
        "4: 44 bits, 16 TB; 5: 48 bits, 256 TB; 6: 52 bits, 4 PB (FEAT_LPA); 7: 56 bits, 64 PB"
    ),
    "ID_AA64MMFR0_EL1.ASIDBits": "0: 8 bits; 2: 16 bits (FEAT_ASID16)",
    "ID_AA64MMFR0_EL1.BigEnd": "1: FEAT_MixedEnd",
    "ID_AA64MMFR0_EL1.TGran4": "-1: not implemented; 0: FEAT_TGran4K; 1: with 52 bits (FEAT_LPA2)",
    "ID_AA64MMFR0_EL1.TGran64": "-1: not implemented",
    "ID_AA64MMFR0_EL1.TGran16": "1: FEAT_TGran16K; 2: with 52 bits (FEAT_LPA2)",
    "ID_AA64MMFR0_EL1.TGran4_2": f"{_STAGE2}; 3: with 52 bits (FEAT_LPA2)",
    "ID_AA64MMFR0_EL1.TGran16_2": f"{_STAGE2}; 3: with 52 bits (FEAT_LPA2)",
    "ID_AA64MMFR0_EL1.TGran64_2": _STAGE2,
    "ID_AA64MMFR1_EL1.HAFDBS": "1: access flag; 2: access flag and dirty state",
    "ID_AA64MMFR1_EL1.VMIDBits": "0: 8 bits; 2: 16 bits (FEAT_VMID16)",
    "ID_AA64MMFR1_EL1.SpecSEI": "0: never raised by speculation; 1: may be raised by speculation",
    "ID_AA64MMFR2_EL1.BBM": "0: level 0; 1: level 1; 2: level 2",
    "ID_AA64MMFR2_EL1.FWB": "0: not implemented; 1: FEAT_S2FWB",
    "ID_AA64MMFR2_EL1.NV": "0: not implemented; 1: FEAT_NV; 2: FEAT_NV2",
    "ID_AA64MMFR2_EL1.UAO": "0: not implemented; 1: FEAT_UAO",
    "ID_AA64MMFR2_EL1.VARange": "0: 48 bits; 1: 52 bits with 64 KB pages (FEAT_LVA)",
    "ID_AA64MMFR3_EL1.ADERR": _UNSAID,
    "ID_AA64MMFR3_EL1.ANERR": _UNSAID,
    "ID_AA64MMFR3_EL1.SDERR": _UNSAID,
    "ID_AA64MMFR3_EL1.SNERR": _UNSAID,
    "ID_AA64MMFR4_EL1.NV_frac": "0: as NV says; 1: FEAT_NV2 only; 2: FEAT_NV2p1; 3: FEAT_NV3",
    "ID_AA64MMFR4_EL1.E2H0": "0: FEAT_E2H0; -1: HCR_EL2.E2H is RES1; -2: the same, and NV1 RES0",
    "ID_PFR0_EL1.CSV2": "0: not disclosed",
    "ID_DFR0_EL1.PerfMon": "1: PMUv1; 2: PMUv2; 15: IMPLEMENTATION DEFINED",
    "ID_DFR1_EL1.MTPMU": "-1: not implemented; 0: IMPLEMENTATION DEFINED",
}


def _said(text: str) -> dict[int, str]:
    pairs = (each.split(":", 1) for each in text.split(";"))
    return {int(value): words.strip() for value, words in pairs}


def _announced(text: str) -> dict[int, str]:
    says = {}
    for each in text.split():
        value, _, names = each.partition("=")
        says[int(value)] = ", ".join(f"FEAT_{name}" for name in names.split("+"))
    if min(says) > 0:
        says[0] = _NOT_THERE
    return says


def load() -> Meanings:
    """Return meanings keyed ``REGISTER.FIELD``, each as pairs sorted by value."""
    words: dict[str, dict[int, str]] = {}
    for register, lines in FEATURES.items():
        for line in lines.strip().splitlines():
            field, _, rest = line.strip().partition(" ")
            words[f"{register}.{field}"] = _announced(rest)
    for key, text in _SAYS.items():
        words[key] = {**words.get(key, {}), **_said(text)}
    return {key: tuple(sorted(says.items())) for key, says in words.items()}
