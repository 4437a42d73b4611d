"""Adding hosts to a fleet: streaming, deduplicated by digest, and all or nothing.

Parts are written beside those that are there; then the manifest is replaced. Killed anywhere, the
fleet is what it was, or what it was to become; what is left over is swept by the next addition.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from guestabi.errors import BadInput, GuestAbiError, UsageError
from guestabi.fleet.store import disk, engine, inputs, manifest, merge, parts
from guestabi.fleet.store.inputs import Given
from guestabi.fleet.store.intake import Classes, Progress
from guestabi.fleet.store.lock import Lock
from guestabi.fleet.store.manifest import Manifest, Part

if TYPE_CHECKING:
    import duckdb

    Load = Callable[[duckdb.DuckDBPyConnection], None]


@dataclass(frozen=True)
class Added:
    """What an addition changed: hosts ``added``, ``changed`` and ``unchanged``, and
    ``new_classes``; ``hosts`` and ``classes`` count the fleet afterwards."""

    added: int
    changed: int
    unchanged: int
    new_classes: int
    hosts: int
    classes: int


def add(
    path: str | os.PathLike[str],
    given: Sequence[Given],
    progress: Optional[Progress] = None,
) -> Added:
    """Add these hosts to the fleet in ``path``, which is made if need be.

    Relative paths start at the working directory. Raises BadInput, UsageError, UnknownName, and
    GuestAbiError where the disk refuses or another process is adding; then nothing has changed.
    """
    if not given:
        raise UsageError("no hosts to add", hint="give profiles, or --hosts FILE")
    source = _Source(lambda db: inputs.load_given(db, given), Path(), progress)
    return _add(Path(path), source)


def add_csv(
    path: str | os.PathLike[str],
    hosts: str | os.PathLike[str],
    progress: Optional[Progress] = None,
) -> Added:
    """Add the hosts in a CSV file: columns ``host``, ``profile``, and any of ``kernel``,
    ``group``, ``vmm``.

    ``profile`` is a file (a relative path starts at the CSV file's directory), an atlas name, or
    the digest of a class that the fleet has, or that another row brings. Raises as :func:`add`.
    """
    file = Path(hosts)
    try:
        source = _Source(lambda db: inputs.load_csv(db, file), file.parent, progress)
        return _add(Path(path), source)
    except BadInput:
        raise
    except UsageError as error:
        raise BadInput(file, str(error), hint=error.hint) from None


@dataclass(frozen=True)
class _Source:
    """``load`` makes the table ``given``; its relative paths start at ``beside``."""

    load: Load
    beside: Path
    progress: Optional[Progress]


def _add(folder: Path, source: _Source) -> Added:
    parts.refuse_foreign(folder)
    is_new = not folder.exists()
    try:
        parts.make_folders(folder)
        with Lock(folder) as lock, _swept(folder, lock) as old:
            return _grown(folder, lock, old, source)
    except OSError as error:
        raise disk.refused(Path(error.filename or folder), error) from error
    finally:
        if is_new:
            parts.remove_if_empty(folder)


def _grown(folder: Path, lock: Lock, old: Manifest, source: _Source) -> Added:
    with closing(engine.connect(os.fspath(folder / parts.SPILL))) as connection:
        source.load(connection)
        classes = Classes(connection, folder, old)
        resolved = classes.resolve(source.beside, source.progress)
        new, added = _merged(connection, folder, old, classes, resolved)
    if new != old:
        _commit(folder, lock, old, new)
    return added


@contextmanager
def _swept(folder: Path, lock: Lock) -> Iterator[Manifest]:
    """Give the manifest; before and after, remove what no manifest names."""
    try:
        old = manifest.read(folder) or Manifest()
        parts.sweep(folder, old)
        yield old
    finally:
        # A manifest that cannot be read leaves all as it is.
        with suppress(OSError, BadInput):
            if lock.held():
                parts.sweep(folder, manifest.read(folder) or Manifest())


def _merged(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    old: Manifest,
    classes: Classes,
    resolved: dict[str, list[Optional[str]]],
) -> tuple[Manifest, Added]:
    """Write what is new, and return the manifest with it, and what has changed."""
    files = [manifest.check(folder, part) for part in old.of("hosts")]
    added, changed, named = merge.merge(connection, resolved, files)
    hosts = old.of("hosts")
    if added or changed:
        hosts = (parts.write(connection, folder, "hosts", merge.SELECT),)
    kept: list[Part] = list(hosts)
    for table in ("classes", "registers"):
        found = (*old.of(table), *(part for part in classes.made if part.table == table))
        kept += parts.merged(connection, folder, table, found) if classes.made else found
    new = Manifest.of_parts(kept)
    count = new.rows("classes")
    return new, Added(
        added,
        changed,
        named - added - changed,
        count - old.rows("classes"),
        new.rows("hosts"),
        count,
    )


def _commit(folder: Path, lock: Lock, old: Manifest, new: Manifest) -> None:
    parts.sync_names(folder)
    if not lock.held() or (manifest.read(folder) or Manifest()) != old:
        raise GuestAbiError(f"{folder}: another process has changed this fleet", hint="try again")
    manifest.write(folder, new)
