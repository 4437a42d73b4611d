"""What the tests of importers share: the public dumps, and dumps made up in each kind's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping

import pytest

from guestabi.errors import BadInput
from guestabi.uapi.regid import Bitmap, Core, Demux, Firmware, Sve, SysReg, decode
from profiles import make_profile

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "fingerprints"
KERNELS = ("5.10", "6.1", "6.18")
CPUS = ("NEOVERSE_N1", "NEOVERSE_V1")

needs_dumps = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the register dumps are not at {FOLDER}; see its README for them"
)


def _reads_untold_values() -> bool:
    try:
        make_profile("x", {"PSCI_VERSION": {"default": None, "volatile": False}})
    except BadInput:
        return False
    return True


needs_untold_values = pytest.mark.skipif(
    not _reads_untold_values(),
    reason="profile/files.py refuses a register whose default is null and that is not volatile",
)


def fingerprint_path(cpu: str, kernel: str) -> Path:
    return FOLDER / f"fingerprint_ARM_{cpu}_{kernel}host.json"


def template(values: Mapping[int, int], **more: Any) -> str:
    """A dump by Firecracker's helper: every value 128 digits wide."""
    rows = [{"addr": f"{n:#018x}", "bitmap": f"0b{v:0128b}"} for n, v in values.items()]
    return json.dumps({"kvm_capabilities": [], "vcpu_features": [], "reg_modifiers": rows, **more})


def stream(values: Mapping[int, int], **more: Any) -> str:
    """What analyze-migration.py prints of a guest with one vCPU, as far as it matters."""
    section = {
        "cpreg_vmstate_array_len": f"0x{len(values):08x}",
        "cpreg_vmstate_indexes": [f"0x{number:016x}" for number in values],
        "cpreg_vmstate_values": [f"0x{value:016x}" for value in values.values()],
    }
    cpu = {"env.pc": "0x0000000040080000", **section, **more}
    plain = {"ram (1)": {"section sizes": {"mach-virt.ram": "0x0000000002000000"}}, "cpu (4)": cpu}
    return json.dumps(plain, indent=4)


def reg_list(numbers: list[int]) -> str:
    """What `get-reg-list --list` prints."""
    return "\n" + "".join(f"\t{_printed(number)},\n" for number in numbers) + "\n"


_CORE = {
    **{2 * n: f"regs.regs[{n}]" for n in range(31)},
    0x3E: "regs.sp",
    0x40: "regs.pc",
    0x42: "regs.pstate",
    0x44: "sp_el1",
    0x46: "elr_el1",
    **{0x48 + 2 * n: f"spsr[{n}]" for n in range(5)},
    **{0x54 + 4 * n: f"fp_regs.vregs[{n}]" for n in range(32)},
    0xD4: "fp_regs.fpsr",
    0xD5: "fp_regs.fpcr",
}


def _printed(number: int) -> str:
    reg = decode(number)
    prefix = f"KVM_REG_ARM64 | KVM_REG_SIZE_U{8 << (number >> 52 & 0xF)}"
    if isinstance(reg, SysReg):
        return f"ARM64_SYS_REG({reg.op0}, {reg.op1}, {reg.crn}, {reg.crm}, {reg.op2})"
    if isinstance(reg, Core):
        return f"{prefix} | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG({_CORE[reg.offset]})"
    if isinstance(reg, Demux):
        return f"{prefix} | KVM_REG_ARM_DEMUX | KVM_REG_ARM_DEMUX_ID_CCSIDR | {reg.index}"
    if isinstance(reg, Firmware):
        return f"KVM_REG_ARM_FW_REG({reg.number})"
    if isinstance(reg, Bitmap):
        return f"KVM_REG_ARM_FW_FEAT_BMAP_REG({reg.number})"
    assert isinstance(reg, Sve)
    if number & 0xFFFF == 0xFFFF:
        return "KVM_REG_ARM64_SVE_VLS"
    if reg.register < 32:
        return f"KVM_REG_ARM64_SVE_ZREG({reg.register}, 0)"
    if reg.register < 48:
        return f"KVM_REG_ARM64_SVE_PREG({reg.register - 32}, 0)"
    return "KVM_REG_ARM64_SVE_FFR(0)"
