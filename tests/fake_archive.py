"""An archive without apt or network: builds made up, downloads that succeed or fail as told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from guestabi.errors import ArchiveError, BuildGone
from guestabi.lab.apt import SUITES, AptRoot, Mirrors

MIRROR = "http://mirror.example/debian"
SECURITY = "http://mirror.example/security"


def content(name: str) -> bytes:
    """Return the bytes of the made-up package ``name``."""
    return f"package {name}".encode()


def stanza(name: str, version: str) -> str:
    """Return an index's stanza for a made-up package."""
    data = content(name)
    return (
        f"Package: {name}\nVersion: {version}\nFilename: pool/{name}_{version}_arm64.deb\n"
        f"Size: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
    )


class FakeApt(AptRoot):
    """A private apt root that holds ``listed`` (suite -> stanzas).

    ``gone`` are packages that are listed but not there; without ``online`` nothing is reachable.
    """

    def __init__(self, home: Path, listed: dict[str, list[str]]) -> None:
        super().__init__(home, Mirrors(MIRROR, SECURITY), SUITES)
        self.listed = listed
        self.gone: set[str] = set()
        self.online = True
        self.updates = 0
        self.downloads: list[str] = []

    def update(self) -> tuple[str, ...]:
        """Count, and fail when not online."""
        self._reach()
        self.updates += 1
        return ()

    def indices(self) -> dict[str, Path]:
        """Return the suites that are listed; the path is the suite's name."""
        return {suite: Path(suite) for suite in self.listed}

    def read_index(self, path: Path) -> Iterator[str]:
        """Yield the stanzas of a suite."""
        yield from self.listed[str(path)]

    def download(self, uri: str, sha256: str, target: Path) -> None:
        """Write the package's made-up content, unless it is gone or nothing is online."""
        self._reach()
        name = uri.rsplit("/", 1)[-1].partition("_")[0]
        self.downloads.append(name)
        if name in self.gone:
            raise BuildGone(f"could not fetch {name}")
        target.write_bytes(content(name))

    def _reach(self) -> None:
        if not self.online:
            raise ArchiveError("the mirror cannot be reached")
