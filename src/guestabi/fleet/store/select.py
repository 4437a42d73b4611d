"""SQL of the user's own, over a copy of the fleet in memory: it can read that, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guestabi.errors import UsageError
from guestabi.fleet.store import engine, reading
from guestabi.fleet.store.patience import interruptible
from guestabi.fleet.store.tables import TABLES

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Result:
    """The rows that a query gave, and what their columns are called."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def select(path: str | os.PathLike[str], sql: str) -> Result:
    """Run one SELECT over ``hosts``, ``classes`` and ``registers``.

    The tables are copies in memory; DuckDB is then shut off from files, network and settings.
    Raises UsageError for what is no SELECT or does not run, BadInput as :func:`reading.ask`.
    """
    tables = _named(sql)
    return reading.ask(path, lambda db: _select(db, sql), tables=tables, copied=True)


def _named(sql: str) -> tuple[str, ...]:
    """Return the tables that the query names; all of them where that cannot be told.

    Raises UsageError for what is no query. Only then is it bound: that alone makes directories,
    if it is an EXPORT.
    """
    with closing(engine.connect()) as connection:
        _shut_off(connection)
        with _words_of_errors():
            _refuse_others(connection, sql)
        try:
            found = {name.lower() for name in connection.get_table_names(sql)}
        except engine.errors():
            found = set()
    return tuple(name for name in TABLES if name in found or not found & set(TABLES))


def _select(connection: duckdb.DuckDBPyConnection, sql: str) -> Result:
    _shut_off(connection)
    with _words_of_errors():
        _refuse_others(connection, sql)
        return interruptible(connection, lambda: _result(connection.execute(sql)))


def _shut_off(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def _words_of_errors() -> Iterator[None]:
    try:
        yield
    except engine.errors() as error:
        # DuckDB's words, without the echo of the query.
        words = " ".join(str(error).partition("\n\nLINE ")[0].split())
        hint = f"tables: {', '.join(TABLES)}"
        raise UsageError(f"the query does not run: {words}", hint=hint) from None


def _result(done: duckdb.DuckDBPyConnection) -> Result:
    columns = tuple(column[0] for column in done.description or ())
    return Result(columns, done.fetchall())


def _refuse_others(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    kinds = [statement.type.name for statement in connection.extract_statements(sql)]
    if len(kinds) != 1:
        raise UsageError(f"{len(kinds)} statements, where one query is asked for")
    if kinds[0] != "SELECT":
        raise UsageError(f"{kinds[0]} is no query: a fleet is read here with SELECT alone")
