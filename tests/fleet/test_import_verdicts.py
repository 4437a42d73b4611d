"""What is decided from imported profiles: never more than a dump can tell."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi import atlas, policies
from guestabi.compat.effects import GOOD
from guestabi.compat.move import goes_by_list, move
from guestabi.compat.verdict import check
from guestabi.fleet import imports
from guestabi.fleet.imports.dump import Dump, to_profile
from guestabi.registers.catalogue import find

from .dumps import CPUS, KERNELS, fingerprint_path, needs_dumps, needs_untold_values, reg_list

POLICIES = [policies.load(name) for name in sorted(policies.names())]
NAMES = ("ID_AA64PFR0_EL1", "PSCI_VERSION", "STD_BMAP", "SCTLR_EL1", "CLIDR_EL1", "CCSIDR_1", "X0")


def told(a, b, policy) -> dict[int, str]:
    """The effect of each register that is not plainly the same when a's guest goes to b."""
    moved = move(a.defaults, b, policy, source=a)
    return {each.outcome.id: each.effect for each in moved.weighed}


def differing(a, b, policy) -> set[int]:
    """Registers on both sides with other values, but for those that the VMM carries by itself."""
    both = a.registers.keys() & b.registers.keys()
    odd = {number for number in both if a.defaults[number] != b.defaults[number]}
    return {n for n in odd if goes_by_list(policy, n)}


@needs_dumps
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_no_register_that_differs_is_ever_called_good(policy) -> None:
    """Between any two of the public dumps, either way, under every VMM."""
    hosts = [imports.load(fingerprint_path(cpu, kernel)) for cpu in CPUS for kernel in KERNELS]
    seen = 0
    for a, b in permutations(hosts, 2):
        effects = told(a, b, policy)
        for number in differing(a, b, policy):
            assert effects.get(number, "same") not in GOOD
            seen += 1
        answer = check(a, b, policy).questions["forward"]
        assert answer.verdict in ("unknown", "refused", "changed")
    assert seen > 100


@needs_dumps
def test_the_same_dump_is_the_same_host() -> None:
    """The canary of the test above: a guest that stays where it is, is told so."""
    host = imports.load(fingerprint_path(CPUS[0], "6.1"))
    assert {each.verdict for each in check(host, host, POLICIES[0]).questions.values()} == {"same"}


def profile(values, name="x"):
    return to_profile(Dump({find(key).id: values[key] for key in values}, ()), name, "x")


some = st.sampled_from([0, 1, 0x10001, 0x11, 0x1DE7EC7E])


@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, some)),
    st.fixed_dictionaries(dict.fromkeys(NAMES, some)),
)
def test_of_any_two_imports_too(one, two) -> None:
    """Whatever values they have."""
    a, b = profile(one), profile(two)
    for policy in POLICIES:
        effects = told(a, b, policy)
        assert all(effects.get(n, "same") not in GOOD for n in differing(a, b, policy))


@pytest.mark.parametrize("name", NAMES)
def test_between_an_import_and_a_measured_host(name) -> None:
    """To the import nothing is known; to the measured host, what it accepts is."""
    host = atlas.resolve("debian-6.12/neoverse-n1")
    number = find(name).id
    a = profile({name: (host.defaults[number] or 0) ^ 1})
    strict = policies.load("strict")
    there = move(host.defaults, a, strict, source=host)
    assert {each.effect for each in there.weighed if each.outcome.id == number} == {"unknown"}


@needs_untold_values
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_list_tells_nothing_of_values(policy, tmp_path) -> None:
    """Between two equal lists every register is unknown, and so is the verdict; counters apart."""
    numbers = [find(name).id for name in NAMES if name not in ("CCSIDR_1", "X0")]
    path = tmp_path / "list.txt"
    path.write_text(reg_list([*numbers, find("TIMER_CNT").id]))
    host = imports.load(path)
    assert check(host, host, policy).questions["forward"].verdict == "unknown"
    effects = told(host, host, policy)
    assert {n: effects.get(n) for n in numbers if goes_by_list(policy, n)} == {
        n: "unknown" for n in numbers if goes_by_list(policy, n)
    }
    assert find("TIMER_CNT").id not in effects
