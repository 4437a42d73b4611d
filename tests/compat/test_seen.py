"""compat.seen: what guest code sees follows its registers, and what does not is the host's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestabi.compat import seen
from guestabi.compat.asked import leave
from guestabi.compat.seen import NOT_SUPPORTED, Change, Eyes
from guestabi.compat.verdict import check
from guestabi.vmm.questions import everything
from profiles import make_profile

from .hosts import DROPPER, IIDR, OURS, QEMU, STRICT, bits, fixed, free, levels

PSCI = 0x6030000000140000
STD = 0x6030000000160000
VENDOR, VENDOR_2 = 0x6030000000160002, 0x6030000000160003
PMCR = 0x603000000013DCE0
OFF2 = "PSCI_FEATURES of SYSTEM_OFF2"
RESET2 = "PSCI_FEATURES of SYSTEM_RESET2"

GUEST = {
    "PSCI_VERSION": "0x10003",
    OFF2: "0x1",
    RESET2: "0x0",
    "PSCI_FEATURES of CPU_ON": "0x0",
    "TRNG_VERSION": "0x10000",
    "VENDOR_HYP_KVM_FEATURES": "0x3",
    "PMCR_EL0": "0x3000",
    "PMCEID0_EL0": "0x1",
    "GICD_IIDR": "0x3b",
}
ROWS = {
    "PSCI_VERSION": levels(0x10003, 0x10001, 0x10000, 2),
    "STD_BMAP": bits(1, 1),
    "VENDOR_HYP_BMAP": bits(3, 3),
    "VENDOR_HYP_BMAP_2": bits(0, 3),
    "PMCR_EL0": free(0x3028),
}
HOST = make_profile("host", ROWS, guest=GUEST, devices=[{**IIDR, "default": "0x3b"}])


def sees(name, changed=(), devices=None, host=HOST):
    return Eyes(host).sees(name, {**host.defaults, **dict(changed)}, devices or {})


@pytest.mark.parametrize("name", GUEST)
def test_with_the_defaults_it_sees_what_was_measured(name):
    """A guest as the host makes it gets the measured answers, each of them."""
    said = GUEST[name]
    assert sees(name) == int(said, 16)


@pytest.mark.parametrize(
    ("name", "changed", "answer"),
    [
        ("PSCI_VERSION", {PSCI: 0x10001}, 0x10001),
        (OFF2, {PSCI: 0x10001}, NOT_SUPPORTED),
        (RESET2, {PSCI: 0x10001}, 0),
        (RESET2, {PSCI: 0x10000}, NOT_SUPPORTED),
        ("PSCI_FEATURES of CPU_ON", {PSCI: 0x10000}, 0),
        ("PSCI_FEATURES of CPU_ON", {PSCI: 2}, NOT_SUPPORTED),
        ("TRNG_VERSION", {STD: 0}, NOT_SUPPORTED),
        ("VENDOR_HYP_KVM_FEATURES", {VENDOR: 1}, 1),
        ("VENDOR_HYP_KVM_FEATURES", {VENDOR: 0}, NOT_SUPPORTED),
        ("VENDOR_HYP_KVM_FEATURES", {VENDOR_2: 2}, 2 << 64 | 3),
        ("PMCR_EL0", {PMCR: 0x410C_3FFF}, 0x410C_3800),
        ("PMCEID0_EL0", {PSCI: 2}, 1),
    ],
)
def test_answers_follow_their_registers(name, changed, answer):
    """Versions, bitmaps, words of a call, and the fields of PMCR_EL0 that are no guest's own."""
    assert sees(name, changed) == answer


def test_a_device_moves_with_its_own_state():
    """GICD_IIDR is what the interrupt controller was given, else the host's."""
    assert sees("GICD_IIDR", devices={("vgic-v3", "GICD_IIDR"): 0x2B}) == 0x2B
    assert sees("GICD_IIDR") == 0x3B


def test_a_register_that_the_guest_does_not_see_holds_nothing():
    """CTR_EL0 of old kernels: ONE_REG has one value, the guest reads another, whatever is set."""
    host = make_profile("old", {"CTR_EL0": fixed(0x9444C004)}, guest={"CTR_EL0": "0x8444c004"})
    number = next(iter(host.registers))
    assert sees("CTR_EL0", {number: 7}, host=host) == 0x8444C004
    assert Eyes(host).odd == {"CTR_EL0"}


def test_the_move_of_2021_by_name():
    """No bitmap and no TRNG before, both after: the guest's answers change, and check says which;
    a guest whose VMM switches off what it did not bring sees nothing new."""
    asked = {"TRNG_VERSION": NOT_SUPPORTED, "TRNG_GET_UUID": NOT_SUPPORTED}
    old = make_profile("old", {"TTBR0_EL1": free(0)}, guest=asked)
    new = make_profile(
        "new",
        {"TTBR0_EL1": free(0), "STD_BMAP": bits(1, 1)},
        guest={"TRNG_VERSION": "0x10000", "TRNG_GET_UUID": "0x7"},
    )
    question = check(old, new, QEMU).questions["forward"]
    assert question.changes == (
        Change("TRNG_GET_UUID", NOT_SUPPORTED, 7),
        Change("TRNG_VERSION", NOT_SUPPORTED, 0x10000),
    )
    assert [each.rule for each in question.findings] == ["defaulted-service-appears"]
    assert check(old, new, OURS).questions["forward"].changes == ()
    assert check(old, new, OURS).questions["forward"].verdict == "benign"


