"""The hosts that are there and those that are added, made one: the latest word on a host wins.

A label that is not given stays as it was. So does the kernel release, unless the profile changed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from guestabi.errors import UsageError
from guestabi.fleet.store import engine
from guestabi.fleet.store.inputs import GIVEN

if TYPE_CHECKING:
    import duckdb

MAX_NAME = 255
"""Bytes that a host name or a label may have, as in hosts(5) and more than DNS allows."""

RESOLVED = {"ref": "VARCHAR", "digest": "VARCHAR", "kernel": "VARCHAR", "label": "VARCHAR"}

FRESH = """
CREATE TABLE fresh AS
SELECT DISTINCT coalesce(given.host, resolved.label) AS host, resolved.digest AS digest,
       coalesce(given.kernel, resolved.kernel) AS kernel, given.host_group, given.vmm
FROM given JOIN resolved ON resolved.ref = given.ref
"""

MERGED = """
CREATE TABLE merged AS
SELECT coalesce(fresh.host, old.host) AS host,
       coalesce(fresh.digest, old.digest) AS digest,
       CASE WHEN fresh.digest IS NULL OR (fresh.digest = old.digest AND fresh.kernel IS NULL)
            THEN old.kernel ELSE fresh.kernel END AS kernel,
       coalesce(fresh.host_group, old.host_group) AS host_group,
       coalesce(fresh.vmm, old.vmm) AS vmm
FROM old FULL JOIN fresh ON fresh.host = old.host
"""

COUNTS = """
SELECT count(*) FILTER (old.host IS NULL),
       count(*) FILTER (old.host IS NOT NULL AND (old.digest <> merged.digest
           OR old.kernel IS DISTINCT FROM merged.kernel
           OR old.host_group IS DISTINCT FROM merged.host_group
           OR old.vmm IS DISTINCT FROM merged.vmm))
FROM merged LEFT JOIN old ON old.host = merged.host
"""

SELECT = "SELECT host, digest, kernel, host_group, vmm FROM merged ORDER BY host"


def merge(
    connection: duckdb.DuckDBPyConnection,
    resolved: dict[str, list[str | None]],
    old: list[Path],
) -> tuple[int, int, int]:
    """Make the table ``merged`` of ``given``, what its references mean, and the ``old`` parts.

    Return how many hosts are new, changed, and named. Raises UsageError for a name that is none
    and for a host that stands twice in what is added, with different content.
    """
    engine.register(connection, "meanings", resolved)
    connection.execute("CREATE TABLE resolved AS SELECT * FROM meanings")
    connection.unregister("meanings")
    connection.execute(FRESH)
    _check(connection)
    connection.execute(f"CREATE TABLE old AS {engine.scan('hosts', old)}")
    connection.execute(MERGED)
    added, changed = _row(connection, COUNTS)
    (named,) = _row(connection, "SELECT count(*) FROM fresh")
    return added, changed, named


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    twice = connection.execute(
        "SELECT min(host) FROM (SELECT host FROM fresh GROUP BY host HAVING count(*) > 1)"
    ).fetchone()
    if twice and twice[0] is not None:
        said = "name each host once: --host for one profile, --hosts for a list in CSV"
        raise UsageError(f"host {twice[0]!r} is given twice, in different ways", hint=said)
    for column in (name for name in GIVEN if name != "ref"):
        odd = connection.execute(
            f"SELECT min({column}) FROM fresh WHERE strlen({column}) NOT BETWEEN 1 AND {MAX_NAME}"
            f" OR regexp_matches({column}, '[\\x00-\\x1f\\x7f]')"
        ).fetchone()
        if odd and odd[0] is not None:
            word = column.removeprefix("host_")
            said = f"1 to {MAX_NAME} bytes, and no control characters"
            raise UsageError(f"{odd[0][:40]!r} cannot be the {word} of a host", hint=said)


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    found = connection.execute(query).fetchone()
    return tuple(int(value or 0) for value in found or ())
