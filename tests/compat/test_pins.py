"""compat.pins: the greatest common ABI, or the proof that there is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestabi.compat.pins import Conflict, Pins, meet
from guestabi.errors import UsageError
from guestabi.profile.answers import answer
from guestabi.registers.catalogue import find
from profiles import make_profile

from .hosts import bits, field, fixed, free, levels
from .strategies import hosts

PSCI = find("PSCI_VERSION").id
DFR0 = find("ID_AA64DFR0_EL1").id
PFR0 = find("ID_AA64PFR0_EL1").id
BMAP = find("VENDOR_HYP_BMAP").id


def partial(found: Pins | Conflict) -> Pins:
    return found.partial if isinstance(found, Conflict) else found


def clashes(found: Pins | Conflict) -> set[tuple[int, int]]:
    each = found.clashes if isinstance(found, Conflict) else ()
    return {(clash.register, clash.bits) for clash in each}


def one(*rows, name="ID_AA64DFR0_EL1"):
    return meet([make_profile(f"h{i}", {name: row}) for i, row in enumerate(rows)])


@settings(max_examples=40)
@given(hosts())
def test_alone_a_host_needs_no_pin(host) -> None:
    """Idempotent: a host agrees with itself."""
    assert meet([host]) == Pins({}, {})
    assert meet([host, host]) == Pins({}, {})


@settings(max_examples=40)
@given(st.lists(hosts(), min_size=2, max_size=3), st.randoms())
def test_the_order_of_hosts_does_not_matter(found, random) -> None:
    """Commutative, conflicts included."""
    shuffled = list(found)
    random.shuffle(shuffled)
    assert partial(meet(shuffled)) == partial(meet(found))
    assert clashes(meet(shuffled)) == clashes(meet(found))


@settings(max_examples=40)
@given(st.lists(hosts(), min_size=1, max_size=3))
def test_every_host_accepts_every_pin(found) -> None:
    """A pin that one of the hosts refuses would be no baseline."""
    for number, value in partial(meet(found)).values.items():
        for host in found:
            if number in host.registers:
                assert answer(host.registers[number], value).kind == "same"


@settings(max_examples=40)
@given(hosts(), hosts(), hosts())
def test_another_host_never_raises_a_pin(a, b, c) -> None:
    """Monotone: what suits more hosts is at most what suits fewer, field by field."""
    fewer, more = partial(meet([a, b])), partial(meet([a, b, c]))
    for number, value in more.values.items():
        before = fewer.values.get(number)
        if before is None or number not in (DFR0, PFR0, BMAP):
            continue
        fields = find(hex(number)).fields
        for each in fields:
            assert each.interpret(value) <= each.interpret(before)


@settings(max_examples=40)
@given(hosts(), hosts(), hosts())
def test_another_host_never_solves_a_conflict(a, b, c) -> None:
    """A register without a common value stays without one, where every field was measured: of
    other registers only the defaults are tried, and a third host may bring one that suits."""
    less = {
        number
        for number, _ in clashes(meet([a, b]))
        if all(
            host.registers[number].fields is not None
            for host in (a, b, c)
            if number in host.registers
        )
    }
    assert less <= {number for number, _ in clashes(meet([a, b, c]))}


def test_the_greatest_common_value() -> None:
    """The most that all accept, and not beyond any host's default."""
    old = {"default": 4, "fields": [field(0, 4, 0, 1, 2, 3, 4)]}
    new = {"default": 9, "fields": [field(0, 4, 1, 2, 3, 9)]}
    assert partial(one(old, new)).values == {DFR0: 3}


def test_a_default_is_always_accepted() -> None:
    """A host that cannot be written still counts with what it is."""
    assert partial(one({"default": 4}, {"default": 9, "fields": [field(0, 4, 4, 9)]})).values == {
        DFR0: 4
    }


def test_signed_fields_compare_signed() -> None:
    """0xF is "not there", less than 0: FP of ID_AA64PFR0_EL1."""
    there = {"default": 1 << 16, "fields": [field(16, 4, 0, 1, 0xF)]}
    gone = {"default": 0xF << 16, "fields": [field(16, 4, 0xF)]}
    found = one(there, gone, name="ID_AA64PFR0_EL1")
    assert partial(found).values == {PFR0: 0xF << 16}


def test_bitmaps_are_anded() -> None:
    """Every service that all hosts have, and no other."""
    found = one(bits(0b01, 0b01), bits(0b11, 0b11), name="VENDOR_HYP_BMAP")
    assert partial(found).values == {BMAP: 0b01}


def test_psci_is_the_highest_common_version() -> None:
    """A version, not a set of bits."""
    found = one(levels(0x10001, 0x10000), levels(0x10003, 0x10001, 0x10000), name="PSCI_VERSION")
    assert partial(found).values == {PSCI: 0x10001}


def test_what_only_some_list_is_pinned_to_absence() -> None:
    """A bitmap that one kernel lacks is pinned to no services where it is."""
    a = make_profile("a", {"X0": free(0)})
    b = make_profile("b", {"X0": free(0), "VENDOR_HYP_BMAP": bits(3, 3)})
    found = meet([a, b])
    assert isinstance(found, Pins)
    assert found.values == {BMAP: 0}
    assert "does not list it" in found.reasons[BMAP]


def test_a_conflict_names_register_field_and_hosts() -> None:
    """The proof that there is no common ABI can be read."""
    found = one(fixed(0x6), fixed(0x18))
    assert isinstance(found, Conflict)
    (clash,) = found.clashes
    assert (clash.name, clash.bits) == ("ID_AA64DFR0_EL1", 0x1E)
    assert clash.fields == ("DebugVer", "TraceVer")
    assert clash.profiles == ("h0", "h1")


def test_no_hosts_is_an_error() -> None:
    """A baseline of nothing would suit everything."""
    with pytest.raises(UsageError):
        meet([])
