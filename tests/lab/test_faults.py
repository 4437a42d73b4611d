"""Whatever breaks under a guest ends in a clear error, in its time, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from guestabi.errors import LabError, LostVm
from guestabi.lab import guests
from guestabi.lab.guests import Setup, bear, load
from guestabi.lab.kept import Kept
from guestabi.lab.vmms import find_vmm
from guestabi.vmm import a64

CPU, KERNEL = "neoverse-n1", "6.12"
QEMU, OURS = (Setup(find_vmm(name), CPU) for name in ("qemu-10.0", "ours"))
# Two boots on a machine that is busy with other tests, and what a guest may take to be missed.
SECONDS = 240.0

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab")]


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    """After each fault: no emulator of ours runs, no scratch folder stays, and no time is lost."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SECONDS
    assert list(tmp_path.glob(".guestabi-*")) == []
    assert emulators(tmp_path) == []


def emulators(home: Path) -> list[int]:
    """The emulators whose working directory is below ``home``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(home):
                found.append(int(process.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


class Patched:
    """The lab's programs for guests, with one line made another: the fault."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def files(self, package: str):
        self.package = package
        return self

    def joinpath(self, name: str):
        self.name = name
        return self

    def read_bytes(self) -> bytes:
        text = resources.files(self.package).joinpath(self.name).read_text()
        assert text.count(self.old) == 1
        return text.replace(self.old, self.new).encode()


def test_qemu_killed_while_it_saves(archive, monkeypatch):
    """No half a stream is taken for a guest: the error says what was going on."""
    line = '            self.ask("migrate", uri=f"unix:{self.home}/save")\n'
    fault = Patched(line, line + "            self.process.kill()\n")
    monkeypatch.setattr(guests, "resources", fault)
    with pytest.raises(LabError, match="the VMM failed while saving the guest"):
        list(bear(archive, [KERNEL], QEMU))


def test_a_destination_without_memory(archive, monkeypatch):
    """QEMU that cannot have its memory never got to the guest: an error, and no refusal."""
    ((_, guest),) = bear(archive, [KERNEL], QEMU)
    starved = '["busybox", "sh", "-c", "ulimit -v 65536; exec busybox \\"$@\\"", "sh", "chroot", '
    fault = Patched('["busybox", "chroot", ', starved)
    monkeypatch.setattr(guests, "resources", fault)
    with pytest.raises(LabError, match=r"the VMM failed while starting: .*"):
        list(load(archive, [KERNEL], QEMU, [guest]))


@pytest.mark.parametrize("setup", [QEMU, OURS], ids=["qemu", "ours"])
def test_a_guest_that_never_reports(archive, monkeypatch, setup):
    """It is missed after the stated time, and is no evidence of anything."""
    monkeypatch.setattr(guests, "image", lambda *_, **__: a64.assemble([a64.b(0)]))
    monkeypatch.setattr(guests, "SILENCE_SECONDS", 2.0)
    with pytest.raises(LabError, match=r"bears no guest there: .*(does not report|never asked)"):
        list(bear(archive, [KERNEL], setup))


@pytest.mark.parametrize(
    ("setup", "outcomes"),
    [(OURS, {"refused"}), (QEMU, {"refused", "running", "silent"})],
    ids=["ours", "qemu"],
)
def test_bits_flipped_in_mid_stream(archive, setup, outcomes):
    """Our own stream is sealed, and refused. QEMU's is not: it may load, and then the guest is
    heard or missed; what it is not is an error of the lab, or a hang."""
    ((_, guest),) = bear(archive, [KERNEL], setup)
    middle = len(guest.stream) // 2
    flipped = bytes(255 - each for each in guest.stream[middle : middle + 64])
    damaged = guest.stream[:middle] + flipped + guest.stream[middle + 64 :]
    ((_, (ran,)),) = load(archive, [KERNEL], setup, [replace(guest, stream=damaged)])
    assert ran.outcome in outcomes
    assert ran.said or ran.outcome == "running"


def test_the_emulator_killed(archive, tmp_path):
    """The lab's own QEMU dies in mid-boot: LostVm, and nothing is kept of it."""
    killed = []

    def kill() -> None:
        while not killed:
            time.sleep(0.2)
            for pid in emulators(tmp_path):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        with pytest.raises(LostVm, match="was lost"):
            list(bear(archive, [KERNEL], OURS, kept=Kept(tmp_path / "kept")))
    finally:
        killed.append(0)
        thread.join()
    assert not (tmp_path / "kept").exists()


def test_a_full_disk(archive, tmp_path, monkeypatch):
    """A disk that cannot hold the initramfs: the error says where, and what to do."""
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=True)
    monkeypatch.setattr(tempfile, "tempdir", str(small))
    try:
        with pytest.raises(LabError, match="No space left on device") as caught:
            list(bear(archive, [KERNEL], OURS))
        assert "make room there" in caught.value.hint
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_canary(tmp_path):
    """What is left running is found: a process in the scratch folder counts."""
    process = subprocess.Popen(["sleep", "30"], cwd=tmp_path)
    try:
        assert emulators(tmp_path) == [process.pid]
    finally:
        process.kill()
        process.wait()
