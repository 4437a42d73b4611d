"""The promises of ``guestabi.registers.catalogue`` and of the rows in ``registers/data``."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.errors import UnknownName, UsageError
from guestabi.registers import (
    ROLES,
    all_registers,
    data,
    field_segments,
    find,
    lookup,
    name_of,
)
from guestabi.registers.catalogue import GROUPS
from guestabi.registers.data import meanings
from guestabi.uapi import regid

FINGERPRINTS = Path(__file__).parents[3] / "shared" / "data" / "fingerprints"
MEANING_MODULES = {"meanings", "meanings_arm"}


def rows() -> list[tuple[int, str]]:
    modules = (importlib.import_module(f"guestabi.registers.data.{group}") for group in GROUPS)
    return [(row.id, row.name) for module in modules for row in module.ROWS]


def test_every_data_module_is_read() -> None:
    """A module in registers/data is a group of rows, or holds the meanings; none is forgotten."""
    found = {module.name for module in pkgutil.iter_modules(data.__path__)}
    assert found == set(GROUPS) | MEANING_MODULES
    assert list(GROUPS) == sorted(GROUPS)


def test_ids_and_names_are_unique() -> None:
    """No two rows have one id, and no two have one name."""
    both = rows()
    assert len(both) > 450
    assert {number: n for number, n in Counter(i for i, _ in both).items() if n > 1} == {}
    assert {name: n for name, n in Counter(name for _, name in both).items() if n > 1} == {}


def test_the_catalogue_is_sorted_and_whole() -> None:
    """all_registers has every row once, sorted by id."""
    assert [register.id for register in all_registers()] == sorted(number for number, _ in rows())


def test_rows_are_complete() -> None:
    """Every register says what it is and where that comes from, with a known role."""
    incomplete = [
        register.name
        for register in all_registers()
        if not (register.summary and register.source) or register.role not in ROLES
    ]
    assert incomplete == []


def test_ids_decode_to_registers() -> None:
    """Every id has the architecture, a size and a class that the codec knows, and round-trips."""
    decoded = {register.id: regid.decode(register.id) for register in all_registers()}
    assert [number for number, reg in decoded.items() if isinstance(reg, regid.Unknown)] == []
    assert {number: regid.encode(reg) for number, reg in decoded.items()} == {
        number: number for number in decoded
    }


def test_fields_are_sorted_apart_and_inside() -> None:
    """No two fields of a register share a bit, none leaves the register, names are unique."""
    wrong = []
    for register in all_registers():
        ends = [0]
        for field in register.fields:
            wrong += [(register.name, field.name)] if field.low < ends[-1] else []
            ends.append(field.low + field.width)
        names = {field.name.casefold() for field in register.fields}
        if ends[-1] > 8 * register.size or len(names) != len(register.fields):
            wrong.append((register.name, "size or names"))
    assert wrong == []


def test_meanings_are_of_fields_and_fit_them() -> None:
    """Every meaning belongs to a field that exists, and to a value that the field can have."""
    wrong = []
    found = meanings.load()
    assert len(found) > 250
    for key, says in found.items():
        register, _, name = key.partition(".")
        field = find(register).field(name)
        lowest = -(1 << field.width - 1) if field.signed else 0
        values = range(lowest, lowest + (1 << field.width))
        wrong += [(key, value) for value, _ in says if value not in values]
        assert field.meaning == says
    assert wrong == []


def test_requirements_name_fields_that_exist() -> None:
    """Every requirement names a register and field of the catalogue, in their own spelling."""
    for register in all_registers():
        for each in register.requires:
            told_by = find(each.register)
            assert (told_by.name, told_by.field(each.field).name) == (each.register, each.field)
            assert told_by.role == "identification"


@pytest.mark.parametrize(
    ("number", "name", "arch_name"),
    [
        (0x603000000013DF02, "TIMER_CVAL", "CNTVCT_EL0"),
        (0x603000000013DF1A, "TIMER_CNT", "CNTV_CVAL_EL0"),
        (0x603000000013DF19, "TIMER_CTL", "CNTV_CTL_EL0"),
        (0x603000000013DF01, "PTIMER_CNT", "CNTPCT_EL0"),
        (0x603000000013DF12, "PTIMER_CVAL", "CNTP_CVAL_EL0"),
        (0x6030000000140000, "PSCI_VERSION", "PSCI_VERSION"),
        (0x6030000000160003, "VENDOR_HYP_BMAP_2", "VENDOR_HYP_BMAP_2"),
        (0x606000000015FFFF, "SVE_VLS", "SVE_VLS"),
        (0x603000000013C01B, "S3_0_C0_C3_3", "S3_0_C0_C3_3"),
        (0x603000000013C020, "ID_AA64PFR0_EL1", "ID_AA64PFR0_EL1"),
        (0x603000000013C4F6, "PMMIR_EL1", "PMMIR_EL1"),
        (0x6030000000100042, "PSTATE", "PSTATE"),
        (0x6040000000100054, "V0", "V0"),
        (0x60200000001000D5, "FPCR", "FPCR"),
        (0x6020000000110003, "CCSIDR_3", "CCSIDR[3]"),
    ],
)
def test_known_ids(number: int, name: str, arch_name: str) -> None:
    """Ids that were met in the field keep their names; the two swapped timers keep both."""
    register = lookup(number)
    assert register is not None
    assert (register.name, register.arch_name, name_of(number)) == (name, arch_name, name)


def test_the_swapped_timers_roles() -> None:
    """What moves by itself is TIMER_CNT, though its id decodes to a compare register."""
    assert (find("TIMER_CNT").role, find("TIMER_CVAL").role) == ("counter", "state")


@pytest.mark.parametrize(
    "spelling",
    [
        "PSCI_VERSION",
        "psci_version",
        "KVM_REG_ARM_PSCI_VERSION",
        "0x6030000000140000",
        " 0X6030000000140000 ",
    ],
)
def test_find_by_every_spelling(spelling: str) -> None:
    """Our name, KVM's macro and the id, in any case, find one register."""
    assert find(spelling).name == "PSCI_VERSION"


