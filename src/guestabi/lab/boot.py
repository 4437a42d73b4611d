"""Boot a kernel in QEMU, run one command in it, and bring its result home.

QEMU runs in a session of its own, is ended by its own process id whatever happens, and leaves
nothing behind: kernel console and result go to files in a directory that is removed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event

from guestabi.errors import LostVm, MissingTool
from guestabi.lab import channel, image
from guestabi.lab.image import KernelImage, System
from guestabi.lab.machines import Cpu, Machine
from guestabi.lab.progress import Progress, silent
from guestabi.lab.store import scratch

EMULATOR = "qemu-system-aarch64"
PACKAGE = "qemu-system-arm"
COMMAND_LINE = "console=ttyAMA0 panic=-1 quiet loglevel=1 rdinit=/init"
CONSOLE_LINES = 20
TIMEOUT_SECONDS = 120.0
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class GuestResult:
    """What a boot brought home. ``seconds`` is the wall time from QEMU's start to its end."""

    status: int
    stdout: bytes
    stderr: bytes
    seconds: float
    # The emulator's own version, such as "7.2.22".
    qemu: str
    # The last lines of the kernel's console: for people, never a result.
    console: tuple[str, ...]


def run(
    system: System,
    machine: Machine,
    argv: Sequence[str],
    files: Mapping[str, bytes] | None = None,
    *,
    timeout: float = TIMEOUT_SECONDS,
    cancel: Event | None = None,
    progress: Progress = silent,
) -> GuestResult:
    """Boot ``system`` on ``machine``, run ``argv`` in it with ``files`` beside it, power off.

    ``files`` maps guest paths to contents; a relative path lies in the command's working
    directory. ``timeout`` is in seconds of wall time, for the whole boot; setting ``cancel`` ends
    it early. Raises MissingTool (no QEMU, or one without this CPU model), LostVm (it ended or hung
    before its result), TornResult.
    """
    version = require_cpu(machine.cpu)
    what = f"{system.kernel.release} on {machine.cpu.name}"
    progress(f"{what}: booting")
    with scratch(Path(tempfile.gettempdir())) as home:
        _write_initramfs(home / "initramfs", system, image.inputs(argv, files or {}, timeout))
        started = time.monotonic()
        ended = _emulate(_arguments(system.kernel, machine), home, timeout, cancel or Event())
        seconds = time.monotonic() - started
        result = _result(home, what, ended)
        console = _console(home)[-CONSOLE_LINES:]
    progress(f"{what}: done in {seconds:.1f} s")
    return GuestResult(result.status, result.stdout, result.stderr, seconds, version, console)


def require_cpu(cpu: Cpu) -> str:
    """Return the emulator's version, or raise MissingTool if it is absent or lacks ``cpu``."""
    version = qemu_version()
    if not has_cpu(cpu):
        wants = ".".join(map(str, cpu.since))
        raise MissingTool(
            f"QEMU {version} has no CPU model {cpu.name}",
            hint=f"it needs QEMU {wants} or later: newer Debian suites and backports have one",
        )
    return version


def has_cpu(cpu: Cpu) -> bool:
    """Say whether the emulator is recent enough for ``cpu``; MissingTool if there is none."""
    major, minor = (int(part) for part in qemu_version().split(".")[:2])
    return (major, minor) >= cpu.since


@cache
def qemu_version() -> str:
    """Return the version of the emulator, such as "7.2.22"; MissingTool if there is none."""
    path = shutil.which(EMULATOR)
    if path is None:
        raise MissingTool(f"{EMULATOR} is not installed", hint=f"install the package {PACKAGE}")
    said = subprocess.run([path, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.search(r"version (\d+\.\d+(?:\.\d+)*)", said)
    if found is None:
        raise MissingTool(f"{EMULATOR} does not say its version", hint=f"reinstall {PACKAGE}")
    return found[1]


def _arguments(kernel: KernelImage, machine: Machine) -> list[str]:
    # File names are relative: QEMU would read a comma in a path as an option's end.
    return [
        EMULATOR,
        *machine.arguments(),
        *("-kernel", str(kernel.vmlinuz.absolute())),
        *("-initrd", "initramfs"),
        *("-append", COMMAND_LINE),
        *("-serial", "file:console"),
        *("-device", "virtio-serial-pci"),
        *("-chardev", "file,id=result,path=result"),
        *("-device", f"virtserialport,chardev=result,name={channel.PORT}"),
    ]


def _write_initramfs(path: Path, system: System, inputs: bytes) -> None:
    # Uncompressed archives first: a compressed one swallows the alignment of what follows it.
    with path.open("wb") as whole:
        whole.write(system.kernel.modules.read_bytes())
        whole.write(inputs)
        whole.write(system.base.read_bytes())


def _emulate(arguments: list[str], home: Path, timeout: float, cancel: Event) -> str:
    """Return why there can be no result, or nothing when QEMU ended by itself and well."""
    with (home / "qemu-stderr").open("wb") as stderr:
        process = subprocess.Popen(
            arguments,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            return _wait(process, timeout, cancel)
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], timeout: float, cancel: Event) -> str:
    deadline = time.monotonic() + timeout
    while not cancel.is_set():
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(max(0.0, min(POLL_SECONDS, deadline - time.monotonic())))
            return f"was lost: QEMU ended with status {status}" if status else ""
        if time.monotonic() >= deadline:
            return f"gave no result within {timeout:g} s"
    return "was cancelled"


def _result(home: Path, what: str, ended: str) -> channel.Result:
    stream = (home / "result").read_bytes() if (home / "result").exists() else b""
    if ended or not stream:
        raise _lost(home, what, ended or "ended without a result")
    return channel.decode(stream)


def _lost(home: Path, what: str, how: str) -> LostVm:
    said = (home / "qemu-stderr").read_text(errors="replace").splitlines()
    words = [line.strip() for line in (*said, *_console(home)) if line.strip()]
    last = [line for line in words if "Kernel panic" in line][:1] or words[-3:]
    return LostVm(
        f"{what} {how}; its last words: {' | '.join(last) or 'none'}",
        hint="try again with a longer timeout; if it never boots, choose another build or CPU",
    )


def _console(home: Path) -> tuple[str, ...]:
    path = home / "console"
    text = path.read_text(errors="replace") if path.exists() else ""
    return tuple("".join(c for c in line if c.isprintable()) for line in text.splitlines())
