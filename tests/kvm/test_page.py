"""docs/vm-registers.md says what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "vm-registers.md"
FLAGS = doctest.ELLIPSIS | doctest.FAIL_FAST


def test_the_worked_example_runs():
    """Every example prints what the page shows."""
    done = doctest.testfile(str(PAGE), module_relative=False, optionflags=FLAGS)
    assert done.failed == 0
    assert done.attempted > 25
