"""Performance monitors (FEAT_PMUv3): 74 registers, listed by 5.10 even on a vCPU without a PMU.

PMUVer is not ordered at its end: 0xF is a PMU of the implementer's own, without these registers.
"""

from __future__ import annotations

from guestabi.registers.rows import ARM_ARM, Row, system

_PMU = "ID_AA64DFR0_EL1.PMUVer=1..14"
_COUNTERS = 31
_SET = "F0:32 C:31 P:0:31"
_FILTER = "P:31 U:30 NSK:29 NSU:28 NSH:27 M:26 MT:25 SH:24 RLK:22 RLU:21 RLH:20 evtCount:0:16"
_CYCLE_FILTER = "P:31 U:30 NSK:29 NSU:28 NSH:27 M:26 SH:24 T:23 RLK:22 RLU:21 RLH:20"
_PMMIR = (
    f"{ARM_ARM}; absent: kernels that do not list it trap it and read zero "
    "(arch/arm64/kvm/sys_regs.c, trap_raz_wi), listed since 7.3"
)


def _pmu(
    name: str,
    encoding: str,
    summary: str,
    fields: str = "",
    *,
    role: str = "state",
) -> Row:
    return system(name, encoding, summary, fields, role=role, feature="PMUv3", requires=_PMU)


ROWS = (
    _pmu("PMINTENSET_EL1", "3 0 9 14 1", "overflow interrupt enable, set", _SET),
    _pmu("PMINTENCLR_EL1", "3 0 9 14 2", "overflow interrupt enable, clear", _SET),
    system(
        "PMMIR_EL1",
        "3 0 9 14 6",
        "PMU properties",
        "SME:28:4 EDGE:24:4 THWIDTH:20:4 BUS_WIDTH:16:4 BUS_SLOTS:8:8 SLOTS:0:8",
        role="identification",
        feature="PMUv3",
        requires=_PMU,
        absent=0,
        source=_PMMIR,
    ),
    _pmu(
        "PMCR_EL0",
        "3 3 9 12 0",
        "PMU control; N, the number of event counters, is fixed for a VM",
        "FZS:32 IMP:24:8 IDCODE:16:8 N:11:5 FZO:9 LP:7 LC:6 DP:5 X:4 D:3 C:2 P:1 E:0",
    ),
    _pmu("PMCNTENSET_EL0", "3 3 9 12 1", "counter enable, set", _SET),
    _pmu("PMCNTENCLR_EL0", "3 3 9 12 2", "counter enable, clear", _SET),
    _pmu("PMOVSCLR_EL0", "3 3 9 12 3", "overflow status, clear", _SET),
    _pmu("PMSWINC_EL0", "3 3 9 12 4", "software increment; reads as zero", "P:0:31"),
    _pmu("PMSELR_EL0", "3 3 9 12 5", "event counter selection", "SEL:0:5"),
    _pmu(
        "PMCEID0_EL0",
        "3 3 9 12 6",
        "common events 0..31 and 0x4000..0x401F",
        "IDhi:32:32 ID:0:32",
        role="identification",
    ),
    _pmu(
        "PMCEID1_EL0",
        "3 3 9 12 7",
        "common events 32..63 and 0x4020..0x403F",
        "IDhi:32:32 ID:0:32",
        role="identification",
    ),
    _pmu("PMCCNTR_EL0", "3 3 9 13 0", "cycle count", "CCNT:0:64", role="counter"),
    _pmu(
        "PMUSERENR_EL0",
        "3 3 9 14 0",
        "access from EL0",
        "TID:6 IR:5 UEN:4 ER:3 CR:2 SW:1 EN:0",
    ),
    _pmu("PMOVSSET_EL0", "3 3 9 14 3", "overflow status, set", _SET),
    *(
        _pmu(
            f"PMEVCNTR{n}_EL0",
            f"3 3 14 {8 + n // 8} {n % 8}",
            f"event count {n}",
            "Count:0:64",
            role="counter",
        )
        for n in range(_COUNTERS)
    ),
    *(
        _pmu(
            f"PMEVTYPER{n}_EL0",
            f"3 3 14 {12 + n // 8} {n % 8}",
            f"what event counter {n} counts",
            _FILTER,
        )
        for n in range(_COUNTERS)
    ),
    _pmu("PMCCFILTR_EL0", "3 3 14 15 7", "what the cycle counter counts", _CYCLE_FILTER),
)
