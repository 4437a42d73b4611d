"""Asking a fleet: its parts, checked against the manifest, as DuckDB views."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from guestabi.errors import BadInput
from guestabi.fleet.store import engine, manifest
from guestabi.fleet.store.manifest import Manifest
from guestabi.fleet.store.tables import TABLES, shown

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

ATTEMPTS = 5
"""How often a question is put again because the fleet was replaced while it was read."""


def ask(
    path: str | os.PathLike[str],
    work: Callable[[duckdb.DuckDBPyConnection], T],
    *,
    tables: Sequence[str] = tuple(TABLES),
    profiles: bool = False,
    copied: bool = False,
) -> T:
    """Return ``work(connection)``, where the connection has those ``tables`` as views; ``classes``
    has its column ``profile`` where ``profiles`` asks for it; ``copied``: as tables in memory.

    Raises BadInput where there is no fleet, it has no hosts, or a part is not what was written.
    """
    folder = Path(path)
    kind = "TABLE" if copied else "VIEW"
    for attempt in range(1, ATTEMPTS + 1):
        found = opened(folder)
        with closing(engine.connect()) as connection:
            try:
                for table in tables:
                    columns = tuple(TABLES[table]) if profiles else shown(table)
                    files = [manifest.check(folder, part) for part in found.of(table)]
                    select = engine.scan(table, files, columns)
                    connection.execute(f"CREATE {kind} {table} AS {select}")
                return work(connection)
            except (BadInput, engine.errors()) as error:
                if attempt < ATTEMPTS and manifest.read(folder) != found:
                    continue
                if isinstance(error, BadInput):
                    raise
                said = f"its parts cannot be read: {engine.first_line(error)}"
                raise BadInput(folder, said) from None
    raise AssertionError("the last attempt returns or raises")


def opened(folder: Path) -> Manifest:
    """Return the manifest of a fleet that has hosts. Raises BadInput."""
    found = manifest.read(folder)
    if found is None:
        said = "is no fleet" if folder.is_dir() else "No such directory"
        raise BadInput(folder, said, hint=f"guestabi fleet add {folder} P... makes one")
    if not found.rows("hosts"):
        raise BadInput(folder, "has no hosts", hint=f"guestabi fleet add {folder} P...")
    return found