def test_find_by_architectural_spellings() -> None:
    """Architectural names, the kernel's SYS_ macros, encodings, and SVE's macro prefix."""
    assert find("CNTVCT_EL0").name == "TIMER_CVAL"
    assert find("SYS_ID_AA64PFR0_EL1").name == "ID_AA64PFR0_EL1"
    assert find("s3_0_c0_c4_0").name == "ID_AA64PFR0_EL1"
    assert find("S3_0_C0_C3_3").id == 0x603000000013C01B
    assert find("KVM_REG_ARM64_SVE_VLS").name == "SVE_VLS"
    assert find("CCSIDR[3]").name == "CCSIDR_3"


def test_every_name_finds_its_register() -> None:
    """A name never leads to another register, and an architectural one to what decodes to it."""
    registers = all_registers()
    assert [find(each.name).id for each in registers] == [each.id for each in registers]
    assert [find(each.arch_name).id for each in registers] == [each.id for each in registers]


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("PSCI_VERSON", "PSCI_VERSION"), ("ID_AA64PFR_EL1", "ID_AA64PFR0_EL1")],
)
def test_unknown_names_are_answered_with_near_ones(wrong: str, nearest: str) -> None:
    """A misspelled register is a usage error that offers the right one."""
    with pytest.raises(UnknownName, match=wrong) as caught:
        find(wrong)
    assert nearest in caught.value.hint
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize("wrong", ["0x", "0xzz", "0x1234", "", "S3_9_C0_C0_0", "0x" + "f" * 17])
def test_find_refuses_what_is_no_register(wrong: str) -> None:
    """Malformed and unknown ids are usage errors, whatever they look like."""
    with pytest.raises(UsageError):
        find(wrong)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0x603000000013FFFF, "S3_7_C15_C15_7"),
        (0x602000000013FFFF, "0x602000000013ffff"),
        (0x603000000016000A, "0x603000000016000a"),
        (0x6080000000150001, "0x6080000000150001"),
        (0x7030000000100000, "0x7030000000100000"),
        (0, "0x0000000000000000"),
    ],
)
def test_names_of_ids_that_nobody_named(number: int, name: str) -> None:
    """A 64-bit system register shows its encoding, anything else its id."""
    assert lookup(number) is None
    assert name_of(number) == name


