"""Before and after the application: who may come in, which headers go out, and no tracebacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guestabi.report.clean import one_line
from guestabi.serve import answers
from guestabi.serve.address import names_loopback
from guestabi.serve.auth import Token
from guestabi.serve.headers import ALWAYS, API_POLICY
from guestabi.serve.refused import Refused

OPEN = ("/healthz",)
"""Paths that no token guards: they tell nothing."""


class Door:
    """The outermost layer. ``tell`` hears of errors that are ours, a line each."""

    def __init__(
        self, app: ASGIApp, token: Optional[Token], loopback: bool, tell: Callable[[str], None]
    ) -> None:
        self._app = app
        self._token = token
        self._loopback = loopback
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add(MutableHeaders(scope=message))
            await send(message)

        try:
            self._ask(scope["path"], Headers(scope=scope))
            await self._app(scope, receive, sent)
        except Refused as refused:
            await answers.error(refused)(scope, receive, sent)
        except ClientDisconnect:
            return
        except Exception as error:
            said = one_line(f"{type(error).__name__}: {error}")
            self._tell(f"internal error, please report: {said}")
            if not started:
                await answers.error(Refused(500, "internal error"))(scope, receive, sent)

    def _ask(self, path: str, headers: Headers) -> None:
        host = headers.get("host", "")
        if self._loopback and not names_loopback(host):
            hint = "ask 127.0.0.1, or localhost"
            raise Refused(400, "the Host header names no address of this machine", hint)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise Refused(403, "the request comes from a page of another site")
        if self._token is not None and self._token.everything and path not in OPEN:
            self._token.ask(headers.get("authorization"))


def _add(headers: MutableHeaders) -> None:
    for name, value in ALWAYS.items():
        headers[name] = value
    headers.setdefault("Content-Security-Policy", API_POLICY)
