"""Importing the kernel selftest's list."""

from __future__ import annotations

import pytest

from guestabi import atlas
from guestabi.errors import BadInput
from guestabi.fleet import imports
from guestabi.fleet.imports import reglist
from guestabi.registers.catalogue import find
from guestabi.uapi.regid import Demux, decode

from .dumps import needs_untold_values, reg_list

HOSTS = ("debian-5.10/neoverse-n1", "debian-6.12/max", "debian-7.3/a64fx")


def ids(host: str) -> list[int]:
    return [n for n in atlas.resolve(host).registers if not isinstance(decode(n), Demux)]


@pytest.mark.parametrize("host", HOSTS)
def test_every_form_of_a_real_list(host) -> None:
    """Core, system, firmware, bitmap and SVE registers of real kernels, as the selftest prints."""
    numbers = ids(host)
    found = reglist.parse(reg_list(numbers), "list")
    assert list(found.values) == numbers
    assert set(found.values.values()) == {None}
    assert len(numbers) > 300


def test_what_the_sources_print() -> None:
    """Lines of get-reg-list.c's own tables, and their ids."""
    core = "KVM_REG_ARM64 | {} | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG({})"
    demux = "KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | KVM_REG_ARM_DEMUX_ID_CCSIDR"
    lines = {
        core.format("KVM_REG_SIZE_U64", "regs.regs[1]"): "X1",
        core.format("KVM_REG_SIZE_U32", "fp_regs.fpcr"): "FPCR",
        "KVM_REG_ARM_FW_REG(0)": "PSCI_VERSION",
        "KVM_REG_ARM_FW_FEAT_BMAP_REG(2)": "VENDOR_HYP_BMAP",
        "ARM64_SYS_REG(3, 3, 14, 3, 2)": "TIMER_CNT",
        "ARM64_SYS_REG(3, 0, 0, 4, 0)": "ID_AA64PFR0_EL1",
        "KVM_REG_ARM64_SVE_VLS": "SVE_VLS",
        f"{demux} | 2": "CCSIDR_2",
    }
    for line, name in lines.items():
        found = reglist.parse(f"Random seed: 0x6b8b4567\n\n\t{line},\n\n", "list")
        assert list(found.values) == [find(name).id]


@needs_untold_values
def test_the_profile_has_no_values(tmp_path) -> None:
    """Not even volatile ones, but for counters."""
    path = tmp_path / "n1.txt"
    path.write_text(reg_list(ids(HOSTS[0])))
    found = imports.load(path)
    assert set(found.defaults.values()) == {None}
    moving = {number for number, row in found.registers.items() if row.volatile}
    assert find("TIMER_CNT").id in moving
    assert find("ID_AA64PFR0_EL1").id not in moving
    assert "not known: the value of any register" in found.record.taken.notes


WHOLE = reg_list([find("PSCI_VERSION").id, find("X0").id])
REFUSED = {
    "cut in a line": (WHOLE[:-20], "is cut short"),
    "cut after a line": (WHOLE[:-1], "is cut short"),
    "empty": ("\n", "is cut short"),
    "twice": (reg_list(2 * [find("X0").id]), "line 3: the register stands in it twice"),
    "something else": (WHOLE[:-1] + "\tMIDR_EL1,\n\n", "line 4: 'MIDR_EL1,' names no register"),
    "X31": (WHOLE.replace("regs[0]", "regs[31]"), "names no register"),
    "op1 is 8": (WHOLE[:-1] + "\tARM64_SYS_REG(3, 8, 0, 0, 0),\n\n", "names no register"),
    "24 bits": (WHOLE.replace("SIZE_U64", "SIZE_U24"), "names no register"),
    "Arabic digits": (WHOLE.replace("(0)", "(\u0660)"), "names no register"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_whole_list_is_refused(text, words, tmp_path) -> None:
    """With the path, the line and the reason."""
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        imports.load(path, "reg-list")
    assert words in caught.value.reason
