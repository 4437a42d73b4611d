"""Generic timers.

Two ids are swapped, and frozen as ABI (``arch/arm64/include/uapi/asm/kvm.h``, the comment over
KVM_REG_ARM_TIMER_CTL): the id called TIMER_CVAL decodes as CNTVCT_EL0, and TIMER_CNT as
CNTV_CVAL_EL0. What is behind an id is what its *name* says. The physical timer's ids are straight.
"""

from __future__ import annotations

from typing import Optional

from guestabi.registers.rows import ARM_ARM, Row, system

_UAPI = "uapi/asm/kvm.h KVM_REG_ARM_TIMER_*"
_PTIMER_UAPI = "uapi/asm/kvm.h KVM_REG_ARM_PTIMER_*"
_CTL = "ISTATUS:2 IMASK:1 ENABLE:0"
_WHOLE = "Value:0:64"


def _timer(
    name: str,
    arch_name: str,
    encoding: str,
    summary: str,
    *,
    role: str = "state",
    feature: Optional[str] = None,
    fields: str = _WHOLE,
) -> Row:
    number = system(arch_name, encoding, summary).id
    source = _PTIMER_UAPI if feature else _UAPI
    return Row(number, name, arch_name, role, feature, "", None, fields, summary, source)


ROWS = (
    _timer("TIMER_CTL", "CNTV_CTL_EL0", "3 3 14 3 1", "virtual timer control", fields=_CTL),
    _timer("TIMER_CVAL", "CNTVCT_EL0", "3 3 14 0 2", "virtual timer compare (swapped)"),
    _timer("TIMER_CNT", "CNTV_CVAL_EL0", "3 3 14 3 2", "virtual count (swapped)", role="counter"),
    _timer(
        "PTIMER_CTL",
        "CNTP_CTL_EL0",
        "3 3 14 2 1",
        "physical timer control",
        feature="PTIMER",
        fields=_CTL,
    ),
    _timer(
        "PTIMER_CVAL",
        "CNTP_CVAL_EL0",
        "3 3 14 2 2",
        "physical timer compare value",
        feature="PTIMER",
    ),
    _timer(
        "PTIMER_CNT",
        "CNTPCT_EL0",
        "3 3 14 0 1",
        "physical count",
        role="counter",
        feature="PTIMER",
    ),
    system(
        "CNTKCTL_EL1",
        "3 0 14 1 0",
        "timer access from EL0",
        "CNTPMASK:19 CNTVMASK:18 EVNTIS:17 EL0PTEN:9 EL0VTEN:8 EVNTI:4:4 EVNTDIR:3 EVNTEN:2 "
        "EL0VCTEN:1 EL0PCTEN:0",
    ),
    system(
        "CNTFRQ_EL0",
        "3 3 14 0 0",
        "counter frequency in Hz",
        "ClockFreq:0:32",
        role="identification",
        source=f"{ARM_ARM}; not listed by KVM up to 7.3",
    ),
)
