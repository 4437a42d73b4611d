"""boot.run against a stand-in for QEMU: everything that can go wrong without a real boot."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guestabi.errors import LostVm, MissingTool, TornResult
from guestabi.lab import boot
from guestabi.lab.channel import Result, encode
from guestabi.lab.image import KernelImage, System, inputs
from guestabi.lab.machines import Cpu, Machine, find_cpu

RESULT = Result(3, b"out", b"err")
MACHINE = Machine(find_cpu("neoverse-n1"))


@pytest.fixture(autouse=True)
def own_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test its own, and check that a run leaves nothing behind in it."""
    home = tmp_path / "scratch,dir"
    home.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(home))
    boot.qemu_version.cache_clear()
    yield home
    boot.qemu_version.cache_clear()
    assert list(home.iterdir()) == []


@pytest.fixture
def system(tmp_path: Path) -> System:
    parts = {name: tmp_path / name for name in ("vmlinuz", "modules", "base")}
    for name, path in parts.items():
        path.write_bytes(f"<{name}>".encode())
    kernel = KernelImage("6.12.117", parts["vmlinuz"], parts["modules"])
    return System(kernel, parts["base"])


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a shell script in QEMU's place; it runs in the directory of the run."""

    def install(script: str, version: str = "7.2.22") -> None:
        program = tmp_path / "bin" / boot.EMULATOR
        program.parent.mkdir(exist_ok=True)
        (tmp_path / "frame").write_bytes(encode(RESULT))
        ask = f'[ "$1" = --version ] && echo "QEMU emulator version {version} (x)" && exit\n'
        program.write_text(f"#!/bin/sh\n{ask}frame={tmp_path}/frame\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    return install


def test_a_result_comes_home(system: System, emulator: Callable[[str], None]) -> None:
    """Status, both outputs, the emulator's version and the console are brought home."""
    emulator("cat $frame >result; echo booted >console")
    got = boot.run(system, MACHINE, ["true"])
    assert (got.status, got.stdout, got.stderr) == (3, b"out", b"err")
    assert (got.qemu, got.console) == ("7.2.22", ("booted",))
    assert got.seconds > 0


def test_the_initramfs_is_modules_inputs_base(
    system: System, emulator: Callable[[str], None], tmp_path: Path
) -> None:
    """The kernel sees its modules, this run's inputs and the base, in that order."""
    emulator(f"cp initramfs {tmp_path}/seen; cat $frame >result")
    boot.run(system, MACHINE, ["true"], {"f": b"x"}, timeout=5)
    packed = inputs(["true"], {"f": b"x"}, 5)
    assert (tmp_path / "seen").read_bytes() == b"<modules>" + packed + b"<base>"


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo oops >&2; exit 1", "QEMU ended with status 1; its last words: oops"),
        ("echo 'x Kernel panic - y' >console; echo z >>console", "last words: x Kernel panic - y$"),
        ("kill -9 $$", "QEMU ended with status -9"),
        (": >result", "ended without a result; its last words: none"),
        ("cat $frame >result; exit 1", "QEMU ended with status 1"),
    ],
)
def test_a_vm_without_a_result_is_lost(
    system: System, emulator: Callable[[str], None], script: str, says: str
) -> None:
    """A VM that ends otherwise than well gives no result, only its last words."""
    emulator(script)
    with pytest.raises(LostVm, match=says) as caught:
        boot.run(system, MACHINE, ["true"])
    assert caught.value.hint


def test_a_torn_result_is_no_result(system: System, emulator: Callable[[str], None]) -> None:
    """A result that arrived short is refused even when QEMU ended well."""
    emulator("head -c 100 $frame >result")
    with pytest.raises(TornResult):
        boot.run(system, MACHINE, ["true"])


def test_a_hung_boot_is_ended(
    system: System, emulator: Callable[[str], None], tmp_path: Path
) -> None:
    """A boot that hangs is ended at its time limit, and its process is gone."""
    emulator(f"echo $$ >{tmp_path}/pid; exec sleep 60")
    with pytest.raises(LostVm, match=r"gave no result within 0\.5 s"):
        boot.run(system, MACHINE, ["true"], timeout=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_boot_can_be_cancelled(
    system: System, emulator: Callable[[str], None], tmp_path: Path
) -> None:
    """Cancelling ends the boot at once, and its process is gone."""
    emulator(f"echo $$ >{tmp_path}/pid; exec sleep 60")
    cancel, started = threading.Event(), time.monotonic()
    threading.Timer(0.5, cancel.set).start()
    with pytest.raises(LostVm, match="cancelled"):
        boot.run(system, MACHINE, ["true"], cancel=cancel)
    assert time.monotonic() - started < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_missing_qemu_names_the_package(
    system: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a machine without QEMU the error says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool) as caught:
        boot.run(system, MACHINE, ["true"])
    assert caught.value.hint == "install the package qemu-system-arm"


def test_an_emulator_too_old_for_the_model_says_which_it_needs(
    system: System, emulator: Callable[[str], None]
) -> None:
    """A CPU model newer than the emulator is refused before anything boots."""
    emulator("exit 9")
    with pytest.raises(MissingTool, match=r"QEMU 7\.2\.22 has no CPU model neoverse-v1") as caught:
        boot.run(system, Machine(find_cpu("neoverse-v1")), ["true"])
    assert "8.1" in caught.value.hint


def test_versions_are_compared_as_numbers(emulator: Callable[..., None]) -> None:
    """QEMU 10 is newer than QEMU 8."""
    emulator("", version="10.0.13")
    assert boot.has_cpu(Cpu("x", "x", "", (8, 1)))
    assert not boot.has_cpu(Cpu("x", "x", "", (10, 1)))
