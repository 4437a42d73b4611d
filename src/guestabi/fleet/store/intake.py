"""What the added hosts' profiles are: each is read once, and a digest that is new becomes rows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from guestabi.errors import UsageError
from guestabi.fleet.store import engine, manifest, parts
from guestabi.fleet.store.loader import Loader
from guestabi.fleet.store.manifest import Manifest, Part
from guestabi.fleet.store.merge import RESOLVED
from guestabi.fleet.store.rows import Rows
from guestabi.profile.host import HostProfile

if TYPE_CHECKING:
    import duckdb

BATCH = 256
"""Classes that are held in memory before they become a part: about 40 MB of profiles."""

Progress = Callable[[int, int], None]
"""Called with (profiles read, profiles to read)."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Classes:
    """The classes that a fleet has, and those that an addition brings.

    ``made`` are the parts that were written for these.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, old: Manifest) -> None:
        files = [manifest.check(folder, part) for part in old.of("classes")]
        found = connection.execute(engine.scan("classes", files, ["digest"])).fetchall()
        self._known = {digest for (digest,) in found}
        self._connection = connection
        self._folder = folder
        self._loader = Loader()
        self._rows = Rows()
        self.made: list[Part] = []

    def resolve(
        self, beside: Path, progress: Optional[Progress] = None
    ) -> dict[str, list[Optional[str]]]:
        """Read every profile that the table ``given`` names, and return what each name means:
        columns as in ``merge.RESOLVED``. Raises BadInput, UnknownName, UsageError."""
        query = "SELECT DISTINCT ref FROM given ORDER BY ref"
        refs = [ref for (ref,) in self._connection.execute(query).fetchall()]
        named = [ref for ref in refs if not _DIGEST.fullmatch(ref)]
        columns: dict[str, list[Optional[str]]] = {name: [] for name in RESOLVED}
        for number, ref in enumerate(named, 1):
            profile = self._read(ref, beside)
            self._take(profile)
            label = profile.name or Path(ref).stem
            _append(columns, ref, profile.digest, profile.kernel or None, label)
            if progress is not None:
                progress(number, len(named))
        self._flush()
        for ref in refs:
            if _DIGEST.fullmatch(ref):
                if ref not in self._known:
                    said = "name a profile of that class once; then its digest will do"
                    raise UsageError(f"no class of this fleet has the digest {ref}", hint=said)
                _append(columns, ref, ref, None, None)
        return columns

    def _read(self, ref: str, beside: Path) -> HostProfile:
        """A file (a relative path starts at ``beside``), if there is one, or an atlas name."""
        path = beside / ref
        if os.path.lexists(path) or ref.endswith(".json") or ref.startswith((os.sep, ".")):
            return self._loader.load(path)
        from guestabi import atlas

        return atlas.resolve(ref)

    def _take(self, profile: HostProfile) -> None:
        if profile.digest not in self._known:
            self._known.add(profile.digest)
            self._rows.add(profile)
            if len(self._rows) == BATCH:
                self._flush()

    def _flush(self) -> None:
        if not len(self._rows):
            return
        rows, self._rows = self._rows, Rows()
        self._write("classes", rows.classes())
        self._write("registers", rows.registers())

    def _write(self, table: manifest.Table, columns: engine.Columns) -> None:
        engine.register(self._connection, "incoming", columns)
        select = f"SELECT {engine.cast(table, columns)} FROM incoming ORDER BY digest"
        if table == "registers":
            select += ", register_id"
        self.made.append(parts.write(self._connection, self._folder, table, select))
        self._connection.unregister("incoming")


def _append(columns: dict[str, list[Optional[str]]], *row: Optional[str]) -> None:
    for column, value in zip(columns.values(), row, strict=True):
        column.append(value)
