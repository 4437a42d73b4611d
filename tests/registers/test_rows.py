"""The promises of ``guestabi.registers.rows``, the notation of the data."""

from __future__ import annotations

from guestabi.registers import Field, Register, Requirement
from guestabi.registers.rows import read_field, read_requirement, read_row, system


def test_fields() -> None:
    """name:low, name:low:width, and s for signed."""
    assert read_field("E:3") == Field("E", 3, 1)
    assert read_field("SVE:32:4") == Field("SVE", 32, 4)
    assert read_field("FP:16:4s", ((0, "FEAT_FP"),)) == Field("FP", 16, 4, True, ((0, "FEAT_FP"),))


def test_requirements() -> None:
    """At least, one of, and a range; the list is sorted and its least value is at_least."""
    assert read_requirement("A_EL1.B>=2") == Requirement("A_EL1", "B", 2)
    assert read_requirement("A_EL1.B=3,1") == Requirement("A_EL1", "B", 1, (1, 3))
    assert read_requirement("A_EL1.B=1..4") == Requirement("A_EL1", "B", 1, (1, 2, 3, 4))


def test_a_row_becomes_a_register() -> None:
    """Fields come sorted by position, with the meanings that are keyed to them."""
    row = system(
        "TEST_EL1", "3 0 0 4 3", "a test", "V:8 E:0:4",
        role="identification", feature="T", requires="A_EL1.B>=1", absent=0, source="nowhere",
    )  # fmt: skip
    assert read_row(row, {"TEST_EL1.E": ((1, "one"),), "OTHER.V": ((0, "zero"),)}) == Register(
        id=0x603000000013C023,
        name="TEST_EL1",
        arch_name="TEST_EL1",
        role="identification",
        feature="T",
        requires=(Requirement("A_EL1", "B", 1),),
        absent=0,
        fields=(Field("E", 0, 4, False, ((1, "one"),)), Field("V", 8, 1)),
        summary="a test",
        source="nowhere",
    )
