"""Responses: JSON and HTML with an ETag, 304 where the client has it, errors of one shape."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Optional

from starlette.requests import Request
from starlette.responses import Response

from guestabi.report.clean import one_line
from guestabi.serve.refused import Refused, error_json

JSON = "application/json"


def to_bytes(value: Any) -> bytes:
    """Return JSON for programs and for people with curl: ASCII, so that no name in it can steer a
    terminal."""
    return (json.dumps(value, indent=1) + "\n").encode()


def answer(
    request: Request, body: bytes, kind: str = JSON, policy: Optional[str] = None
) -> Response:
    """Return ``body``, or 304 where the client says that it has it; it must ask each time.

    ``policy``: another Content-Security-Policy than that of JSON.
    """
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if policy is not None:
        headers["Content-Security-Policy"] = policy
    if _has(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def error(refused: Refused) -> Response:
    """Return the answer to a request that is refused."""
    said = error_json(one_line(refused.reason), one_line(refused.hint))
    headers = {"Cache-Control": "no-store", **refused.headers}
    return Response(to_bytes(said), refused.status, headers, JSON)


def _has(said: str, etag: str) -> bool:
    return said.strip() == "*" or etag in (
        each.strip().removeprefix("W/") for each in said.split(",")
    )
