"""The ioctls of kernel/vm-one-reg and the flagged ids of kernel/reg-scope, on the kernels that have
them: a race with vCPU creation, bad pointers, wrong sizes, a million fuzzed calls. Every errno is
the specified one, nothing hangs, and the kernel's log tells of no fault.

GUESTABI_FAULTS_DEBUG=1 asks the same of the builds with KASAN and lockdep, which take ten times as
long.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from guestabi.lab.archive import Archive
from guestabi.lab.built import Built
from guestabi.lab.capture import Program, capture

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab-build")]

DEBUG = os.environ.get("GUESTABI_FAULTS_DEBUG") == "1"
VM, SCOPE = (f"6.12+{patches}{'+debug' * DEBUG}" for patches in ("vm-one-reg", "reg-scope"))
CPU = "neoverse-n1"
TIMEOUT = 7200.0 if DEBUG else 900.0
SOURCE = Path(__file__).with_name("vm_faults.c")
COMPILER = "aarch64-linux-gnu-gcc"
FLAGS = ["-static", "-O2", "-pthread", "-Wall", "-Wextra", "-Werror"]

ROUNDS, CALLS = 10_000, 1_000_000
COMMON = ["pointers", "sizes", f"fuzz 1 {CALLS}"]
# Each errno that a mode looks for, and its values: taken for wrong, the mode must fail.
SLIPS = {
    VM: {
        "race 50": ["EBUSY", "value"],
        "pointers": ["EBUSY", "ENOENT", "EINVAL", "EFAULT", "E2BIG", "value"],
        "sizes": ["EBUSY", "ENOENT", "EINVAL", "EFAULT", "E2BIG", "value"],
        "fuzz 1 20000": ["EBUSY", "ENOENT", "EINVAL", "EFAULT", "E2BIG", "ENOEXEC", "value"],
    },
    SCOPE: {
        "pointers": ["ENOENT", "EINVAL", "EFAULT", "E2BIG", "value"],
        "sizes": ["ENOENT", "EINVAL", "EFAULT", "E2BIG", "value"],
        "fuzz 1 20000": ["ENOENT", "EINVAL", "EFAULT", "E2BIG", "ENOEXEC", "value"],
    },
}
MODES = {VM: [f"race {ROUNDS}", *COMMON, "contradiction"], SCOPE: COMMON}
# What fuzzing must have met; and an answer that is not here has ended it.
VCPU_REG = {"OK", "ENOENT", "EINVAL", "EFAULT", "ENOEXEC"}
VCPU = {
    "vcpu-get": VCPU_REG,
    "vcpu-set": VCPU_REG,
    "vcpu-list": {"OK", "E2BIG", "EFAULT", "ENOEXEC"},
    "foreign": {"EINVAL"},
}
ANSWERS = {
    VM: {
        "vm-get": {"OK", "ENOENT", "EINVAL", "EFAULT"},
        "vm-set": {"OK", "ENOENT", "EINVAL", "EFAULT", "EBUSY"},
        "vm-list": {"OK", "E2BIG", "EFAULT"},
        "enable": {"OK", "EINVAL", "EFAULT", "EBUSY"},
        **VCPU,
    },
    SCOPE: {"vm-get": set(), "vm-set": set(), "vm-list": set(), **VCPU}
    | {"enable": {"OK", "EINVAL", "EFAULT"}},
}
# reg-scope has no state that the creation of a vCPU closes, and moves nothing.
ONLY_VM = pytest.mark.parametrize("kernel", [VM], indirect=True)
GUEST = """
import json, os, subprocess, sys

os.chmod("vm_faults", 0o755)
for mode in sys.argv[1:]:
    ran = subprocess.run(["./vm_faults", *mode.split()], capture_output=True, text=True)
    print(json.dumps([mode, ran.returncode, ran.stdout, ran.stderr]))
"""


@dataclass(frozen=True)
class Ran:
    """How a mode of the program ended."""

    status: int
    stdout: str
    stderr: str

    def said(self) -> dict[str, Any]:
        """Return what it found; AssertionError if it found a fault."""
        assert (self.status, self.stderr) == (0, "")
        return json.loads(self.stdout)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The program, statically linked for arm64."""
    if shutil.which(COMPILER) is None:
        reason = f"{COMPILER} is not installed (install the package gcc-aarch64-linux-gnu)"
        if os.environ.get("GUESTABI_REQUIRE_LAB") == "1":
            pytest.fail(f"the lab is required, but {reason}")
        pytest.skip(f"{reason}; with GUESTABI_REQUIRE_LAB=1 this fails instead")
    target = tmp_path_factory.mktemp("faults") / "vm_faults"
    subprocess.run([COMPILER, *FLAGS, "-o", target, SOURCE], check=True)
    return target.read_bytes()


