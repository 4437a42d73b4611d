"""What the processor is: implementer, affinity, caches. A guest reads it and cannot write it."""

from __future__ import annotations

from guestabi.registers.rows import ARM_ARM, Row, system
from guestabi.uapi.regid import Demux, encode

_ID = "identification"
_CACHES = "cache geometry"
_SELECTORS = 14
_SIZE32 = 2
_CCSIDR = (
    f"uapi/asm/kvm.h KVM_REG_ARM_DEMUX_ID_CCSIDR; {ARM_ARM} CCSIDR_EL1: UNKNOWN for a cache that "
    "CLIDR_EL1 says is not there"
)
# Ctype: 1 instruction only, 2 data only, 3 both apart, 4 unified.
_WITH_DATA, _WITH_INSTRUCTIONS = "2,3,4", "1,3"


def _ccsidr(selector: int) -> Row:
    level, instruction = selector // 2 + 1, selector % 2
    types = _WITH_INSTRUCTIONS if instruction else _WITH_DATA
    return Row(
        encode(Demux(_SIZE32, 0, selector)),
        f"CCSIDR_{selector}",
        f"CCSIDR[{selector}]",
        _ID,
        _CACHES,
        f"CLIDR_EL1.Ctype{level}={types}",
        None,
        "UNKNOWN:28:4 NumSets:13:15 Associativity:3:10 LineSize:0:3",
        f"level {level} {'instruction' if instruction else 'data or unified'} cache, where there "
        "is one; without FEAT_CCIDX",
        _CCSIDR,
    )


ROWS = (
    system(
        "MIDR_EL1",
        "3 0 0 0 0",
        "which processor this is",
        "Implementer:24:8 Variant:20:4 Architecture:16:4 PartNum:4:12 Revision:0:4",
        role=_ID,
    ),
    system(
        "MPIDR_EL1",
        "3 0 0 0 5",
        "which processor of the machine this is",
        "Aff3:32:8 U:30 MT:24 Aff2:16:8 Aff1:8:8 Aff0:0:8",
        role=_ID,
    ),
    system("REVIDR_EL1", "3 0 0 0 6", "minor revision; IMPLEMENTATION DEFINED", role=_ID),
    system("AIDR_EL1", "3 1 0 0 7", "auxiliary identification; IMPLEMENTATION DEFINED", role=_ID),
    system(
        "CLIDR_EL1",
        "3 1 0 0 1",
        "which caches there are",
        "Ttype7:45:2 Ttype6:43:2 Ttype5:41:2 Ttype4:39:2 Ttype3:37:2 Ttype2:35:2 Ttype1:33:2 "
        "ICB:30:3 LoUU:27:3 LoC:24:3 LoUIS:21:3 Ctype7:18:3 Ctype6:15:3 Ctype5:12:3 Ctype4:9:3 "
        "Ctype3:6:3 Ctype2:3:3 Ctype1:0:3",
        role=_ID,
        feature=_CACHES,
    ),
    system(
        "CSSELR_EL1",
        "3 2 0 0 0",
        "which cache CCSIDR_EL1 tells about",
        "TnD:4 Level:1:3 InD:0",
        feature=_CACHES,
    ),
    system(
        "CTR_EL0",
        "3 3 0 0 1",
        "cache lines and coherence",
        "TminLine:32:6 DIC:29 IDC:28 CWG:24:4 ERG:20:4 DminLine:16:4 L1Ip:14:2 IminLine:0:4",
        role=_ID,
        feature=_CACHES,
    ),
    system(
        "DCZID_EL0",
        "3 3 0 0 7",
        "block size of DC ZVA",
        "DZP:4 BS:0:4",
        role=_ID,
        source=f"{ARM_ARM}; not listed by KVM up to 7.3",
    ),
    *(_ccsidr(selector) for selector in range(_SELECTORS)),
)
