"""What is answered, without HTTP: checks by name, lists, the page, a capture taken in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from guestabi import policies
from guestabi.compat.verdict import check
from guestabi.errors import BadInput, GuestAbiError, UnknownName
from guestabi.policies import Policy
from guestabi.profile import files
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import find
from guestabi.serve import live
from guestabi.serve import policy as page_policy
from guestabi.serve.kept import Kept
from guestabi.serve.shapes import BadJson, ProfilesJson, RowJson, StoredJson
from guestabi.serve.shelf import FolderShelf, Shelf

Page = Callable[[Sequence[HostProfile]], str]
"""Makes a whole HTML page of the profiles."""


class Painted(NamedTuple):
    """The page as it is sent, and its Content-Security-Policy."""

    body: bytes
    policy: str


CHECKS = 256
"""Answers that are kept; one is up to 0.1 MB."""

_MIDR = find("MIDR_EL1").id


class Service:
    """``policy`` is taken where none is named; ``vmms`` can be named: it, and those that ship.

    Safe to use from several threads.
    """

    def __init__(self, shelf: Shelf, page: Page, policy: Policy) -> None:
        self.shelf = shelf
        self.policy = policy
        self.vmms = tuple(sorted({policy.name, *policies.names()}))
        self._page = page
        self._pages: Kept[str, Painted] = Kept(1)
        self._painting = Lock()
        self._checks: Kept[tuple[str, str, str], dict[str, Any]] = Kept(CHECKS)

    def check(self, source: str, destination: str, vmm: str) -> dict[str, Any]:
        """Return what ``guestabi check --format json`` says of two profiles on the shelf.

        Raises UnknownName, Ambiguous, BadInput.
        """
        loading = self.policy if vmm == self.policy.name else policies.load(vmm)
        a, b = self.shelf.find(source), self.shelf.find(destination)
        # A digest does not cover names, which the answer has.
        key = (a.record.checksum, b.record.checksum, loading.name)
        return self._checks.get(key, lambda: check(a, b, loading).to_builtins())

    def profiles(self) -> ProfilesJson:
        """Return what is there. Raises BadInput."""
        held = self.shelf.look()
        rows = [_row(entry.name, entry.profile) for entry in held.entries]
        return ProfilesJson(1, rows, [BadJson(each.file, each.reason) for each in held.bad])

    def profile(self, digest: str) -> bytes:
        """Return a profile's file, as it came. Raises UnknownName, BadInput."""
        held = self.shelf.look()
        if digest not in held.by_digest:
            raise UnknownName("profile", digest, (), hint="GET /v1/profiles lists digests")
        return held.by_digest[digest].raw

    def page(self) -> Painted:
        """Return the page of what is there now; it is made anew only when that has changed."""
        with self._painting:
            held = self.shelf.look()
            profiles = [entry.profile for entry in held.entries]
            return self._pages.get(held.stamp, lambda: _painted(self._page(profiles)))

    def check_takes(self) -> None:
        """Raise NotTaken where captures are not taken."""
        if self.shelf.takes_none_because:
            raise NotTaken(self.shelf.takes_none_because)

    def take(self, data: bytes) -> tuple[StoredJson, bool]:
        """Store a capture; return what it is, and whether it was not there yet.

        Raises NotTaken, NotJson, Unfit, Full, and GuestAbiError where it cannot be written.
        """
        if not isinstance(self.shelf, FolderShelf):
            raise NotTaken(self.shelf.takes_none_because)
        profile = _capture(data)
        created = self.shelf.put(profile)
        return StoredJson(1, profile.label, profile.digest, created), created


class NotTaken(GuestAbiError):
    """What is served takes no captures."""


class NotJson(GuestAbiError):
    """A capture that is no JSON at all."""


class Unfit(GuestAbiError):
    """JSON that is no whole, valid profile that this program can read."""


def _painted(page: str) -> Painted:
    text, said = page_policy.lifted(page)
    return Painted(live.with_script(text).encode("utf-8", "replace"), said)


def _capture(data: bytes) -> HostProfile:
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson(f"the capture is not JSON: {error}") from None
    try:
        return files.loads(data, "capture")
    except BadInput as error:
        raise Unfit(f"the capture {error.reason}", hint=error.hint) from None


def _row(name: str, profile: HostProfile) -> RowJson:
    midr = profile.defaults.get(_MIDR)
    cpu = profile.emulated_cpu or (None if midr is None else f"{midr:#x}")
    return RowJson(name, profile.digest, profile.kernel, cpu)
