"""Vm.regs, save and restore keep their word on unmodified kernels, and on those of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guestabi import atlas
from guestabi.lab.capture import Program, capture
from guestabi.lab.profiles import PROGRAM
from guestabi.probe.bundle import bundle

CPU = "neoverse-n1"
SERIES = ("5.10", "6.1", "6.12", "6.16", "7.3")
OWN = {"6.12+vm-one-reg": "native", "6.12+reg-scope": "scope-flag"}
WITH_SVE = "max"
GUEST = Path(__file__).with_name("vmregs_guest.py")
COUNTERS = {"PTIMER_CNT", "TIMER_CNT"}

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab")]


def program() -> Program:
    return Program(["python3", "guest.py"], {"guest.py": GUEST.read_bytes(), PROGRAM: bundle()})


def boots(archive, kernels, cpu):
    found = []
    for each in capture(archive, kernels, [cpu], program(), lambda _, out: json.loads(out)):
        assert each.error is None, each.error
        found.append(each.value)
    return dict(zip(kernels, found, strict=True))


@pytest.fixture(scope="module")
def said(archive):
    """What the guest program says on each kernel."""
    return boots(archive, SERIES, CPU)


@pytest.fixture(scope="module", params=OWN)
def patched(request, archive, own):
    """The name of a kernel with patches, and what the guest program says on it."""
    name = request.param
    own(name)
    return name, boots(archive, [name], CPU)[name]


@pytest.fixture(scope="module")
def plain(said):
    """The same source without patches, as Debian builds it."""
    return said["6.12"]


def test_pins_hold_by_the_kernels_own_ways(patched, plain):
    """As on the kernel without patches, and reached in the way that this one offers: in one write
    each. Native ones get it on the VM, which itself refuses another, and no vCPU has them."""
    name, here = patched
    pinned = here["pinned"]
    for same in ("set", "refused", "busy", "vcpus", "listed"):
        assert pinned[same] == plain["pinned"][same], same
    assert pinned["implementation"] == [OWN[name]]
    psci, bitmap = "PSCI_VERSION", "STD_HYP_BMAP"
    native = OWN[name] == "native"
    asked = [[psci, "vm"], [psci, "vm"], [bitmap, "vm"]] if native else [[psci, 0], [bitmap, 0]]
    assert pinned["writes"] == asked
    raw = "ENOENT" if native else "ok"
    assert pinned["raw"] == {"PSCI_VERSION": raw, "STD_HYP_BMAP": raw}


def test_a_kernel_that_tells_scopes_tells_more(patched, plain):
    """What can be measured to be the VM's is among them; the rest takes no value but its own. With
    patch 4 there is the widget."""
    name, here = patched
    told, measured = (set(each["pinned"]["registers"]) for each in (here, plain))
    assert len(measured) == 32
    new = {"WIDGET_BMAP"} if OWN[name] == "native" else set()
    assert new <= told
    rows = {row.name: row for row in atlas.resolve(f"debian-6.12/{CPU}").registers.values()}
    rest = told - measured - new
    assert len(rest) == 6
    assert {rows[each].window for each in rest} == {"never"}
    assert measured <= told


def test_opt_in_is_the_same_guest_by_the_kernels_own_ways(patched, plain):
    """And the widget, which nobody asked for, is zero."""
    name, here = patched
    new = {"WIDGET_BMAP": 0} if OWN[name] == "native" else {}
    assert here["opt_in"] == {**plain["opt_in"], **new}


def test_a_vm_moves_whole_by_the_kernels_own_ways(patched):
    """R_vm + 3 R_vcpu writes."""
    moved_whole(patched[1]["moved"])


@pytest.mark.parametrize("series", SERIES)
def test_pins_hold_on_every_vcpu(said, series):
    """STD_HYP_BMAP = 0 and PSCI 1.0, set before any vCPU: all four read them, after a run."""
    pinned = said[series]["pinned"]
    has_bitmaps = series != "5.10"
    wanted = {"PSCI_VERSION": 0x10000, **({"STD_HYP_BMAP": 0} if has_bitmaps else {})}
    assert pinned["vcpus"] == [wanted] * 4
    assert pinned["set"] == {
        "STD_HYP_BMAP": "ok" if has_bitmaps else "ENOENT",
        "PSCI_VERSION": "ok",
    }
    assert pinned["refused"] == "EINVAL"
    assert pinned["implementation"] == ["per-vcpu"]


@pytest.mark.parametrize("series", SERIES)
def test_one_write_a_register(said, series):
    """In the recording, the four vCPUs together got each pinned register once."""
    names = ["PSCI_VERSION"] if series == "5.10" else ["PSCI_VERSION", "STD_HYP_BMAP"]
    assert said[series]["pinned"]["writes"] == [[name, 0] for name in names]


@pytest.mark.parametrize("series", SERIES)
def test_fixed_once_a_vcpu_exists(said, series):
    """Setting again what was set is EBUSY; what this kernel never had stays ENOENT."""
    absent = "ENOENT" if series == "5.10" else "EBUSY"
    busy = said[series]["pinned"]["busy"]
    assert busy == {"STD_HYP_BMAP": absent, "PSCI_VERSION": "EBUSY"}
    assert said[series]["pinned"]["listed"] == [[]] * 4


@pytest.mark.parametrize("series", SERIES)
def test_scopes_are_those_of_the_full_measurement(said, series):
    """The quick measurement finds what the atlas's sweep found, but for what is mixed."""
    profile = atlas.resolve(f"debian-{series}/{CPU}")
    swept = {row.name for row in profile.registers.values() if row.scope == "vm"}
    assert set(said[series]["pinned"]["registers"]) == swept - {"PMCR_EL0"}


def test_opt_in_is_the_same_guest_on_6_1_and_7_3(said):
    """A guest of 7.3 is shown no firmware service or version that one of 6.1 is not."""
    new, old = said["7.3"]["opt_in"], said["6.1"]["opt_in"]
    assert {name: new[name] for name in old} == old
    assert {new[name] for name in set(new) - set(old)} == {0}
    assert old == {"PSCI_VERSION": 2, "STD_BMAP": 0, "STD_HYP_BMAP": 0, "VENDOR_HYP_BMAP": 0}


def moved_whole(moved) -> None:
    assert moved["vm"] == []
    assert {name for each in moved["vcpus"] for name in each} <= COUNTERS
    assert moved["writes"] == moved["r_vm"] + 3 * moved["r_vcpu"]
    assert moved["x0"] == [0, 1, 2]
    assert moved["pairs"] == [[0x80000001 + 2 * index] * 4 for index in range(3)]


@pytest.mark.parametrize("series", SERIES)
def test_a_vm_moves_whole(said, series):
    """Saved, restored and saved again: nothing but the counters differs, with R_vm + 3 R_vcpu
    writes."""
    moved_whole(said[series]["moved"])


def test_a_vm_with_sve_moves_whole(archive):
    """The same with vector lengths other than the host's."""
    for found in boots(archive, ("6.12", "7.3"), WITH_SVE).values():
        moved_whole(found["moved"])


def test_canary(said):
    """The checks can fail: a difference that is no counter's, and a write too many."""
    moved = dict(said["6.12"]["moved"])
    with pytest.raises(AssertionError):
        moved_whole({**moved, "vcpus": [["SCTLR_EL1"], [], []]})
    with pytest.raises(AssertionError):
        moved_whole({**moved, "writes": moved["writes"] + 1})
