"""Firmware pseudo-registers: what a guest finds behind hypercalls (SMCCC and PSCI).

Sources: ``Documentation/virt/kvm/arm/fw-pseudo-registers.rst``, ``uapi/asm/kvm.h`` and
``arch/arm64/kvm/hypercalls.c``. Bits and levels are facts of that interface.
"""

from __future__ import annotations

from guestabi.registers.rows import Row
from guestabi.uapi.regid import Bitmap, Firmware, encode

_GROUP = "firmware services"
_DOC = "Documentation/virt/kvm/arm/fw-pseudo-registers.rst"
_SIZE64 = 3


def _firmware(name: str, number: int, summary: str, fields: str, *, source: str = _DOC) -> Row:
    register = encode(Firmware(_SIZE64, number))
    return Row(register, name, name, "firmware", _GROUP, "", None, fields, summary, source)


def _bitmap(name: str, number: int, summary: str, fields: str, *, source: str = _DOC) -> Row:
    register = encode(Bitmap(_SIZE64, number))
    return Row(register, name, name, "bitmap", _GROUP, "", None, fields, summary, source)


_WORKAROUND_3 = (
    _DOC + '; absent: Linux commit a5905d6af492 ("KVM: arm64: Allow SMCCC_ARCH_WORKAROUND_3 to be '
    'discovered and migrated"): before it, the call answered "not supported", which is level 0'
)
_WIDGET = (
    "kernel/vm-one-reg of this project, patch 4; absent: a bitmap without bits, as the kernel that "
    "has it starts with"
)
_BMAP_2 = _DOC + "; absent: before 6.15 neither service existed, so no bit was set for anyone"

ROWS = (
    _firmware("PSCI_VERSION", 0, "PSCI version of the guest", "Major:16:15 Minor:0:16"),
    _firmware(
        "SMCCC_ARCH_WORKAROUND_1", 1, "mitigation of CVE-2017-5715 (Spectre v2)", "Level:0:4"
    ),
    _firmware(
        "SMCCC_ARCH_WORKAROUND_2", 2, "mitigation of CVE-2018-3639 (SSB)", "Enabled:4 Level:0:4"
    ),
    _firmware(
        "SMCCC_ARCH_WORKAROUND_3",
        3,
        "mitigation of CVE-2017-5715 and CVE-2022-23960 (Spectre-BHB)",
        "Level:0:4",
        source=_WORKAROUND_3,
    )._replace(absent=0),
    _bitmap("STD_BMAP", 0, "standard secure services", "TRNG_V1_0:0"),
    _bitmap("STD_HYP_BMAP", 1, "standard hypervisor services", "PV_TIME:0"),
    _bitmap("VENDOR_HYP_BMAP", 2, "vendor hypervisor services", "FUNC_FEAT:0 PTP:1"),
    _bitmap(
        "VENDOR_HYP_BMAP_2",
        3,
        "vendor hypervisor services, those that default to off",
        "DISCOVER_IMPL_VER:0 DISCOVER_IMPL_CPUS:1",
        source=_BMAP_2,
    )._replace(absent=0),
    _bitmap(
        "WIDGET_BMAP",
        9,
        "the widget, an example of a new VM-scoped register, on no released kernel",
        "WIDGET:0",
        source=_WIDGET,
    )._replace(absent=0),
)
