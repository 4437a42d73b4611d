"""Spin says of plans by hand what was counted by hand, from rules that are written apart."""

from __future__ import annotations

import os
import shutil

import pytest
from plan_lives import Lives
from plan_pml import Tables
from plan_spin import spin

from guestabi.fleet.plan.search import explore

from .test_search import BY_HAND

NAMES = (
    "a pin that is dropped before the last step back",
    "a pin that one host refuses and the other was not asked",
    "those who are stuck are booted anew",
    "two hosts alone, whose kernels are changed in one step",
)


@pytest.fixture(autouse=True)
def tools() -> None:
    """Skip, or fail where the lab is required, without Spin and a compiler."""
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing and os.environ.get("GUESTABI_REQUIRE_LAB") == "1":
        pytest.fail(f"the lab is required, but there is no {missing[0]}")
    if missing:
        pytest.skip(f"there is no {missing[0]}; with GUESTABI_REQUIRE_LAB=1 this fails instead")


@pytest.mark.parametrize("name", NAMES)
def test_spin_judges_a_plan_as_by_hand(name: str) -> None:
    """Verdict, lengths of the shortest stories, and as many states as the search visits."""
    asked, verdict, shortest = BY_HAND[name]
    assert spin(asked).answer == (verdict, shortest, explore(asked).states)


def test_a_refused_move_that_is_called_good_is_found_out() -> None:
    asked, verdict, shortest = BY_HAND["a guest of the new kernel has no way back"]
    assert len(Tables(asked, Lives()).refused) == 1
    assert spin(asked, bent=0).answer[:2] != (verdict, shortest)
