"""SVE, SME and pointer-authentication state.

SVE ids: ``uapi/asm/kvm.h`` KVM_REG_ARM64_SVE_*; a Z register is listed as 2048 bits, a P register
and FFR as 256, in one slice. SVE_VLS is 512 bits: bit (v - 1) says that a vector length of
v x 128 bits is available.
"""

from __future__ import annotations

from guestabi.registers.rows import Row, system
from guestabi.uapi.regid import Sve, encode

_UAPI = "uapi/asm/kvm.h KVM_REG_ARM64_SVE_*"
_SVE = "ID_AA64PFR0_EL1.SVE>=1"
_SIZE256, _SIZE512, _SIZE2048 = 5, 6, 8
_FIRST_P, _FFR, _VLS, _VLS_SLICE = 32, 48, 0x7FF, 0x1F
_LONGEST_VQ = 16


def _sve(name: str, size_log2: int, register: int, summary: str) -> Row:
    number = encode(Sve(size_log2, register))
    return Row(number, name, name, feature="SVE", requires=_SVE, summary=summary, source=_UAPI)


_VLS_ROW = Row(
    encode(Sve(_SIZE512, _VLS, _VLS_SLICE)),
    "SVE_VLS",
    "SVE_VLS",
    "identification",
    "SVE",
    _SVE,
    None,
    " ".join(f"VL{128 * vq}:{vq - 1}" for vq in range(1, _LONGEST_VQ + 1)),
    "vector lengths available to the vCPU; fixed when it is finalised",
    _UAPI,
)

_ADDRESS = "ID_AA64ISAR1_EL1.APA>=1 ID_AA64ISAR1_EL1.API>=1 ID_AA64ISAR2_EL1.APA3>=1"
_GENERIC = "ID_AA64ISAR1_EL1.GPA>=1 ID_AA64ISAR1_EL1.GPI>=1 ID_AA64ISAR2_EL1.GPA3>=1"


def _key(key: str, half: str, encoding: str, requires: str) -> Row:
    return system(
        f"{key}KEY{half}_EL1",
        encoding,
        f"pointer-authentication key {key}, {'low' if half == 'LO' else 'high'} half",
        "Key:0:64",
        feature="PAuth",
        requires=requires,
    )


ROWS = (
    *(_sve(f"Z{n}", _SIZE2048, n, "scalable vector register") for n in range(32)),
    *(_sve(f"P{n}", _SIZE256, _FIRST_P + n, "scalable predicate register") for n in range(16)),
    _sve("FFR", _SIZE256, _FFR, "first-fault register"),
    _VLS_ROW,
    system("ZCR_EL1", "3 0 1 2 0", "SVE control", "LEN:0:4", feature="SVE", requires=_SVE),
    system(
        "SVCR",
        "3 3 4 2 2",
        "SME state control",
        "ZA:1 SM:0",
        feature="SME",
        requires="ID_AA64PFR1_EL1.SME>=1",
    ),
    system(
        "FPMR",
        "3 3 4 4 2",
        "floating-point mode (FP8)",
        "LSCALE2:32:6 NSCALE:24:8 LSCALE:16:7 OSC:15 OSM:14 F8D:6:3 F8S2:3:3 F8S1:0:3",
        feature="FPMR",
        requires="ID_AA64PFR2_EL1.FPMR>=1",
    ),
    *(
        _key(key, half, f"3 0 2 {1 + number // 2} {number % 2 * 2 + high}", _ADDRESS)
        for number, key in enumerate(("APIA", "APIB", "APDA", "APDB"))
        for high, half in enumerate(("LO", "HI"))
    ),
    *(_key("APGA", half, f"3 0 2 3 {high}", _GENERIC) for high, half in enumerate(("LO", "HI"))),
)
