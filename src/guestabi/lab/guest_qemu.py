"""Inside a lab guest: run QEMU on its KVM, bear or load guests one by one, hear and save them.

The job is a JSON file: {"argv": QEMU's command in its own root (HOME stands for a folder of its
own there), "guest": its -kernel file, "report": [address, bytes of one vCPU's, vCPUs], "silence":
seconds that a report may take, "loads": [null for a birth, or {"stream": file, "after": each vCPU's
last generation there}], "save": bool, "seconds": the limit of each}.
The result, on standard output, is a list with one object for each of "loads":
{"outcome": "running|refused|silent|ended|hung", "doing": what it was last doing, "said": [QEMU's
reasons], "status": its own word for the VM or null, "reports": [base64 of the zlib-compressed
memory of all vCPUs' reports], "stream": base64 of the zlib-compressed stream or null, "seconds":
wall time}.

A guest that was born reports twice, the second time after a stop: both must say the same.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from typing import Any, BinaryIO, Optional

ROOT = "/vmm"
POLL = 0.05


LOADING = "loading the guest"


class Ended(Exception):
    """QEMU has ended."""


class Refused(Exception):
    """QEMU said no, in words."""


class Hung(Exception):
    """QEMU did not do in time what it was told."""


class Silent(Exception):
    """The guest runs and does not report."""


class Qemu:
    """A QEMU in its own root, and its monitor (qemu.git docs/interop/qmp-spec.rst)."""

    def __init__(self, argv: list[str], home: str, stderr: BinaryIO, seconds: float) -> None:
        # ``home`` is a folder of its own, as QEMU sees it.
        self.home = home
        self.deadline = time.monotonic() + seconds
        self.process = subprocess.Popen(
            ["busybox", "chroot", ROOT, *(each.replace("HOME", home) for each in argv)],
            stdin=subprocess.DEVNULL,
            stderr=stderr,
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
                link.connect(ROOT + self.home + name)
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

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
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
        while True:
            status = str(self.ask("query-status")["status"])
            if status not in ("inmigrate", "prelaunch", "paused"):
                return status
            self.pause()

    def memory(self, address: int, size: int) -> bytes:
        """Return guest memory, running or not."""
        self.ask("pmemsave", val=address, size=size, filename=self.home + "/memory")
        with open(ROOT + self.home + "/memory", "rb") as file:
            return file.read()

    def hear_guest(self, job: dict[str, Any], after: list[int]) -> bytes:
        """Return the reports of all vCPUs, once each has written one later than ``after``."""
        address, stride, vcpus = job["report"]
        deadline = time.monotonic() + job["silence"]
        while True:
            if str(self.ask("query-status")["status"]) != "running":
                raise Ended
            reports = self.memory(address, stride * vcpus)
            now = generations(reports, stride)
            if all(new > old and new % 2 == 0 for new, old in zip(now, after)):
                return reports
            if time.monotonic() > deadline:
                raise Silent
            self.pause()

    def load(self, stream: bytes) -> None:
        """Feed the bytes of ``stream`` to a QEMU that waits for them."""
        self.ask("migrate-incoming", uri=f"unix:{self.home}/load")
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
            listener.bind(ROOT + self.home + "/save")
            listener.listen()
            listener.settimeout(self.left())
            reader = threading.Thread(target=receive, args=(listener, parts), daemon=True)
            reader.start()
            self.ask("migrate", uri=f"unix:{self.home}/save")
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


def generations(reports: bytes, stride: int) -> list[int]:
    return [int.from_bytes(reports[at : at + 8], "little") for at in range(0, len(reports), stride)]


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 1)).decode()


def one(job: dict[str, Any], load: Optional[dict[str, Any]]) -> dict[str, Any]:
    """Run one QEMU: load a stream or bear a guest, hear it, and save it if the job says so."""
    home = tempfile.mkdtemp(dir=ROOT + "/tmp")
    shutil.copy(job["guest"], home + "/guest")
    found: dict[str, Any] = {"outcome": "running", "said": [], "status": None, "reports": []}
    found.update(stream=None, doing="starting")
    started = time.monotonic()
    with open(home + "/stderr", "wb") as stderr:
        argv = job["argv"] + ([] if load is None else ["-incoming", "defer"])
        qemu = Qemu(argv, home[len(ROOT) :], stderr, job["seconds"])
    try:
        go(qemu, job, load, found)
    except (Ended, Refused) as error:
        # Only a QEMU that was asked to load can refuse; any other has failed.
        found["outcome"] = "refused" if found["doing"] == LOADING else "ended"
        found["said"] += [str(error)] if isinstance(error, Refused) else []
    except Silent:
        found["outcome"] = "silent"
        found["said"].append(f"the guest runs and does not report ({job['silence']:g} s)")
    except Hung:
        found["outcome"] = "hung"
    finally:
        qemu.end()
    with open(home + "/stderr", errors="replace") as said:
        found["said"] += said.read().splitlines()
    shutil.rmtree(home)
    found["seconds"] = time.monotonic() - started
    return found


def go(
    qemu: Qemu, job: dict[str, Any], load: Optional[dict[str, Any]], found: dict[str, Any]
) -> None:
    place = job["report"]
    qemu.open()
    if load is not None:
        found["doing"] = LOADING
        with open(load["stream"], "rb") as stream:
            qemu.load(stream.read())
    found["status"] = qemu.settle()
    if found["status"] != "running":
        raise Ended
    reports = qemu.hear_guest(job, [0] * place[2] if load is None else load["after"])
    found["doing"] = "hearing the guest"
    found["reports"].append(packed(reports))
    if load is None:
        qemu.ask("stop")
        before = generations(qemu.memory(place[0], place[1] * place[2]), place[1])
        qemu.ask("cont")
        found["reports"].append(packed(qemu.hear_guest(job, before)))
    if job["save"]:
        found["doing"] = "saving the guest"
        found["stream"] = packed(qemu.save())
        # The guest may have woken once more in between: what it had said when it was saved counts.
        found["reports"][-1] = packed(qemu.memory(place[0], place[1] * place[2]))


def main() -> None:
    with open(sys.argv[1]) as file:
        job = json.load(file)
    for name in ("dev", "proc"):
        subprocess.run(["busybox", "mount", "--bind", "/" + name, ROOT + "/" + name], check=True)
    json.dump([one(job, load) for load in job["loads"]], sys.stdout)


main()
