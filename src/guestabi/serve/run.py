"""Listening: a socket that is bound first, so that its port can be told, and uvicorn on it."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace

import uvicorn
from starlette.types import ASGIApp

from guestabi.errors import GuestAbiError
from guestabi.serve.address import Address
from guestabi.serve.connection import patient
from guestabi.serve.limits import USUAL, Limits

BACKLOG = 128
GRACE = 1
"""Seconds that requests get to end in once the service is told to end."""


def listen(address: Address) -> tuple[socket.socket, Address]:
    """Return a socket that listens, and where. Raises GuestAbiError where the system refuses."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((address.host, address.port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        said = f"cannot listen on {address.url}: {error.strerror}"
        raise GuestAbiError(said, hint="--listen ADDRESS:PORT names another") from error
    return found, replace(address, port=found.getsockname()[1])


def until_ended(app: ASGIApp, listening: socket.socket, limits: Limits = USUAL) -> None:
    """Serve until SIGINT or SIGTERM."""
    # What there is to say goes through the application's ``tell``.
    logging.getLogger("uvicorn").propagate = False
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=patient(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=limits.head,
        timeout_keep_alive=limits.idle,
        timeout_graceful_shutdown=GRACE,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        # uvicorn has ended all connections, and then raises the signal that ended it once more.
        return
    finally:
        listening.close()
