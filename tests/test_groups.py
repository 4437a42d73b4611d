"""Tests that share a boot or a build run in one worker, so that it is made once."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("together")
def test_groups_are_kept(request: pytest.FixtureRequest) -> None:
    """pytest-xdist knows a group by what it adds to a test's id."""
    if not request.config.getoption("loadgroup", False):
        pytest.skip("not under pytest-xdist's --dist loadgroup")
    assert request.node.nodeid.endswith("@together")
