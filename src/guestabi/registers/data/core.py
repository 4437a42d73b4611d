"""Core registers: ``struct kvm_regs``, ids count 32-bit words from its start.

Source: ``arch/arm64/include/uapi/asm/kvm.h`` (struct kvm_regs) and ``ptrace.h``
(struct user_pt_regs, struct user_fpsimd_state): 31 general registers, SP, PC and PSTATE; SP_EL1
and ELR_EL1; five saved program status registers; then, aligned to 16 bytes, the vector registers.
"""

from __future__ import annotations

from typing import Optional

from guestabi.registers.rows import Row
from guestabi.uapi.regid import Core, encode

_SOURCE = "uapi/asm/kvm.h struct kvm_regs"
_WORD32, _WORD64, _WORD128 = 2, 3, 4
_GENERAL, _SP_EL1, _ELR_EL1, _SPSR, _VECTOR, _FPSR, _FPCR = 0x00, 0x44, 0x46, 0x48, 0x54, 0xD4, 0xD5
_AARCH32 = "ID_AA64PFR0_EL1.EL1>=2"
_FPSR_FIELDS = "N:31 Z:30 C:29 V:28 QC:27 IDC:7 IXC:4 UFC:3 OFC:2 DZC:1 IOC:0"
_FPCR_FIELDS = (
    "AHP:26 DN:25 FZ:24 RMode:22:2 Stride:20:2 FZ16:19 Len:16:3 IDE:15 EBF:13 IXE:12 UFE:11 "
    "OFE:10 DZE:9 IOE:8 NEP:2 AH:1 FIZ:0"
)


def _core(
    name: str,
    size_log2: int,
    offset: int,
    summary: str,
    fields: str = "",
    feature: Optional[str] = None,
    requires: str = "",
) -> Row:
    number = encode(Core(size_log2, offset))
    return Row(number, name, name, "state", feature, requires, None, fields, summary, _SOURCE)


ROWS = (
    *(_core(f"X{n}", _WORD64, _GENERAL + 2 * n, "general-purpose register") for n in range(31)),
    _core("SP_EL0", _WORD64, 0x3E, "stack pointer of EL0 (regs.sp)"),
    _core("PC", _WORD64, 0x40, "program counter"),
    _core("PSTATE", _WORD64, 0x42, "processor state, laid out as an SPSR"),
    _core("SP_EL1", _WORD64, _SP_EL1, "stack pointer of EL1"),
    _core("ELR_EL1", _WORD64, _ELR_EL1, "exception return address of EL1"),
    _core("SPSR_EL1", _WORD64, _SPSR, "saved program status of EL1 (spsr[0])"),
    *(
        _core(
            f"SPSR_{mode}",
            _WORD64,
            _SPSR + 2 * index,
            f"saved program status of AArch32 mode {mode} (spsr[{index}])",
            feature="EL1_32BIT",
            requires=_AARCH32,
        )
        for index, mode in enumerate(("abt", "und", "irq", "fiq"), start=1)
    ),
    *(
        _core(f"V{n}", _WORD128, _VECTOR + 4 * n, "vector register; not listed on a vCPU with SVE")
        for n in range(32)
    ),
    _core("FPSR", _WORD32, _FPSR, "floating-point status", fields=_FPSR_FIELDS),
    _core("FPCR", _WORD32, _FPCR, "floating-point control", fields=_FPCR_FIELDS),
)
