"""A baseline's pins, set at birth on the real kernels that it was made of: each of them holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guestabi import atlas
from guestabi.fleet.baseline import Baseline, baseline
from guestabi.lab.capture import Program, capture
from guestabi.lab.profiles import PROGRAM
from guestabi.probe.bundle import bundle
from guestabi.registers.catalogue import find
from guestabi.uapi.regid import hex_id

CPU = "neoverse-n1"
SERIES = ("6.12", "6.16", "7.3")
OLDER = ("6.1", *SERIES)
GUEST = Path(__file__).with_name("pins_guest.py")
PSCI = hex_id(find("PSCI_VERSION").id)

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab")]


def pins(series: tuple[str, ...] = SERIES, allow_dead: bool = False) -> dict[str, int]:
    """The pins of the baseline of these kernels, by id."""
    hosts = [atlas.resolve(f"debian-{each}/{CPU}") for each in series]
    found = baseline(hosts, allow_dead=allow_dead)
    assert isinstance(found, Baseline)
    assert found.exit_status() == 0
    return {hex_id(number): value for number, value in found.values.items()}


def older() -> dict[str, int]:
    """With 6.1, which shows the processor's own caches, and lacks registers of others."""
    return pins(OLDER, allow_dead=True)


@pytest.fixture(scope="module")
def said(archive):
    """What the guest program says on each kernel: of the pins of both baselines, and of a PSCI
    version that only the newer kernels know."""
    sets = {"baseline": pins(), "older": older(), "newer": {**pins(), PSCI: 0x10003}}
    files = {
        "guest.py": GUEST.read_bytes(),
        PROGRAM: bundle(),
        "pins.json": json.dumps(sets).encode(),
    }
    program = Program(["python3", "guest.py"], files)
    found = {}
    for each in capture(archive, OLDER, [CPU], program, lambda _, out: json.loads(out)):
        assert each.error is None, each.error
        found[each.subject.name.split("/")[0].removeprefix("debian-")] = each.value
    assert len(found) == len(OLDER)
    return dict(zip(OLDER, found.values(), strict=True))


def held(series: str, wanted: dict[str, int], answers: dict) -> None:
    """Every register that the kernel has was set and is read by every vCPU; one that it lacks is
    what the pin imitates."""
    listed = atlas.resolve(f"debian-{series}/{CPU}").registers
    there = {id: value for id, value in wanted.items() if int(id, 16) in listed}
    assert there
    assert answers["set"] == {id: "ok" if id in there else "ENOENT" for id in wanted}
    assert answers["vcpus"] == [
        {id: there.get(id, "ENOENT") for id in wanted},
    ] * len(answers["vcpus"])
    assert len(answers["vcpus"]) == 3


def test_the_pins_are_those_that_matter():
    """PSCI and the two registers that came later; on 7.3 each of them is set."""
    assert sorted(pins()) == sorted(
        hex_id(find(name).id) for name in ("PSCI_VERSION", "VENDOR_HYP_BMAP_2", "PMMIR_EL1")
    )


@pytest.mark.parametrize("series", SERIES)
def test_every_host_accepts_it(said, series):
    """On each kernel, set before any vCPU, the pins are what all three vCPUs read after a run."""
    held(series, pins(), said[series]["baseline"])


@pytest.mark.parametrize("series", OLDER)
def test_caches_of_an_older_kernel_are_held_by_newer_ones(said, series):
    """With 6.1 in the set, its CLIDR_EL1 and CCSIDR are pinned: each newer kernel shows them."""
    assert hex_id(find("CLIDR_EL1").id) in older()
    held(series, older(), said[series]["older"])


def test_canary(said):
    """A PSCI version that 6.12 does not know is refused there, and nothing calls it held."""
    wanted = {**pins(), PSCI: 0x10003}
    held("7.3", wanted, said["7.3"]["newer"])
    assert said["6.12"]["newer"]["set"][PSCI] == "EINVAL"
    with pytest.raises(AssertionError):
        held("6.12", wanted, said["6.12"]["newer"])
