"""DuckDB, imported when it is needed, and how guestabi opens it: in memory, and on a leash."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

from guestabi.errors import GuestAbiError
from guestabi.fleet.store.tables import TABLES

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"

INSTALL = "pip install 'guestabi[fleet]'"

Columns = Mapping[str, Sequence[Any]]
"""Rows as columns, equally long; None is null."""


def connect(spill: Optional[str] = None) -> duckdb.DuckDBPyConnection:
    """Open a database in memory. What does not fit goes to ``spill``, a directory (None: nowhere).

    Nothing is loaded or downloaded, and names in SQL are never variables of this program.
    Raises GuestAbiError where DuckDB is not installed.
    """
    try:
        import duckdb
        import numpy  # noqa: F401 - without it DuckDB takes no columns
    except ImportError as error:
        raise GuestAbiError("a fleet needs DuckDB and NumPy", hint=INSTALL) from error
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
            "memory_limit": MEMORY,
            "temp_directory": spill or "",
        },
    )
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET pandas_analyze_sample = 0")
    return connection


def errors() -> type[Exception]:
    """Return the root of DuckDB's errors."""
    import duckdb

    return duckdb.Error


def quoted(text: str) -> str:
    """Return ``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def pattern(path: str | os.PathLike[str]) -> str:
    """Return the SQL string of a glob pattern that only ``path`` matches."""
    return quoted(re.sub(r"([\[*?])", r"[\1]", os.fspath(path)))


def cast(table: str, columns: Iterable[str]) -> str:
    """Return a select list: those columns, in the types that ``table`` has."""
    kinds = TABLES[table]
    return ", ".join(f"CAST({name} AS {kinds[name]}) AS {name}" for name in columns)


def scan(
    table: str, files: Sequence[str | os.PathLike[str]], columns: Optional[Sequence[str]] = None
) -> str:
    """Return SQL for those columns (None: all) of the table's parts."""
    chosen = columns or tuple(TABLES[table])
    if not files:
        nothing = ", ".join(f"NULL AS {name}" for name in chosen)
        return f"SELECT {cast(table, chosen)} FROM (SELECT {nothing}) AS nothing WHERE false"
    names = ", ".join(pattern(file) for file in files)
    return f"SELECT {cast(table, chosen)} FROM read_parquet([{names}], hive_partitioning=false)"


def register(connection: duckdb.DuckDBPyConnection, name: str, columns: Columns) -> None:
    """Let SQL read ``columns`` as a view called ``name``, every value as text.

    As text because DuckDB 1.1 ignores which integers of a column are null.
    """
    import numpy

    texts = {
        each: [None if value is None else str(value) for value in column]
        for each, column in columns.items()
    }
    connection.register(name, {each: numpy.array(column, object) for each, column in texts.items()})


def first_line(problem: BaseException) -> str:
    """Return what DuckDB says was wrong, without the kind of error and further lines."""
    line = str(problem).partition("\n")[0]
    kind, found, rest = line.partition(" Error: ")
    return rest if found and len(kind.split()) <= 3 else line
