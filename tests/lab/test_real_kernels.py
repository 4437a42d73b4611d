"""Real kernels, booted: the lab's own promises, held against QEMU and the archive."""

import hashlib
from collections.abc import Callable

import pytest

from guestabi.errors import LostVm
from guestabi.lab.archive import Archive
from guestabi.lab.boot import run
from guestabi.lab.capture import Program, capture
from guestabi.lab.machines import Machine, find_cpu
from guestabi.lab.prepare import Prepared

pytestmark = pytest.mark.lab

N1 = Machine(find_cpu("neoverse-n1"))
# KVM_GET_API_VERSION is _IO(0xAE, 0x00) and has answered 12 since Linux 2.6.22.
ASK_KVM = b"""
import fcntl, os, sys
with open("/dev/kvm", "rb+", buffering=0) as kvm:
    print(os.uname().release, fcntl.ioctl(kvm, 0xAE00, 0))
print("a note", file=sys.stderr)
sys.exit(3)
"""


@pytest.mark.parametrize("series", ["5.10", "6.1", "6.12", "7.3"])
def test_a_program_asks_kvm(prepared: Callable[[str], Prepared], series: str) -> None:
    """Each generation of kernel boots, has KVM, and sends both outputs and the status home."""
    kernel = prepared(series)
    got = run(kernel.system, N1, ["python3", "ask.py"], {"ask.py": ASK_KVM})
    assert (got.status, got.stderr) == (3, b"a note\n")
    assert got.stdout.decode() == f"{kernel.build.release} 12\n"


def test_every_byte_comes_home(prepared: Callable[[str], Prepared]) -> None:
    """A megabyte of every byte value, written at once, comes home as it was."""
    data = bytes(range(256)) * 4096
    got = run(prepared("6.12").system, N1, ["cat", "data"], {"data": data})
    assert hashlib.sha256(got.stdout).digest() == hashlib.sha256(data).digest()


def test_a_command_that_is_not_there_says_so(prepared: Callable[[str], Prepared]) -> None:
    """An unknown command is its own result, as a shell would give it."""
    got = run(prepared("6.12").system, N1, ["no-such-command"])
    assert (got.status, got.stdout) == (127, b"")
    assert b"no-such-command" in got.stderr


def test_a_hang_is_a_lost_vm(prepared: Callable[[str], Prepared]) -> None:
    """A guest that never finishes is ended at its time limit."""
    with pytest.raises(LostVm, match="gave no result within 6 s"):
        run(prepared("6.12").system, N1, ["sleep", "1000"], timeout=6)


def test_a_panic_is_a_lost_vm(prepared: Callable[[str], Prepared]) -> None:
    """A kernel that panics is lost, and its own words are in the error."""
    with pytest.raises(LostVm, match="Kernel panic"):
        run(prepared("6.12").system, N1, ["sh", "-c", "echo c >/proc/sysrq-trigger"])


def test_two_machines_at_a_time(archive: Archive, prepared: Callable[[str], Prepared]) -> None:
    """Boots in parallel do not mix their results up."""
    prepared("6.12")
    program = Program(["python3", "-c", "import os; print(os.uname().machine)"])
    outcomes = list(
        capture(archive, ["6.12"], ["neoverse-n1", "cortex-a57"], program, lambda s, out: out)
    )
    assert [(each.subject.cpu.name, each.value, each.error) for each in outcomes] == [
        ("neoverse-n1", b"aarch64\n", None),
        ("cortex-a57", b"aarch64\n", None),
    ]


def test_the_guests_python_is_compiled(prepared: Callable[[str], Prepared]) -> None:
    """What programs import is loaded from compiled files, none from source."""
    names = "argparse, ctypes, dataclasses, hashlib, json, mmap, struct, subprocess, typing"
    argv = ["python3", "-v", "-c", f"import {names}"]
    said = run(prepared("6.12").system, N1, argv).stderr.decode()
    assert "code object from '/usr/lib/python3.13/__pycache__/argparse.cpython-313.pyc'" in said
    assert [line for line in said.splitlines() if ".py'" in line and "code object" in line] == []
