"""A PostgreSQL of one's own: in a directory, on a unix socket alone, as a user that is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEADLINE = 60.0

INITDB = ("-U", "tester", "-A", "trust", "--no-sync", "--locale=C", "--encoding=UTF8")
SERVER = ("-F", "-c", "listen_addresses=")


def programs() -> Path | None:
    """Return the directory of initdb and postgres, None where they are not installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    there = [path for path in found if (path / "postgres").exists() and (path / "initdb").exists()]
    if there:
        return there[-1]
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path and shutil.which("postgres") else None


@contextmanager
def running(bin_folder: Path) -> Iterator[str]:
    """Give the connection string of an empty server; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        folder, user = Path(name), "nobody" if os.geteuid() == 0 else None
        if user is not None:
            owner = pwd.getpwnam(user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = {"user": user, "group": owner.pw_gid, "extra_groups": []} if user else {}
        data = folder / "data"
        subprocess.run(
            [bin_folder / "initdb", "-D", data, *INITDB],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_user,
        )
        with open(folder / "log", "wb") as log:
            server = subprocess.Popen(
                [bin_folder / "postgres", "-D", data, "-k", folder, *SERVER],
                stdout=log,
                stderr=log,
                cwd=folder,
                **as_user,
            )
        try:
            where = f"host={folder} user=tester dbname=postgres"
            _wait(where, server, folder / "log")
            yield where
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=DEADLINE)


def _wait(where: str, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    end = time.monotonic() + DEADLINE
    while True:
        try:
            psycopg.connect(where).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.1)
