"""Which architecture feature an ID field's value announces.

Derived from Arm's machine-readable feature definitions (AARCHMRS, "Features.json", v9Ap6-A
build 445, 2025-03), Copyright (c) 2010-2025 Arm Limited or its affiliates, BSD-3-Clause: see the
NOTICE file. Kept: statements of the form "FEAT_x if and only if REGISTER.FIELD >= n" and, of
those with several fields, the parts that one field decides alone.

A line is a field, then value=feature without the FEAT_ in front; ``+`` joins features that begin
at the same value. A feature is there from its value upwards.
"""

from __future__ import annotations

FEATURES = {
    "ID_AA64DFR0_EL1": """
        BRBE 1=BRBE 2=BRBEv1p1
        DebugVer 7=Debugv8p1 8=Debugv8p2 9=Debugv8p4 10=Debugv8p8 11=Debugv8p9
        DoubleLock 0=DoubleLock
        ExtTrcBuff 1=TRBE_EXT
        HPMN0 1=HPMN0
        MTPMU 1=MTPMU
        PMSS 1=PMUv3_SS
        PMSVer 1=SPE 2=SPEv1p1 3=SPEv1p2 4=SPEv1p3 5=SPEv1p4 6=SPEv1p5
        PMUVer 1=PMUv3 4=PMUv3p1 5=PMUv3p4 6=PMUv3p5 7=PMUv3p7 8=PMUv3p8 9=PMUv3p9
        SEBEP 1=SEBEP
        TraceBuffer 1=TRBE 2=TRBEv1p1
        TraceFilt 1=TRF
        TraceVer 1=TRC_SR
    """,
    "ID_AA64DFR1_EL1": """
        ABLE 1=ABLE
        DPFZS 1=SPE_DPFZS
        EBEP 1=EBEP
        ITE 1=ITE
        PMICNTR 1=PMUv3_ICNTR
        SPMU 1=SPMU 2=SPMU2
    """,
    "ID_AA64DFR2_EL1": """
        BWE 1=BWE 2=BWE2
        SPE_EXC 1=SPE_EXC
        SPE_nVM 1=SPE_nVM
        STEP 1=STEP2
        TRBE_EXC 1=TRBE_EXC
    """,
    "ID_AA64FPFR0_EL1": """
        F8CVT 1=FP8
        F8DP2 1=FP8DOT2
        F8DP4 1=FP8DOT4
        F8FMA 1=FP8FMA
    """,
    "ID_AA64ISAR0_EL1": """
        AES 1=AES 2=PMULL
        Atomic 2=LSE 3=LSE128
        CRC32 1=CRC32
        DP 1=DotProd
        FHM 1=FHM
        RDM 1=RDM
        RNDR 1=RNG
        SHA1 1=SHA1
        SHA2 1=SHA256 2=SHA512
        SHA3 1=SHA3
        SM3 1=SM3
        SM4 1=SM4
        TLB 1=TLBIOS 2=TLBIRANGE
        TME 1=TME
        TS 1=FlagM 2=FlagM2
    """,
    "ID_AA64ISAR1_EL1": """
        APA 2=EPAC 3=PAuth2 4=FPAC 5=FPACCOMBINE 6=PAuth_LR
        API 2=EPAC 3=PAuth2 4=FPAC 5=FPACCOMBINE 6=PAuth_LR
        BF16 1=BF16 2=EBF16
        DGH 1=DGH
        DPB 1=DPB 2=DPB2
        FCMA 1=FCMA
        FRINTTS 1=FRINTTS
        I8MM 1=I8MM
        JSCVT 1=JSCVT
        LRCPC 1=LRCPC 2=LRCPC2 3=LRCPC3
        LS64 1=LS64 2=LS64_V 3=LS64_ACCDATA 4=LS64WB
        SB 1=SB
        SPECRES 1=SPECRES 2=SPECRES2
        XS 1=XS
    """,
    "ID_AA64ISAR2_EL1": """
        APA3 2=EPAC 3=PAuth2 4=FPAC 5=FPACCOMBINE 6=PAuth_LR
        ATS1A 1=ATS1A
        BC 1=HBC
        CLRBHB 1=CLRBHB
        CSSC 1=CSSC 2=CMPBR
        LUT 1=LUT
        MOPS 1=MOPS
        PAC_frac 1=CONSTPACFIELD
        PCDPHINT 1=PCDPHINT
        PRFMSLC 1=PRFMSLC
        RPRES 1=RPRES
        RPRFM 1=RPRFM
        SYSINSTR_128 1=SYSINSTR128
        SYSREG_128 1=SYSREG128
        WFxT 2=WFxT
    """,
    "ID_AA64ISAR3_EL1": """
        CPA 1=CPA 2=CPA2
        FAMINMAX 1=FAMINMAX
        FPRCVT 1=FPRCVT
        LSFE 1=LSFE
        LSUI 1=LSUI
        OCCMO 1=OCCMO
        TLBIW 1=TLBIW
    """,
    "ID_AA64MMFR0_EL1": """
        ASIDBits 2=ASID16
        BigEnd 1=MixedEnd+MixedEndEL0
        BigEndEL0 1=MixedEndEL0
        ECV 1=ECV 2=ECV_POFF
        ExS 1=ExS
        FGT 1=FGT 2=FGT2
        PARange 6=LPA
        TGran16 1=TGran16K
        TGran16_2 0=S2TGran16K 1=GTG 2=S2TGran16K
        TGran4 0=TGran4K
        TGran4_2 0=S2TGran4K 1=GTG 2=S2TGran4K
        TGran64 0=TGran64K
        TGran64_2 0=S2TGran64K 1=GTG 2=S2TGran64K
    """,
    "ID_AA64MMFR1_EL1": """
        AFP 1=AFP
        CMOW 1=CMOW
        ECBHB 1=ECBHB
        ETS 2=ETS2 3=ETS3
        HAFDBS 1=HAFDBS 3=HAFT 4=HDBSS
        HCX 1=HCX
        HPDS 1=HPDS 2=HPDS2
        LO 1=LOR
        PAN 1=PAN 2=PAN2 3=PAN3
        SpecSEI 1=SpecSEI
        TIDCP1 1=TIDCP1
        TWED 1=TWED
        VH 1=VHE
        VMIDBits 2=VMID16
        XNX 1=XNX
        nTLBPA 1=nTLBPA
    """,
    "ID_AA64MMFR2_EL1": """
        AT 1=LSE2
        BBM 1=BBM
        CCIDX 1=CCIDX
        CnP 1=TTCNP
        E0PD 1=E0PD
        EVT 1=EVT
        IDS 1=IDST 2=IDTE3
        IESB 1=IESB
        LSM 1=LSMAOC
        ST 1=TTST
        TTL 1=TTL
        VARange 1=LVA 2=LVA3
    """,
    "ID_AA64MMFR3_EL1": """
        ADERR 2=ADERR
        AIE 1=AIE
        ANERR 2=ANERR
        D128 1=D128
        MEC 1=MEC
        S1PIE 1=S1PIE
        S1POE 1=S1POE
        S2PIE 1=S2PIE
        S2POE 1=S2POE
        SCTLRX 1=SCTLR2
        SDERR 2=ADERR
        SNERR 2=ANERR
        Spec_FPACC 1=FPACC_SPEC
        TCRX 1=TCR2
    """,
    "ID_AA64MMFR4_EL1": """
        ASID2 1=ASID2
        E2H0 0=E2H0
        E3DSE 1=E3DSE
        FGWTE3 1=FGWTE3
        HACDBS 1=HACDBS
        NV_frac 2=NV2p1
        RMEGDI 1=RME_GDI
    """,
    "ID_AA64PFR0_EL1": """
        AMU 1=AMUv1 2=AMUv1p1
        AdvSIMD 0=AdvSIMD 1=FP16
        CSV2 1=CSV2 2=CSV2_2 3=CSV2_3
        CSV3 1=CSV3
        DIT 1=DIT
        FP 0=FP 1=FP16
        MPAM 1=MPAM
        RAS 1=RAS 2=DoubleFault 3=RASv2
        RME 1=RME 2=RME_GPC2 3=RME_GPC3
        SEL2 1=SEL2
        SVE 1=SVE
    """,
    "ID_AA64PFR1_EL1": """
        BT 1=BTI
        DF2 1=DoubleFault2
        GCS 1=GCS
        MTE 1=MTE 2=MTE2 3=MTE3+MTE_ASYM_FAULT
        MTEX 1=MTE_CANONICAL_TAGS+MTE_NO_ADDRESS_TAGS
        MTE_frac 0=MTE_ASYNC
        NMI 1=NMI
        PFAR 1=PFAR
        RNDR_trap 1=RNG_TRAP
        SME 1=SME 2=SME2
        SSBS 1=SSBS 2=SSBS2
        THE 1=THE
    """,
    "ID_AA64PFR2_EL1": """
        FPMR 1=FPMR
        MTEFAR 1=MTE_TAGGED_FAR
        MTEPERM 1=MTE_PERM
        MTESTOREONLY 1=MTE_STORE_ONLY
        UINJ 1=UINJ
    """,
    "ID_AA64SMFR0_EL1": """
        AES 1=SSVE_AES
        B16B16 1=SME_B16B16
        F16F16 1=SME_F16F16
        F64F64 1=SME_F64F64
        F8F16 1=SME_F8F16
        F8F32 1=SME_F8F32
        FA64 1=SME_FA64
        I16I64 15=SME_I16I64
        LUTv2 1=SME_LUTv2
        SBitPerm 1=SSVE_BitPerm
        SF8DP2 1=SSVE_FP8DOT2
        SF8DP4 1=SSVE_FP8DOT4
        SF8FMA 1=SSVE_FP8FMA
        SFEXPA 1=SSVE_FEXPA
        SMEver 1=SME2 2=SME2p1
        SMOP4 1=SME_MOP4
        STMOP 1=SME_TMOP
    """,
    "ID_AA64ZFR0_EL1": """
        AES 1=SVE_AES 2=SVE_PMULL128 3=SVE_AES2
        B16B16 1=SVE_B16B16 2=SVE_BFSCALE
        BF16 1=BF16 2=EBF16
        BitPerm 1=SVE_BitPerm
        F32MM 1=F32MM
        F64MM 1=F64MM
        I8MM 1=I8MM
        SHA3 1=SVE_SHA3
        SM4 1=SVE_SM4
        SVEver 1=SVE2 2=SVE2p1 3=SVE2p2
    """,
    "ID_DFR0_EL1": """
        CopDbg 7=Debugv8p1 8=Debugv8p2 9=Debugv8p4 10=Debugv8p8 11=Debugv8p9
        CopTrc 1=TRC_SR
        PerfMon 3=PMUv3 4=PMUv3p1 5=PMUv3p4 6=PMUv3p5 7=PMUv3p7 8=PMUv3p8 9=PMUv3p9
        TraceFilt 1=TRF
    """,
    "ID_DFR1_EL1": """
        HPMN0 1=HPMN0
        MTPMU 1=MTPMU
    """,
    "ID_ISAR5_EL1": """
        CRC32 1=CRC32
        RDM 1=RDM
        VCMA 1=FCMA
    """,
    "ID_ISAR6_EL1": """
        BF16 1=AA32BF16
        CLRBHB 1=CLRBHB
        DP 1=DotProd
        FHM 1=FHM
        I8MM 1=AA32I8MM
        JSCVT 1=JSCVT
        SB 1=SB
        SPECRES 1=SPECRES 2=SPECRES2
    """,
    "ID_MMFR3_EL1": """
        PAN 1=PAN 2=PAN2
    """,
    "ID_MMFR4_EL1": """
        CCIDX 1=CCIDX
        CnP 1=TTCNP
        EVT 1=EVT
        HPDS 1=AA32HPD 2=HPDS2
        LSM 1=LSMAOC
        XNX 1=XNX
    """,
    "ID_MMFR5_EL1": """
        ETS 2=ETS2 3=ETS3
        nTLBPA 1=nTLBPA
    """,
    "ID_PFR0_EL1": """
        AMU 1=AMUv1 2=AMUv1p1
        CSV2 1=CSV2 2=CSV2_1p1
        DIT 1=DIT
        RAS 1=RAS 3=RASv2
    """,
    "ID_PFR2_EL1": """
        SSBS 1=SSBS
    """,
    "MVFR1_EL1": """
        FPHP 3=FP16
        SIMDHP 2=FP16
    """,
    "PMMIR_EL1": """
        EDGE 1=PMUv3_EDGE 2=PMUv3_TH2
        SME 1=PMUv3_SME
        THWIDTH 1=PMUv3_TH
    """,
}
"""Register name -> lines of ``FIELD value=feature ...``."""
