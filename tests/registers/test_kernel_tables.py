"""The catalogue against the kernel's own tables, read from a Linux source tree.

GUESTABI_LINUX_SOURCE names an unpacked tree; without it Debian's linux-source-* package is used
(``apt install linux-source``). GUESTABI_REQUIRE_LINUX_SOURCE=1 turns the skip into a failure.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Iterable

import pytest

from guestabi.registers import Register, all_registers, find, lookup
from guestabi.uapi import regid
from registers import kernel_tables as kernel

pytestmark = pytest.mark.xdist_group("linux-source")

NOT_IN_KERNEL = {
    # In 5.10 .. 6.x; removed with the withdrawal of the Transactional Memory Extension.
    "ID_AA64ISAR0_EL1.tme",
    # In the architecture since 2023; KVM never shows it to a guest.
    "ID_ISAR6_EL1.clrbhb",
}
SIGNED = {
    # Signed in the architecture; the kernel's table leaves it open (plain Enum).
    "ID_AA64PFR1_EL1.MTE_frac",
    "ID_DFR1_EL1.MTPMU",
    # Open in 6.12, SignedEnum in 7.3.
    "ID_AA64DFR0_EL1.MTPMU",
}
NEWEST = "NVHCR_EL2"
"""The register that the kernel named last; a table with it is as new as the catalogue."""


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("GUESTABI_LINUX_SOURCE")
    archive = kernel.newest_archive()
    if named:
        return Path(named)
    if archive:  # takes half a minute: the package is one compressed stream
        return kernel.unpack(archive, tmp_path_factory.mktemp("linux"))
    reason = "no Linux source: apt install linux-source, or set GUESTABI_LINUX_SOURCE"
    if os.environ.get("GUESTABI_REQUIRE_LINUX_SOURCE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def table(tree: Path) -> dict[str, kernel.KernelRegister]:
    found = kernel.read_sysreg((tree / kernel.SYSREG).read_text())
    assert len(found) >= 50, "the kernel's table was not read"
    return found


@pytest.fixture(scope="session")
def encodings(tree: Path, table: dict[str, kernel.KernelRegister]) -> dict[str, int]:
    """Every system register that either of the kernel's tables names, with its id."""
    header = kernel.read_header((tree / kernel.HEADER).read_text())
    assert len(header) > 100, "asm/sysreg.h was not read"
    return {**header, **{name: register.id for name, register in table.items()}}


@pytest.fixture(scope="session")
def uapi(tree: Path) -> tuple[dict[str, int], dict[str, int]]:
    return kernel.read_uapi((tree / kernel.UAPI).read_text())


@pytest.fixture(scope="session")
def reg_list(
    tree: Path, encodings: dict[str, int], uapi: tuple[dict[str, int], dict[str, int]]
) -> list[kernel.Listed]:
    text = kernel.reg_list_path(tree).read_text()
    found = kernel.read_reg_list(text, {**encodings, **uapi[0]})
    assert len(found) > 300, "get-reg-list.c was not read"
    return found


def identification(registers: Iterable[Register]) -> list[Register]:
    """The registers of the ID space proper: op0=3 op1=0 CRn=0 CRm=1..7."""
    return [each for each in registers if 0x603000000013C008 <= each.id <= 0x603000000013C03F]


def has_signs(table: dict[str, kernel.KernelRegister]) -> bool:
    """Whether this table says which fields are signed; 6.1's does not yet."""
    return any(f.kind == "SignedEnum" for each in table.values() for f in each.fields.values())


def disagreements(
    registers: Iterable[Register], table: dict[str, kernel.KernelRegister]
) -> list[str]:
    """Say every field that both sides name and place differently, or sign differently."""
    found = []
    signs = has_signs(table)
    for register in registers:
        known = table.get(register.arch_name)
        theirs = {n.casefold(): f for n, f in known.fields.items()} if known else {}
        for field in register.fields:
            place = theirs.get(field.name.casefold())
            if place is None:
                continue
            key = f"{register.name}.{field.name}"
            if (place.low, place.width) != (field.low, field.width):
                found.append(f"{key}: {field.low}+{field.width}, not {place.low}+{place.width}")
            signed = place.kind == "SignedEnum" or key in SIGNED
            if signs and field.signed != signed:
                found.append(f"{key}: signed {field.signed}, not {signed}")
    return found


def test_fields_agree(table: dict[str, kernel.KernelRegister]) -> None:
    """Every field that both sides name has the kernel's position, width and sign."""
    both = [each for each in all_registers() if each.fields and each.arch_name in table]
    assert len(both) >= 30
    assert disagreements(both, table) == []


