"""The reporting guest says on real kernels what their profiles say, and what they do not."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from guestabi import atlas
from guestabi.lab.capture import Program, capture
from guestabi.lab.profiles import PROGRAM
from guestabi.probe.bundle import bundle
from guestabi.vmm.questions import Call, Read, everything
from guestabi.vmm.report import NOT_SUPPORTED, UNDEFINED, Change, diff

CPU = "neoverse-n1"
OLD = "5.10"
NEWER = ("6.1", "6.12", "7.3")
SERIES = (OLD, *NEWER)
# Kernels that take another GICD_IIDR and keep their own (measured; 6.1 and 6.12 have the fix).
IGNORING = ("6.16", "6.19")
GUEST = Path(__file__).with_name("report_guest.py")
QUESTIONS = everything()

# Where the guest reads other than ONE_REG says (measured). On 5.10 and 6.1 it reads another
# CTR_EL0 than the kernel's safe one, without IDC; 7.3 lists PMMIR_EL1, which a guest whose PMU is
# older than PMUv3p4 (ID_AA64DFR0_EL1.PMUVer 5) does not have.
OTHERWISE = {
    "5.10": {"CTR_EL0"},
    "6.1": {"CTR_EL0"},
    "6.12": set(),
    "7.3": {"PMMIR_EL1"},
}
TRNG = {
    "TRNG_VERSION",
    "TRNG_GET_UUID",
    "TRNG_FEATURES of TRNG_RND32",
    "TRNG_FEATURES of TRNG_RND64",
}
VENDOR = {"VENDOR_HYP_CALL_UID", "VENDOR_HYP_KVM_FEATURES", "VENDOR_HYP_KVM_PTP"}
# What 6.12 and 7.3 show to a guest of 5.10 though every register was restored: they answer SMC too,
# and have a CTR_EL0, a PMCR_EL0.IMP and IDCODE, and PMU events of their own (measured). GICD_IIDR
# is not among them: they keep the revision that is written.
NOT_TO_BE_HELD = {"CTR_EL0", "PMCR_EL0", "PMCEID0_EL0", "SMCCC_VERSION by SMC"}

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab")]


def boots(archive, kernels, machines: Mapping[str, bytes]):
    files = {"guest.py": GUEST.read_bytes(), PROGRAM: bundle()}
    files |= {f"{name}.machine": data for name, data in machines.items()}
    program = Program(["python3", "guest.py"], files)
    said: dict[str, Any] = {}
    errors: list[object] = []
    # A machine that is busy beyond measure can starve a guest: that is an error of the lab, and
    # no result. Once more, one boot at a time, and then it counts.
    for jobs in (None, 1):
        asked = [kernel for kernel in kernels if kernel not in said]
        if asked:
            found = capture(archive, asked, [CPU], program, lambda _, o: json.loads(o), jobs=jobs)
            rows = list(zip(asked, found, strict=True))
            said.update({kernel: each.value for kernel, each in rows if each.error is None})
            errors = [each.error for _, each in rows if each.error is not None]
    assert errors == []
    return {kernel: said[kernel] for kernel in kernels}


@pytest.fixture(scope="module")
def said(archive):
    """What the guest reported on each kernel; the newer ones also got the machine of the oldest."""
    old = boots(archive, (OLD,), {})
    return {**old, **boots(archive, NEWER, {OLD: base64.b64decode(old[OLD]["saved"])})}


@pytest.fixture(scope="module")
def ignored(archive, said):
    """What became of the oldest kernel's machine where GICD_IIDR is written in vain."""
    return boots(archive, IGNORING, decoded({OLD: said[OLD]["saved"]}))


def names(changes: tuple[Change, ...]) -> set[str]:
    return {change.name for change in changes}


@pytest.mark.parametrize("series", SERIES)
def test_the_guest_reads_what_the_profile_says(said, series):
    """Every register that both know has the profile's default, but for the explained ones."""
    profile = atlas.resolve(f"debian-{series}/{CPU}")
    held = {row.name: row.default for row in profile.registers.values()}
    report = said[series]["first"][0]
    bits = {each.name: each.bits for each in QUESTIONS if isinstance(each, Read)}
    both = bits.keys() & held.keys()
    assert len(both) > 60
    assert {name for name in both if report[name] != held[name] & bits[name]} == OTHERWISE[series]
    assert report["PSCI_VERSION"] == held["PSCI_VERSION"]


