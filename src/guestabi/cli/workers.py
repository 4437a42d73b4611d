"""Work shared among processes, which end with the one that started them."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from guestabi.cli.progress import Told

T = TypeVar("T")
R = TypeVar("R")

_inherited: Any = None


def forked(work: Callable[[T], R], items: Sequence[T]) -> Iterable[R]:
    """Yield ``work(item)`` in order, like ``map``, from a process a core.

    ``work`` may be a closure: what it needs is inherited. Its results are pickled. Threads are not
    inherited, so that none may hold what ``work`` needs.
    """
    global _inherited
    cores = len(os.sched_getaffinity(0))
    if len(items) < 2 or cores == 1:
        yield from map(work, items)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    _inherited = work
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(cores, context, initializer=_obey, initargs=(os.getpid(),))
    try:
        yield from pool.map(_inherit, items)
    finally:
        pool.shutdown(cancel_futures=True)
        _inherited = None


def counted(tell: Told | None) -> Callable[[Callable[[T], R], Sequence[T]], Iterable[R]]:
    """Return :func:`forked`, whose results are counted for ``tell`` as they come."""

    def shared(work: Callable[[T], R], items: Sequence[T]) -> Iterable[R]:
        for done, each in enumerate(forked(work, items), 1):
            if tell is not None:
                tell(done, len(items))
            yield each

    return shared


def _inherit(item: Any) -> Any:
    return _inherited(item)


def _obey(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
