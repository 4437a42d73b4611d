"""What is to be added: profiles by name, directories of captures, and lists of hosts in CSV."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from guestabi.errors import BadInput, UsageError
from guestabi.fleet.store import engine

if TYPE_CHECKING:
    import duckdb

COLUMNS = {
    "host": "host",
    "profile": "ref",
    "kernel": "kernel",
    "group": "host_group",
    "vmm": "vmm",
}
"""A CSV file's columns, and what they are called here. The first two must be there."""

NEEDED = ("host", "profile")
GIVEN = dict.fromkeys(COLUMNS.values(), "VARCHAR")


@dataclass(frozen=True)
class Given:
    """One host to be added. ``host`` None: it is called what its profile is called."""

    host: Optional[str]
    ref: str
    host_group: Optional[str] = None
    vmm: Optional[str] = None


def spelled(
    arguments: Sequence[str],
    host: Optional[str] = None,
    group: Optional[str] = None,
    vmm: Optional[str] = None,
) -> list[Given]:
    """Return a host for each profile, and for each ``*.json`` in a directory.

    Raises UsageError for one name and several profiles, BadInput for an empty directory.
    """
    refs = [ref for argument in arguments for ref in _inside(argument)]
    if host is not None and len(refs) != 1:
        raise UsageError("--host names one host, and there is not one profile")
    return [Given(host, ref, group, vmm) for ref in refs]


def load_given(connection: duckdb.DuckDBPyConnection, given: Sequence[Given]) -> None:
    """Make the table ``given`` of these hosts."""
    columns = {name: [getattr(each, name, None) for each in given] for name in GIVEN}
    engine.register(connection, "incoming", columns)
    connection.execute("CREATE TABLE given AS SELECT * FROM incoming")
    connection.unregister("incoming")


def load_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the table ``given`` of a CSV file's rows. Raises BadInput."""
    header = _header(path)
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in header)
    chosen = ", ".join(
        f"nullif(trim({_column(name, header)}), '') AS {called}" for name, called in COLUMNS.items()
    )
    source = (
        f"read_csv({engine.pattern(path)}, auto_detect=false, header=true, delim=',',"
        f" quote='\"', escape='\"', columns={{{columns}}})"
    )
    try:
        connection.execute(f"CREATE TABLE given AS SELECT {chosen} FROM {source}")
    except engine.errors() as error:
        raise BadInput(path, _csv_reason(str(error))) from None
    (total, blank) = connection.execute(
        "SELECT count(*), count(*) FILTER (host IS NULL OR ref IS NULL) FROM given"
    ).fetchone() or (0, 0)
    if not total:
        raise BadInput(path, "has no hosts")
    if blank:
        raise BadInput(path, f"has {blank} of {total} rows without a host or a profile")


def _inside(argument: str) -> Iterator[str]:
    if not os.path.isdir(argument):
        yield argument
        return
    found = sorted(Path(argument).glob("*.json"))
    if not found:
        raise BadInput(argument, "has no *.json file")
    yield from map(os.fspath, found)


def _header(path: Path) -> list[str]:
    if os.path.exists(path) and not os.path.isfile(path):
        raise BadInput(path, "is not a regular file")
    try:
        with open(path, "rb") as stream:
            line = stream.readline(4096).decode("utf-8-sig")
        row = next(csv.reader([line]), [])
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(path, f"is no CSV file: {error}") from None
    names = [name.strip() for name in row]
    said = f"its first line names columns out of {', '.join(COLUMNS)}; host and profile are needed"
    if not set(NEEDED) <= set(names):
        raise BadInput(path, "has no columns host and profile", hint=said)
    odd = sorted(set(names) - set(COLUMNS))
    if odd:
        raise BadInput(path, f"has a column {odd[0]!r}", hint=said)
    if len(set(names)) != len(names):
        raise BadInput(path, "has a column twice")
    return names


def _column(name: str, header: list[str]) -> str:
    return f'"{name}"' if name in header else "CAST(NULL AS VARCHAR)"


def _csv_reason(said: str) -> str:
    """Return DuckDB's words about a line: which, and what is wrong with it."""
    head, _, rest = said.partition("\n")
    line = head.rpartition("Line: ")[2].strip()
    told = rest.split("Possible")[0].partition("\n")[2].split("\n")
    words = " ".join(each.strip() for each in told if each.strip())
    return (
        f"line {line}: {words}" if line.isdigit() and words else engine.first_line(Exception(said))
    )
