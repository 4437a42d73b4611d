"""What tests of the lab share: real kernels where they can be had, and how to do without.

Where QEMU, apt or the archive is missing, tests that need them are skipped with the reason;
GUESTABI_REQUIRE_LAB=1 turns each such skip into a failure.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import NoReturn

import pytest

from guestabi.errors import ArchiveError, MissingTool
from guestabi.lab import recipe
from guestabi.lab.archive import Archive
from guestabi.lab.boot import qemu_version
from guestabi.lab.build import build
from guestabi.lab.built import Built
from guestabi.lab.capture import cores
from guestabi.lab.prepare import Prepared, prepare

REQUIRE = "GUESTABI_REQUIRE_LAB"
# What a machine may lack; a lab that is there and does not work fails its tests.
ABSENT = (MissingTool, ArchiveError)


def no_lab(reason: str) -> NoReturn:
    """Skip this test, or fail it where the lab is required."""
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"the lab is required, but {reason}")
    pytest.skip(f"{reason}; with {REQUIRE}=1 this fails instead")


@pytest.fixture(scope="session")
def archive() -> Archive:
    """The archive behind the user's cache, with an emulator beside it."""
    try:
        qemu_version()
        there = Archive()
        there.series()
    except ABSENT as error:
        no_lab(f"{error} ({error.hint})")
    return there


@pytest.fixture(scope="session")
def prepared(archive: Archive) -> Callable[[str], Prepared]:
    """Prepare a kernel by its spec, once per session."""

    @cache
    def make(spec: str) -> Prepared:
        try:
            return prepare(archive, spec)
        except ABSENT as error:
            no_lab(f"{error} ({error.hint})")

    return make


@pytest.fixture(scope="session")
def own(archive: Archive) -> Callable[[str], Built]:
    """Build a kernel of our own by its name, such as ``6.12+vm-one-reg``, unless it is there."""

    @cache
    def make(name: str) -> Built:
        try:
            return build(archive, recipe.parse(name), jobs=cores())
        except ABSENT as error:
            no_lab(f"{error} ({error.hint})")

    return make
