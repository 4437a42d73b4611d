"""Ctrl-C while DuckDB works."""

from __future__ import annotations

import signal
import threading
import time

import pytest

pytest.importorskip("duckdb")

from guestabi.fleet.store.patience import interruptible


class Connection:
    """Forgets an interrupt that comes before its query has begun, as DuckDB does."""

    def __init__(self):
        self.begun = False
        self.told = 0
        self.stopped = threading.Event()

    def interrupt(self):
        self.told += 1
        if self.begun:
            self.stopped.set()
        self.begun = True

    def query(self):
        time.sleep(1)  # the other thread waits by now
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        assert self.stopped.wait(20)


def test_one_that_comes_too_early_comes_again():
    """It is not waited for a query that nobody stops."""
    connection = Connection()
    with pytest.raises(KeyboardInterrupt):
        interruptible(connection, connection.query)
    assert connection.told == 2


def test_results_and_errors_are_those_of_the_work():
    """Made in another thread, told in this one."""
    assert interruptible(Connection(), lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        interruptible(Connection(), lambda: 1 // 0)