def test_a_wrong_row_is_caught(table: dict[str, kernel.KernelRegister]) -> None:
    """The comparison can fail: a shifted field and a dropped sign are both reported."""
    register = find("ID_AA64PFR0_EL1")
    shifted = tuple(
        replace(each, low=each.low + 4) if each.name == "SVE" else each for each in register.fields
    )
    unsigned = tuple(replace(each, signed=False) if each.name == "FP" else each for each in shifted)
    sign = ["ID_AA64PFR0_EL1.FP: signed False, not True"] if has_signs(table) else []
    place = ["ID_AA64PFR0_EL1.SVE: 36+4, not 32+4"]
    assert disagreements([replace(register, fields=unsigned)], table) == sign + place


def test_id_registers_have_exactly_the_kernels_fields(
    table: dict[str, kernel.KernelRegister],
) -> None:
    """The kernel knows no ID-register field that we lack, and we none that it lacks, but two."""
    ours = {
        f"{register.name}.{field.name.casefold()}"
        for register in identification(all_registers())
        for field in register.fields
    }
    theirs = {
        f"{name}.{field.casefold()}"
        for name, register in table.items()
        if register.id in {each.id for each in identification(all_registers())}
        for field in register.fields
    }
    assert theirs - ours == set()
    if NEWEST in table:
        assert ours - theirs == NOT_IN_KERNEL


def test_system_registers_have_the_kernels_names(encodings: dict[str, int]) -> None:
    """A name that both sides have is the same register, and an id has no other name there."""
    ours = {
        register.arch_name: register.id
        for register in all_registers()
        if isinstance(regid.decode(register.id), regid.SysReg)
    }
    shared = ours.keys() & encodings.keys()
    assert len(shared) > 100
    assert {name: ours[name] for name in shared} == {name: encodings[name] for name in shared}
    named = {number: name for name, number in encodings.items()}
    unnamed = {each.id for each in all_registers() if each.name.startswith("S3_")}
    assert {named[number] for number in unnamed & named.keys()} == set()


def test_every_listed_id_is_in_the_catalogue(reg_list: list[kernel.Listed]) -> None:
    """Each id of get-reg-list.c is here, under the name that file gives it, if it gives one."""
    wrong = []
    for listed in reg_list:
        register = lookup(listed.id)
        ours = {register.name, register.arch_name} if register else set()
        if not ours or (listed.names and not listed.names & ours):
            wrong.append((hex(listed.id), sorted(listed.names), sorted(ours)))
    assert wrong == []


def test_uapi_names(uapi: tuple[dict[str, int], dict[str, int]]) -> None:
    """Every pseudo-register and timer that uapi/asm/kvm.h names is found by that spelling."""
    ids = uapi[0]
    assert {"PSCI_VERSION", "TIMER_CVAL", "TIMER_CNT", "STD_BMAP"} <= ids.keys()
    assert {name: find(f"KVM_REG_ARM_{name}").id for name in ids} == ids


def test_uapi_bitmap_bits(uapi: tuple[dict[str, int], dict[str, int]]) -> None:
    """Every bit of the service bitmaps has the kernel's name and place, and none is missing."""
    theirs = set()
    for name, bit in uapi[1].items():
        prefix, _, field = name.partition("_BIT_")
        second = "_2" if field.startswith("DISCOVER_IMPL") else ""
        theirs.add((f"{prefix}_BMAP{second}", field, bit))
    ours = {
        (register.name, field.name, field.low)
        for register in all_registers()
        if register.role == "bitmap"
        for field in register.fields
    }
    assert theirs - ours == set()
    if len(theirs) >= len(ours):
        assert ours == theirs


def test_requirements_are_the_kernels(tree: Path, table: dict[str, kernel.KernelRegister]) -> None:
    """Where get-reg-list.c says which ID field a register needs, the catalogue says the same."""
    features = kernel.read_features(kernel.reg_list_path(tree).read_text())
    if not features:
        pytest.skip("this tree's get-reg-list.c has no REG_FEAT table")
    theirs = {
        row.register: {f"{row.id_register}.{row.field}>={_least(row, table)}"} for row in features
    }
    ours = {name: {str(each) for each in find(name).requires} for name in theirs}
    assert ours == theirs


def _least(row: kernel.Feature, table: dict[str, kernel.KernelRegister]) -> int:
    return table[row.id_register].values[row.field, row.value]
