"""guestabi show and guestabi diff."""

from __future__ import annotations

import json
import os

import pytest

from cli.conftest import write
from guestabi.profile import files
from profiles import make_profile

HOSTILE = "[red]x[/]\x1b[31m\u202e\x00"


def test_show_json_is_the_profile(run, a):
    """Byte for byte: what capture wrote is what show prints."""
    result = run("show", a, "--format", "json")
    assert (result.status, result.out) == (0, a.read_text())


def test_show_text_tells_what_was_measured(run, b):
    """Kernel, CPU with its note, firmware fields, and the counts by scope and window."""
    text = run("show", b).out
    assert "kernel    6.16.1  #1 SMP test" in text
    assert "a model in QEMU 10.0" in text
    assert "PSCI_VERSION  0x10003  vm, before-run" in text
    assert "vm     before-run          3" in text
    assert "in all              3" in text


def test_show_one_register(run, b):
    """Fields, the values tried, and their answers."""
    text = run("show", b, "--register", "psci_version").out
    assert "Minor  [15:0]   3" in text
    assert "0x10001      accepted" in text
    by_id = run("show", b, "--register", "0x6030000000140000").out
    assert by_id == text


def test_show_one_register_as_json(run, b):
    """The register's row of the file."""
    result = run("show", b, "--register", "PSCI_VERSION", "--format", "json")
    rows = json.loads(b.read_text())["registers"]
    assert json.loads(result.out) in rows


@pytest.mark.parametrize(
    ("register", "message"),
    [
        ("PMMIR_EL1", "new does not list PMMIR_EL1"),
        ("0x603000000013c4f6", "new does not list PMMIR_EL1"),
        ("PSCI_VERSIO", "no register is called 'PSCI_VERSIO'"),
        ("0xzz", "no register is called '0xzz'"),
    ],
)
def test_show_a_register_that_is_not_there(run, b, register, message):
    """Known elsewhere or unknown everywhere: exit 2 in one line."""
    result = run("show", b, "--register", register)
    assert (result.status, result.out) == (2, "")
    assert result.err.splitlines()[0] == f"guestabi: error: {message}"


def test_hostile_text_is_neutral(run, tmp_path):
    """Markup is text; escapes, bidi marks and NULs do not reach the terminal."""
    evil = make_profile(
        HOSTILE,
        {"X0": 0},
        notes=[HOSTILE],
        cpu=HOSTILE,
        features=[HOSTILE],
        capabilities={HOSTILE: 1},
        release=HOSTILE,
    )
    path = write(tmp_path / "evil.json", evil)
    for result in (run("show", path), run("diff", path, path), run("check", path, path)):
        assert result.status == 0
        assert "[red]x[/]�[31m��" in result.out
        assert not set(result.out) & {"\x1b", "\u202e", "\x00"}


def test_diff_text_and_json(run, a, b):
    """Exit 0 although they differ; JSON has the register and field."""
    assert run("diff", a, b).status == 0
    found = json.loads(run("diff", a, b, "--format", "json").out)
    assert [row["name"] for row in found["only_destination"]] == ["VENDOR_HYP_BMAP_2"]
    assert [row["name"] for row in found["changed"]] == ["PSCI_VERSION"]


def test_output_goes_to_the_file_alone(run, a, tmp_path):
    """-o writes the whole result; standard output stays empty; the file is a profile."""
    target = tmp_path / "copy.json"
    assert run("show", a, "--format", "json", "-o", target) == (0, "", "")
    assert files.load(target).digest == files.load(a).digest


def test_output_into_nowhere_is_one_line(run, a, tmp_path):
    """A directory that does not exist: exit 1, and no temporary file left."""
    result = run("show", a, "-o", tmp_path / "no" / "file")
    assert result.status == 1
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["nowhere.json", "./x", "/nonexistent", "~x"])
def test_what_looks_like_a_path_is_one(run, name):
    """A missing file is told as a missing file."""
    result = run("show", name)
    assert result.status == 2
    assert "No such file or directory" in result.err


def test_damaged_files_are_refused(run, a, tmp_path):
    """Truncated anywhere, a directory, a pipe: one line, exit 2."""
    whole = a.read_bytes()
    for length in range(0, len(whole) - 2, 97):
        (tmp_path / "cut").write_bytes(whole[:length])
        result = run("show", tmp_path / "cut")
        assert (result.status, result.out, len(result.err.splitlines())) == (2, "", 1), length
    os.mkfifo(tmp_path / "pipe")
    assert run("show", tmp_path).status == 2
    assert run("show", tmp_path / "pipe").status == 2
