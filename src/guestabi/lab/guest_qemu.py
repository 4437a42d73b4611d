"""Inside a lab guest: run QEMU on its KVM, bear or load one guest after the other, save it.

The job is a JSON file: {"argv": QEMU's command in its own root, "guest": its -kernel file,
"loads": [stream file, or null for a birth], "save": bool, "seconds": the limit of each}.
The result, on standard output, is a list with one object for each of "loads":
{"outcome": "running|refused|ended|hung", "said": [QEMU's reasons], "status": its own word for
the VM or null, "stream": base64 of the zlib-compressed stream or null, "seconds": wall time}.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zlib
from typing import Any, BinaryIO, Optional

ROOT = "/vmm"
TMP = ROOT + "/tmp"
POLL = 0.05
# How long a guest must go on running to count as running: a refused register stops it at once.
SETTLE = 0.3


class Ended(Exception):
    """QEMU has ended."""


class Refused(Exception):
    """QEMU said no, in words."""


class Hung(Exception):
    """QEMU did not do in time what it was told."""


class Qemu:
    """A QEMU in its own root, and its monitor (qemu.git docs/interop/qmp-spec.rst)."""

    def __init__(self, argv: list[str], stderr: BinaryIO, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.process = subprocess.Popen(
            ["busybox", "chroot", ROOT, *argv], stdin=subprocess.DEVNULL, stderr=stderr
        )

    def open(self) -> None:
        """Wait for the monitor, and open it."""
        self.monitor = self.connect("/qmp")
        self.lines = self.monitor.makefile("rb")
        self.hear()
        self.ask("qmp_capabilities")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def left(self) -> float:
        """Return the seconds left; a socket with none of them would not block."""
        return max(0.01, self.deadline - time.monotonic())

    def pause(self) -> None:
        if self.process.poll() is not None:
            raise Ended
        if time.monotonic() > self.deadline:
            raise Hung
        time.sleep(POLL)

    def connect(self, name: str) -> socket.socket:
        while True:
            link = socket.socket(socket.AF_UNIX)
            try:
                link.settimeout(self.left())
                link.connect(TMP + name)
                return link
            except OSError:
                link.close()
                self.pause()

    def hear(self) -> dict[str, Any]:
        try:
            self.monitor.settimeout(self.left())
            line = self.lines.readline()
        except socket.timeout as error:
            raise Hung from error
        except OSError as error:
            raise Ended from error
        if not line:
            raise Ended
        said: dict[str, Any] = json.loads(line)
        return said

    def ask(self, command: str, **arguments: str) -> dict[str, Any]:
        asked = {"execute": command, "arguments": arguments}
        try:
            self.monitor.sendall(json.dumps(asked).encode() + b"\n")
        except OSError as error:
            raise Ended from error
        while True:
            said = self.hear()
            if "error" in said:
                raise Refused(said["error"]["desc"])
            if "return" in said:
                answer: dict[str, Any] = said["return"]
                return answer

    def await_migration(self) -> None:
        while True:
            said = self.ask("query-migrate")
            if said.get("status") == "completed":
                return
            if said.get("status") in ("failed", "cancelled"):
                raise Refused(said.get("error-desc", "the migration failed"))
            self.pause()

    def settle(self) -> str:
        """Return the VM's state once it has stopped changing: running, or an end."""
        start = time.monotonic()
        while True:
            status = str(self.ask("query-status")["status"])
            waiting = status in ("inmigrate", "prelaunch", "paused")
            if not waiting and (status != "running" or time.monotonic() - start > SETTLE):
                return status
            self.pause()

    def load(self, stream: bytes) -> None:
        """Feed the bytes of ``stream`` to a QEMU that waits for them."""
        self.ask("migrate-incoming", uri="unix:/tmp/load")
        with self.connect("/load") as link:
            try:
                link.sendall(stream)
                link.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it may refuse before it has read all
            self.await_migration()

    def save(self) -> bytes:
        """Return the stream of the running guest, which stops."""
        parts: list[bytes] = []
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(TMP + "/save")
            listener.listen()
            listener.settimeout(self.left())
            reader = threading.Thread(target=receive, args=(listener, parts), daemon=True)
            reader.start()
            self.ask("migrate", uri="unix:/tmp/save")
            self.await_migration()
            reader.join(self.left())
        if reader.is_alive():
            raise Hung
        return b"".join(parts)


def receive(listener: socket.socket, parts: list[bytes]) -> None:
    link, _ = listener.accept()
    with link:
        while True:
            part = link.recv(1 << 16)
            if not part:
                return
            parts.append(part)


def one(job: dict[str, Any], name: Optional[str]) -> dict[str, Any]:
    """Run one QEMU: load ``name`` or bear a guest; save it if the job says so."""
    shutil.rmtree(TMP)
    os.mkdir(TMP)
    shutil.copy(job["guest"], TMP + "/guest")
    found: dict[str, Any] = {"outcome": "running", "said": [], "status": None, "stream": None}
    started = time.monotonic()
    with open(TMP + "/stderr", "wb") as stderr:
        argv = job["argv"] + ([] if name is None else ["-incoming", "defer"])
        qemu = Qemu(argv, stderr, job["seconds"])
    try:
        go(qemu, name, job["save"], found)
    except Ended:
        found["outcome"] = "ended" if found["status"] is None and name is None else "refused"
    except Refused as error:
        found["outcome"] = "refused"
        found["said"].append(str(error))
    except Hung:
        found["outcome"] = "hung"
    finally:
        qemu.end()
    with open(TMP + "/stderr", errors="replace") as said:
        found["said"] += said.read().splitlines()
    found["seconds"] = time.monotonic() - started
    return found


def go(qemu: Qemu, name: Optional[str], save: bool, found: dict[str, Any]) -> None:
    qemu.open()
    if name is not None:
        with open(name, "rb") as stream:
            qemu.load(stream.read())
    found["status"] = qemu.settle()
    if found["status"] != "running":
        found["outcome"] = "refused"
    elif save:
        found["stream"] = base64.b64encode(zlib.compress(qemu.save())).decode()


def main() -> None:
    with open(sys.argv[1]) as file:
        job = json.load(file)
    for name in ("dev", "proc"):
        subprocess.run(["busybox", "mount", "--bind", "/" + name, ROOT + "/" + name], check=True)
    json.dump([one(job, name) for name in job["loads"]], sys.stdout)


main()
