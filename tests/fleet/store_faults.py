"""Adds a host again and again, each time killed one step later. Run by test_store_faults.py.

    python store_faults.py BEFORE OUT PROFILE...

For every step of disk.py that the addition takes, a copy of BEFORE in OUT/<number> is what a kill
before it left, or of a write one amid it. The last copy is of an addition that ended.
DuckDB is never opened in this process, so that it may fork.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from guestabi.fleet import store
from guestabi.fleet.store import disk

STEPS = ("make_folder", "write", "sync", "rename", "link", "remove")


def main() -> None:
    before, out, *profiles = sys.argv[1:]
    number = 0
    while True:
        folder = Path(out) / str(number)
        if os.path.exists(before):
            shutil.copytree(before, folder)
        child = os.fork()
        if child == 0:
            die_at(number)
            store.add(folder, store.spelled(profiles, group="second"))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0, f"step {number} failed by itself"
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        number += 1


def die_at(number: int) -> None:
    """Make the ``number``-th moment of any step this process's last."""
    left = [number]

    def moment() -> None:
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1

    def wrap(name: str) -> None:
        step = getattr(disk, name)

        def stepped(*arguments):  # type: ignore[no-untyped-def]
            moment()
            if name == "write":
                path, data = arguments
                path.write_bytes(data[: len(data) // 2])
                moment()
            elif name == "sync" and arguments[0].is_file():
                if left[0] == 0:  # what was not brought to the disk may be lost
                    os.truncate(arguments[0], arguments[0].stat().st_size // 2)
                moment()
            return step(*arguments)

        setattr(disk, name, stepped)

    for name in STEPS:
        wrap(name)


if __name__ == "__main__":
    main()
