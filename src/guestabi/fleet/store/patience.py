"""Waiting for DuckDB so that Ctrl-C is heard: DuckDB looks for it too seldom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")


def interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[], T]) -> T:
    """Return ``work()``, which uses ``connection``; KeyboardInterrupt stops it at once."""
    results: list[T] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    try:
        done.wait()
    except KeyboardInterrupt:
        connection.interrupt()
        # One that comes before DuckDB begins with the query is forgotten.
        while not done.wait(0.1):
            connection.interrupt()
        raise
    if errors:
        raise errors[0]
    return results[0]