@pytest.mark.parametrize("series", SERIES)
def test_services_are_those_of_the_kernel(said, series):
    """5.10 offers neither TRNG nor KVM's own services; from 6.1 on all are there."""
    report = said[series]["first"][0]
    absent = {name for name in TRNG | VENDOR if report[name] == NOT_SUPPORTED}
    assert absent == (TRNG | VENDOR if series == OLD else set())
    assert report["SMCCC_VERSION"] == 0x10001
    assert report["PSCI_FEATURES of SYSTEM_OFF2"] == (1 if series == "7.3" else NOT_SUPPORTED)


@pytest.mark.parametrize("series", SERIES)
def test_undefined_is_an_answer(said, series):
    """Registers of features that this CPU has not: each access is answered on each vCPU."""
    for report in said[series]["first"]:
        undefined = {name for name, answer in report.items() if answer == UNDEFINED}
        assert undefined == {"CCSIDR2_EL1", "GMID_EL1", "SMIDR_EL1", "PMMIR_EL1"}


@pytest.mark.parametrize("series", SERIES)
def test_stable_and_the_same_on_every_vcpu(said, series):
    """Asked again, and after a move on the same kernel, all vCPUs report the same."""
    found = said[series]
    assert diff(found["first"], found["again"]) == ()
    assert diff(found["first"], found["moved"]) == ()
    affinities = [report["MPIDR_EL1"] for report in found["first"]]
    assert affinities == [0x80000000, 0x80000001, 0x80000002]
    first, *others = found["first"]
    assert names(diff([first, first], others)) == {"MPIDR_EL1"}


@pytest.mark.parametrize("series", SERIES)
def test_power_moves_too(said, series):
    """vCPUs that were turned on are on, and one that nobody turned on is off."""
    assert said[series]["power"] == [0, 0, 0]
    assert said[series]["one_on"] == ["a write to 0x9000000 (4 bytes)", [0, 5]]


@pytest.mark.parametrize("series", SERIES)
def test_pins_are_what_the_guest_sees(said, series):
    """PSCI 1.0 and no services, set once on the VM: the guest says the same on every kernel."""
    pinned = said[series]["pinned"][0]
    assert pinned["PSCI_VERSION"] == 0x10000
    assert {pinned[name] for name in TRNG | VENDOR} == {NOT_SUPPORTED}
    services = {each.name for each in QUESTIONS if isinstance(each, Call)}
    differing = {name for name in services if pinned[name] != said["6.1"]["pinned"][0][name]}
    by_design = {"ARCH_FEATURES of PV_TIME_FEATURES"} if series == OLD else set()
    by_design |= {"SMCCC_VERSION by SMC"} if series in ("6.12", "7.3") else set()
    assert differing == by_design


@pytest.mark.parametrize("series", ["6.12", "7.3"])
def test_the_move_of_2021(said, series):
    """Born on 5.10, moved to a newer kernel: TRNG and KVM's services appear from nowhere."""
    born, arrived = said[OLD]["first"], said[series]["arrived"][OLD]
    assert names(diff(born, arrived["inherit"])) == TRNG | VENDOR | NOT_TO_BE_HELD


@pytest.mark.parametrize("series", ["6.12", "7.3"])
def test_opt_in_prevents_it(said, series):
    """The same move under a VMM that opts in to nothing: no service appears. 5.10 always offered
    PV time, which such a VMM then has to ask for."""
    changes = diff(said[OLD]["first"], said[series]["arrived"][OLD]["opt-in"])
    assert names(changes) == {"ARCH_FEATURES of PV_TIME_FEATURES"} | NOT_TO_BE_HELD


# The state that the guest's program gave its GIC; what is fixed, or always reads the same, stays.
GIVEN = {
    *("GICD_CTLR", "GICD_ICFGR", "GICD_IGROUPR", "GICD_IPRIORITYR", "GICD_IROUTER"),
    *("GICD_ISACTIVER", "GICD_ISENABLER", "GICD_ISPENDR", "GICR_IGROUPR0", "GICR_IPRIORITYR"),
    *("GICR_ISACTIVER0", "GICR_ISENABLER0", "GICR_ISPENDR0", "GICR_PENDBASER", "ICC_AP0R_EL1"),
    *("ICC_AP1R_EL1", "ICC_BPR0_EL1", "ICC_BPR1_EL1", "ICC_CTLR_EL1", "ICC_IGRPEN0_EL1"),
    *("ICC_IGRPEN1_EL1", "ICC_PMR_EL1", "line levels of PPIs", "line levels of SPIs"),
}


