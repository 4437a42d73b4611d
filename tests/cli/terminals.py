"""Running a command line on a terminal of its own: a pseudo-terminal of a given width."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import NamedTuple

from guestabi.cli import main

SRC = Path(main.__file__).parents[2]
VARIABLES = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE")

ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
SGR = re.compile(r"\x1b\[([0-9;]*)m")


class Screen(NamedTuple):
    status: int
    raw: str

    @property
    def text(self) -> str:
        """What is read there: without escape sequences."""
        return ESCAPE.sub("", self.raw).replace("\r\n", "\n")

    @property
    def last(self) -> str:
        """What is left there in the end: progress has cleared its line."""
        return self.text.rsplit("\r", 1)[-1] if "\x1b[?25h" not in self.raw else _settled(self.raw)

    @property
    def coloured(self) -> bool:
        """Whether a colour is set anywhere; bold and dim are none."""
        return any(
            30 <= int(code or 0) <= 49 or 90 <= int(code or 0) <= 107
            for match in SGR.finditer(self.raw)
            for code in match[1].split(";")
        )


def _settled(raw: str) -> str:
    """What stands behind the last line of progress, which shows the cursor again as it ends."""
    after = raw.rsplit("\x1b[?25h", 1)[1]
    return ESCAPE.sub("", after).replace("\r\n", "\n").replace("\r", "")


def environment(**more: str) -> dict[str, str]:
    """This environment without what steers colours and widths, and with ``more``."""
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**kept, "PYTHONPATH": str(SRC), "TERM": "xterm-256color", **more}


def on_terminal(*words: str, columns: int = 80, **more: str) -> Screen:
    """Run ``guestabi WORDS`` with everything on one terminal of ``columns``."""
    command = [sys.executable, "-m", "guestabi.cli.main", *map(str, words)]
    return spawn(command, columns, environment(**more))


def spawn(command: list[str], columns: int, env: dict[str, str]) -> Screen:
    """Run ``command`` on a terminal and read it to its end."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(command, stdin=there, stdout=there, stderr=there, env=env) as process:
        os.close(there)
        parts = []
        with contextlib.suppress(OSError):  # EIO: the last one has closed it
            while data := os.read(here, 65536):
                parts.append(data)
    os.close(here)
    return Screen(process.returncode, b"".join(parts).decode("utf-8", "replace"))
