"""``guestabi model check``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from guestabi.cli.model import command
from guestabi.errors import UnknownName


def run(*words):
    return CliRunner().invoke(command, ["check", *words], catch_exceptions=False)


def test_the_table_is_a_report():
    """Failing cells do not make the command fail; the text has table, grid and stories."""
    result = run("--design", "vm-scoped")
    assert result.exit_code == 0
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert " P5 carried          ✗ 3/4" in lines
    assert "list-checked  ✓   ✓r  ✓r  ✓   ✗   ✓   ✓   ✓   ✓    ✓" in lines
    assert "7 failures, each replayed" in result.stdout
    assert "P9 vm-scoped  aware" in lines


def test_explain_tells_one_property():
    """--explain prints the stories of that property alone."""
    result = run("--design", "listed-when-set", "--explain", "P5")
    assert result.stdout.startswith("P5 listed-when-set  list-checked\n   1 The kernel of host A")
    assert "not in the destination's list" in result.stdout
    assert run("--design", "listed-when-set", "--explain", "P4").stdout == "nothing fails\n"


def test_json(tmp_path):
    """--format json -o writes the documented document."""
    path = tmp_path / "table.json"
    result = run("--design", "bitmap", "--versions", "2", "--format", "json", "-o", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    plain = json.loads(path.read_text())
    assert list(plain["designs"]) == ["bitmap"]
    assert plain["bound"]["kernels"] == 2
    assert not plain["designs"]["bitmap"]["P1"]["holds"]


@pytest.mark.parametrize("words", [["--design", "bitmaps"], ["--explain", "P11"]])
def test_unknown_names_are_refused(words):
    """A misspelt design or property is an error that names the nearest."""
    with pytest.raises(UnknownName):
        run(*words)
