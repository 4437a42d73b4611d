"""What ships, and what is predicted, is what real kernels answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestabi import atlas, policies
from guestabi.compat import outcome as raw
from guestabi.compat import rehearsal
from guestabi.errors import BuildGone
from guestabi.lab.profiles import capture_profiles, rehearse_profiles
from guestabi.profile import files

CPU = "neoverse-n1"
CAPTURED = ("5.10", "6.1", "6.12", "7.3")
REHEARSED = ("5.10", "6.1", "6.12", "6.16", "7.3")

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab")]


def shipped(series: str):
    return atlas.resolve(f"debian-{series}/{CPU}")


@pytest.fixture(scope="module")
def captured(archive):
    """Fresh captures of the very builds that ship; of the newest one where the archive dropped
    that build."""
    specs = [_available(archive, series) for series in CAPTURED]
    found = list(capture_profiles(archive, specs, [CPU]))
    assert len(found) == len(CAPTURED)
    for each in found:
        assert each.error is None, each.error
    return {
        series: (files.loads((each.value or "").encode()), each.seconds)
        for series, each in zip(CAPTURED, found, strict=True)
    }


def _available(archive, series: str) -> str:
    version = shipped(series).name.split("/")[0].removeprefix("debian-")
    try:
        archive.obtain(version)
    except BuildGone:
        return series
    return version


@pytest.mark.parametrize("series", CAPTURED)
def test_a_fresh_capture_is_the_shipped_one(captured, series):
    """The digest of what was measured now is the digest of what ships."""
    fresh, _ = captured[series]
    old = shipped(series)
    emulators = {p.record.taken.emulator.program for p in (fresh, old)}
    if fresh.kernel != old.kernel or len(emulators) > 1:
        pytest.skip(f"{old.kernel} on {emulators} can no longer be had; {fresh.kernel} was taken")
    differing = {
        old.registers[id].name
        for id in old.registers
        if fresh.registers.get(id) != old.registers[id]
    }
    assert differing == set()
    assert fresh.digest == old.digest


def test_a_change_would_be_seen(captured):
    """The comparison is no formality: one changed default changes the digest."""
    from guestabi.profile import canonical

    plain = captured["6.12"][0].to_builtins()
    plain["registers"][100]["default"] = "0x123"
    assert canonical.abi_digest(plain) != shipped("6.12").digest


@pytest.fixture(scope="module")
def rehearsals(archive):
    """Each of five kernels restores the guests of all five: {(source, destination): result}."""
    sources = [shipped(series) for series in REHEARSED]
    found = {}
    for destination in REHEARSED:
        kernel = _available(archive, destination)
        results = rehearse_profiles(archive, kernel, CPU, sources)
        found.update(
            {(a, destination): result for a, result in zip(REHEARSED, results, strict=True)}
        )
    return found


def facts(source, destination):
    """{id: (kind, errno, source, destination)} of all outcomes that are not plainly the same."""
    return {
        each.id: (each.name, each.kind, each.errno, each.source, each.destination)
        for each in raw.outcomes(source.defaults, destination, source=source)
        if each.kind != "scope"
    }


@pytest.mark.parametrize("destination", REHEARSED)
@pytest.mark.parametrize("source", REHEARSED)
def test_rehearsal_agrees_with_the_offline_answer(rehearsals, source, destination):
    """Register by register, the real kernel does what was predicted from two files."""
    result = rehearsals[source, destination]
    guest = shipped(source)
    if result["kernel_release"] != shipped(destination).kernel:
        pytest.skip(f"{shipped(destination).kernel} can no longer be had")
    real = facts(guest, rehearsal.answered(guest, result))
    assert facts(guest, shipped(destination)) == real
    if source != destination:
        assert real


def test_canary(rehearsals):
    """6.16 to 6.12 must be refused, by PSCI_VERSION, under every policy."""
    for vmm in ("qemu-10.0", "strict"):
        judged = rehearsal.judge(shipped("6.16"), rehearsals["6.16", "6.12"], policies.load(vmm))
        assert judged.verdict == "refused"
        assert judged.exit_status() == 100
        assert "PSCI_VERSION" in {name for f in judged.findings for name in f.members}


def test_a_wrong_prediction_would_be_seen(rehearsals):
    """A profile that claims that 6.12 takes PSCI 1.3 is found out."""
    guest, honest = shipped("6.16"), shipped("6.12")
    psci = 0x6030000000140000
    lying = replace(honest.registers[psci], default=0x10003)
    lie = replace(honest, registers={**honest.registers, psci: lying})
    real = rehearsal.answered(guest, rehearsals["6.16", "6.12"])
    assert facts(guest, lie) != facts(guest, real)
