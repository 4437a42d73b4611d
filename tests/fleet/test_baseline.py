"""guestabi.fleet.baseline: the greatest common ABI, or the smallest conflict."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.hosts import bits, field, fixed
from compat.strategies import hosts, swept
from guestabi import atlas
from guestabi.compat.pins import Conflict, meet
from guestabi.errors import UsageError
from guestabi.fleet.admission import admit
from guestabi.fleet.baseline import Baseline, NoBaseline, Pin, baseline
from guestabi.profile.answers import answer
from guestabi.registers.catalogue import find
from profiles import make_profile

DFR0 = find("ID_AA64DFR0_EL1")
PSCI = find("PSCI_VERSION").id
BMAP_2 = find("VENDOR_HYP_BMAP_2").id
PMMIR = find("PMMIR_EL1").id
ABSENT = "what a guest sees of a kernel that does not list it"
MOST = "field by field, the most that every host accepts"


def neoverse(first=(0, 0), last=(9, 9)):
    """The newest capture of each series between two, of one CPU."""
    found = atlas.newest_of_each_series("neoverse-n1")
    return [atlas.resolve(each.name) for each in found if first <= each.version[:2] <= last]


@st.composite
def small(draw):
    """A host with one ID register of four fields, each value of each field tried."""
    return make_profile("small", {DFR0.name: draw(swept(4, 4)), "X0": 0})


@st.composite
def with_pmu(draw):
    """The same, its third field telling of a PMU, of which PMMIR_EL1 can be written or not."""
    rows = {DFR0.name: draw(swept(4, 4)), "X0": 0}
    if draw(st.booleans()):
        rows["PMMIR_EL1"] = draw(swept(4, 1))
    return make_profile("small", rows)


def fields_of(host):
    """The values that each field of DFR0 accepts beside the others' defaults, and its default."""
    row = host.registers[DFR0.id]
    found = []
    for low in range(0, 16, 4):
        rest = row.default & ~(0xF << low)
        raws = range(16)
        taken = {raw for raw in raws if answer(row, rest | raw << low).kind == "same"}
        found.append((taken, row.default >> low & 0xF))
    return found


def ordered(low, raw):
    """A field's raw value as the architecture orders it."""
    known = [each for each in DFR0.fields if (each.low, each.width) == (low, 4)]
    return known[0].interpret(raw << low) if known else raw


def greatest(found):
    """The greatest common value of each field, by trying all sixteen; None: there is none."""
    best = []
    for low, each in zip(range(0, 16, 4), zip(*map(fields_of, found))):
        ceiling = min(ordered(low, default) for _, default in each)
        common = set.intersection(*(taken for taken, _ in each))
        raws = [raw for raw in common if ordered(low, raw) <= ceiling]
        best.append(max(raws, key=lambda raw: ordered(low, raw), default=None))
    return best


@settings(max_examples=30)
@given(st.lists(hosts(), min_size=1, max_size=3), st.randoms(), st.booleans())
def test_order_and_repetition_do_not_matter(found, random, allow_dead):
    """Commutative and idempotent: the set counts, not the list; conflicts included."""
    shuffled = [*found, *found]
    random.shuffle(shuffled)
    made = baseline(shuffled, allow_dead=allow_dead)
    assert made.to_builtins() == baseline(found, allow_dead=allow_dead).to_builtins()


@settings(max_examples=30)
@given(hosts(), st.booleans())
def test_alone_a_host_needs_no_pin(host, allow_dead):
    """What all hosts agree on is not pinned, and a host agrees with itself on all."""
    found = baseline([host, host], allow_dead=allow_dead)
    assert (found.pins, found.hosts) == ((), (("random", host.digest),))
    assert (found.unknown, found.dead) == ((), ())


@settings(max_examples=60)
@given(st.lists(hosts(), min_size=1, max_size=3), st.booleans())
def test_no_host_of_the_set_is_refused(found, allow_dead):
    """Every host admits the baseline; what nobody measured is unknown, and only then."""
    made = baseline(found, allow_dead=allow_dead)
    if isinstance(made, NoBaseline):
        return
    for host in found:
        said = {each.pin.id: each.verdict for each in admit(made, host).pins}
        assert {number for number in said if number in host.registers} <= {
            number for number, verdict in said.items() if verdict == "admitted"
        }
        assert "refused" not in said.values()


@settings(max_examples=60)
@given(with_pmu(), with_pmu(), with_pmu(), st.booleans())
def test_a_further_host_never_enlarges_it(a, b, c, allow_dead):
    """Monotone: field by field, what suits more hosts is at most what suits fewer, and a conflict
    stays one. A feature that a third host lacks solves nothing that the other two could not."""
    fewer, more = (baseline(each, allow_dead=allow_dead) for each in ([a, b], [a, b, c]))
    if isinstance(more, NoBaseline):
        return
    assert isinstance(fewer, Baseline)
    before = fewer.values.get(DFR0.id, a.defaults[DFR0.id])
    after = more.values.get(DFR0.id, a.defaults[DFR0.id])
    for low in range(0, 16, 4):
        assert ordered(low, after >> low & 0xF) <= ordered(low, before >> low & 0xF)


