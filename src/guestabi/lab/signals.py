"""Let a polite kill end the lab as Ctrl-C does: every VM ended, every scratch file removed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDINGS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ended_politely() -> Iterator[None]:
    """Within this, SIGTERM and SIGHUP raise KeyboardInterrupt. For the main thread only."""
    before = {number: signal.signal(number, _interrupt) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
