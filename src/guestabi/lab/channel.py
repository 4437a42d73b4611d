"""What a guest sends home, and how it is framed.

The guest writes to a virtio-serial port of its own, never to the console, whose lines the kernel
tears. The stream is three sections in a fixed order, ``status``, ``stdout`` and ``stderr``, each::

    guestabi-result NAME LENGTH SHA256\\n   LENGTH in decimal, SHA256 of the bytes in hex
    LENGTH bytes

It is plain text around raw bytes so that a shell can write it. Anything but exactly that, with
every digest right and nothing left over, is a TornResult.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from guestabi.errors import TornResult

PORT = "guestabi.result"
MAGIC = "guestabi-result"
SECTIONS = ("status", "stdout", "stderr")

_HEADER = re.compile(rb"guestabi-result ([a-z]+) (0|[1-9][0-9]{0,11}) ([0-9a-f]{64})")
_STATUS = re.compile(rb"(0|[1-9][0-9]{0,2})\n")


@dataclass(frozen=True, slots=True)
class Result:
    """What the command in the guest left: its exit status (0..255) and both outputs."""

    status: int
    stdout: bytes
    stderr: bytes


def encode(result: Result) -> bytes:
    """Return the stream a guest writes for ``result``; the inverse of ``decode``."""
    bodies = (b"%d\n" % result.status, result.stdout, result.stderr)
    return b"".join(_section(name, body) for name, body in zip(SECTIONS, bodies, strict=True))


def decode(stream: bytes) -> Result:
    """Return the result in ``stream``, or raise TornResult saying which section is damaged."""
    status, stdout, stderr = _bodies(stream)
    if not _STATUS.fullmatch(status) or int(status) > 255:
        raise _torn("status", f"is no exit status: {status[:16]!r}")
    return Result(int(status), stdout, stderr)


def _section(name: str, body: bytes) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    return f"{MAGIC} {name} {len(body)} {digest}\n".encode() + body


def _bodies(stream: bytes) -> list[bytes]:
    bodies, rest = [], stream
    for name in SECTIONS:
        body, rest = _take(name, rest)
        bodies.append(body)
    if rest:
        raise _torn("stderr", f"is followed by {len(rest)} bytes that belong to nothing")
    return bodies


def _take(name: str, stream: bytes) -> tuple[bytes, bytes]:
    line, newline, rest = stream.partition(b"\n")
    header = _HEADER.fullmatch(line)
    if not newline or header is None or header[1].decode() != name:
        raise _torn(name, "has no valid header")
    length, body = int(header[2]), rest[: int(header[2])]
    if len(body) != length:
        raise _torn(name, f"is short: {len(body)} of {length} bytes")
    if hashlib.sha256(body).hexdigest() != header[3].decode():
        raise _torn(name, "has the wrong digest")
    return body, rest[length:]


def _torn(name: str, what: str) -> TornResult:
    return TornResult(
        f"the guest's result is damaged: {name} {what}", hint="nothing was measured; boot it again"
    )