@pytest.mark.parametrize("series", SERIES)
def test_the_gic_moves_too(said, series):
    """Registers of distributor, redistributor and CPU interface hold what they held, read one by
    one and as a whole, and still do when the guest has run on."""
    gic = said[series]["gic"]
    assert gic["asked"] == gic["held"] == gic["moved"]
    assert {name for name, words in gic["first"].items() if gic["saved"][name] != words} == GIVEN
    assert gic["saved"] == gic["saved again"] == gic["after running"]


@pytest.mark.parametrize("series", SERIES)
def test_a_pending_interrupt_is_taken(said, series):
    """SPI 40 was pending when the machine was saved, and is the first thing its guest hears of."""
    assert said[series]["interrupted"] == ["a write to 0x9000000 (4 bytes)", 40]


@pytest.mark.parametrize("series", ["6.12", "7.3"])
def test_the_revision_is_kept(said, series):
    """The GIC of 5.10 is older than their own, and arrives as it was, revision and all."""
    for mode in ("inherit", "opt-in"):
        (first, *_) = said[series]["arrived"][OLD][mode]
        assert (first["GICD_IIDR"], first["GICR_IIDR"]) == (0x4B00243B, 0x4B00043B)
    assert said[OLD]["gic"]["saved"]["GICD_IIDR"] == [0x4B00243B]
    assert said[series]["gic"]["first"]["GICD_IIDR"] == [0x4B00343B]
    assert said[series]["arrived"][OLD]["gic"] == {"inherit": True, "opt-in": True}


@pytest.mark.parametrize("series", IGNORING)
def test_the_revision_is_ignored(ignored, series):
    """There the guest would find another GIC, and the machine is refused: register, both values."""
    expected = (
        "GICD_IIDR was 0x4b00243b where the machine was saved; "
        "here it is 0x4b00343b, and the kernel does not keep what is written"
    )
    assert ignored[series]["arrived"][OLD] == {"gic": {}, "inherit": expected, "opt-in": expected}


@pytest.fixture(scope="module")
def home(archive, said):
    """The seed story: born on the newest, with PSCI 1.1 and without, to 6.12 and back again."""
    machines = {"pinned": said["7.3"]["born"]["saved"], "unpinned": said["7.3"]["saved"]}
    there = boots(archive, ("6.12",), decoded(machines))["6.12"]["arrived"]
    back = boots(archive, ("7.3",), decoded({"pinned": there["pinned"]["saved"]}))["7.3"]["arrived"]
    return there, back


def decoded(machines: Mapping[str, str]) -> dict[str, bytes]:
    return {name: base64.b64decode(data) for name, data in machines.items()}


def test_the_seed_story(said, home):
    """A guest of 7.3 cannot go to 6.12; born with PSCI 1.1 it goes there and back, and reports
    the same machine each time."""
    there, back = home
    for error in (there["unpinned"]["inherit"], there["unpinned"]["opt-in"]):
        assert error.startswith("KVM_ARM_VM_SET_ONE_REG PSCI_VERSION ")
        assert "= 0x10003: EINVAL" in error
    born = said["7.3"]["born"]["report"]
    for mode in ("inherit", "opt-in"):
        assert diff(born, there["pinned"][mode]) == ()
        assert diff(born, back["pinned"][mode]) == ()


def test_a_refused_move_says_why(said):
    """5.10 to 6.1: the register and the value are named, and nothing is left behind."""
    for mode in ("inherit", "opt-in"):
        error = said["6.1"]["arrived"][OLD][mode]
        assert error.startswith("KVM_SET_ONE_REG ID_AA64DFR0_EL1 ")


@pytest.mark.parametrize("series", SERIES)
def test_a_guest_that_never_reports(said, series):
    """It ends within the stated time, and so does one that leaves for another reason."""
    error, seconds = said[series]["hangs"]
    assert error == "vCPU 0 ran for 1 s and never asked for its VMM"
    assert 1.0 <= seconds < 10.0
    assert said[series]["strays"] == (
        "vCPU 0 should have reported, and left with a read from 0xa000000 (8 bytes)"
    )


@pytest.mark.parametrize("series", SERIES)
def test_a_guest_that_waits(said, series):
    """Under a VMM that runs vCPUs by itself it sleeps in WFI, and reports again after a stop."""
    assert said[series]["waits"] == [1, True]


def test_canary(said):
    """The checks can fail: a report with one answer changed is not the same."""
    report = dict(said["6.12"]["first"][0])
    changed = {**report, "PSCI_VERSION": 0x10002}
    assert diff([report], [changed]) == (Change("PSCI_VERSION", 0x10001, 0x10002, (0,)),)
    with pytest.raises(AssertionError):
        test_services_are_those_of_the_kernel({OLD: {"first": said["6.12"]["first"]}}, OLD)
