"""The built-in questions, and the tables, in the SQL of another engine.

sqlglot translates; nothing is written by hand twice. PostgreSQL and Spark run in the tests and
must answer as DuckDB does.
"""

from __future__ import annotations

from guestabi.errors import GuestAbiError, UnknownName, UsageError
from guestabi.fleet.store import engine
from guestabi.fleet.store.queries import question
from guestabi.fleet.store.tables import TABLES, shown

ENGINES = ("duckdb", "spark", "trino", "bigquery", "postgres")


def translate(sql: str, dialect: str) -> str:
    """Return DuckDB's ``sql`` in the SQL of one of ENGINES.

    Raises UnknownName, UsageError for what is not one statement or does not translate, and
    GuestAbiError where sqlglot is not installed.
    """
    if dialect not in ENGINES:
        raise UnknownName("engine", dialect, ENGINES, hint=f"one of {', '.join(ENGINES)}")
    try:
        import sqlglot
        from sqlglot.errors import ErrorLevel, SqlglotError
    except ImportError as error:
        raise GuestAbiError("SQL is translated by sqlglot", hint=engine.INSTALL) from error
    try:
        done = sqlglot.transpile(
            sql, read="duckdb", write=dialect, pretty=True, unsupported_level=ErrorLevel.RAISE
        )
    except (SqlglotError, RecursionError) as error:
        said = str(error).partition("\n")[0] or type(error).__name__
        raise UsageError(f"the query cannot be translated for {dialect}: {said}") from None
    if len(done) != 1 or not done[0]:
        raise UsageError(f"{len(done)} statements, where one query is asked for")
    return done[0]


def built_in(name: str, dialect: str, register: int) -> str:
    """Return one built-in question for an engine, about the register with that id."""
    return translate(question(name).for_register(register), dialect)


def table(name: str, dialect: str) -> str:
    """Return the CREATE TABLE of one table for an engine, without a class's profile."""
    kinds = TABLES[name]
    columns = ", ".join(f"{column} {kinds[column]}" for column in shown(name))
    return translate(f"CREATE TABLE {name} ({columns})", dialect)
