"""What guest code finds goes into the profile; without it, the profile says so by its absence."""

from __future__ import annotations

import pytest

from guestabi import model
from guestabi.probe import guest
from guestabi.probe.capture import capture
from guestabi.probe.guest import guest_answers
from guestabi.probe.machine import choose
from guestabi.profile import canonical, files
from guestabi.vmm import a64
from guestabi.vmm.questions import everything
from vmm.executing import ExecutingKvm

KERNEL = "debian-6.12/neoverse-n1"
TAKEN = {"kernel_release": "6.0", "kernel_version": "#1", "machine": "aarch64"}


def firmware(conduit, function, argument):
    return [0x10001, 0, 0, 0] if (conduit, function) == ("hvc", 0x84000000) else None


@pytest.fixture
def kvm():
    return ExecutingKvm(model.kernel(KERNEL), firmware, {(3, 3, 14, 0, 0): 62500000})


def test_a_capture_has_the_answers(kvm):
    """Every question has an answer in the profile: numbers as hex, words as they are; they are
    read back as numbers and words, and belong to the digest."""
    plain = capture(kvm, taken=TAKEN)
    assert sorted(plain["guest"]) == sorted(question.name for question in everything())
    assert plain["guest"]["CNTFRQ_EL0"] == "0x3b9aca0"
    host = files.loads(canonical.to_text(plain).encode())
    assert host.guest["CNTFRQ_EL0"] == 62500000
    assert host.guest["PSCI_VERSION"] == 0x10001
    assert host.guest["TRNG_VERSION"] == "not supported"
    other = canonical.seal({**plain, "guest": {**plain["guest"], "CNTFRQ_EL0": "0x1"}})
    assert other["digest"] != plain["digest"]


def test_it_can_be_left_out(kvm):
    """Without guest code the profile has no such part, and is the same otherwise."""
    plain = capture(kvm, taken=TAKEN, guest=False)
    assert "guest" not in plain
    assert files.loads(canonical.to_text(plain).encode()).guest is None
    assert plain["digest"] == capture(model.kernel(KERNEL), taken=TAKEN)["digest"]


def test_a_model_runs_no_guest_code():
    """A kernel that answers ioctls alone has no answers, and no note: nothing went wrong."""
    kvm, notes = model.kernel(KERNEL), []
    assert guest_answers(kvm, choose(kvm), notes) is None
    assert notes == []


def test_a_guest_that_never_reports_is_a_note(kvm, monkeypatch):
    """The capture is whole without the answers, and says why they are missing; nothing is left."""
    monkeypatch.setattr(guest, "image", lambda questions, vcpus: a64.assemble([a64.b(0)]))
    monkeypatch.setattr(guest, "SECONDS", 0.2)
    plain = capture(kvm, taken=TAKEN)
    assert "guest" not in plain
    assert [note for note in plain["taken"]["notes"] if "guest code gave no answers" in note]
    assert kvm.raw.counts.open == 1
