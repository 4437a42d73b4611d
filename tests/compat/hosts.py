"""Shorthand for the tiny hosts of these tests, and the pairs that trigger each rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from guestabi import policies
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile
from profiles import make_profile

POISON = 0x1DE7EC7EDBADC0DE
IIDR = {"device": "vgic-v3", "attribute": "GICD_IIDR"}
QEMU = policies.load("qemu-10.0")
STRICT = policies.load("strict")
DROPPER = replace(STRICT, name="dropper", missing="drop", above_all="drop", readback="accept")
"""A loader that drops what the destination lacks, and does not read back."""
OURS = policies.load("ours")
ONE_BY_ONE = replace(STRICT, name="one-by-one", order="vcpu-by-vcpu")


def field(low: int, width: int, *accepts: int, errno: str = "EINVAL", **more: Any) -> Any:
    """A measured field that accepts these values, and the default, and refuses the rest."""
    spans = [[value, value] for value in accepts]
    return {"low": low, "width": width, "accepts": spans, "errno": errno, **more}


def levels(default: int, *others: int) -> Any:
    """PSCI_VERSION or a workaround level with everything else refused."""
    return {"default": default, "fields": [field(0, 32, default, *others)]}


def bits(default: int, allowed: int) -> Any:
    """A bitmap register whose ``allowed`` bits can be set and cleared."""
    rows = [field(bit, 1, 0, 1) if allowed >> bit & 1 else field(bit, 1, 0) for bit in range(8)]
    return {"default": default, "fields": rows}


def fixed(default: int) -> Any:
    """A register that accepts its default alone."""
    return {"default": default, "fields": []}


def free(default: int) -> Any:
    """A 64-bit register that holds whatever is written."""
    ones = (1 << 64) - 1
    return {"default": default, "patterns": [{"value": 0}, {"value": ones}]}


class Pair(NamedTuple):
    """A guest of ``source`` moves to ``destination``; ``rules`` are all that it triggers."""

    source: HostProfile
    destination: HostProfile
    policy: Policy
    rules: frozenset[str]
    question: str = "forward"
    pins: Any = None


def pair(source: Any, destination: Any, *rules: str, policy: Policy = QEMU, **changes: Any) -> Pair:
    """``*_changes`` go to make_profile, ``question`` and ``pins`` into the pair.

    Every host lists an ID register that nothing is about, as no real list ends with bitmaps.
    """
    base = {"ID_AA64ISAR0_EL1": fixed(0x1)}
    a = make_profile("a", {**base, **source}, **changes.pop("source_changes", {}))
    b = make_profile("b", {**base, **destination}, **changes.pop("destination_changes", {}))
    return Pair(a, b, policy, frozenset(rules), **changes)


NOT_THERE = {"VENDOR_HYP_CALL_UID": "not supported", "VENDOR_HYP_KVM_PTP": "not supported"}
NO_PMU = {"ID_AA64DFR0_EL1": fixed(0x6)}
BITMAP_3 = 0x6030000000160003
UNNAMED_FIRMWARE = 0x6030000000140009
UNNAMED_CLASS = 0x603000000013E6E6

PAIRS = {
    "a register of a dead feature": pair({**NO_PMU, "PMMIR_EL1": fixed(6)}, NO_PMU, "missing-dead"),
    "a zero bitmap, below the last": pair(
        {"VENDOR_HYP_BMAP": bits(0, 3)},
        {BITMAP_3: bits(0, 0), "X0": free(0)},
        "missing-zero",
        "defaulted-hidden",
        destination_changes={"guest": NOT_THERE},
    ),
    "a zero bitmap, and nobody asked the destination": pair(
        {"VENDOR_HYP_BMAP": bits(0, 3)},
        {BITMAP_3: bits(0, 0)},
        "missing-zero-unsure",
        "defaulted-hidden",
        policy=STRICT,
    ),
    "an ID register that says nothing": pair(
        {"PMMIR_EL1": fixed(0)}, {}, "missing-zero", policy=STRICT
    ),
    "a register that nobody wrote": pair(
        {"TTBR0_EL1": free(POISON)}, {}, "missing-poison", policy=STRICT
    ),
    "a live register": pair({"TTBR0_EL1": free(1)}, {}, "missing-live"),
    "a live bitmap above the destination's last register": pair(
        {"VENDOR_HYP_BMAP": bits(3, 3)},
        {"TTBR0_EL1": free(0)},
        "missing-dropped-silently",
        "defaulted-state",
    ),
    "a wide register": pair({0x6040000000130000: 0}, {0x6040000000130000: 0}, "refused-width"),
    "a newer PSCI": pair(
        {"PSCI_VERSION": levels(0x10003)},
        {"PSCI_VERSION": levels(0x10001, 0x10000)},
        "refused-firmware-version",
    ),
    "a service that the destination lacks": pair(
        {"STD_BMAP": bits(3, 3)}, {"STD_BMAP": bits(1, 1)}, "refused-service"
    ),
    "an ID field": pair(
        {"ID_AA64DFR0_EL1": fixed(0x8)}, {"ID_AA64DFR0_EL1": fixed(0x6)}, "refused-id-field"
    ),
    "a state register": pair(
        {"TTBR0_EL1": free(5)},
        {"TTBR0_EL1": {"default": 0, "patterns": [{"value": 5, "errno": "EINVAL"}]}},
        "refused-other",
    ),
    "a poisoned register that masks": pair(
        {"TTBR0_EL1": free(POISON)},
        {"TTBR0_EL1": {"default": 0, "patterns": [{"value": POISON, "got": 2}]}},
        "readback-hidden",
    ),
    "a computed bit": pair(
        {"TIMER_CTL": {"default": 4, "patterns": []}},
        {"TIMER_CTL": {"default": 0, "patterns": [{"value": 4, "got": 0}]}},
        "readback-hidden",
        policy=STRICT,
    ),
    "a workaround level that is not stored": pair(
        {"SMCCC_ARCH_WORKAROUND_1": levels(1)},
        {
            "SMCCC_ARCH_WORKAROUND_1": {
                "default": 2,
                "fields": [field(0, 32, 2, otherwise=[[1, 1, 2]])],
            }
        },
        "readback-visible",
    ),
    "a state register that masks": pair(
        {"TTBR0_EL1": free(7)},
        {"TTBR0_EL1": {"default": 0, "patterns": [{"value": 7, "got": 3}]}},
        "readback-state",
    ),
    "set and clear registers of one storage": pair(
        {"PMINTENSET_EL1": free(6), "PMINTENCLR_EL1": free(6)},
        {
            "PMINTENSET_EL1": {
                "default": 0,
                "patterns": [{"value": 15, "got": 15}],
                "acts": "sets",
                "shares": ["0x603000000013c4f2"],
            },
            "PMINTENCLR_EL1": {
                "default": 0,
                "patterns": [{"value": 15, "got": 0}],
                "acts": "clears",
                "shares": ["0x603000000013c4f1"],
            },
        },
        "readback-undone",
    ),
    "vector lengths": pair(
        {"SVE_VLS": {"default": 3, "patterns": []}},
        {"SVE_VLS": {"default": 1, "patterns": []}},
        "not-carried",
    ),
    "a new register of a dead feature": pair(
        NO_PMU, {**NO_PMU, "PMMIR_EL1": fixed(6)}, "defaulted-hidden"
    ),
    "new state": pair({}, {"TTBR0_EL1": free(1)}, "defaulted-state"),
    "a service that no capability tells of": pair(
        {}, {"STD_BMAP": bits(1, 1)}, "defaulted-service-appears"
    ),
    "a service that appears": pair(
        {},
        {"VENDOR_HYP_BMAP": bits(3, 3)},
        "defaulted-service-appears",
        source_changes={"capabilities": {"KVM_CAP_PTP_KVM": 0}},
    ),
    "a service that was there": pair(
        {},
        {"VENDOR_HYP_BMAP": bits(3, 3)},
        "defaulted-hidden",
        source_changes={"capabilities": {"KVM_CAP_PTP_KVM": 1}},
    ),
    "an ID register that appears": pair({}, {"PMMIR_EL1": fixed(6)}, "defaulted-visible"),
    "a firmware register of which nothing is known": pair(
        {}, {UNNAMED_FIRMWARE: fixed(6)}, "defaulted-unknown"
    ),
    "a system register of which nothing is known": pair(
        {}, {UNNAMED_CLASS: fixed(0)}, "defaulted-unknown"
    ),
    "an ID register that the next vCPU resets": pair(
        {"ID_AA64DFR0_EL1": {**fixed(0x6), "scope": "vcpu"}},
        {
            "ID_AA64DFR0_EL1": {
                "default": 0x8,
                "fields": [field(0, 4, 6, 8)],
                "scope": "vcpu",
                "survives_other_init": False,
            }
        },
        "order-lost",
        policy=ONE_BY_ONE,
    ),
    "another scope": pair(
        {"TTBR0_EL1": {**free(0), "scope": "vcpu"}},
        {"TTBR0_EL1": {**free(0), "scope": "vm"}},
        "scope-changed",
    ),
    "an answer that nobody measured": pair(
        {"TTBR0_EL1": free(5)}, {"TTBR0_EL1": {"default": 0}}, "unmeasured"
    ),
    "another GIC": pair(
        {},
        {},
        "device-differs",
        source_changes={"devices": [{**IIDR, "default": "0x4b00243b"}]},
        destination_changes={"devices": [{**IIDR, "default": "0x4b00343b"}]},
    ),
    "another answer": pair(
        {},
        {},
        "answer-differs",
        source_changes={"guest": {"PMCEID0_EL0": "0x1", "SMCCC_VERSION by SMC": "not supported"}},
        destination_changes={"guest": {"PMCEID0_EL0": "0x3", "SMCCC_VERSION by SMC": "0x10001"}},
    ),
    "no such GIC": pair(
        {},
        {},
        "device-absent",
        source_changes={
            "devices": [{"device": "vgic-v2", "attribute": "GICD_IIDR", "default": "0x4b00243b"}],
            "gics": ["v2"],
        },
        destination_changes={"devices": [{**IIDR, "default": "0x4b00243b"}]},
    ),
    "no way back from nowhere": pair({"TTBR0_EL1": free(1)}, {}, "never-left", question="return"),
    "a pin that QEMU cannot set": pair(
        {"PSCI_VERSION": levels(0x10001, 0x10000)},
        {"PSCI_VERSION": levels(0x10003, 0x10001)},
        "refused-firmware-version",
        "pin-not-expressible",
        question="pinned",
    ),
    "two processors": pair(
        {"MIDR_EL1": fixed(0x410FD083)},
        {"MIDR_EL1": fixed(0x411FD070)},
        "refused-id-field",
        "no-common-abi",
        question="pinned",
        policy=STRICT,
    ),
    "a pin that is refused at birth": pair(
        {"PSCI_VERSION": levels(0x10001)},
        {"PSCI_VERSION": levels(0x10001)},
        "pin-refused",
        question="pinned",
        policy=STRICT,
        pins={0x6030000000140000: 0x10000},
    ),
    "a pin that does not stick": pair(
        {"TTBR0_EL1": free(0)},
        {"TTBR0_EL1": {"default": 0, "patterns": [{"value": 7, "got": 3}]}},
        "pin-not-kept",
        question="pinned",
        policy=STRICT,
        pins={0x603000000013C100: 7},
    ),
}
"""Named pairs and the exact set of rules that they trigger."""
