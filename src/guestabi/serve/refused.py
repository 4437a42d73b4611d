"""Requests that are refused: one shape for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional


class Refused(Exception):
    """Answered with ``status`` and why; ``hint``, when it is not empty, says what to do."""

    def __init__(
        self,
        status: int,
        reason: str,
        hint: str = "",
        headers: Optional[Mapping[str, str]] = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.hint = hint
        self.headers = dict(headers or {})


def error_json(reason: str, hint: str = "") -> dict[str, Any]:
    """Return the body of every answer that is an error."""
    return {"error": {"reason": reason, "hint": hint}}
