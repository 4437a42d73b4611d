"""Where the service listens, and whether a request was meant for it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from guestabi.errors import UsageError

_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+)):(?P<port>[0-9]{1,5})")
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9.-]+))(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class Address:
    """``host`` is a numeric address; port 0 is any that is free."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"


def parse(said: str) -> Address:
    """Return what ``127.0.0.1:8420`` or ``[::1]:8420`` says. Raises UsageError."""
    match = _LISTEN.fullmatch(said)
    try:
        if match is None or int(match["port"]) > 0xFFFF:
            raise ValueError
        host = ipaddress.ip_address(match["six"] or match["four"])
    except ValueError:
        hint = "such as 127.0.0.1:8420 or [::1]:0; names are not looked up"
        raise UsageError(f"{said!r} is no ADDRESS:PORT", hint=hint) from None
    return Address(str(host), int(match["port"]))


def names_loopback(host: str) -> bool:
    """Whether a Host header names this machine to itself: localhost, or a loopback address.

    Any other name got here through a name server that was told to say 127.0.0.1 (DNS rebinding).
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    said = match["six"] or match["name"]
    if said.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(said).is_loopback
    except ValueError:
        return False
