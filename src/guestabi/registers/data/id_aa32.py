"""AArch32 ID registers as AArch64 sees them, op0=3 op1=0 CRn=0 CRm=1..3.

Meaningful where EL0 can run AArch32; KVM lists all 24 encodings everywhere.
"""

from __future__ import annotations

from guestabi.registers.rows import ARM_ARM, Row, system

_AARCH32 = "ID_AA64PFR0_EL1.EL0>=2"
_RESERVED = f"{ARM_ARM}: the reserved part of the ID space reads as zero"


def _id(name: str, encoding: str, summary: str, fields: str) -> Row:
    return system(
        name,
        f"3 0 0 {encoding}",
        f"AArch32 {summary}",
        fields,
        role="identification",
        feature="AArch32",
        requires=_AARCH32,
    )


def _nibbles(names: str) -> str:
    # Most of these registers are full: names from bit 0 up, four bits each.
    return " ".join(f"{name}:{4 * n}:4" for n, name in enumerate(names.split()) if name != "-")


def _reserved(crm: int, op2: int) -> Row:
    return system(
        f"S3_0_C0_C{crm}_{op2}",
        f"3 0 0 {crm} {op2}",
        "reserved, no name yet",
        role="identification",
        absent=0,
        source=_RESERVED,
    )


ROWS = (
    _id(
        "ID_PFR0_EL1",
        "1 0",
        "processor features 0",
        _nibbles("State0 State1 State2 State3 CSV2 AMU DIT RAS"),
    ),
    _id(
        "ID_PFR1_EL1",
        "1 1",
        "processor features 1",
        _nibbles("ProgMod Security MProgMod Virtualization GenTimer Sec_frac Virt_frac GIC"),
    ),
    _id(
        "ID_DFR0_EL1",
        "1 2",
        "debug features 0",
        _nibbles("CopDbg CopSDbg MMapDbg CopTrc MMapTrc MProfDbg PerfMon TraceFilt"),
    ),
    _id("ID_AFR0_EL1", "1 3", "auxiliary features 0", _nibbles("IMPDEF0 IMPDEF1 IMPDEF2 IMPDEF3")),
    _id(
        "ID_MMFR0_EL1",
        "1 4",
        "memory model 0",
        _nibbles("VMSA PMSA OuterShr ShareLvl TCM AuxReg FCSE InnerShr"),
    ),
    _id(
        "ID_MMFR1_EL1",
        "1 5",
        "memory model 1",
        _nibbles("L1HvdVA L1UniVA L1HvdSW L1UniSW L1Hvd L1Uni L1TstCln BPred"),
    ),
    _id(
        "ID_MMFR2_EL1",
        "1 6",
        "memory model 2",
        _nibbles("L1HvdFG L1HvdBG L1HvdRng HvdTLB UniTLB MemBarr WFIStall HWAccFlg"),
    ),
    _id(
        "ID_MMFR3_EL1",
        "1 7",
        "memory model 3",
        _nibbles("CMaintVA CMaintSW BPMaint MaintBcst PAN CohWalk CMemSz Supersec"),
    ),
    _id(
        "ID_ISAR0_EL1",
        "2 0",
        "instruction sets 0",
        _nibbles("Swap BitCount BitField CmpBranch Coproc Debug Divide"),
    ),
    _id(
        "ID_ISAR1_EL1",
        "2 1",
        "instruction sets 1",
        _nibbles("Endian Except Except_AR Extend IfThen Immediate Interwork Jazelle"),
    ),
    _id(
        "ID_ISAR2_EL1",
        "2 2",
        "instruction sets 2",
        _nibbles("LoadStore MemHint MultiAccessInt Mult MultS MultU PSR_AR Reversal"),
    ),
    _id(
        "ID_ISAR3_EL1",
        "2 3",
        "instruction sets 3",
        _nibbles("Saturate SIMD SVC SynchPrim TabBranch T32Copy TrueNOP T32EE"),
    ),
    _id(
        "ID_ISAR4_EL1",
        "2 4",
        "instruction sets 4",
        _nibbles("Unpriv WithShifts Writeback SMC Barrier SynchPrim_frac PSR_M SWP_frac"),
    ),
    _id(
        "ID_ISAR5_EL1", "2 5", "instruction sets 5", _nibbles("SEVL AES SHA1 SHA2 CRC32 - RDM VCMA")
    ),
    _id(
        "ID_MMFR4_EL1", "2 6", "memory model 4", _nibbles("SpecSEI AC2 XNX CnP HPDS LSM CCIDX EVT")
    ),
    _id(
        "ID_ISAR6_EL1",
        "2 7",
        "instruction sets 6",
        _nibbles("JSCVT DP FHM SB SPECRES BF16 I8MM CLRBHB"),
    ),
    _id(
        "MVFR0_EL1",
        "3 0",
        "media and VFP features 0",
        _nibbles("SIMDReg FPSP FPDP FPTrap FPDivide FPSqrt FPShVec FPRound"),
    ),
    _id(
        "MVFR1_EL1",
        "3 1",
        "media and VFP features 1",
        _nibbles("FPFtZ FPDNaN SIMDLS SIMDInt SIMDSP SIMDHP FPHP SIMDFMAC"),
    ),
    _id("MVFR2_EL1", "3 2", "media and VFP features 2", _nibbles("SIMDMisc FPMisc")),
    _id("ID_PFR2_EL1", "3 4", "processor features 2", _nibbles("CSV3 SSBS RAS_frac")),
    _id("ID_DFR1_EL1", "3 5", "debug features 1", "MTPMU:0:4s HPMN0:4:4"),
    _id("ID_MMFR5_EL1", "3 6", "memory model 5", _nibbles("ETS nTLBPA")),
    _reserved(3, 3),
    _reserved(3, 7),
)
