"""A fleet's classes, by digest, by the name of the profile, and by the name of any of its hosts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import RLock
from typing import Optional

from guestabi.errors import BadInput
from guestabi.fleet import store
from guestabi.fleet.store import manifest, reading
from guestabi.profile.host import HostProfile
from guestabi.serve.shelf.base import Shelf
from guestabi.serve.shelf.held import Entry, Held
from guestabi.serve.shelf.seen import Seen

KEPT = 4096
"""Of so many names of hosts, their digest is remembered."""

_HOST = "SELECT digest FROM hosts WHERE host = ?"


class FleetShelf(Shelf):
    """The fleet in ``folder``, read again when its manifest is another file."""

    takes_none_because = "a fleet takes hosts through 'guestabi fleet add'"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = RLock()
        self._seen: Optional[Seen] = None
        self._held = Held(())
        self._hosts: dict[str, Optional[str]] = {}

    def look(self) -> Held:
        with self._lock:
            seen = self._manifest()
            if seen != self._seen:
                classes = store.each_class(self._folder)
                self._held = Held.of(Entry(profile.label, profile) for _, profile, _ in classes)
                self._seen, self._hosts = seen, {}
            return self._held

    def named(self, held: Held, name: str) -> Sequence[HostProfile]:
        """A host's name counts first: a class is called as whoever brought its profile."""
        digest = self._of_host(name)
        if digest is None:
            return super().named(held, name)
        # The fleet may have been replaced since ``held`` was read.
        found = held.by_digest.get(digest) or self.look().by_digest.get(digest)
        return () if found is None else (found,)

    def _of_host(self, name: str) -> Optional[str]:
        with self._lock:
            if name not in self._hosts:
                if len(self._hosts) >= KEPT:
                    self._hosts.clear()
                found = reading.ask(
                    self._folder,
                    lambda db: db.execute(_HOST, [name]).fetchone(),
                    tables=("hosts",),
                )
                self._hosts[name] = found[0] if found else None
            return self._hosts[name]

    def _manifest(self) -> Seen:
        path = self._folder / manifest.NAME
        try:
            return Seen.of(path)
        except OSError as error:
            raise BadInput(path, error.strerror or "cannot be read") from error
