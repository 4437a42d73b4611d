"""Kernels of our own in the lab: what they are called, and that patches which nobody asks for
change nothing that a guest or a VMM could see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guestabi.lab import moves
from guestabi.lab.archive import Archive
from guestabi.lab.built import Built
from guestabi.lab.guests import Setup
from guestabi.lab.patched import WIDGET, model_of
from guestabi.lab.profiles import capture_profiles, shipped
from guestabi.lab.vmms import find_vmm
from guestabi.probe.capture import capture
from guestabi.profile import canonical, files
from guestabi.profile.host import HostProfile

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab-build")]

CPU = "neoverse-n1"
OFFERS = {
    "6.12+vm-one-reg": ("KVM_CAP_ARM_VM_ONE_REG", 3),
    "6.12+reg-scope": ("KVM_CAP_ARM_REG_SCOPE", 1),
}
ONLY_THERE = {"6.12+vm-one-reg": {WIDGET}, "6.12+reg-scope": set()}


@pytest.fixture(scope="module")
def built(own: Callable[[str], Built]) -> dict[str, Built]:
    """The kernels: from the cache, or built in some minutes."""
    return {name: own(name) for name in OFFERS}


@pytest.fixture(scope="module")
def profiles(archive: Archive, built: dict[str, Built]) -> dict[str, HostProfile]:
    """What captures say of them."""
    found = {}
    for name, each in zip(built, capture_profiles(archive, [*built], [CPU]), strict=True):
        assert each.error is None
        found[name] = files.loads((each.value or "").encode(), name)
    return found


@pytest.mark.parametrize("name", OFFERS)
def test_a_kernel_says_what_it_is(
    name: str, built: dict[str, Built], profiles: dict[str, HostProfile]
) -> None:
    """Its release names source and patches; the capture is called after it."""
    release = f"{built[name].note['source']['version']}+{name.partition('+')[2]}"
    assert built[name].kernel.release == release
    assert profiles[name].name == f"debian-{release}/{CPU}"
    assert profiles[name].kernel == release


@pytest.mark.parametrize("name", OFFERS)
def test_nothing_changes_for_who_asks_for_nothing(
    name: str, profiles: dict[str, HostProfile]
) -> None:
    """But for the capability, and the VM's own list, the capture is the one that ships of Debian's
    own kernel: every register with its default, scope, window and accepted values, every device,
    each answer that a guest gets."""
    ours = profiles[name]
    debians = shipped(ours.name)
    assert len(debians.registers) == 333
    assert ours.vm_only == ONLY_THERE[name]
    assert differing(ours, debians) == {"capability " + OFFERS[name][0]}
    assert ours.capabilities[OFFERS[name][0]] == OFFERS[name][1]


def test_another_difference_would_be_seen(profiles: dict[str, HostProfile]) -> None:
    """Canary: a kernel of another series."""
    found = differing(profiles["6.12+vm-one-reg"], shipped(f"debian-7.3/{CPU}"))
    assert {"register", "capability"} <= {each.split()[0] for each in found}


@pytest.mark.parametrize("name", OFFERS)
def test_the_capture_of_its_model_is_its_own(name: str, profiles: dict[str, HostProfile]) -> None:
    """Of the widget too, which only the VM's own ioctls reach."""
    ours = profiles[name]
    taken = {"kernel_release": "6.12", "kernel_version": "#1", "machine": "aarch64"}
    plain = capture(model_of(name, shipped(ours.name)), taken=taken, guest=False)
    modelled = files.loads(canonical.to_text(plain).encode(), name)
    found = {each for each in differing(modelled, ours) if not each.startswith("answer")}
    assert found == set()
    assert modelled.vm_only == ours.vm_only


def test_qemus_row_and_column_are_the_same(archive: Archive, built: dict[str, Built]) -> None:
    """Guests of older, equal and newer kernels come and go as with the kernel without patches:
    loaded or refused, for the same reasons, and with the same answers."""
    kernels = ["6.1", "6.12", "7.3", *built]
    seen = moves.run(archive, kernels, Setup(find_vmm("qemu-10.0"), CPU))
    plain = kernels.index("6.12")
    cells = {(row["source"], row["destination"]): row for row in seen["moves"]}
    assert len(cells) == len(kernels) ** 2
    outcomes = set()
    for patched in range(3, len(kernels)):
        for other in range(len(kernels)):
            twin = plain if other == patched else other
            assert said(cells[patched, other]) == said(cells[plain, twin])
            assert said(cells[other, patched]) == said(cells[twin, plain])
            outcomes.add(cells[other, patched]["outcome"])
    assert outcomes == {"loaded", "refused"}


def said(cell: dict[str, Any]) -> tuple[Any, ...]:
    return cell["outcome"], cell["reasons"], cell["changes"]


def differing(ours: HostProfile, other: HostProfile) -> set[str]:
    """Name every register, capability, device and answer that is not the same on both; what is the
    VM's alone is left out."""
    found = set()
    for kind, mine, theirs in (
        ("register", _rows(ours), _rows(other)),
        ("capability", ours.capabilities, other.capabilities),
        ("part", _parts(ours), _parts(other)),
        (
            "answer",
            ours.to_builtins().get("guest") or {},
            other.to_builtins().get("guest") or {},
        ),
    ):
        names = mine.keys() | theirs.keys()
        found |= {f"{kind} {name}" for name in names if mine.get(name) != theirs.get(name)}
    return found


def _rows(profile: HostProfile) -> dict[str, Any]:
    # What moves by itself has another value each time.
    rows = {row["id"]: row for row in profile.to_builtins()["registers"]}
    return {
        id: dict(row, default=None) if row["volatile"] else row
        for id, row in rows.items()
        if int(id, 16) not in profile.vm_only
    }


def _parts(profile: HostProfile) -> dict[str, Any]:
    plain = profile.to_builtins()
    host = {key: value for key, value in plain["host"].items() if key != "capabilities"}
    return {"devices": plain["devices"], "vm": plain["vm"], **host}
