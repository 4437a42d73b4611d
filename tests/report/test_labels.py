"""guestabi.report.labels: short labels for hosts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guestabi.report.labels import Labels, shorten


def test_what_all_share_is_said_once():
    """Distribution and CPU are left out, and columns are headed by the series."""
    names = ["debian-5.10.223/neoverse-n1", "debian-6.1.192/neoverse-n1"]
    assert shorten(names) == Labels(("5.10.223", "6.1.192"), ("5.10", "6.1"), "debian, neoverse-n1")


def test_builds_of_one_series_are_numbered():
    """Two builds of one series cannot both be headed 6.12."""
    names = ["debian-6.12.43/max", "debian-6.12.117/max"]
    assert shorten(names) == Labels(("6.12.43", "6.12.117"), ("1", "2"), "debian, max")


def test_one_host_keeps_its_name():
    """With one host there is nothing to share."""
    assert shorten(["debian-6.1.192/max"]) == Labels(("debian-6.1.192/max",), ("1",), "")


def test_a_name_that_is_all_prefix_is_kept_whole():
    """No label is ever empty."""
    assert shorten(["a-", "a-b"]).rows == ("a-", "a-b")


@given(st.lists(st.text("ab-/.1", min_size=1, max_size=8), min_size=1, unique=True))
def test_labels_are_distinct_and_not_empty(names: list[str]):
    """Different hosts have different labels, in rows and in columns."""
    labels = shorten(names)
    assert all(labels.rows)
    assert len(set(labels.rows)) == len(names)
    assert len(set(labels.columns)) == len(names)
