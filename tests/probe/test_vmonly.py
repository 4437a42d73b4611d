"""Registers that only the VM's own ioctls reach: measured; carried by who knows them, else lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestabi import model, policies
from guestabi.compat import bulk
from guestabi.compat.matrix import verdict_only
from guestabi.compat.verdict import check
from guestabi.probe.capture import capture
from guestabi.profile import canonical, files

WIDGET = 0x6030000000160009
HOST = "debian-6.12/neoverse-n1"
TAKEN = {"kernel_release": "6.12", "kernel_version": "#1", "machine": "aarch64"}
AWARE = policies.load("strict")
UNAWARE = replace(AWARE, vm_registers=False, name="unaware")


def captured(design):
    extras = [] if design == "as-measured" else [model.service(WIDGET, "WIDGET", 0b101, design)]
    plain = capture(model.kernel(HOST, design, extras=extras), taken=TAKEN, guest=False)
    return files.loads(canonical.to_text(plain).encode(), design)


@pytest.fixture(scope="module")
def old():
    return captured("as-measured")


@pytest.fixture(scope="module")
def new():
    return captured("vm-scoped")


def test_what_is_measured(old, new):
    """Its default, what it accepts, its scope and window; nothing else differs."""
    assert new.registers.keys() - old.registers.keys() == {WIDGET} == new.vm_only
    row = new.registers[WIDGET]
    assert (row.default, row.scope, row.window) == (0, "vm", "before-vcpus")
    accepted = {field.low: field.accepted() for field in row.fields}
    assert accepted == {0: [(0, 1)], 2: [(0, 1)]}
    assert row.stages["vcpus"] == ("EBUSY", "EBUSY")
    assert {n: r for n, r in new.registers.items() if n != WIDGET} == dict(old.registers)


def test_listed_designs_have_none():
    """A register that vCPUs list is no register of the VM alone."""
    assert captured("bitmap").vm_only == frozenset()


def test_nobody_asked(old, new):
    """Left at zero, the new kernel is a no-op for both VMMs, there and back."""
    for policy in (AWARE, UNAWARE):
        verdicts = {q.verdict for q in check(old, new, policy).questions.values()}
        assert verdicts <= {"same", "benign"}


def test_who_knows_it_keeps_it_or_is_refused(old, new):
    """Set at birth, an aware VMM carries it, and is refused where the kernel does not have it."""
    pins = {WIDGET: 1}
    assert check(new, new, AWARE, pins=pins).questions["pinned"].verdict == "same"
    found = check(old, new, AWARE, pins=pins).questions["pinned"]
    assert found.verdict == "refused"
    assert WIDGET in {each.id for each in found.findings if each.effect == "refused"}


def test_who_does_not_know_it_cannot_set_it(old, new):
    """An unaware VMM is not even asked: the guest is born without, and goes anywhere."""
    assert not UNAWARE.on(new.vm_only).can_pin(WIDGET)
    found = check(old, new, UNAWARE, pins={WIDGET: 1}).questions["pinned"]
    assert found.verdict in ("same", "benign")


def test_the_fast_path_agrees(old, new):
    """The same verdicts without what explains them."""
    for policy in (AWARE, UNAWARE):
        for a, b in ((old, new), (new, old), (new, new)):
            full = {name: q.verdict for name, q in check(a, b, policy).questions.items()}
            assert verdict_only(a, b, policy) == full
        together = bulk.matrix([old, new], policy)
        assert together.verdict("rollback", 0, 1) == verdict_only(old, new, policy)["rollback"]
