"""Parquet parts: written under a temporary name, brought to the disk, then named by content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from guestabi.errors import BadInput, GuestAbiError
from guestabi.fleet.store import disk, engine
from guestabi.fleet.store.lock import NAME as LOCK
from guestabi.fleet.store.manifest import NAME as MANIFEST
from guestabi.fleet.store.manifest import Manifest, Part, Table
from guestabi.fleet.store.tables import TABLES

if TYPE_CHECKING:
    import duckdb

MANY = 64
"""More parts of one table than this are made one, so that small additions do not slow readers."""

SPILL = f"{disk.TEMPORARY}spill"

ROW_GROUP = 16_384
"""Rows that are compressed together; a class's row holds a whole profile, so fewer there."""

CLASS_ROW_GROUP = 2_048


def write(connection: duckdb.DuckDBPyConnection, folder: Path, table: Table, select: str) -> Part:
    """Write the rows of ``select`` as a new part. Raises GuestAbiError and OSError."""
    place = folder / table
    temporary = place / f"{disk.TEMPORARY}part.parquet"
    size = CLASS_ROW_GROUP if table == "classes" else ROW_GROUP
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {size}"
    target = engine.quoted(os.fspath(temporary))
    try:
        said = connection.execute(f"COPY ({select}) TO {target} ({options})").fetchone()
    except engine.errors() as error:
        raise GuestAbiError(f"cannot write {temporary}: {engine.first_line(error)}") from error
    disk.sync(temporary)
    with open(temporary, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        length = os.fstat(stream.fileno()).st_size
    file = f"{table}/part-{digest[:16]}.parquet"
    disk.rename(temporary, folder / file)
    return Part(table, file, said[0] if said else 0, length, digest)


def merged(
    connection: duckdb.DuckDBPyConnection, folder: Path, table: Table, found: tuple[Part, ...]
) -> tuple[Part, ...]:
    """Return ``found``, or where they are more than MANY one part with all their rows."""
    if len(found) <= MANY:
        return found
    files = [folder / part.file for part in found]
    return (write(connection, folder, table, engine.scan(table, files)),)


def refuse_foreign(folder: Path) -> None:
    """Raise BadInput where ``folder`` is no directory, or has files and is no fleet."""
    if (folder / MANIFEST).exists() or not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise BadInput(folder, "is not a directory")
    own = {*TABLES, LOCK}
    names = sorted(os.listdir(folder))
    odd = [name for name in names if name not in own and not name.startswith(disk.TEMPORARY)]
    if odd:
        said = "give a new or empty directory"
        raise BadInput(folder, f"is no fleet, and has other files, such as {odd[0]}", hint=said)


def make_folders(folder: Path) -> None:
    """Make the fleet's directory, and one a table. Raises OSError."""
    for each in (folder, *(folder / table for table in TABLES)):
        disk.make_folder(each)


def remove_if_empty(folder: Path) -> None:
    """Remove the directories of a fleet that did not come to be."""
    for each in (*(folder / table for table in TABLES), folder):
        with suppress(OSError):
            each.rmdir()


def sync_names(folder: Path) -> None:
    """Bring the names of all parts to the disk."""
    for table in TABLES:
        disk.sync(folder / table)


def sweep(folder: Path, manifest: Manifest) -> None:
    """Remove what an interrupted addition left, and parts that the manifest no longer names."""
    named = {folder / part.file for part in manifest.parts}
    for path in leftovers(folder):
        if path not in named:
            disk.remove(path)


def leftovers(folder: Path) -> Iterable[Path]:
    """Yield every file that this package may have made, but the manifest and the lock."""
    for table in TABLES:
        yield from sorted((folder / table).glob("part-*.parquet"))
        yield from sorted((folder / table).glob(f"{disk.TEMPORARY}*"))
    yield from sorted((folder / SPILL).glob("*"))
    yield from (path for path in sorted(folder.glob(f"{disk.TEMPORARY}*")) if path.is_file())
