"""AArch64 ID registers, op0=3 op1=0 CRn=0 CRm=4..7, with the reserved encodings between them.

KVM lists all 32 encodings, named or not. Names are spelled as the Arm ARM spells them, which
differs from the kernel's table in case here and there (PARange, TGran4, Atomic).
"""

from __future__ import annotations

from guestabi.registers.rows import ARM_ARM, Row, system

_RESERVED = f"{ARM_ARM}: the reserved part of the ID space reads as zero"


def _id(name: str, encoding: str, summary: str, fields: str) -> Row:
    return system(name, f"3 0 0 {encoding}", summary, fields, role="identification")


def _reserved(crm: int, op2: int) -> Row:
    return system(
        f"S3_0_C0_C{crm}_{op2}",
        f"3 0 0 {crm} {op2}",
        "reserved, no name yet",
        role="identification",
        absent=0,
        source=_RESERVED,
    )


_IMPDEF = " ".join(f"IMPDEF{n}:{4 * n}:4" for n in range(8))

ROWS = (
    _id(
        "ID_AA64PFR0_EL1",
        "4 0",
        "processor features 0",
        "EL0:0:4 EL1:4:4 EL2:8:4 EL3:12:4 FP:16:4s AdvSIMD:20:4s GIC:24:4 RAS:28:4 SVE:32:4 "
        "SEL2:36:4 MPAM:40:4 AMU:44:4 DIT:48:4 RME:52:4 CSV2:56:4 CSV3:60:4",
    ),
    _id(
        "ID_AA64PFR1_EL1",
        "4 1",
        "processor features 1",
        "BT:0:4 SSBS:4:4 MTE:8:4 RAS_frac:12:4 MPAM_frac:16:4 SME:24:4 RNDR_trap:28:4 "
        "CSV2_frac:32:4 NMI:36:4 MTE_frac:40:4s GCS:44:4 THE:48:4 MTEX:52:4 DF2:56:4 PFAR:60:4",
    ),
    _id(
        "ID_AA64PFR2_EL1",
        "4 2",
        "processor features 2",
        "MTEPERM:0:4 MTESTOREONLY:4:4 MTEFAR:8:4 GCIE:12:4 UINJ:16:4 FPMR:32:4",
    ),
    _id(
        "ID_AA64ZFR0_EL1",
        "4 4",
        "SVE features",
        "SVEver:0:4 AES:4:4 EltPerm:12:4 BitPerm:16:4 BF16:20:4 B16B16:24:4 SHA3:32:4 SM4:40:4 "
        "I8MM:44:4 F16MM:48:4 F32MM:52:4 F64MM:56:4",
    ),
    _id(
        "ID_AA64SMFR0_EL1",
        "4 5",
        "SME features",
        "SMOP4:0 STMOP:16 SFEXPA:23 AES:24 SBitPerm:25 SF8DP2:28 SF8DP4:29 SF8FMA:30 F32F32:32 "
        "BI32I32:33 B16F32:34 F16F32:35 I8I32:36:4 F8F32:40 F8F16:41 F16F16:42 B16B16:43 "
        "I16I32:44:4 F64F64:48 I16I64:52:4 SMEver:56:4 LUTv2:60 LUT6:61 FA64:63",
    ),
    _id(
        "ID_AA64FPFR0_EL1",
        "4 7",
        "FP8 features",
        "F8E5M2:0 F8E4M3:1 F16MM2:15 F8MM4:26 F8MM8:27 F8DP2:28 F8DP4:29 F8FMA:30 F8CVT:31",
    ),
    _id(
        "ID_AA64DFR0_EL1",
        "5 0",
        "debug features 0",
        "DebugVer:0:4 TraceVer:4:4 PMUVer:8:4 BRPs:12:4 PMSS:16:4 WRPs:20:4 SEBEP:24:4 "
        "CTX_CMPs:28:4 PMSVer:32:4 DoubleLock:36:4s TraceFilt:40:4 TraceBuffer:44:4 MTPMU:48:4s "
        "BRBE:52:4 ExtTrcBuff:56:4 HPMN0:60:4",
    ),
    _id(
        "ID_AA64DFR1_EL1",
        "5 1",
        "debug features 1",
        "SYSPMUID:0:8 BRPs:8:8 WRPs:16:8 CTX_CMPs:24:8 SPMU:32:4 PMICNTR:36:4 ABLE:40:4 ITE:44:4 "
        "EBEP:48:4 DPFZS:52:4 ABL_CMPs:56:8",
    ),
    _id(
        "ID_AA64DFR2_EL1",
        "5 2",
        "debug features 2",
        "STEP:0:4 BWE:4:4 SPE_EXC:16:4 SPE_nVM:20:4 TRBE_EXC:24:4",
    ),
    _id("ID_AA64AFR0_EL1", "5 4", "auxiliary features 0; IMPLEMENTATION DEFINED", _IMPDEF),
    _id("ID_AA64AFR1_EL1", "5 5", "auxiliary features 1; reserved", ""),
    _id(
        "ID_AA64ISAR0_EL1",
        "6 0",
        "instruction sets 0",
        "AES:4:4 SHA1:8:4 SHA2:12:4 CRC32:16:4 Atomic:20:4 TME:24:4 RDM:28:4 SHA3:32:4 SM3:36:4 "
        "SM4:40:4 DP:44:4 FHM:48:4 TS:52:4 TLB:56:4 RNDR:60:4",
    ),
    _id(
        "ID_AA64ISAR1_EL1",
        "6 1",
        "instruction sets 1",
        "DPB:0:4 APA:4:4 API:8:4 JSCVT:12:4 FCMA:16:4 LRCPC:20:4 GPA:24:4 GPI:28:4 FRINTTS:32:4 "
        "SB:36:4 SPECRES:40:4 BF16:44:4 DGH:48:4 I8MM:52:4 XS:56:4 LS64:60:4",
    ),
    _id(
        "ID_AA64ISAR2_EL1",
        "6 2",
        "instruction sets 2",
        "WFxT:0:4 RPRES:4:4 GPA3:8:4 APA3:12:4 MOPS:16:4 BC:20:4 PAC_frac:24:4 CLRBHB:28:4 "
        "SYSREG_128:32:4 SYSINSTR_128:36:4 PRFMSLC:40:4 PCDPHINT:44:4 RPRFM:48:4 CSSC:52:4 "
        "LUT:56:4 ATS1A:60:4",
    ),
    _id(
        "ID_AA64ISAR3_EL1",
        "6 3",
        "instruction sets 3",
        "CPA:0:4 FAMINMAX:4:4 TLBIW:8:4 PACM:12:4 LSFE:16:4 OCCMO:20:4 LSUI:24:4 FPRCVT:28:4",
    ),
    _id(
        "ID_AA64MMFR0_EL1",
        "7 0",
        "memory model 0",
        "PARange:0:4 ASIDBits:4:4 BigEnd:8:4 SNSMem:12:4 BigEndEL0:16:4 TGran16:20:4 "
        "TGran64:24:4s TGran4:28:4s TGran16_2:32:4 TGran64_2:36:4 TGran4_2:40:4 ExS:44:4 "
        "FGT:56:4 ECV:60:4",
    ),
    _id(
        "ID_AA64MMFR1_EL1",
        "7 1",
        "memory model 1",
        "HAFDBS:0:4 VMIDBits:4:4 VH:8:4 HPDS:12:4 LO:16:4 PAN:20:4 SpecSEI:24:4 XNX:28:4 "
        "TWED:32:4 ETS:36:4 HCX:40:4 AFP:44:4 nTLBPA:48:4 TIDCP1:52:4 CMOW:56:4 ECBHB:60:4",
    ),
    _id(
        "ID_AA64MMFR2_EL1",
        "7 2",
        "memory model 2",
        "CnP:0:4 UAO:4:4 LSM:8:4 IESB:12:4 VARange:16:4 CCIDX:20:4 NV:24:4 ST:28:4 AT:32:4 "
        "IDS:36:4 FWB:40:4 TTL:48:4 BBM:52:4 EVT:56:4 E0PD:60:4",
    ),
    _id(
        "ID_AA64MMFR3_EL1",
        "7 3",
        "memory model 3",
        "TCRX:0:4 SCTLRX:4:4 S1PIE:8:4 S2PIE:12:4 S1POE:16:4 S2POE:20:4 AIE:24:4 MEC:28:4 "
        "D128:32:4 D128_2:36:4 SNERR:40:4 ANERR:44:4 SDERR:52:4 ADERR:56:4 Spec_FPACC:60:4",
    ),
    _id(
        "ID_AA64MMFR4_EL1",
        "7 4",
        "memory model 4",
        "PoPS:0:4 EIESB:4:4 ASID2:8:4 HACDBS:12:4 FGWTE3:16:4 NV_frac:20:4 E2H0:24:4s RMEGDI:28:4 "
        "EAESR:32:4 E3DSE:36:4 TLBID:40:4 SRMASK:44:4 TPS:48:4 TEV:52:4 SCRX:56:4 MTEFGT:60:4",
    ),
    *(_reserved(4, op2) for op2 in (3, 6)),
    *(_reserved(5, op2) for op2 in (3, 6, 7)),
    *(_reserved(6, op2) for op2 in (4, 5, 6, 7)),
    *(_reserved(7, op2) for op2 in (5, 6, 7)),
)
