"""EL1 and EL0 system registers of the guest's own: state that moves with it."""

from __future__ import annotations

from guestabi.registers.rows import system

_AARCH32 = "ID_AA64PFR0_EL1.EL1>=2"
_MTE = "ID_AA64PFR1_EL1.MTE>=2"
_PERMISSIONS = " ".join(f"Perm{n}:{4 * n}:4" for n in range(16))
_ATTRIBUTES = " ".join(f"Attr{n}:{8 * n}:8" for n in range(8))

ROWS = (
    system(
        "SCTLR_EL1",
        "3 0 1 0 0",
        "system control",
        "TIDCP:63 SPINTMASK:62 NMI:61 EnTP2:60 TCSO:59 TCSO0:58 EPAN:57 EnALS:56 EnAS0:55 "
        "EnASR:54 TWEDEL:46:4 TWEDEn:45 DSSBS:44 ATA:43 ATA0:42 TCF:40:2 TCF0:38:2 ITFSB:37 "
        "BT1:36 BT0:35 EnFPM:34 MSCEn:33 CMOW:32 EnIA:31 EnIB:30 LSMAOE:29 nTLSMD:28 EnDA:27 "
        "UCI:26 EE:25 E0E:24 SPAN:23 EIS:22 IESB:21 TSCXT:20 WXN:19 nTWE:18 nTWI:16 UCT:15 DZE:14 "
        "EnDB:13 I:12 EOS:11 EnRCTX:10 UMA:9 SED:8 ITD:7 nAA:6 CP15BEN:5 SA0:4 SA:3 C:2 A:1 M:0",
    ),
    system("ACTLR_EL1", "3 0 1 0 1", "auxiliary control; IMPLEMENTATION DEFINED"),
    system(
        "CPACR_EL1",
        "3 0 1 0 2",
        "access to floating point, SVE and SME",
        "TCPAC:31 TAM:30 E0POE:29 TTA:28 SMEN:24:2 FPEN:20:2 ZEN:16:2",
    ),
    system(
        "SCTLR2_EL1",
        "3 0 1 0 3",
        "system control, second register",
        "CPTM0:12 CPTM:11 CPTA0:10 CPTA:9 EnPACM0:8 EnPACM:7 EnIDCP128:6 EASE:5 EnANERR:4 "
        "EnADERR:3 NMEA:2",
        feature="SCTLR2",
        requires="ID_AA64MMFR3_EL1.SCTLRX>=1",
    ),
    system(
        "RGSR_EL1",
        "3 0 1 0 5",
        "random allocation tag seed",
        "SEED:8:16 TAG:0:4",
        feature="MTE",
        requires=_MTE,
    ),
    system(
        "GCR_EL1",
        "3 0 1 0 6",
        "tag control",
        "RRND:16 Exclude:0:16",
        feature="MTE",
        requires=_MTE,
    ),
    system("TTBR0_EL1", "3 0 2 0 0", "translation table base 0", "ASID:48:16 BADDR:1:47 CnP:0"),
    system("TTBR1_EL1", "3 0 2 0 1", "translation table base 1", "ASID:48:16 BADDR:1:47 CnP:0"),
    system(
        "TCR_EL1",
        "3 0 2 0 2",
        "translation control",
        "MTX1:61 MTX0:60 DS:59 TCMA1:58 TCMA0:57 E0PD1:56 E0PD0:55 NFD1:54 NFD0:53 TBID1:52 "
        "TBID0:51 HWU162:50 HWU161:49 HWU160:48 HWU159:47 HWU062:46 HWU061:45 HWU060:44 HWU059:43 "
        "HPD1:42 HPD0:41 HD:40 HA:39 TBI1:38 TBI0:37 AS:36 IPS:32:3 TG1:30:2 SH1:28:2 ORGN1:26:2 "
        "IRGN1:24:2 EPD1:23 A1:22 T1SZ:16:6 TG0:14:2 SH0:12:2 ORGN0:10:2 IRGN0:8:2 EPD0:7 T0SZ:0:6",
    ),
    system(
        "TCR2_EL1",
        "3 0 2 0 3",
        "translation control, second register",
        "FNGNA1:21 FNGNA0:20 FNG1:18 FNG0:17 A2:16 DisCH1:15 DisCH0:14 HAFT:11 PTTWI:10 D128:5 "
        "AIE:4 POE:3 E0POE:2 PIE:1 PnCH:0",
        feature="TCR2",
        requires="ID_AA64MMFR3_EL1.TCRX>=1",
    ),
    system("AFSR0_EL1", "3 0 5 1 0", "auxiliary fault status 0; IMPLEMENTATION DEFINED"),
    system("AFSR1_EL1", "3 0 5 1 1", "auxiliary fault status 1; IMPLEMENTATION DEFINED"),
    system("ESR_EL1", "3 0 5 2 0", "exception syndrome", "ISS2:32:24 EC:26:6 IL:25 ISS:0:25"),
    system(
        "TFSR_EL1",
        "3 0 5 6 0",
        "tag fault status of EL1",
        "TF1:1 TF0:0",
        feature="MTE",
        requires=_MTE,
    ),
    system(
        "TFSRE0_EL1",
        "3 0 5 6 1",
        "tag fault status of EL0",
        "TF1:1 TF0:0",
        feature="MTE",
        requires=_MTE,
    ),
    system("FAR_EL1", "3 0 6 0 0", "fault address", "ADDR:0:64"),
    system("PAR_EL1", "3 0 7 4 0", "result of an address translation"),
    system("MAIR_EL1", "3 0 10 2 0", "memory attributes", _ATTRIBUTES),
    system(
        "PIRE0_EL1",
        "3 0 10 2 2",
        "permission indirection of EL0",
        _PERMISSIONS,
        feature="S1PIE",
        requires="ID_AA64MMFR3_EL1.S1PIE>=1",
    ),
    system(
        "PIR_EL1",
        "3 0 10 2 3",
        "permission indirection of EL1",
        _PERMISSIONS,
        feature="S1PIE",
        requires="ID_AA64MMFR3_EL1.S1PIE>=1",
    ),
    system(
        "POR_EL1",
        "3 0 10 2 4",
        "permission overlay of EL1",
        _PERMISSIONS,
        feature="S1POE",
        requires="ID_AA64MMFR3_EL1.S1POE>=1",
    ),
    system("AMAIR_EL1", "3 0 10 3 0", "auxiliary memory attributes; IMPLEMENTATION DEFINED"),
    system("VBAR_EL1", "3 0 12 0 0", "vector base address"),
    system(
        "DISR_EL1",
        "3 0 12 1 1",
        "deferred interrupt status",
        feature="RAS",
        requires="ID_AA64PFR0_EL1.RAS>=1",
    ),
    system("CONTEXTIDR_EL1", "3 0 13 0 1", "context id", "PROCID:0:32"),
    system("TPIDR_EL1", "3 0 13 0 4", "thread id of EL1", "ThreadID:0:64"),
    system(
        "POR_EL0",
        "3 3 10 2 4",
        "permission overlay of EL0",
        _PERMISSIONS,
        feature="S1POE",
        requires="ID_AA64MMFR3_EL1.S1POE>=1",
    ),
    system("TPIDR_EL0", "3 3 13 0 2", "thread id of EL0", "ThreadID:0:64"),
    system("TPIDRRO_EL0", "3 3 13 0 3", "thread id of EL0, read only there", "ThreadID:0:64"),
    system(
        "DACR32_EL2",
        "3 4 3 0 0",
        "AArch32 domain access",
        " ".join(f"D{n}:{2 * n}:2" for n in range(16)),
        feature="EL1_32BIT",
        requires=_AARCH32,
    ),
    system(
        "IFSR32_EL2",
        "3 4 5 0 1",
        "AArch32 instruction fault status",
        feature="EL1_32BIT",
        requires=_AARCH32,
    ),
    system(
        "FPEXC32_EL2",
        "3 4 5 3 0",
        "AArch32 floating-point exception control",
        feature="EL1_32BIT",
        requires=_AARCH32,
    ),
)
