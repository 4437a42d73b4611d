"""guestabi.serve.kept: bounded, and the latest used stays."""

from __future__ import annotations

import pytest

from guestabi.serve.kept import Kept


def test_the_least_used_goes():
    """At most so many; what was asked for again stays longer."""
    made = []

    def ask(kept, key):
        return kept.get(key, lambda: made.append(key) or key * 2)

    kept: Kept[str, str] = Kept(2)
    assert [ask(kept, key) for key in "abaca"] == ["aa", "bb", "aa", "cc", "aa"]
    assert made == ["a", "b", "c"]
    assert ask(kept, "b") == "bb"
    assert made == ["a", "b", "c", "b"]


def test_what_fails_is_not_kept():
    """The next one asks again."""
    kept: Kept[str, int] = Kept(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 1) == 1
