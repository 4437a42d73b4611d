"""compat.move and .asked under the policies that were read in the VMMs' sources: each fact of a
policy file shows in a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestabi import policies
from guestabi.compat.matrix import Engine, verdict_only
from guestabi.compat.move import born, move
from guestabi.compat.verdict import check
from guestabi.registers.catalogue import find
from profiles import make_profile

from .hosts import IIDR, PAIRS, STRICT, bits, fixed, free, levels
from .strategies import hosts

FIRECRACKER = policies.load("firecracker")
CLOUD = policies.load("cloud-hypervisor")
CROSVM = policies.load("crosvm")
READ = (CLOUD, CROSVM, FIRECRACKER)
every = pytest.mark.parametrize("policy", READ, ids=lambda policy: policy.name)

WIDE = 0x6040000000130000
SVE_Z0 = 0x6080000000150000
SVE_P0 = 0x6050000000150400


def go(source, destination, policy):
    state, odd = born(source, policy, {})
    assert odd == []
    return move(state, destination, policy, source=source)


def said(source, destination, policy, question="forward"):
    answer = check(source, destination, policy).questions[question]
    assert verdict_only(source, destination, policy)[question] == answer.verdict
    return answer.verdict, {(each.rule, each.register) for each in answer.findings}


def host(rows, **more):
    return make_profile("h", {"ID_AA64ISAR0_EL1": fixed(0x1), **rows}, **more)


def name_of(each):
    return each.outcome.name


@every
@pytest.mark.parametrize("missing", ["TTBR0_EL1", "VENDOR_HYP_BMAP_2", "CCSIDR_5"])
def test_what_the_destination_lacks_ends_the_restore(policy, missing) -> None:
    """ENOENT is an error like any other, wherever the register sorts; crosvm alone never wrote the
    bitmap, and a bitmap of zeros is no loss."""
    rows = {"TCR_EL1": free(1)}
    source = host({**rows, missing: fixed(0)})
    moved = go(source, host(rows), policy)
    if policy is CROSVM and missing == "VENDOR_HYP_BMAP_2":
        assert (moved.verdict, moved.outcomes) == ("same", ())
        return
    assert moved.verdict == "refused"
    assert [(name_of(each), each.outcome.kind) for each in moved.weighed] == [(missing, "missing")]


@every
def test_a_longer_list_is_no_error_and_what_it_lacks_keeps_its_default(policy) -> None:
    """Only what was saved is written: nothing is counted, and new state starts at its reset."""
    moved = go(host({"TCR_EL1": free(1)}), host({"TCR_EL1": free(1), "TTBR0_EL1": free(5)}), policy)
    assert moved.verdict == "benign"
    assert moved.state_after[find("TTBR0_EL1").id] == 5


@every
def test_a_refused_value_ends_the_restore_and_a_changed_one_does_not(policy) -> None:
    """EINVAL is returned; a value that reads back otherwise is nobody's business."""
    source = host({"PSCI_VERSION": levels(0x10003)})
    refuses = host({"PSCI_VERSION": levels(0x10001)})
    assert said(source, refuses, policy) == (
        "refused",
        {("refused-firmware-version", "PSCI_VERSION")},
    )
    masks = {"TTBR0_EL1": {"default": 0, "patterns": [{"value": 7, "got": 3}]}}
    found = said(host({"TTBR0_EL1": free(7)}), host(masks), policy)
    assert found == ("changed", {("readback-state", "TTBR0_EL1")})


@every
def test_services_appear_under_all_of_them(policy) -> None:
    """None writes a bitmap that the stream lacks: what the new kernel offers, the guest finds."""
    verdict, found = said(host({}), host({"STD_BMAP": bits(1, 1)}), policy)
    assert (verdict, found) == ("changed", {("defaulted-service-appears", "STD_BMAP")})


