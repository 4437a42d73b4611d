"""benchmarks/synthetic_fleet.py: a made-up fleet of valid, different, plausible hosts."""

from __future__ import annotations

import pytest
import synthetic_fleet

from guestabi import policies
from guestabi.compat.matrix import Engine
from guestabi.profile import files
from guestabi.profile.answers import answer


@pytest.fixture(scope="module")
def fleet():
    return synthetic_fleet.profiles(60)


def test_every_host_is_a_valid_file(fleet) -> None:
    """The reader accepts each, with its digests, and reads the very same host."""
    assert len(fleet) == 60
    for host in fleet:
        assert files.loads(host.raw) == host


def test_all_differ_and_all_have_the_size_asked_for(fleet) -> None:
    """2,000 hosts are 2,000 classes, of 400 registers or as many as one likes."""
    assert len({host.digest for host in fleet}) == len(fleet)
    assert {len(host.registers) for host in fleet} == {400}
    assert {len(host.registers) for host in synthetic_fleet.profiles(3, registers=420)} == {420}


def test_the_seed_decides(fleet) -> None:
    """The same seed makes the same hosts, however many; another seed makes others."""
    again = synthetic_fleet.profiles(5)
    other = synthetic_fleet.profiles(5, seed=2)
    assert [host.digest for host in again] == [host.digest for host in fleet[:5]]
    assert not {host.digest for host in other} & {host.digest for host in again}


def test_a_size_that_no_capture_can_have_is_refused() -> None:
    """Registers are added, never cut off."""
    with pytest.raises(ValueError, match="cannot be brought to 100"):
        synthetic_fleet.profiles(1, registers=100)


def test_every_host_accepts_its_own_defaults(fleet) -> None:
    """A variant keeps a register true to itself."""
    for host in fleet:
        for register in host.registers.values():
            if register.default is not None and register.acts is None:
                assert answer(register, register.default).kind == "same"


@pytest.mark.parametrize("name", ["qemu-10.0", "firecracker", "ours"])
def test_bulk_verdicts_of_the_fleet_are_the_engines(fleet, name) -> None:
    """What the benchmark measures is right: every pair, every question, some of each kind."""
    pytest.importorskip("numpy", reason="bulk verdicts need numpy: pip install 'guestabi[fleet]'")
    from guestabi.compat.bulk import matrix

    policy = policies.load(name)
    engine, found = Engine(policy), matrix(fleet, policy)
    seen = set()
    for old, a in enumerate(fleet):
        for new, b in enumerate(fleet):
            for question, verdict in engine.verdicts(a, b).items():
                assert found.verdict(question, old, new) == verdict, (question, a.name, b.name)
                seen.add(verdict)
    assert {"same", "refused"} < seen
