"""The profiles that are served: of a folder, of a fleet, or those that ship."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from guestabi.errors import BadInput
from guestabi.fleet.store import manifest
from guestabi.serve.shelf.base import Ambiguous, Shelf
from guestabi.serve.shelf.fleet import FleetShelf
from guestabi.serve.shelf.folder import FolderShelf, Full
from guestabi.serve.shelf.held import Bad, Entry, Held
from guestabi.serve.shelf.shipped import ShippedShelf

__all__ = ["Ambiguous", "Bad", "Entry", "FolderShelf", "Full", "Held", "Shelf", "opened"]


def opened(path: Optional[str | os.PathLike[str]] = None) -> Shelf:
    """Return the shelf of ``path``: a fleet, if it has a manifest, or a folder of *.json files;
    the profiles that ship where it is None. Raises BadInput for what is no directory."""
    if path is None:
        return ShippedShelf()
    folder = Path(path)
    if not folder.is_dir():
        said = "is no directory" if folder.exists() else "No such directory"
        raise BadInput(path, said, hint="name a fleet, or a folder of profiles")
    if (folder / manifest.NAME).exists():
        return FleetShelf(folder)
    return FolderShelf(folder)
