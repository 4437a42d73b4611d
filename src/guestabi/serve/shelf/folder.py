"""A folder of *.json files: what is new, changed or gone is noticed at the next look."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from threading import Lock
from typing import Union

from guestabi.errors import BadInput, GuestAbiError
from guestabi.fleet.store.loader import Loader
from guestabi.profile import files
from guestabi.profile.host import HostProfile
from guestabi.report.clean import one_line
from guestabi.serve.shelf.base import Shelf
from guestabi.serve.shelf.held import Bad, Entry, Held
from guestabi.serve.shelf.seen import Seen

MOST = 10_000
"""So many files may be there for another one to be taken: about 3 GB."""


class Full(GuestAbiError):
    """The folder takes no further profile."""


class FolderShelf(Shelf):
    """The files of ``folder`` itself; a file that is no profile is said to be bad, no more."""

    takes_none_because = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._loader = Loader()
        self._read: dict[str, tuple[Seen, Union[Entry, Bad]]] = {}
        self._held = Held(())

    def look(self) -> Held:
        with self._lock:
            found = self._found()
            if found != {name: seen for name, (seen, _) in self._read.items()}:
                self._read = {name: (seen, self._row(name, seen)) for name, seen in found.items()}
                rows = [row for _, row in self._read.values()]
                entries = [row for row in rows if isinstance(row, Entry)]
                self._held = Held.of(entries, [row for row in rows if isinstance(row, Bad)])
            return self._held

    def put(self, profile: HostProfile) -> bool:
        """Store ``profile`` as DIGEST.json; true if it was not there.

        Hosts that are alike have one digest: another name's profile becomes DIGEST-HASH.json, so
        that both names can be asked for. Raises Full, and GuestAbiError where the system refuses.
        """
        held = self.look()
        checksums = {entry.profile.record.checksum for entry in held.entries}
        if profile.record.checksum in checksums:
            return False
        if len(held.entries) + len(held.bad) >= MOST:
            raise Full(f"the folder has {MOST} files", hint="remove what is no longer needed")
        with self._lock:
            files.save(profile.to_builtins(), self._place(profile))
        return True

    def _place(self, profile: HostProfile) -> Path:
        first = self._folder / f"{profile.digest}.json"
        try:
            there = files.load(first)
        except BadInput:
            return first
        if there.digest == profile.digest and there.name in ("", profile.name):
            return first
        name = hashlib.sha256(profile.name.encode()).hexdigest()
        return self._folder / f"{profile.digest}-{name[:12]}.json"

    def _found(self) -> dict[str, Seen]:
        try:
            names = [name for name in os.listdir(self._folder) if _is_ours(name)]
        except OSError as error:
            raise BadInput(self._folder, error.strerror or "cannot be read") from error
        found = {}
        for name in sorted(names):
            try:
                found[name] = Seen.of(self._folder / name)
            except OSError:
                # Gone since it was listed, or a link to nothing.
                continue
        return found

    def _row(self, name: str, seen: Seen) -> Union[Entry, Bad]:
        known = self._read.get(name)
        if known is not None and known[0] == seen:
            return known[1]
        try:
            profile = self._loader.load(self._folder / name)
        except BadInput as error:
            return Bad(one_line(name), one_line(error.reason))
        return Entry(profile.name or one_line(name.removesuffix(".json")), profile)


def _is_ours(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")
