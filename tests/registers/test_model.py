"""The promises of ``guestabi.registers.model``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.errors import UnknownName, UsageError
from guestabi.registers import Field, Requirement, find

WORD = st.integers(0, (1 << 64) - 1)
FIELDS = st.integers(1, 64).flatmap(
    lambda width: st.builds(
        Field,
        name=st.just("F"),
        low=st.integers(0, 64 - width),
        width=st.just(width),
        signed=st.booleans(),
    )
)


@given(FIELDS, WORD, WORD)
def test_insert_then_extract(field: Field, value: int, raw: int) -> None:
    """What was inserted is extracted, and no other bit of the value moves."""
    raw &= (1 << field.width) - 1
    changed = field.insert(value, raw)
    assert field.extract(changed) == raw
    assert changed & ~field.mask == value & ~field.mask


@given(FIELDS, WORD)
def test_interpreted_value_is_the_raw_one_modulo_the_width(field: Field, value: int) -> None:
    """Signed fields are two's complement, unsigned ones their raw value."""
    interpreted = field.interpret(value)
    assert interpreted % (1 << field.width) == field.extract(value)
    lowest = -(1 << field.width - 1) if field.signed else 0
    assert lowest <= interpreted < lowest + (1 << field.width)


@pytest.mark.parametrize("raw", [16, -1])
def test_insert_refuses_what_does_not_fit(raw: int) -> None:
    """A value wider than the field is a usage error that names the field and its width."""
    with pytest.raises(UsageError, match="does not fit field SVE") as caught:
        Field("SVE", 32, 4).insert(0, raw)
    assert caught.value.hint == "it has 4 bits"


def test_a_field_says_what_its_value_means() -> None:
    """A value without an entry has no meaning: None, never the meaning of another value."""
    field = Field("FP", 16, 4, True, ((-1, "not implemented"), (0, "FEAT_FP")))
    assert [field.says(value) for value in (-1, 0, 1)] == ["not implemented", "FEAT_FP", None]


def test_requirement_at_least_is_signed() -> None:
    """0xF in a signed field is below zero."""
    fp = find("ID_AA64PFR0_EL1").field("FP")
    needs = Requirement("ID_AA64PFR0_EL1", "FP", 0)
    assert not needs.holds(fp.interpret(0xF << 16))
    assert needs.holds(fp.interpret(0x1 << 16))
    assert str(needs) == "ID_AA64PFR0_EL1.FP>=0"


def test_requirement_among_is_no_order() -> None:
    """A list of values is taken as it is: PMUVer 0xF is no PMUv3, though it is more than 1."""
    needs = Requirement("ID_AA64DFR0_EL1", "PMUVer", 1, tuple(range(1, 15)))
    assert [needs.holds(value) for value in (0, 1, 14, 15)] == [False, True, True, False]


def test_field_by_name_in_any_case() -> None:
    """Kernel and architecture spell the same field differently: PARANGE, PARange."""
    register = find("ID_AA64MMFR0_EL1")
    assert register.field("PARANGE") is register.field("PARange")
    with pytest.raises(UnknownName) as caught:
        register.field("PARage")
    assert "PARange" in caught.value.hint


def test_size_is_the_ids() -> None:
    """A register's width comes from its id: 4, 8, 16, 32, 64 and 256 bytes are in use."""
    sizes = {name: find(name).size for name in ("FPSR", "PC", "V0", "P0", "SVE_VLS", "Z0")}
    assert sizes == {"FPSR": 4, "PC": 8, "V0": 16, "P0": 32, "SVE_VLS": 64, "Z0": 256}
