"""compat.findings: one for each cause, told apart by a fingerprint that no name changes."""

from __future__ import annotations

from dataclasses import replace

from guestabi.compat.findings import findings
from guestabi.compat.move import move
from guestabi.compat.outcome import outcomes
from guestabi.registers.catalogue import find
from profiles import make_profile

from .hosts import QEMU, STRICT, field, fixed, free, levels

PMU = ("PMCR_EL0", "PMUSERENR_EL0", "PMEVCNTR0_EL0", "PMEVCNTR1_EL0")


def found(source, destination, policy=QEMU):
    return findings(move(source.defaults, destination, policy, source=source).weighed, policy)


def test_registers_of_one_feature_are_one_finding() -> None:
    """Four PMU registers that a host lacks are one thing that it lacks."""
    a = make_profile("a", {name: free(1) for name in (*PMU, "TTBR0_EL1")})
    b = make_profile("b", {"VBAR_EL1": free(0), "TTBR1_EL1": free(0)})
    pmu, ttbr = [each for each in found(a, b) if each.rule == "missing-live"][::-1]
    assert (ttbr.members, ttbr.cause) == (("TTBR0_EL1",), "")
    assert pmu.cause == "PMUv3"
    assert sorted(pmu.members) == sorted(PMU)
    assert (pmu.count, pmu.register) == (4, pmu.members[0])


def test_the_fields_are_named() -> None:
    """What a person reads is the field; the bits are there to be marked."""
    a = make_profile("a", {"ID_AA64DFR0_EL1": fixed(0x408)})
    b = make_profile("b", {"ID_AA64DFR0_EL1": {"default": 0x106, "fields": [field(8, 4, 1, 4)]}})
    (finding,) = found(a, b)
    assert (finding.register, finding.field, finding.bits) == (
        "ID_AA64DFR0_EL1",
        "DebugVer",
        0xE,
    )
    assert (finding.source, finding.destination) == (0x408, 0x106)


def test_a_fingerprint_is_of_what_differs() -> None:
    """Neither names nor the rest of the host change it; another value does."""
    psci = {"PSCI_VERSION": levels(0x10003)}
    old = {"PSCI_VERSION": levels(0x10001)}
    first = found(make_profile("a", psci), make_profile("b", old))[0]
    again = found(
        make_profile("c", {**psci, "TTBR0_EL1": free(1)}, release="9.9"),
        make_profile("d", {**old, "TTBR0_EL1": free(2)}),
    )[0]
    other = found(make_profile("a", {"PSCI_VERSION": levels(0x10002)}), make_profile("b", old))[0]
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != other.fingerprint
    assert len(first.fingerprint) == 12
    assert int(first.fingerprint, 16) >= 0


def test_the_worst_comes_first() -> None:
    """Errors before warnings before what is only for the record."""
    a = make_profile("a", {"PSCI_VERSION": levels(0x10003), "X0": free(0)})
    b = make_profile(
        "b", {"PSCI_VERSION": levels(0x10001), "TTBR0_EL1": free(0), 0x603000000013E6E6: fixed(0)}
    )
    severities = [each.severity for each in found(a, b)]
    assert severities == ["error", "warning", "info"]


def test_a_remedy_depends_on_the_vmm() -> None:
    """What QEMU 10.0 cannot do, another VMM may."""
    a = make_profile("a", {"PSCI_VERSION": levels(0x10003)})
    b = make_profile("b", {"PSCI_VERSION": levels(0x10001)})
    remedies = {found(a, b, policy)[0].remedy for policy in (QEMU, STRICT)}
    assert len(remedies) == 2
    assert all("1.1" in each for each in remedies)
    unknown = replace(STRICT, name="somebody's")
    assert found(a, b, unknown)[0].remedy == found(a, b, STRICT)[0].remedy


def test_outcomes_are_facts_of_registers_alone() -> None:
    """Whatever the VMM: by id, each register once, what is same left out."""
    a = make_profile("a", {"X0": free(1), "TTBR0_EL1": free(1), "PSCI_VERSION": levels(0x10003)})
    b = make_profile("b", {"X0": free(1), "TCR_EL1": free(1), "PSCI_VERSION": levels(0x10001)})
    said = [(each.name, each.kind, each.errno) for each in outcomes(a.defaults, b)]
    assert said == [
        ("TTBR0_EL1", "missing", None),
        ("TCR_EL1", "defaulted", None),
        ("PSCI_VERSION", "refused", "EINVAL"),
    ]
    assert find("TTBR0_EL1").id < find("TCR_EL1").id < find("PSCI_VERSION").id
