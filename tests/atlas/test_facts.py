"""What was measured agrees with what is known of these kernels from their sources."""

import pytest

from guestabi import atlas
from guestabi.registers.catalogue import find

KERNELS = ("5.10", "6.1", "6.12", "6.16", "7.3")


@pytest.fixture(scope="module")
def profiles():
    return {kernel: atlas.resolve(f"debian-{kernel}/neoverse-n1") for kernel in KERNELS}


def register(profile, name):
    return profile.registers[find(name).id]


def test_list_lengths(profiles):
    """The lengths of KVM_GET_REG_LIST, as published tables have them."""
    assert {kernel: len(profile.registers) for kernel, profile in profiles.items()} == {
        "5.10": 312,
        "6.1": 316,
        "6.12": 333,
        "6.16": 331,
        "7.3": 332,
    }


def test_psci_versions(profiles):
    """The PSCI version that a kernel shows by default."""
    assert {k: register(p, "PSCI_VERSION").default for k, p in profiles.items()} == {
        "5.10": 0x10000,
        "6.1": 0x10001,
        "6.12": 0x10001,
        "6.16": 0x10003,
        "7.3": 0x10003,
    }


def test_scopes_on_6_12(profiles):
    """ID registers, PSCI_VERSION, bitmaps and PMCR_EL0 are of the VM; state is of the vCPU."""
    profile = profiles["6.12"]
    of_vm = [
        "PSCI_VERSION",
        "STD_BMAP",
        "STD_HYP_BMAP",
        "VENDOR_HYP_BMAP",
        "PMCR_EL0",
        "CTR_EL0",
        "ID_AA64PFR0_EL1",
        "ID_AA64DFR0_EL1",
        "ID_AA64ISAR0_EL1",
        "ID_AA64MMFR0_EL1",
        "ID_DFR0_EL1",
    ]
    of_vcpu = ["X0", "PC", "SP_EL1", "SCTLR_EL1", "TTBR0_EL1", "VBAR_EL1", "TPIDR_EL0", "V7"]
    assert {name: register(profile, name).scope for name in of_vm} == dict.fromkeys(of_vm, "vm")
    assert {name: register(profile, name).scope for name in of_vcpu} == dict.fromkeys(
        of_vcpu, "vcpu"
    )


def test_id_registers_on_5_10(profiles):
    """Before 6.7 ID registers are fixed, but for CSV2 and CSV3 in ID_AA64PFR0_EL1."""
    ids = [r for r in profiles["5.10"].registers.values() if r.name.startswith("ID_")]
    assert len(ids) > 20
    assert {r.name for r in ids if r.window != "never"} == {"ID_AA64PFR0_EL1"}
    (pfr0,) = (r for r in ids if r.name == "ID_AA64PFR0_EL1")
    assert {f.record.field for f in pfr0.fields or ()} <= {"CSV2", "CSV3"}


def test_windows(profiles):
    """Bitmaps and ID registers close with the first run, PSCI_VERSION never does."""
    profile = profiles["6.12"]
    assert register(profile, "STD_BMAP").window == "before-run"
    assert register(profile, "STD_BMAP").stages["ran"] == ("ok", "EBUSY")
    assert register(profile, "ID_AA64PFR0_EL1").stages["ran"] == ("ok", "EBUSY")
    assert register(profile, "PMCR_EL0").stages["ran"] == ("ok", "ignored")
    assert register(profile, "PSCI_VERSION").window == "always"


def test_workaround_levels_are_not_stored(profiles):
    """A lower workaround level is accepted and forgotten."""
    (field,) = register(profiles["6.12"], "SMCCC_ARCH_WORKAROUND_1").fields or ()
    assert field.record.otherwise
    assert register(profiles["6.12"], "SMCCC_ARCH_WORKAROUND_1").window == "never"


def test_gic_revision_that_did_not_stick(profiles):
    """GICD_IIDR revision 2: accepted on 6.1, silently ignored on 6.16, accepted again on 7.3."""
    said = {}
    for kernel, profile in profiles.items():
        (iidr,) = (d for d in profile.devices if d.attribute == "GICD_IIDR")
        tried = {int(p.value, 16) >> 12 & 0xF: p for p in iidr.patterns}
        row = tried.get(2)
        said[kernel] = "default" if row is None else row.errno or (row.got and "ignored") or "ok"
    assert said == {
        "5.10": "default",
        "6.1": "ok",
        "6.12": "ok",
        "6.16": "ignored",
        "7.3": "ok",
    }


def test_writable_masks(profiles):
    """KVM_ARM_GET_REG_WRITABLE_MASKS is there from 6.7 on; how many are not zero."""
    masks = {kernel: p.record.host.writable_masks for kernel, p in profiles.items()}
    assert {kernel: found and len(found) for kernel, found in masks.items()} == {
        "5.10": None,
        "6.1": None,
        "6.12": 35,
        "6.16": 21,
        "7.3": 40,
    }


def test_sve():
    """With SVE the vector lengths are settable between init and finalize alone."""
    for cpu in ("max", "a64fx"):
        profile = atlas.resolve(f"debian-6.12/{cpu}")
        assert "sve" in profile.features
        vls = register(profile, "SVE_VLS")
        assert vls.window == "before-finalize"
        assert vls.stages["finalized"] == ("EPERM", "EPERM")
