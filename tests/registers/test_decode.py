"""The promises of ``guestabi.registers.decode``."""

from __future__ import annotations

import pytest

from guestabi.registers import Said, describe, feature_present, find


def values(**named: int) -> dict[int, int]:
    return {find(name).id: value for name, value in named.items()}


def test_describe_says_every_field() -> None:
    """Raw bits, sign-aware value and meaning, from bit 0 up."""
    said = describe(find("ID_AA64PFR0_EL1"), 0x0000_0001_000F_0012)
    assert said[:5] == [
        Said("EL0", 2, 2, "AArch64 and AArch32"),
        Said("EL1", 1, 1, "AArch64"),
        Said("EL2", 0, 0, "not implemented"),
        Said("EL3", 0, 0, "not implemented"),
        Said("FP", 15, -1, "not implemented"),
    ]
    assert Said("SVE", 1, 1, "FEAT_SVE") in said
    assert len(said) == 16


def test_describe_does_not_guess() -> None:
    """A value that the catalogue does not know has no meaning."""
    dit = describe(find("ID_AA64PFR0_EL1"), 0x9 << 48)[12]
    assert dit == Said("DIT", 9, 9, None)


def test_describe_firmware() -> None:
    """PSCI's version is two numbers; a service bitmap says which services are offered."""
    assert describe(find("PSCI_VERSION"), 0x10003) == [
        Said("Minor", 3, 3, None),
        Said("Major", 1, 1, None),
    ]
    assert [each.meaning for each in describe(find("VENDOR_HYP_BMAP"), 0b01)] == [
        "offered",
        "not offered",
    ]


def test_describe_opaque() -> None:
    """A register without fields has nothing to say."""
    assert describe(find("X0"), 42) == []


def test_base_registers_are_always_there() -> None:
    """What no feature brings is there whatever the ID registers say."""
    assert feature_present(find("SCTLR_EL1"), {}) is True


@pytest.mark.parametrize(("field", "present"), [(0, False), (1, True), (2, True)])
def test_presence_follows_the_id_register(field: int, present: bool) -> None:
    """TCR2_EL1 is dead where TCRX is 0: the difference between 6.12 and 6.16."""
    assert feature_present(find("TCR2_EL1"), values(ID_AA64MMFR3_EL1=field)) is present


def test_presence_is_not_guessed() -> None:
    """Without the ID register there is no answer."""
    assert feature_present(find("TCR2_EL1"), {}) is None


@pytest.mark.parametrize(("pmuver", "present"), [(0, False), (1, True), (6, True), (15, False)])
def test_an_own_pmu_is_no_pmuv3(pmuver: int, present: bool) -> None:
    """PMUVer 0xF is a PMU of the implementer's own design."""
    told = values(ID_AA64DFR0_EL1=pmuver << 8)
    assert feature_present(find("PMCR_EL0"), told) is present


def test_any_requirement_suffices() -> None:
    """Pointer authentication is there by any of three algorithms; one known is enough."""
    key = find("APIAKEYLO_EL1")
    assert feature_present(key, values(ID_AA64ISAR1_EL1=1 << 8)) is True
    assert feature_present(key, values(ID_AA64ISAR1_EL1=0)) is None
    assert feature_present(key, values(ID_AA64ISAR1_EL1=0, ID_AA64ISAR2_EL1=0)) is False


def test_cache_geometry_follows_clidr() -> None:
    """CLIDR of a Neoverse N1: split level 1, unified 2 and 3; selectors 5 on lead nowhere."""
    told = values(CLIDR_EL1=0x9200123)
    clidr = find("CLIDR_EL1")
    types = [clidr.field(f"Ctype{level}").extract(told[clidr.id]) for level in range(1, 4)]
    assert types == [3, 4, 4]
    present = [n for n in range(14) if feature_present(find(f"CCSIDR_{n}"), told)]
    assert present == [0, 1, 2, 4]
