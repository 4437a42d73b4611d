"""Programs that a test needs: it is skipped without them, or fails where they are required."""

from __future__ import annotations

import os
import shutil

import pytest

REQUIRED = "GUESTABI_REQUIRE_PACKAGING"


def needs(program: str, package: str) -> str:
    """The path of ``program``, which Debian has in ``package``."""
    found = shutil.which(program)
    if found is None:
        lacking(f"no {program} here: apt install {package}")
    return str(found)


def lacking(why: str) -> None:
    """Skip, with the reason; fail where nothing may be skipped."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{REQUIRED} is set: {why}")
    pytest.skip(why)