@given(st.integers(-(1 << 70), 1 << 70))
def test_name_of_is_total(number: int) -> None:
    """Every integer has a name, on one line."""
    assert name_of(number).isprintable()


@given(st.sampled_from([register.id for register in all_registers()]) | st.integers(0, 8).map(
    lambda size: regid.ARCH_ARM64 << 56 | size << 52 | 0x13FFFF
))  # fmt: skip
def test_segments_cover_every_bit_once(number: int) -> None:
    """Segments are adjacent from bit 0 to the last; unnamed ones are aligned and at most 4."""
    position = 0
    for name, low, width in field_segments(number):
        assert low == position
        assert name is not None or (width <= 4 and low // 4 == (low + width - 1) // 4)
        position = low + width
    assert position == 8 * regid.size_of(number)


def test_segments_keep_fields_whole() -> None:
    """The segments of a register name exactly its fields, each with its own bits."""
    for register in all_registers():
        named = [segment for segment in field_segments(register.id) if segment[0] is not None]
        assert named == [(field.name, field.low, field.width) for field in register.fields]
    assert field_segments(find("ID_AA64ZFR0_EL1").id)[:4] == (
        ("SVEver", 0, 4),
        ("AES", 4, 4),
        (None, 8, 4),
        ("EltPerm", 12, 4),
    )


def test_the_whole_id_space_is_there() -> None:
    """KVM lists all 56 encodings of CRm 1..7, named or not, and we know each."""
    space = range(0x603000000013C008, 0x603000000013C040)
    assert {number: lookup(number) is not None for number in space} == dict.fromkeys(space, True)
    assert {find(name_of(number)).role for number in space} == {"identification"}


def test_feature_groups() -> None:
    """The groups by which findings are counted: the PMU, 74 ids on 5.10, is one feature."""
    groups = Counter(each.feature for each in all_registers() if each.feature)
    assert {name: groups[name] for name in ("PMUv3", "SVE", "PAuth", "MTE", "S1PIE", "TCR2")} == {
        "PMUv3": 77,
        "SVE": 51,
        "PAuth": 10,
        "MTE": 4,
        "S1PIE": 2,
        "TCR2": 1,
    }


def test_registers_with_a_known_value_where_they_are_absent() -> None:
    """Only these have one outside the reserved ID space, and each row cites why."""
    known = {
        each.name: each.absent
        for each in all_registers()
        if each.absent is not None and not each.name.startswith("S3_")
    }
    assert known == {
        "OSLSR_EL1": 8,
        "PMMIR_EL1": 0,
        "SMCCC_ARCH_WORKAROUND_3": 0,
        "VENDOR_HYP_BMAP_2": 0,
        "WIDGET_BMAP": 0,
    }
    assert all("absent:" in find(name).source for name in known)


def test_ids_of_real_hosts_are_known() -> None:
    """Every id of the captured Graviton hosts, kernels 5.10 to 6.18, is in the catalogue."""
    files = sorted(FINGERPRINTS.glob("*.json")) if FINGERPRINTS.is_dir() else []
    if not files:
        pytest.skip(f"no fingerprints in {FINGERPRINTS}")
    ids = {
        int(modifier["addr"], 16)
        for path in files
        for modifier in json.loads(path.read_text())["guest_cpu_config"]["reg_modifiers"]
    }
    assert len(ids) > 300
    assert sorted(name_of(number) for number in ids if lookup(number) is None) == []


def test_importing_reads_no_tables() -> None:
    """The tables are read on first use, so that a command without registers does not pay."""
    code = (
        "import sys, guestabi.registers as r;"
        "early = [m for m in sys.modules if m.startswith('guestabi.registers.data')];"
        "r.name_of(0x603000000013c020);"
        "late = 'guestabi.registers.data.id_aa64' in sys.modules;"
        "print(early, late, 'guestabi.registers.data.meanings' in sys.modules)"
    )
    path = ":".join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[] True False"
