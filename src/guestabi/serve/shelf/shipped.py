"""The profiles that ship, where nothing else is named."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import Lock

from guestabi import atlas
from guestabi.errors import UnknownName
from guestabi.profile import files
from guestabi.profile.host import HostProfile
from guestabi.serve.shelf.base import Shelf
from guestabi.serve.shelf.held import Entry, Held


class ShippedShelf(Shelf):
    """The atlas. It never changes, and a name may be a series: ``debian-6.12/neoverse-n1``."""

    def __init__(self) -> None:
        self._lock = Lock()

    def look(self) -> Held:
        with self._lock:
            return self._held

    @cached_property
    def _held(self) -> Held:
        return Held.of(
            Entry(each.name, files.load(each.path, shipped=True)) for each in atlas.entries()
        )

    def named(self, held: Held, name: str) -> Sequence[HostProfile]:
        try:
            return held.by_name[atlas.find(name).name]
        except UnknownName:
            return ()
