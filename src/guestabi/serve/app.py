"""The web application: which path answers what."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Optional

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from guestabi.report.clean import one_line
from guestabi.serve import answers, live, openapi, words
from guestabi.serve.asked import asked
from guestabi.serve.auth import Token
from guestabi.serve.door import Door
from guestabi.serve.limits import USUAL, Limits, body_of
from guestabi.serve.refused import Refused
from guestabi.serve.service import Service

_DIGEST = re.compile(r"[0-9a-f]{64}")


def make(
    service: Service,
    *,
    token: Optional[Token] = None,
    loopback: bool = True,
    limits: Limits = USUAL,
    tell: Callable[[str], None] = lambda line: None,
) -> ASGIApp:
    """Return the application. ``loopback``: only names of this machine are answered to.

    ``tell`` hears, a line each, what was stored and what went wrong. Beyond loopback there must be
    a token: ValueError.
    """
    if not loopback and token is None:
        raise ValueError("beyond loopback a token is needed")
    routes = _Routes(service, token, limits, tell)
    handlers = {HTTPException: _no_route, Refused: _refused, Exception: _internal}
    app = Starlette(routes=routes.table(), exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Door(app, token, loopback, tell)


class _Routes:
    """Plain functions are run in threads, so that a check keeps nobody waiting."""

    def __init__(
        self,
        service: Service,
        token: Optional[Token],
        limits: Limits,
        tell: Callable[[str], None],
    ) -> None:
        self._service = service
        self._token = token
        self._limits = limits
        self._tell = tell
        guarded = openapi.Guarded(token is not None, token is not None and token.everything)
        self._document = answers.to_bytes(
            openapi.document(service.policy.name, service.vmms, guarded)
        )

    def table(self) -> list[Route]:
        return [
            Route("/", self.page),
            Route(live.PATH, self.script),
            Route("/healthz", self.health),
            Route("/openapi.json", self.document),
            Route("/v1/check", self.check),
            Route("/v1/profiles", self.profiles, methods=["GET", "POST"]),
            Route("/v1/profiles/{digest}", self.profile),
        ]

    def page(self, request: Request) -> Response:
        with words.of_errors():
            page = self._service.page()
        return answers.answer(request, page.body, "text/html; charset=utf-8", page.policy)

    async def script(self, request: Request) -> Response:
        return answers.answer(request, live.SCRIPT.encode(), "text/javascript; charset=utf-8")

    async def health(self, request: Request) -> Response:
        return answers.answer(request, answers.to_bytes({"status": "ok"}))

    async def document(self, request: Request) -> Response:
        return answers.answer(request, self._document)

    def check(self, request: Request) -> Response:
        names = asked(request, self._service.policy.name, self._service.vmms)
        with words.of_errors():
            found = self._service.check(*names)
        return answers.answer(request, answers.to_bytes(found))

    async def profiles(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._take(request)
        return await run_in_threadpool(self._list, request)

    def _list(self, request: Request) -> Response:
        with words.of_errors():
            found = self._service.profiles()
        return answers.answer(request, answers.to_bytes(msgspec.to_builtins(found)))

    def profile(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        if not _DIGEST.fullmatch(digest):
            raise Refused(404, "a profile's digest has 64 hex digits")
        with words.of_errors():
            return answers.answer(request, self._service.profile(digest))

    async def _take(self, request: Request) -> Response:
        if self._token is not None:
            self._token.ask(request.headers.get("authorization"))
        with words.of_errors():
            self._service.check_takes()
        _check_kind(request.headers)
        body = await body_of(request, self._limits)
        return await run_in_threadpool(self._stored, body)

    def _stored(self, body: bytes) -> Response:
        with words.of_errors():
            stored, created = self._service.take(body)
        if created:
            self._tell(f"stored {one_line(stored.name)}, {stored.digest[:12]}")
        headers = {"Location": f"/v1/profiles/{stored.digest}", "Cache-Control": "no-store"}
        said = answers.to_bytes(msgspec.to_builtins(stored))
        return Response(said, 201 if created else 200, headers, answers.JSON)


def _check_kind(headers: Headers) -> None:
    """Nothing but JSON. A page of another site can send forms and text, but no JSON unasked."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != answers.JSON:
        raise Refused(415, f"a capture is {answers.JSON}", f"Content-Type: {answers.JSON}")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "a capture is not compressed")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return answers.error(error)


async def _internal(request: Request, error: Exception) -> Response:
    # Starlette raises it again, and the door says what it was.
    return answers.error(Refused(500, "internal error"))


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "there is nothing here", 405: "this cannot be done here"}
    hint = "GET /openapi.json says what there is"
    reason = said.get(error.status_code, error.detail)
    return answers.error(Refused(error.status_code, reason, hint, error.headers))
