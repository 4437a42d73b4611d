"""One adder at a time: a file that names its process, and is anyone's once that process is gone.

The file appears whole (a hard link to one that is written), so that it is never without a name.
A process is known by its number, its start and the boot of its machine. Where a lock was taken
away all the same, :meth:`Lock.held` is false, and its adder must not commit.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Optional

from guestabi.errors import GuestAbiError
from guestabi.fleet.store import disk

NAME = "lock"

ATTEMPTS = 5


class Lock:
    """A context manager. Raises GuestAbiError where another process has the lock."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._words = json.dumps(_myself(), sort_keys=True)

    def __enter__(self) -> Lock:
        own = self._path.with_name(f"{disk.TEMPORARY}{NAME}-{os.getpid()}")
        try:
            self._take(own)
        except OSError as error:
            raise disk.refused(self._path, error) from error
        finally:
            own.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self.held():
            disk.remove(self._path)

    def held(self) -> bool:
        """Whether this process still has the lock."""
        return _read(self._path) == self._words

    def _take(self, own: Path) -> None:
        for _ in range(ATTEMPTS):
            disk.write(own, self._words.encode())
            try:
                return disk.link(own, self._path)
            except FileNotFoundError:
                pass  # swept by the one who has the lock
            except FileExistsError:
                words = _read(self._path)
                if words is not None:
                    self._evict(words)
        raise self._busy("another process")

    def _evict(self, words: str) -> None:
        """Take away a dead process's lock; put back what turns out to be another's."""
        whose = _owner(words)
        if _is_alive(whose):
            raise self._busy(f"process {whose.get('pid')} on {whose.get('node')}")
        away = self._path.with_name(f"{disk.TEMPORARY}stale-{os.getpid()}")
        try:
            disk.rename(self._path, away)
        except FileNotFoundError:
            return
        if _read(away) not in (words, None):
            with suppress(FileExistsError):
                disk.link(away, self._path)
        disk.remove(away)

    def _busy(self, who: str) -> GuestAbiError:
        said = f"wait for it; if no such process adds to it, remove {self._path}"
        return GuestAbiError(f"{self._path.parent}: {who} is adding to this fleet", hint=said)


def _myself() -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "start": _start(os.getpid()),
        "node": os.uname().nodename,
        "boot": _boot(),
    }


def _is_alive(whose: dict[str, Any]) -> bool:
    """Whether the lock's process may still run: true where that cannot be told."""
    if whose.get("node") != os.uname().nodename:
        return True
    pid = whose.get("pid")
    if not isinstance(pid, int) or pid <= 0 or whose.get("boot") != _boot():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return whose.get("start") == _start(pid)


def _owner(words: str) -> dict[str, Any]:
    try:
        said = json.loads(words)
    except (ValueError, RecursionError):
        said = None
    return said if isinstance(said, dict) else {"node": "no known machine", "pid": "?"}


def _read(path: Path) -> Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(4096)
    except FileNotFoundError:
        return None


def _start(pid: int) -> Optional[str]:
    """When a process started, in clock ticks since boot: field 22 of /proc/PID/stat, proc(5)."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    after = said.rpartition(")")[2].split()
    return after[19] if len(after) > 19 else None


def _boot() -> Optional[str]:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
