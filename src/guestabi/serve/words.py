"""Errors of the program as answers: which status each has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from guestabi.errors import BadInput, GuestAbiError, UnknownName
from guestabi.serve.refused import Refused
from guestabi.serve.service import NotJson, NotTaken, Unfit
from guestabi.serve.shelf import Ambiguous, Full

STATUSES: tuple[tuple[type[GuestAbiError], int], ...] = (
    (NotJson, 400),
    (UnknownName, 404),
    (NotTaken, 405),
    (Ambiguous, 409),
    (Unfit, 422),
    (BadInput, 503),
    (Full, 507),
    (GuestAbiError, 503),
)
"""The first that fits counts. 503: what is served cannot be read, or written, at the moment."""


@contextmanager
def of_errors() -> Iterator[None]:
    """Turn errors into Refused. Paths of this machine are not told."""
    try:
        yield
    except GuestAbiError as error:
        status = next(status for kind, status in STATUSES if isinstance(error, kind))
        headers = {"Allow": "GET, HEAD"} if status == 405 else None
        raise Refused(
            status, _reason(error), error.hint if status < 500 else "", headers
        ) from error


def _reason(error: GuestAbiError) -> str:
    if isinstance(error, BadInput):
        return f"what is served cannot be read: {error.reason}"
    if isinstance(error.__cause__, OSError):
        return f"it cannot be stored: {error.__cause__.strerror}"
    return str(error)
