"""uvicorn's HTTP/1.1, for clients that may be slow to ask, and slow to listen.

uvicorn 0.54 waits for ever for the end of a request's headers, and for a client that does not
take its answer: ``H11Protocol`` in uvicorn/protocols/http/h11_impl.py has a timer for idle
connections alone.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Optional

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from guestabi.serve.headers import ALWAYS, API_POLICY
from guestabi.serve.limits import USUAL, Limits
from guestabi.serve.refused import error_json

TICK = 0.25
"""Seconds between two looks at a connection."""


class Patient(H11Protocol):
    """Patient for as long as ``limits`` say. A phase is timed from its own begin, so that a byte
    now and then buys no time."""

    limits = USUAL

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer: Optional[asyncio.TimerHandle] = None
        self._phase: tuple[str, Any] = ("", None)
        self._since = 0.0
        if len(self.connections) > self.limits.connections:
            self._refuse(503, "there are too many connections")
        self._look()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():
            super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls this for what is no HTTP, and for headers that are too long."""
        self._refuse(400, "the request is no HTTP/1.1, or its headers are too long")

    def _look(self) -> None:
        phase, now = (self._doing(), self.cycle), self.loop.time()
        if phase != self._phase:
            self._phase, self._since = phase, now
        waited = now - self._since
        if phase[0] == "listens" and waited >= self.limits.listen:
            self.transport.abort()
        elif phase[0] == "asks" and waited >= self.limits.ask:
            self._refuse(408, f"the request was not there after {self.limits.ask:g} s")
        self._timer = self.loop.call_later(TICK, self._look)

    def _doing(self) -> str:
        """What the client does: it ``listens`` while anything is left to send to it; it ``waits``
        while the application, which has its own limits, is at work; else it ``asks``."""
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            return "listens"
        if self.cycle is not None and not self.cycle.response_complete:
            return "waits"
        return "asks"

    def _refuse(self, status: int, reason: str) -> None:
        body = json.dumps(error_json(reason)).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            ("Content-Security-Policy", API_POLICY),
            *ALWAYS.items(),
        ]
        answer = h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status])
        try:
            for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            # In the middle of an answer, or of a body that was refused already.
            self.transport.abort()
        else:
            self.transport.close()


def patient(given: Limits) -> type[H11Protocol]:
    """Return the protocol with these limits, for uvicorn to make one a connection."""

    class Bound(Patient):
        limits = given

    return Bound
