"""What comes home of a QEMU in a lab guest is checked before it is believed."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from guestabi.errors import LabError, TornResult, UsageError
from guestabi.lab import qemu_guest
from guestabi.lab.qemu_guest import Ran, Setup, arguments, results
from guestabi.lab.vmms import find_vmm
from guestabi.registers.catalogue import find


class Subject:
    name = "debian-0/x"


def row(**other: Any) -> dict[str, Any]:
    plain = {"outcome": "running", "said": [], "status": "running", "stream": None, "seconds": 1.5}
    return {**plain, **other}


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def home(*rows: Any, count: int | None = None) -> list[Ran]:
    return results(Subject(), json.dumps(rows).encode(), len(rows) if count is None else count)


def test_outcomes_come_in_order() -> None:
    """One result a guest: what became of it, what QEMU said, and its stream."""
    assert home(row(stream=packed(b"guest")), row(outcome="refused", said=["why", "what"])) == [
        Ran("running", (), b"guest", 1.5),
        Ran("refused", ("why", "what"), None, 1.5),
    ]


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
        json.dumps([row(seconds="soon")]).encode(),
        json.dumps([row(), row()]).encode(),
    ],
)
def test_a_torn_result_is_no_result(output: bytes) -> None:
    """What is not exactly one whole result is an error of the lab, never an outcome."""
    with pytest.raises(TornResult):
        results(Subject(), output, 1)


def test_a_stream_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes that would fill the memory are no guest."""
    monkeypatch.setattr(qemu_guest, "STREAM_BYTES", 1000)
    assert home(row(stream=packed(bytes(1000))))[0].stream == bytes(1000)
    with pytest.raises(TornResult):
        home(row(stream=packed(bytes(1001))))


@pytest.mark.parametrize("outcome", ["hung", "ended", "else"])
def test_a_qemu_that_gave_no_answer_is_no_refusal(outcome: str) -> None:
    """QEMU that hangs or dies before it was asked is an error that gives its last words."""
    with pytest.raises(LabError, match="no such option"):
        home(row(outcome=outcome, said=["no such option"]))


def test_the_command_line_names_the_machine() -> None:
    """Both ends of a move are given the VMM's own versioned machine type."""
    argv = arguments(Setup(find_vmm("qemu-10.0"), "neoverse-n1"))
    assert argv[argv.index("-M") + 1] == "virt-10.0,gic-version=3"
    assert argv[argv.index("-accel") + 1] == "kvm"
    assert argv[argv.index("-cpu") + 1] == "host"


def test_pins_become_properties() -> None:
    """A pin that the VMM can set goes to -cpu; others are left out; none left is an error."""
    psci, std = find("PSCI_VERSION").id, find("STD_BMAP").id
    argv = arguments(Setup(find_vmm("qemu-11.1"), "neoverse-n1", {psci: 0x10001, std: 0}))
    assert argv[argv.index("-cpu") + 1] == "host,kvm-psci-version=1.1"
    with pytest.raises(UsageError) as caught:
        arguments(Setup(find_vmm("qemu-10.0"), "neoverse-n1", {psci: 0x10001}))
    assert caught.value.hint == "it can pin nothing"
