"""What every shelf can do, and how a profile is found in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from guestabi.errors import UnknownName, UsageError
from guestabi.profile.host import HostProfile
from guestabi.serve.shelf.held import Held

HINT = "GET /v1/profiles lists names and digests"


class Ambiguous(UsageError):
    """A name that profiles with different digests have."""

    def __init__(self, name: str, digests: Sequence[str]) -> None:
        hint = f"ask by digest: {', '.join(digests)}"
        super().__init__(f"{name!r} names {len(digests)} different profiles", hint=hint)


class Shelf(ABC):
    """Profiles that are looked up anew for each request. Safe to use from several threads."""

    takes_none_because = "only a folder takes profiles"
    """Why a profile cannot be put here; "" where it can."""

    @abstractmethod
    def look(self) -> Held:
        """Return what is held now. Raises BadInput where that cannot be read as a whole."""

    def find(self, said: str) -> HostProfile:
        """Return the profile that a digest (64 hex digits) or a name names.

        Raises UnknownName with the nearest names, Ambiguous, and BadInput as :meth:`look`.
        """
        held = self.look()
        if said in held.by_digest:
            return held.by_digest[said]
        found = self.named(held, said)
        if not found:
            raise UnknownName("profile", said, held.by_name, hint=HINT)
        if len(found) > 1:
            raise Ambiguous(said, [profile.digest for profile in found])
        return found[0]

    def named(self, held: Held, name: str) -> Sequence[HostProfile]:
        """Return the profiles that ``name`` names, one a digest."""
        return held.by_name.get(name, ())
