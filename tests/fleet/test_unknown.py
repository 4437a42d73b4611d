"""guestabi.fleet.unknown: a baseline says what nothing tells, and never calls it good."""

from __future__ import annotations

from compat.hosts import levels
from guestabi import atlas
from guestabi.fleet.baseline import Baseline, baseline
from guestabi.registers.catalogue import name_of
from profiles import make_profile

TOLD = {
    "PV_TIME_FEATURES": "not supported",
    "TRNG_VERSION": "not supported",
    "VENDOR_HYP_KVM_FEATURES": "not supported",
    "VENDOR_HYP_KVM_PTP": "not supported",
}
UNTOLD = "it is not listed, and nothing tells what a guest sees there"
UNTRIED = "not every value that could suit was tried there"
MOVES = "its value moves by itself there"


def untold(a, b, guest_a=TOLD, guest_b=TOLD, **more):
    hosts = [("a", a, guest_a), ("b", b, guest_b)]
    made = baseline([make_profile(n, {**r, "X1": 0}, guest=g) for n, r, g in hosts], **more)
    assert isinstance(made, Baseline)
    assert made.exit_status() == (101 if made.unknown else 0)
    return {(name_of(each.id), each.hosts, each.reason) for each in made.unknown}


def test_imports_without_accepted_values():
    """They differ, and nobody tried whether a value suits both: no pin, and no verdict."""
    assert untold({"PSCI_VERSION": 0x10001}, {"PSCI_VERSION": 0x10003}) == {
        ("PSCI_VERSION", ("a", "b"), UNTRIED)
    }
    assert untold({"PSCI_VERSION": 0x10001}, {"PSCI_VERSION": 0x10001, "X0": 0}) == set()


def test_services_that_nobody_asked_for():
    """A bitmap that is not listed hides nothing that an older kernel may offer."""
    told = {name: said for name, said in TOLD.items() if name != "TRNG_VERSION"}
    same = {"PSCI_VERSION": levels(0x10001)}
    assert untold(same, {**same, "X0": 0}, guest_b=told) == {("STD_BMAP", ("b",), UNTOLD)}
    assert untold(same, {**same, "STD_BMAP": {"default": 0}}, guest_a=told) == {
        ("STD_BMAP", ("a",), UNTOLD)
    }


def test_registers_that_are_not_listed_everywhere():
    """Nothing tells what a guest sees of PSCI where it has no version; a value that moves, too."""
    assert untold({}, {"PSCI_VERSION": levels(0x10001)}) == {("PSCI_VERSION", ("a",), UNTOLD)}
    assert untold({"PSCI_VERSION": None}, {"PSCI_VERSION": levels(0x10001)}) == {
        ("PSCI_VERSION", ("a",), MOVES)
    }


def test_what_is_dead_is_not_asked_where_it_may_be_dead():
    """CCSIDR_4 is of a cache that CLIDR_EL1 does not have: UNKNOWN where it is listed at all."""
    a = {"CLIDR_EL1": {"default": 0x23, "fields": []}}
    b = {**a, "CCSIDR_4": {"default": 2, "fields": []}}
    assert untold(a, b) == {("CCSIDR_4", ("a",), UNTOLD)}
    assert untold(a, b, allow_dead=True) == set()


def test_caches_of_6_1_and_newer_kernels():
    """In the atlas: 6.1 lists only the CCSIDR of caches that there are; 6.12 lists all of them."""
    found = [atlas.resolve(f"debian-{series}/neoverse-n1") for series in ("6.1", "6.12")]
    plain, allowing = baseline(found), baseline(found, allow_dead=True)
    assert (plain.exit_status(), allowing.exit_status()) == (101, 0)
    assert plain.pins == allowing.pins
    assert [name_of(each.id) for each in plain.unknown] == [f"CCSIDR_{n}" for n in range(3, 14)]
    assert allowing.dead == tuple(each.id for each in plain.unknown)


def test_the_captures_that_ship_are_all_known():
    """Of those of one CPU that have a baseline, nothing is unknown: guest code asked on each."""
    names = ("debian-6.12", "debian-6.16", "debian-7.3")
    made = baseline([atlas.resolve(f"{name}/neoverse-n1") for name in names])
    assert isinstance(made, Baseline)
    assert (made.unknown, made.exit_status()) == ((), 0)