def test_a_kernel_that_had_the_service_all_along_changes_nothing():
    """Without a bitmap but with TRNG, as Linux 5.12 to 5.18: to list it is no change, and to
    switch it off because the stream does not name it is one."""
    rows = {"TTBR0_EL1": free(0)}
    old = make_profile("old", rows, guest={"TRNG_VERSION": "0x10000"})
    new = make_profile("new", {**rows, "STD_BMAP": bits(1, 1)}, guest={"TRNG_VERSION": "0x10000"})
    assert check(old, new, QEMU).questions["forward"].verdict == "benign"
    found = check(old, new, OURS).questions["forward"]
    assert found.changes == (Change("TRNG_VERSION", 0x10000, NOT_SUPPORTED),)
    assert found.verdict == "changed"


def test_a_zero_bitmap_that_the_destination_cannot_hold():
    """Pinned to no TRNG and moved to a kernel that always has it: refused by who looks, a change
    for the guest of who does not, and never called safe."""
    rows = {"TTBR0_EL1": free(0)}
    old = make_profile("old", rows, guest={"TRNG_VERSION": "0x10000"})
    new = make_profile("new", {**rows, "STD_BMAP": bits(1, 1)}, guest={"TRNG_VERSION": "0x10000"})
    assert leave(new, old, STRICT, {STD: 0})[1].verdict == "refused"
    _, moved = leave(new, old, DROPPER, {STD: 0})
    assert moved.changes == (Change("TRNG_VERSION", NOT_SUPPORTED, 0x10000),)
    assert moved.verdict == "changed"


def test_what_no_register_holds_is_one_finding_that_names_all():
    """Answers of the kernel's own come as one finding, whose members are their names."""
    rows = {"TTBR0_EL1": free(0)}
    a = make_profile("a", rows, guest={"PMCEID0_EL0": "0x1", RESET2: "0x0", "CNTFRQ_EL0": "0x9"})
    b = make_profile(
        "b", rows, guest={"PMCEID0_EL0": "0x2", RESET2: NOT_SUPPORTED, "CNTFRQ_EL0": "0x9"}
    )
    question = check(a, b, QEMU).questions["forward"]
    (finding,) = question.findings
    assert (finding.rule, finding.members) == ("answer-differs", ("PMCEID0_EL0", RESET2))
    assert question.verdict == "changed"


def test_blind_hosts_are_not_compared():
    """A profile without answers, or with others: nothing is claimed of them."""
    blind = make_profile("blind", ROWS)
    assert check(blind, HOST, QEMU).questions["forward"].changes == ()
    few = make_profile("few", ROWS, guest={"CNTFRQ_EL0": "0x1"})
    assert check(HOST, few, QEMU).questions["forward"].changes == ()


def test_a_refused_guest_sees_nothing():
    """Changes are of moves that load."""
    a = make_profile("a", {"PSCI_VERSION": levels(0x10003)}, guest={"PMCEID0_EL0": "0x1"})
    b = make_profile("b", {"PSCI_VERSION": levels(0x10001)}, guest={"PMCEID0_EL0": "0x2"})
    question = check(a, b, QEMU).questions["forward"]
    assert (question.verdict, question.changes) == ("refused", ())


def test_every_name_is_one_that_guest_code_asks():
    """Rows of seen.toml and services.toml name questions that exist; each pattern has some."""
    asked = {question.name for question in everything()}
    file = seen._file()
    services = {name for rows in seen.services().values() for row in rows for name in row.answers}
    plain = {row.answer for row in (*file.part, *file.word, *file.device)}
    assert services | plain <= asked
    for row in file.since:
        for pattern in row.answers:
            assert any(seen.fnmatchcase(name, pattern) for name in asked), pattern


@pytest.mark.parametrize("name", sorted(GUEST))
def test_the_short_list_leaves_nothing_out(name):
    """What the matrix looks at when it asks often holds every answer that can differ."""
    before = Eyes(HOST)
    for changed in ({PSCI: 2}, {STD: 0, VENDOR: 0}, {VENDOR_2: 1}, {PMCR: 0}):
        state = {**HOST.defaults, **changed}
        whole = seen.changes(before, HOST.defaults, {}, before, state, {})
        names = seen.may_differ(before, HOST.defaults, before, state, frozenset())
        assert seen.changes(before, HOST.defaults, {}, before, state, {}, names) == whole
        assert name in names or name not in {each.name for each in whole}


def test_canary():
    """The eyes follow the register and nothing else: without it PSCI 1.3 stays in sight."""
    rows = {number: row for number, row in HOST.registers.items() if number != PSCI}
    assert Eyes(replace(HOST, registers=rows)).sees(OFF2, {}, {}) == 1