@pytest.fixture(scope="module", params=[VM, SCOPE])
def kernel(request: pytest.FixtureRequest, own: Callable[[str], Built]) -> str:
    """The kernel's name; it is built unless it is there."""
    return own(request.param).note["name"]


@pytest.fixture(scope="module")
def ran(archive: Archive, kernel: str, program: bytes) -> dict[str, Ran]:
    """Every mode on one boot of this kernel; the canary, which spoils the log, is last."""
    slips = [f"wrong {what} {mode}" for mode, each in SLIPS[kernel].items() for what in each]
    argv = ["python3", "-c", GUEST, *MODES[kernel], *slips, "canary"]
    job = Program(argv, {"vm_faults": program})
    (found,) = capture(archive, [kernel], [CPU], job, lambda _, out: out, timeout=TIMEOUT, smp=2)
    assert found.error is None, found.error
    rows = [json.loads(line) for line in (found.value or b"").splitlines()]
    assert len(rows) == len(argv) - 3
    return {mode: Ran(*how) for mode, *how in rows}


@ONLY_VM
def test_sets_race_with_the_creation_of_vcpus(kernel: str, ran: dict[str, Ran]) -> None:
    """10,000 VMs: a set is taken whole before the first vCPU or refused after it; both happen."""
    said = ran[f"race {ROUNDS}"].said()
    taken = said["taken"]
    assert said["rounds"] == sum(taken.values()) == ROUNDS
    assert set(taken) == {"both", "first", "none"}
    # The first set before the vCPU, between the sets, after both: a race is one if it is open.
    assert min(taken["both"] + taken["first"], taken["none"]) > ROUNDS // 100
    assert taken["first"] > 0
    assert said["guests"] == ROUNDS // 16


def test_bad_pointers(kernel: str, ran: dict[str, Ran]) -> None:
    """Of argument, value and list: EFAULT in its place in the order of checks, never a write."""
    assert ran["pointers"].said()["checks"] > {VM: 2500, SCOPE: 200}[kernel]


def test_wrong_sizes(kernel: str, ran: dict[str, Ran]) -> None:
    """All sizes and architectures of ids, and lists of all lengths: nothing is written beyond."""
    assert ran["sizes"].said()["checks"] > {VM: 400_000, SCOPE: 30_000}[kernel]


def test_fuzzed_calls(kernel: str, ran: dict[str, Ran]) -> None:
    """A million calls on both descriptors: success and every specified errno, and nothing else."""
    said = ran[f"fuzz 1 {CALLS}"].said()
    assert {name: set(each) for name, each in said["answers"].items()} == ANSWERS[kernel]
    assert sum(sum(each.values()) for each in said["answers"].values()) == CALLS
    assert said["vms"] > CALLS // 2000
    assert said["vm-registers"] == {VM: [1, 39], SCOPE: [0, 38]}[kernel]


def test_the_log_was_watched(kernel: str, ran: dict[str, Ran]) -> None:
    """The log is clean after each mode; with lockdep, it was at work until the end."""
    for mode in MODES[kernel]:
        said = ran[mode].said()
        assert (said["faults"], said["lockdep"]) == (0, 1 if DEBUG else -1)


@ONLY_VM
def test_what_was_set_stays_where_no_vcpu_can_be_had(kernel: str, ran: dict[str, Ran]) -> None:
    """A PSCI version that contradicts the features fails KVM_ARM_VCPU_INIT, and stays."""
    ran["contradiction"].said()


def test_canary(kernel: str, ran: dict[str, Ran]) -> None:
    """Each word that tells of a fault is found in the log."""
    said = json.loads(ran["canary"].stdout)
    assert ran["canary"].status == 1
    assert said["faults"] == said["words"] > 10
    assert "kernel log: <12>canary of vm_faults: WARNING" in ran["canary"].stderr


def test_a_wrong_expectation_is_caught(kernel: str, ran: dict[str, Ran]) -> None:
    """For each errno that a mode meets, and for the values: were another right, it would fail."""
    for mode, slips in SLIPS[kernel].items():
        for what in slips:
            found = ran[f"wrong {what} {mode}"]
            said = ", not " if what == "value" else f": {what} (step "
            assert (found.status, said in found.stderr) == (1, True), (mode, what, found)
