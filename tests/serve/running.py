"""The service in a process of its own, on a port of 127.0.0.1 that the system chose."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import guestabi

SRC = Path(guestabi.__file__).parents[1]

COMMAND = "from guestabi.cli.main import main; main()"

IMPATIENT = """
import sys
from guestabi.cli import serve as command
from guestabi.serve import app, limits, run
short = limits.Limits(ask=1, upload=1, listen=1, idle=1, connections=3)
made, ended = app.make, run.until_ended
app.make = lambda *a, **k: made(*a, limits=short, **k)
run.until_ended = lambda *a: ended(*a, short)
from guestabi.cli.main import main
main()
"""
"""The same command with limits of a second, so that tests need not wait for ours."""


@dataclass
class Running:
    process: subprocess.Popen[str]
    url: str

    @property
    def place(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    def connect(self) -> socket.socket:
        """A connection whose reads give up after 20 s."""
        return socket.create_connection(self.place, timeout=20)

    def ask(self, text: str) -> tuple[int, dict[str, str], bytes]:
        """Send exactly ``text`` (blank lines as they are), return status, headers and body."""
        with self.connect() as connection:
            connection.sendall(text.encode())
            return answer(connection)

    def get(self, target: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
        """GET a target that no client has tidied."""
        lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
        return self.ask("\r\n".join(lines) + "\r\n\r\n")

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float, str]:
        """Send a signal; return exit status, seconds that it took, and standard error."""
        begun = time.monotonic()
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, time.monotonic() - begun, errors


def answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read one answer, as long as Content-Length tells; one to what follows is left."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    length = int(headers["content-length"])
    while len(body) < length:
        body += _more(connection)
    return int(first.split()[1]), headers, body[:length]


def reason(body: bytes) -> str:
    """The reason that an error tells, once it is seen to have the one shape of errors."""
    plain: dict[str, Any] = json.loads(body)
    assert {key: set(value) for key, value in plain.items()} == {"error": {"reason", "hint"}}
    said = plain["error"]["reason"]
    assert isinstance(said, str)
    assert said
    return said


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("closed before the answer was whole")
    return data


@contextmanager
def running(*arguments: object, code: str = COMMAND, **environment: str) -> Iterator[Running]:
    """Run ``guestabi serve --listen 127.0.0.1:0``, and end it whatever happens."""
    said = {**os.environ, "PYTHONPATH": str(SRC), **environment}
    listen = [] if "--listen" in arguments else ["--listen", "127.0.0.1:0"]
    command = [sys.executable, "-c", code, "serve", *map(str, arguments), *listen]
    with subprocess.Popen(command, env=said, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            match = re.search(r"listening on (http://\S+/)$", line.strip())
            assert match, line + process.stderr.read()
            yield Running(process, match[1])
        finally:
            process.kill()
