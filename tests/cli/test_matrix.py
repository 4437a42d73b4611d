"""guestabi matrix: formats, inputs, files."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import msgspec

from guestabi.compat import bulk
from guestabi.report.schemas import MatrixJson


def test_json(run, a, b):
    """Names, VMM and the forward verdicts, as the schema says; exit 0 though moves are refused."""
    result = run("matrix", a, b, "--format", "json")
    plain = json.loads(result.out)
    assert result.status == 0
    assert msgspec.to_builtins(msgspec.convert(plain, MatrixJson)) == plain
    assert (plain["vmm"], plain["profiles"]) == ("qemu-10.0", ["old", "new"])
    assert plain["verdicts"] == [["same", "benign"], ["refused", "same"]]


def test_cells_are_what_check_says(run, a, b):
    """Every question's matrix agrees with check, in both directions."""
    for question in ("forward", "return", "rollback", "pinned"):
        cells = json.loads(run("matrix", a, b, "--question", question, "--format", "json").out)
        for i, first in enumerate((a, b)):
            for j, second in enumerate((a, b)):
                said = json.loads(run("check", first, second, "--format", "json").out)
                assert cells["verdicts"][i][j] == said["questions"][question]["verdict"]


def test_text(run, a, b):
    """Symbols and the count."""
    text = run("matrix", a, b).out
    assert "2 moves: 1 refused (1 rollback), 1 benign (1 upgrade)" in text


def test_output_suffix_chooses_the_format(run, a, b, tmp_path):
    """F.svg is a picture, F.json data, anything else text; --format wins."""
    run("matrix", a, b, "-o", tmp_path / "m.svg")
    svg = (tmp_path / "m.svg").read_text()
    assert ET.fromstring(svg).tag.endswith("svg")
    assert "PSCI_VERSION" in svg
    run("matrix", a, b, "-o", tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text())["schema"] == 1
    run("matrix", a, b, "-o", tmp_path / "m.txt")
    assert (tmp_path / "m.txt").read_text().startswith("forward  ")
    run("matrix", a, b, "--format", "json", "-o", tmp_path / "n.svg")
    assert json.loads((tmp_path / "n.svg").read_text())["schema"] == 1


def test_no_input_is_an_error(run):
    """Nothing to compare: exit 2, and what to type instead."""
    result = run("matrix")
    assert (result.status, result.out) == (2, "")
    assert "--cpu neoverse-n1" in result.err


def test_cpu_takes_one_capture_a_series(run):
    """The shipped captures of a model, oldest series first."""
    names = json.loads(run("matrix", "--cpu", "neoverse-n1", "--format", "json").out)["profiles"]
    versions = [tuple(map(int, n.split("-")[1].split("/")[0].split("."))) for n in names]
    assert versions == sorted(versions)
    assert len({version[:2] for version in versions}) == len(versions)


def test_unknown_cpu(run):
    """Refused with the nearest."""
    result = run("matrix", "--cpu", "neoverse-n")
    assert result.status == 2
    assert "neoverse-n1" in result.err


def test_many_hosts_are_answered_at_once(run, monkeypatch):
    """The same answers, from all pairs together; numpy is there where it counts."""
    from guestabi.cli import matrix

    words = ("matrix", "--cpu", "cortex-a72", "--question", "pinned", "--format", "json")
    one_by_one = run(*words)
    asked = []
    real = bulk.matrix
    monkeypatch.setattr(
        bulk, "matrix", lambda *given, **how: asked.append(given) or real(*given, **how)
    )
    monkeypatch.setattr(matrix, "MANY", 1)
    assert run(*words) == one_by_one
    assert len(asked) == 1
