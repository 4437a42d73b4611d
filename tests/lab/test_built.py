"""A kernel of our own in the lab: it boots, and shows a guest what Debian's own kernel does."""

from __future__ import annotations

import os
from typing import Any

import pytest

from guestabi.errors import ArchiveError, MissingTool
from guestabi.lab import built, recipe
from guestabi.lab.archive import Archive
from guestabi.lab.build import build
from guestabi.lab.capture import cores
from guestabi.lab.profiles import capture_profiles, shipped
from guestabi.profile import files
from guestabi.profile.host import HostProfile

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("lab-build")]

NAME, CPU = "6.12+none", "neoverse-n1"


@pytest.fixture(scope="module")
def made(archive: Archive) -> built.Built:
    """The kernel without patches: from the cache, or built in some minutes."""
    try:
        return build(archive, recipe.parse(NAME), jobs=cores())
    except (MissingTool, ArchiveError) as error:
        if os.environ.get("GUESTABI_REQUIRE_LAB") == "1":
            raise
        pytest.skip(f"{error} ({error.hint}); with GUESTABI_REQUIRE_LAB=1 this fails instead")


@pytest.fixture(scope="module")
def profile(archive: Archive, made: built.Built) -> HostProfile:
    """What a capture says of it."""
    (found,) = capture_profiles(archive, [NAME], [CPU])
    assert found.error is None
    return files.loads((found.value or "").encode(), NAME)


def test_the_kernel_says_what_it_is(made: built.Built, profile: HostProfile) -> None:
    """Its release names source and patches; the capture is called after it."""
    release = f"{made.note['source']['version']}+none"
    assert made.kernel.release == release
    assert profile.name == f"debian-{release}/{CPU}"
    assert profile.kernel == release


def test_a_guest_sees_what_it_sees_on_debians_own(profile: HostProfile) -> None:
    """Every register of the capture that ships of the series, with the same default, scope,
    window and accepted values; and the same devices and capabilities."""
    ours, debians = profile.to_builtins(), shipped(profile.name).to_builtins()
    assert len(debians["registers"]) == 333
    assert _by_id(ours) == _by_id(debians)
    assert ours["devices"] == debians["devices"]
    assert ours["vm"] == debians["vm"]


def _by_id(plain: dict[str, Any]) -> dict[str, dict[str, Any]]:
    # What moves by itself has another value each time.
    rows = (dict(row, default=None) if row["volatile"] else row for row in plain["registers"])
    return {row["id"]: row for row in rows}