def test_crosvm_leaves_the_bitmaps_behind() -> None:
    """Class 0x16 is not saved: another default is a finding, the same one is not, and what the
    guest has afterwards is the destination's."""
    source, other = host({"STD_BMAP": bits(0, 1)}), host({"STD_BMAP": bits(1, 1)})
    assert said(source, other, CROSVM) == ("changed", {("not-carried", "STD_BMAP")})
    assert said(source, source, CROSVM) == ("same", set())
    assert go(source, other, CROSVM).state_after[find("STD_BMAP").id] == 1
    for policy in (CLOUD, FIRECRACKER):
        assert said(source, other, policy) == ("same", set())
        assert go(source, other, policy).state_after[find("STD_BMAP").id] == 0


def test_a_lost_bitmap_of_services_is_missed_where_nobody_lists_it() -> None:
    """A destination without the bitmap does not refuse crosvm's guest: that a service may be gone
    is told; a bitmap of zeros says what a host says that was asked and has no such service."""
    live, zero = host({"STD_BMAP": bits(1, 1)}), host({"STD_BMAP": bits(0, 1)})
    assert said(live, host({}), CROSVM) == ("changed", {("not-carried", "STD_BMAP")})
    assert said(zero, host({}, guest={"TRNG_VERSION": "not supported"}), CROSVM) == ("same", set())
    assert said(zero, host({}), CROSVM) == ("unknown", {("not-carried", "STD_BMAP")})


def test_only_firecracker_writes_core_registers_by_the_list() -> None:
    """The others read them by name, so that the list says nothing about them."""
    source, destination = host({"X0": free(1), "X1": free(1)}), host({"X1": free(1)})
    assert [go(source, destination, each).verdict for each in READ] == ["same", "same", "refused"]


@pytest.mark.parametrize(
    ("number", "refusing"),
    [
        (WIDE, {"cloud-hypervisor", "crosvm"}),
        (SVE_Z0, {"crosvm"}),
        (SVE_P0, {"crosvm"}),
        (find("SVE_VLS").id, {"crosvm"}),
    ],
)
def test_widths(number, refusing) -> None:
    """Firecracker saves any width; Cloud Hypervisor SVE's own and no other; crosvm gives up."""
    same = host({number: 0})
    found = {each.name for each in READ if go(same, same, each).verdict == "refused"}
    assert found == refusing
    for each in READ:
        if each.name in refusing:
            assert {rule for rule, _ in said(same, same, each)[1]} == {"refused-width"}


@pytest.mark.parametrize("policy", [CLOUD, FIRECRACKER], ids=lambda policy: policy.name)
def test_vector_lengths_travel(policy) -> None:
    """They are in the stream: the destination's own do not replace them, and may refuse them."""
    vls = {"default": 1, "patterns": [{"value": 3}]}
    moved = go(host({"SVE_VLS": fixed(3)}), host({"SVE_VLS": vls}), policy)
    assert (moved.verdict, moved.state_after[find("SVE_VLS").id]) == ("same", 3)
    vls = {"default": 1, "patterns": [{"value": 3, "errno": "EINVAL"}]}
    assert go(host({"SVE_VLS": fixed(3)}), host({"SVE_VLS": vls}), policy).verdict == "refused"


@every
@pytest.mark.parametrize("scope", ["vm", "vcpu"])
def test_the_next_vcpus_initialisation(policy, scope) -> None:
    """One vCPU restored whole before the next is initialised loses what that resets; a register of
    the VM is written again with the last vCPU's, and stays."""
    fragile = {**free(0), "scope": scope, "survives_other_init": False}
    source = host({"CLIDR_EL1": {**free(5), "scope": scope}})
    expected = ("same", set())
    if scope == "vcpu" and policy is not CROSVM:
        expected = ("changed", {("order-lost", "CLIDR_EL1")})
    assert said(source, host({"CLIDR_EL1": fragile}), policy) == expected