@settings(max_examples=100)
@given(st.lists(small(), min_size=2, max_size=3))
def test_no_greater_pin_exists(found):
    """Against brute force: the pin is the greatest value of every field, and there is a conflict
    exactly where some field has none."""
    best = greatest(found)
    made = baseline(found)
    assert isinstance(made, NoBaseline) == (None in best)
    if isinstance(made, Baseline):
        value = made.values.get(DFR0.id, found[0].defaults[DFR0.id])
        assert [value >> low & 0xF for low in range(0, 16, 4)] == best


@settings(max_examples=100)
@given(st.lists(small(), min_size=2, max_size=4))
def test_a_conflict_is_true_and_minimal(found):
    """Against brute force: the named fields have no common value, and no smaller set of the
    hosts has a conflict."""
    made = baseline(found)
    if isinstance(made, Baseline):
        return
    best = greatest(made.hosts)
    named = {
        low for clash in made.conflict.clashes for low in range(0, 16, 4) if clash.bits >> low & 0xF
    }
    assert named == {4 * place for place, raw in enumerate(best) if raw is None}
    smaller = [group for size in range(2, len(made.hosts)) for group in combinations(found, size)]
    assert [group for group in smaller if None in greatest(group)] == []


@settings(max_examples=30)
@given(st.lists(hosts(), min_size=2, max_size=4))
def test_no_smaller_set_conflicts(found):
    """The same for hosts of every kind."""
    for allow_dead in (False, True):
        made = baseline(found, allow_dead=allow_dead)
        if isinstance(made, NoBaseline):
            met = meet(made.hosts)
            assert isinstance(met, Conflict)
            assert set(made.conflict.clashes) <= set(met.clashes)
            smaller = (g for size in range(1, len(made.hosts)) for g in combinations(found, size))
            assert all(isinstance(baseline(g, allow_dead=allow_dead), Baseline) for g in smaller)


def test_three_that_agree_in_pairs_alone():
    """A conflict of three is named as three, though a fourth host conflicts with nobody."""
    made = baseline(
        [
            make_profile(f"h{place}", {DFR0.name: {"default": own, "fields": [field(0, 4, *low)]}})
            for place, (own, *low) in enumerate([(7, 1, 2), (8, 1, 3), (9, 2, 3), (9, 1, 2, 3)])
        ]
    )
    assert isinstance(made, NoBaseline)
    assert [host.label for host in made.hosts] == ["h0", "h1", "h2"]
    (clash,) = made.conflict.clashes
    assert (clash.name, clash.fields) == (DFR0.name, ("DebugVer",))


def test_pins_name_the_fields_that_differ():
    """Only fields in which some guest would see otherwise; the whole set agrees on the rest."""
    a = make_profile("a", {DFR0.name: {"default": 0x14, "fields": [field(0, 4, 3, 4)]}})
    b = make_profile(
        "b",
        {DFR0.name: {"default": 0x13, "fields": [field(0, 4, 3)]}, "VENDOR_HYP_BMAP_2": bits(1, 1)},
    )
    made = baseline([b, a])
    assert isinstance(made, Baseline)
    assert made.pins == (
        Pin(DFR0.id, 0x13, ("DebugVer",), MOST),
        Pin(BMAP_2, 0, ("DISCOVER_IMPL_VER",), ABSENT),
    )
    assert DFR0.id not in dict(made.agreed)


def test_many_hosts_of_many_ranges_are_quick():
    """Each host's ranges overlap with its default: the work does not double with each of them."""
    made = baseline(
        [
            make_profile(
                f"h{own}", {DFR0.name: {"default": own, "fields": [field(0, 4, *range(16))]}}
            )
            for own in range(16)
        ]
    )
    assert isinstance(made, Baseline)
    assert made.values == {DFR0.id: 0}


@pytest.mark.parametrize(("name", "version"), [("", 1), ("a\nb", 1), ("\ud800", 1), ("a", 0)])
def test_what_names_nothing_is_refused(name, version):
    """A name is printable, a version positive."""
    with pytest.raises(UsageError):
        baseline([make_profile("a", {"X0": 0})], name, version)


def test_no_hosts_are_an_error():
    """A baseline of nothing would suit everything."""
    with pytest.raises(UsageError):
        baseline([])


def test_the_captures_from_6_16_to_7_2_need_no_pin():
    """Of one CPU they show guests the same; 6.12 and 7.3 are what needs pins."""
    assert baseline(neoverse((6, 16), (7, 2))).pins == ()
    assert baseline(neoverse((6, 12), (7, 2))).pins == (
        Pin(PSCI, 0x10001, ("Minor",), MOST),
        Pin(BMAP_2, 0, (), ABSENT),
    )
    assert baseline(neoverse((6, 12), (7, 3))).pins == (
        Pin(PMMIR, 0, (), ABSENT),
        Pin(PSCI, 0x10001, ("Minor",), MOST),
        Pin(BMAP_2, 0, (), ABSENT),
    )


def test_fixed_hosts_have_no_baseline():
    """Two processors whose ID register cannot be written."""
    made = baseline(
        [make_profile("a", {DFR0.name: fixed(6)}), make_profile("b", {DFR0.name: fixed(8)})]
    )
    assert made.to_builtins()["clashes"] == [
        {"id": hex(DFR0.id), "register": DFR0.name, "fields": ["DebugVer"], "bits": "0xe"}
    ]
