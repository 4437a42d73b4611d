"""Repairs: the cheapest first, each proved anew from its text alone; none is said where none is."""

from __future__ import annotations

import pytest

from fleet_plans import GROUP, STEP, plan, upgrade
from guestabi.cli import planfile
from guestabi.fleet.plan.proof import prove
from guestabi.fleet.plan.repair import is_mended, repair
from guestabi.fleet.plan.resolve import resolve
from guestabi.fleet.plan.written import parse, to_toml

SOURCES = planfile.sources("test.toml")


def mended(made):
    proof = prove(made)
    found = repair(proof, SOURCES)
    if found.proof is not None:
        text = to_toml(found.proof.plan.file)
        again = prove(resolve(parse(text.encode(), "again.toml"), "again.toml", SOURCES))
        assert again.verdict == "proved"
        assert is_mended(again, proof)
    return found


def kinds(found) -> set[str]:
    return {edit.kind for edit in found.edits}


def test_the_known_repair_is_found() -> None:
    """6.12 to 6.16 under QEMU 10.0: QEMU 11.1 first, PSCI 1.1 at birth, and no reboots."""
    found = mended(upgrade())
    assert kinds(found) == {"vmm", "pin"}
    words = " ".join(edit.words for edit in found.edits)
    assert "qemu-11.1" in words
    assert "PSCI_VERSION = 0x10001" in words


def test_order() -> None:
    """A newer VMM that comes too late only has to come first."""
    vmm = STEP.format("qemu", 'vmm = "qemu-11.1"')
    pin = STEP.format("pin", 'pins = { PSCI_VERSION = "0x10001" }')
    kernel = STEP.format("kernel", 'kernel = "debian-6.16/neoverse-n1"')
    made = plan(GROUP.format("all", "debian-6.12/neoverse-n1", "qemu-10.0", 4), kernel, vmm, pin)
    assert kinds(mended(made)) == {"order"}


def test_reboots_where_nothing_else_helps() -> None:
    """7.3 lists PMMIR_EL1, and no pin hides it: guests that cannot come back are rebooted."""
    assert kinds(mended(upgrade("7.2", "7.3", "qemu-11.1"))) == {"reboot"}


def test_none() -> None:
    """One host, and nowhere to go: none of the repairs mends it, and each says what is left."""
    found = mended(upgrade("6.17", "6.18", "qemu-11.1", 1))
    assert found.proof is None
    assert found.to_builtins()["repaired"] is False
    assert all(each.left for each in found.tried)


@pytest.mark.parametrize("vmm", ["qemu-7.2", "qemu-10.0", "qemu-11.1"])
@pytest.mark.parametrize(("before", "after"), [("5.10", "6.1"), ("6.1", "6.12"), ("6.12", "7.3")])
def test_every_repair_proves(before, after, vmm) -> None:
    """Whatever is offered as a repair is one; a repair never makes the plan say nothing."""
    found = mended(upgrade(before, after, vmm))
    assert (found.proof is None) == (not found.edits)
