"""The profiles that a fleet holds: one a class, whole, as the file that brought it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Optional

from guestabi.errors import BadInput
from guestabi.fleet.store import reading
from guestabi.fleet.store.loader import Loader
from guestabi.profile.host import HostProfile

_SQL = """
WITH counted AS (SELECT digest, COUNT(*) AS hosts FROM hosts GROUP BY digest)
SELECT classes.digest, classes.profile, counted.hosts
FROM counted JOIN classes ON classes.digest = counted.digest
ORDER BY classes.digest
"""


def classes(path: str | os.PathLike[str]) -> list[tuple[str, HostProfile, int]]:
    """Return (digest, profile, how many hosts) of every class that has hosts, by digest.

    Every profile is checked as a file would be. Raises BadInput.
    """
    return list(each_class(path))


_LABELLED = """
SELECT host_group, digest, vmm, COUNT(*) AS hosts FROM hosts
WHERE host_group IS NOT NULL GROUP BY host_group, digest, vmm ORDER BY host_group, digest, vmm
"""


def by_label(
    path: str | os.PathLike[str],
) -> list[tuple[str, HostProfile, Optional[str], int]]:
    """Return (label, profile, VMM or None, how many hosts) of hosts that are alike, sorted.

    Hosts without a label are not among them. Raises BadInput.
    """
    found, labelled = reading.ask(
        path,
        lambda db: (db.execute(_SQL).fetchall(), db.execute(_LABELLED).fetchall()),
        tables=("hosts", "classes"),
        profiles=True,
    )
    profiles = {digest: profile for digest, profile, _ in _loaded(path, found)}
    return [(label, profiles[digest], vmm, hosts) for label, digest, vmm, hosts in labelled]


def each_class(path: str | os.PathLike[str]) -> Iterator[tuple[str, HostProfile, int]]:
    """Return the same one at a time. Profiles share the rows that they have in common."""
    found = reading.ask(
        path, lambda db: db.execute(_SQL).fetchall(), tables=("hosts", "classes"), profiles=True
    )
    return _loaded(path, found)


def _loaded(
    path: str | os.PathLike[str], found: list[tuple[str, str, int]]
) -> Iterator[tuple[str, HostProfile, int]]:
    loader = Loader()
    for digest, text, count in found:
        profile = loader.loads(text.encode(), f"{os.fspath(path)}: class {digest[:12]}")
        if profile.digest != digest:
            raise BadInput(path, f"class {digest[:12]} has the profile of another class")
        yield digest, profile, count