@pytest.mark.parametrize(
    ("patterns", "verdict"),
    [
        ([{"value": "0x2b"}], "same"),
        ([{"value": "0x2b", "errno": "EINVAL"}], "refused"),
        ([{"value": "0x2b", "got": "0x3b"}], "changed"),
        ([], "unknown"),
    ],
)
def test_the_gics_identity(patterns, verdict) -> None:
    """crosvm writes GICD_IIDR and does not look whether it stuck; the others never write it."""
    source = host({}, devices=[{**IIDR, "default": "0x2b"}])
    destination = host({}, devices=[{**IIDR, "default": "0x3b", "patterns": patterns}])
    assert go(source, destination, CROSVM).verdict == verdict
    for policy in (CLOUD, FIRECRACKER):
        assert go(source, destination, policy).verdict == "changed"
    stuck = go(source, destination, CROSVM).devices_after[("vgic-v3", "GICD_IIDR")]
    assert stuck == (0x2B if verdict == "same" else 0x3B)


NEW = {"PSCI_VERSION": levels(0x10003, 0x10001, 0x10000)}
OLD = {"PSCI_VERSION": levels(0x10001, 0x10000)}


def test_a_cpu_template_opens_the_way_back() -> None:
    """Born on the new kernel with PSCI 1.1 by template, a Firecracker guest goes to the old one;
    the other two cannot set it, and say so."""
    assert said(host(OLD), host(NEW), FIRECRACKER, "rollback")[0] == "refused"
    assert said(host(OLD), host(NEW), FIRECRACKER, "pinned") == ("same", set())
    for policy in (CLOUD, CROSVM):
        verdict, found = said(host(OLD), host(NEW), policy, "pinned")
        assert verdict == "refused"
        assert ("pin-not-expressible", "PSCI_VERSION") in found


def test_remedies_name_what_the_vmm_has() -> None:
    """A CPU template for Firecracker; no setting is promised where there is none."""
    remedies = {}
    for policy in READ:
        answer = check(host(OLD), host(NEW), policy).questions["rollback"]
        remedies[policy.name] = [each.remedy for each in answer.findings]
    assert "CPU template" in remedies["firecracker"][0]
    assert "0x0000000000010001" in remedies["firecracker"][0]
    assert "{" not in "".join(remedies["firecracker"])
    for name in ("cloud-hypervisor", "crosvm"):
        assert "sets no register at birth" in remedies[name][0]


def test_a_template_is_not_applied_at_a_restore() -> None:
    """A register that only the destination lists gets its default there, pinned or not; a VMM that
    sets its pins again gives the guest what it had."""
    old, new = host({"PMMIR_EL1": free(6)}), host({})
    assert said(old, new, FIRECRACKER, "pinned") == (
        "changed",
        {("defaulted-visible", "PMMIR_EL1")},
    )
    again = replace(FIRECRACKER, pins_at_load=True)
    assert said(old, new, again, "pinned")[0] == "benign"


def test_a_pin_that_is_too_wide_cannot_be_set() -> None:
    """The vector lengths are wider than a template's registers."""
    lengths = {find("SVE_VLS").id: 1}
    wide = host({"SVE_VLS": {"default": 3, "patterns": [{"value": 1}]}})
    assert born(wide, FIRECRACKER, lengths)[0][find("SVE_VLS").id] == 3
    assert born(wide, STRICT, lengths)[0][find("SVE_VLS").id] == 1


@every
def test_fast_is_slow_for_every_rules_pair(policy) -> None:
    """The matrix gives the same answers as the check, in either direction of any pair."""
    engine = Engine(policy)
    for pair in PAIRS.values():
        for a, b in ((pair.source, pair.destination), (pair.destination, pair.source)):
            slow = {name: each.verdict for name, each in check(a, b, policy).questions.items()}
            assert engine.verdicts(a, b) == slow


@settings(max_examples=60, deadline=None)
@given(hosts(), hosts(), st.sampled_from(READ))
def test_fast_is_slow_for_random_hosts(a, b, policy) -> None:
    """Nor for hosts that nobody thought of."""
    slow = {name: each.verdict for name, each in check(a, b, policy).questions.items()}
    assert verdict_only(a, b, policy) == slow
