"""Self-hosted debug: 16 breakpoints and 16 watchpoints are listed, however many exist."""

from __future__ import annotations

from guestabi.registers.rows import ARM_ARM, Row, system

_PAIRS = 16
_CONTROL = {
    "B": "LBNX:30:2 SSCE:29 MASK:24:5 BT:20:4 LBN:16:4 SSC:14:2 HMC:13 BAS:5:4 PMC:1:2 E:0",
    "W": "LBNX:30:2 SSCE:29 MASK:24:5 WT:20 LBN:16:4 SSC:14:2 HMC:13 BAS:5:8 LSC:3:2 PAC:1:2 E:0",
}
_OSLSR = (
    f"{ARM_ARM}; absent: 5.10 does not list it and answers 0x8, OS lock implemented and open "
    "(arch/arm64/kvm/sys_regs.c, trap_oslsr_el1)"
)


def _points(kind: str, words: str, value: int, control: int) -> tuple[Row, ...]:
    rows = []
    for n in range(_PAIRS):
        rows.append(
            system(
                f"DBG{kind}VR{n}_EL1",
                f"2 0 0 {n} {value}",
                f"{words} {n}, value",
                "Value:0:64",
                feature="DEBUG",
            )
        )
        rows.append(
            system(
                f"DBG{kind}CR{n}_EL1",
                f"2 0 0 {n} {control}",
                f"{words} {n}, control",
                _CONTROL[kind],
                feature="DEBUG",
            )
        )
    return tuple(rows)


ROWS = (
    *_points("B", "breakpoint", 4, 5),
    *_points("W", "watchpoint", 6, 7),
    system(
        "MDCCINT_EL1",
        "2 0 0 2 0",
        "debug communication channel interrupts",
        "RX:30 TX:29",
        feature="DEBUG",
    ),
    system(
        "MDSCR_EL1",
        "2 0 0 2 2",
        "debug system control",
        "EHBWE:35 EnSPM:34 TTA:33 EMBWE:32 TFO:31 RXfull:30 TXfull:29 RXO:27 TXU:26 INTdis:22:2 "
        "TDA:21 SC2:19 MDE:15 HDE:14 KDE:13 TDCC:12 ERR:6 SS:0",
        feature="DEBUG",
    ),
    system(
        "OSLSR_EL1",
        "2 0 1 1 4",
        "OS lock status; OSLM says how it is implemented",
        "OSLMHi:3 nTT:2 OSLK:1 OSLMLo:0",
        feature="DEBUG",
        absent=0x8,
        source=_OSLSR,
    ),
    system(
        "DBGVCR32_EL2",
        "2 4 0 7 0",
        "AArch32 vector catch",
        feature="EL1_32BIT",
        requires="ID_AA64PFR0_EL1.EL1>=2",
    ),
)
