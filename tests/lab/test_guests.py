"""What comes home of guests in a lab's boot is checked before it is believed."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import pytest

from guestabi.errors import LabError, TornResult, UsageError
from guestabi.lab import guests
from guestabi.lab.guests import QUESTIONS, VCPUS, Ran, Saved, Setup, arguments, results
from guestabi.lab.vmms import find_vmm
from guestabi.registers.catalogue import find
from guestabi.vmm.guest import STRIDE, size


class Subject:
    name = "debian-0/x"


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def memory(generation: int = 2, first: int = 7) -> str:
    """The reports of all vCPUs: the first answer is ``first``, the rest zeros."""
    one = struct.pack("<QQQ", generation, 0, first).ljust(size(QUESTIONS), b"\0")
    return packed(one.ljust(STRIDE, b"\0") * VCPUS)


def row(**other: Any) -> dict[str, Any]:
    plain = {
        "outcome": "running",
        "said": [],
        "status": "running",
        "doing": "hearing the guest",
        "reports": [memory()],
        "stream": None,
        "seconds": 1.5,
    }
    return {**plain, **other}


def home(*rows: Any, count: int | None = None) -> list[Ran]:
    return results(Subject(), json.dumps(rows).encode(), len(rows) if count is None else count)


def answers(first: int = 7) -> tuple[dict[str, int], ...]:
    report = {question.name: 0 for question in QUESTIONS}
    return ({**report, QUESTIONS[0].name: first},) * VCPUS


def plain(reports: Any) -> Any:
    # Services whose answer moves are there or not; with a zero they are.
    return tuple({n: 0 if a == "answers" else a for n, a in each.items()} for each in reports)


def test_outcomes_come_in_order() -> None:
    """One result a guest: what became of it, what was said by VMM and guest, and its stream."""
    first, second, third = home(
        row(stream=packed(b"guest"), reports=[memory(2), memory(4)]),
        row(outcome="refused", said=["why", "what"], reports=[]),
        row(outcome="silent", said=["nothing"], reports=[]),
    )
    assert first.saved == Saved(b"guest", first.reports, (4,) * VCPUS)
    assert plain(first.reports) == answers()
    assert second == Ran("refused", ("why", "what"), None, None, 1.5)
    assert third == Ran("silent", ("nothing",), None, None, 1.5)


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"\xff",
        b"{}",
        b"[1]",
        b"[{}]",
        json.dumps([row(said="word")]).encode(),
        json.dumps([row(stream="!")]).encode(),
        json.dumps([row(stream=base64.b64encode(b"not zlib").decode())]).encode(),
        json.dumps([row(stream=packed(b"cut short")[:-8])]).encode(),
        json.dumps([row(stream=packed(b"guest"), reports=[])]).encode(),
        json.dumps([row(reports=[])]).encode(),
        json.dumps([row(reports=[memory(3)])]).encode(),
        json.dumps([row(reports=[packed(b"short")])]).encode(),
        json.dumps([row(reports="none")]).encode(),
        json.dumps([row(seconds="soon")]).encode(),
        json.dumps([row(), row()]).encode(),
    ],
)
def test_a_torn_result_is_no_result(output: bytes) -> None:
    """What is not exactly one whole result is an error of the lab, never an outcome; so is a report
    that is half-written or cut short."""
    with pytest.raises(TornResult):
        results(Subject(), output, 1)


def test_a_guest_that_changes_its_mind_is_no_evidence() -> None:
    """Asked twice at birth, it must say the same; else the name of what moved is told."""
    with pytest.raises(LabError, match=QUESTIONS[0].name):
        home(row(stream=packed(b"guest"), reports=[memory(2, first=7), memory(4, first=8)]))


def test_a_stream_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes that would fill the memory are no guest."""
    monkeypatch.setattr(guests, "STREAM_BYTES", VCPUS * STRIDE)
    whole = home(row(stream=packed(bytes(VCPUS * STRIDE))))[0].saved
    assert whole is not None
    assert whole.stream == bytes(VCPUS * STRIDE)
    with pytest.raises(TornResult):
        home(row(stream=packed(bytes(VCPUS * STRIDE + 1))))


@pytest.mark.parametrize("outcome", ["hung", "ended", "else"])
def test_a_vmm_that_gave_no_answer_is_no_refusal(outcome: str) -> None:
    """A VMM that hangs or dies before it was asked is an error that gives its last words."""
    with pytest.raises(LabError, match="while hearing the guest: no such option"):
        home(row(outcome=outcome, said=["no such option"], reports=[]))


def test_the_command_line_names_the_machine() -> None:
    """Both ends of a move are given a versioned machine type: the VMM's own, or an older one."""
    argv = arguments(Setup(find_vmm("qemu-11.1"), "neoverse-n1"))
    assert argv[argv.index("-M") + 1] == "virt-11.1,gic-version=3"
    assert argv[argv.index("-accel") + 1] == "kvm"
    assert argv[argv.index("-cpu") + 1] == "host"
    older = arguments(Setup(find_vmm("qemu-11.1"), "neoverse-n1", machine="virt-10.0"))
    assert older[older.index("-M") + 1] == "virt-10.0,gic-version=3"


def test_pins_become_properties() -> None:
    """A pin that the VMM can set goes to -cpu; others are left out; none left is an error."""
    psci, std = find("PSCI_VERSION").id, find("STD_BMAP").id
    argv = arguments(Setup(find_vmm("qemu-11.1"), "neoverse-n1", {psci: 0x10001, std: 0}))
    assert argv[argv.index("-cpu") + 1] == "host,kvm-psci-version=1.1"
    with pytest.raises(UsageError) as caught:
        arguments(Setup(find_vmm("qemu-10.0"), "neoverse-n1", {psci: 0x10001}))
    assert caught.value.hint == "it can pin nothing"
