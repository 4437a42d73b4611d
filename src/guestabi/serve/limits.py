"""How much a client may send, how long it may take, and how many there may be."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request

from guestabi.profile import files
from guestabi.serve.refused import Refused


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    body: int = files.MAX_BYTES
    """of a capture that is posted"""
    head: int = 16 << 10
    """of a request's first line and headers"""
    ask: float = 10
    """until a connection has sent a whole first line and headers"""
    upload: float = 30
    """until the body is there"""
    listen: float = 30
    """until an answer is taken"""
    idle: int = 5
    """between two requests of one connection"""
    connections: int = 200


USUAL = Limits()


async def body_of(request: Request, limits: Limits) -> bytes:
    """Return the body. Raises Refused (413, 408) as soon as it is too large or too slow."""
    said = request.headers.get("content-length", "0")
    if not said.isdecimal():
        raise Refused(400, "Content-Length is no number")
    if len(said) > 15 or int(said) > limits.body:
        raise _too_large(limits)
    parts, size = [], 0
    try:
        async with asyncio.timeout(limits.upload):
            async for part in request.stream():
                size += len(part)
                if size > limits.body:
                    raise _too_large(limits)
                parts.append(part)
    except TimeoutError:
        said = f"the body was not there after {limits.upload:g} s"
        raise Refused(408, said, headers={"Connection": "close"}) from None
    return b"".join(parts)


def _too_large(limits: Limits) -> Refused:
    return Refused(413, f"the body is larger than {limits.body} bytes: no profile is")
