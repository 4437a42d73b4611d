"""Work in several processes: the same results in the same order, and errors that arrive."""

from __future__ import annotations

import os

import pytest

from guestabi.cli.workers import forked
from guestabi.errors import BadInput


def test_like_map() -> None:
    """In order, from a closure, in other processes where there is more than one core."""
    offset = 7
    found = list(forked(lambda item: (item + offset, os.getpid()), range(20)))
    assert [value for value, _ in found] == list(range(7, 27))
    if len(os.sched_getaffinity(0)) > 1:
        assert os.getpid() not in {process for _, process in found}


def test_one_item_stays_here() -> None:
    """No process is started for one."""
    assert list(forked(lambda item: os.getpid(), [0])) == [os.getpid()]


def test_errors_arrive() -> None:
    """What work raises is raised here."""

    def work(item: int) -> int:
        if item == 3:
            raise BadInput("plan.toml", "is odd", hint="mend it")
        return item

    with pytest.raises(BadInput) as caught:
        list(forked(work, range(6)))
    assert str(caught.value) == "plan.toml: is odd"
    assert (caught.value.reason, caught.value.hint) == ("is odd", "mend it")
