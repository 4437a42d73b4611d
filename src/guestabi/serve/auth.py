"""The token: where it comes from, and whether a request carries it."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from guestabi.errors import BadInput, UsageError
from guestabi.profile import reading
from guestabi.serve.refused import Refused

VARIABLE = "GUESTABI_TOKEN"
SHORTEST = 16
MOST = 4096

_TOKEN = re.compile(rf"[A-Za-z0-9._~+/=-]{{{SHORTEST},{MOST}}}")
_NEEDS = f"a token has {SHORTEST} to {MOST} letters, digits and . _ ~ + / = -"
HINT = "openssl rand -hex 32 makes one"


@dataclass(frozen=True)
class Token:
    """``everything``: it is asked for to read, too, not only to post."""

    secret: str = field(repr=False)
    everything: bool

    def ask(self, authorization: Optional[str]) -> None:
        """Raise Refused (401) where the header Authorization does not carry the token."""
        scheme, _, given = (authorization or "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self.secret.encode())
        if scheme.lower() != "bearer" or not right:
            said = "the token is wrong" if authorization else "a token is needed"
            headers = {"WWW-Authenticate": 'Bearer realm="guestabi"'}
            raise Refused(401, said, "Authorization: Bearer TOKEN", headers)


def token(path: Optional[str], environment: Mapping[str, str] = os.environ) -> Optional[Token]:
    """Return the token of the file ``path``, which guards everything, or else that of the
    environment, which guards posts; None where there is none. Raises BadInput, UsageError."""
    if path is not None:
        said = reading.text(path, MOST + 2, "token").strip()
        if not _TOKEN.fullmatch(said):
            raise BadInput(path, f"is no token: {_NEEDS}", hint=HINT)
        return Token(said, everything=True)
    said = environment.get(VARIABLE, "")
    if said and not _TOKEN.fullmatch(said):
        raise UsageError(f"{VARIABLE} is no token: {_NEEDS}", hint=HINT)
    return Token(said, everything=False) if said else None
