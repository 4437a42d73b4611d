"""guestabi check: exit codes, formats, pins, waivers."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from cli.conftest import spawn, write
from guestabi import policies
from guestabi.report.schemas import CheckJson
from pairs import old
from profiles import make_profile

WAIVER = """
[[waiver]]
register = "{register}"
reason = "guests are rebooted"
expires = {expires}
"""


def test_exit_100_when_a_rollback_is_refused(run, a, b):
    """Unsafe findings: 100, and the register is named."""
    result = run("check", a, b)
    assert (result.status, result.err) == (100, "")
    assert "PSCI_VERSION" in result.out


def test_exit_0_and_nothing_to_say_about_one_host(run, a):
    """X to X is safe, and no finding is shown."""
    result = run("check", a, a, "--format", "json")
    assert result.status == 0
    questions = json.loads(result.out)["questions"]
    assert {name: (q["verdict"], q["findings"]) for name, q in questions.items()} == {
        name: ("same", []) for name in ("forward", "return", "rollback", "pinned")
    }


def test_exit_101_when_nobody_can_tell(run, a, tmp_path):
    """A value that was never tried is not called safe."""
    other = make_profile("u", {"X0": 0, "PSCI_VERSION": 0x10000})
    path = write(tmp_path / "u.json", other)
    result = run("check", a, path, "--question", "forward")
    assert result.status == 101


def test_exit_codes_reach_the_shell(a, b):
    """The same three numbers from a process of its own."""
    assert spawn("check", a, a).returncode == 0
    assert spawn("check", a, b).returncode == 100
    assert spawn("check", a, "nowhere.json").returncode == 2


def test_json_is_what_the_schema_says(run, a, b):
    """The documented shape, whole."""
    plain = json.loads(run("check", a, b, "--format", "json").out)
    assert msgspec.to_builtins(msgspec.convert(plain, CheckJson)) == plain
    assert list(plain["questions"]) == ["forward", "return", "rollback", "pinned"]


def test_one_question_alone_decides_the_status(run, a, b):
    """--question leaves the others out of output and status."""
    result = run("check", a, b, "--question", "forward", "--format", "json")
    assert list(json.loads(result.out)["questions"]) == ["forward"]
    assert result.status == 0


def test_quiet_prints_nothing(run, a, b):
    """Only the exit status tells."""
    assert run("check", a, b, "-q") == (100, "", "")


def test_junit_and_sarif_and_output_file(run, a, b, tmp_path):
    """Machine formats parse, and -o writes the file and nothing else."""
    ET.fromstring(run("check", a, b, "--format", "junit").out)
    target = tmp_path / "out.sarif"
    result = run("check", a, b, "--format", "sarif", "-o", target)
    assert (result.status, result.out) == (100, "")
    assert json.loads(target.read_text())["version"] == "2.1.0"


def test_no_colours_in_a_pipe(a, b):
    """Escapes are for terminals, even when TERM promises colours."""
    done = spawn("check", a, b, env={"TERM": "xterm-256color", "COLORTERM": "truecolor"})
    assert b"\x1b" not in done.stdout + done.stderr


def test_pins_from_json_and_toml(run, a, b, tmp_path):
    """Both spellings pin the same, and a pin that all accept mends the pinned question."""
    plain, toml = tmp_path / "pins.json", tmp_path / "pins.toml"
    plain.write_text('{"0x6030000000140000": "0x10001", "0x6030000000160003": "0x0"}')
    toml.write_text('[pins]\nPSCI_VERSION = "0x10001"\nVENDOR_HYP_BMAP_2 = 0\n')
    arguments = ("check", a, b, "--vmm", "strict", "--question", "pinned", "--format", "json")
    first = run(*arguments, "--pin", plain)
    assert first == run(*arguments, "--pin", toml)
    assert (first.status, json.loads(first.out)["questions"]["pinned"]["verdict"]) == (0, "benign")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{}", "pins nothing"),
        ("", "pins nothing"),
        ("[pins]\n", "pins nothing"),
        ('{"PSCI_VERSION": "0x1', "is not JSON"),
        ('{"PSCI_VERSION": 1, "PSCI_VERSION": 2}', "has a key twice"),
        ('{"PSCI_VERSION": 1, "0x6030000000140000": 1}', "pins 0x6030000000140000 twice"),
        ('{"PSCI_VERSIO": 1}', "no register is called 'PSCI_VERSIO'"),
        ('{"PSCI_VERSION": 1.5}', "PSCI_VERSION: 1.5 is no value"),
        ('{"PSCI_VERSION": true}', "PSCI_VERSION: True is no value"),
        ('{"PSCI_VERSION": -1}', "PSCI_VERSION: -1 is no value"),
        ('{"PSCI_VERSION": "x"}', "PSCI_VERSION: 'x' is no value"),
        ('{"PSCI_VERSION": [1]}', "PSCI_VERSION: [1] is no value"),
        (
            '{"PSCI_VERSION": "0x10000000000000000"}',
            "PSCI_VERSION: the value is wider than its 64 bits",
        ),
        ("pins = 3", "is no table of registers and values"),
        ("[pin]\nPSCI_VERSION = 1", "has an unknown key 'pin'"),
        ("\x00", "is neither JSON nor TOML"),
        ("[" * 100000, "is neither JSON nor TOML"),
        ('{"a":' * 100000, "is not JSON"),
    ],
)
def test_bad_pin_files_are_refused_whole(run, a, b, tmp_path, content, reason):
    """Path and reason in one line, exit 2."""
    path = tmp_path / "pins"
    path.write_text(content)
    result = run("check", a, b, "--pin", path)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"guestabi: error: {path}: {reason}")


def test_pin_files_that_cannot_be_read(run, a, b, tmp_path):
    """A directory, nothing, bytes, and something huge."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "huge").write_bytes(b" " * (2 << 20))
    for name, reason in (
        ("", "is a directory"),
        ("none", "No such file"),
        ("bytes", "is not UTF-8"),
        ("huge", "is larger"),
    ):
        result = run("check", a, b, "--pin", tmp_path / name)
        assert result.status == 2, name
        assert reason in result.err.splitlines()[0]


def test_a_waiver_takes_a_finding_out_and_says_so(run, b, tmp_path):
    """With every unsafe register waived the move is safe, and the reason is shown."""
    only_psci = write(tmp_path / "p.json", old())
    newer = make_profile("n", {"X0": 0, "PSCI_VERSION": 0x10003})
    path = write(tmp_path / "n.json", newer)
    waivers = tmp_path / "w.toml"
    waivers.write_text(WAIVER.format(register="PSCI_VERSION", expires="2999-01-01"))
    arguments = ("check", only_psci, path, "--question", "rollback")
    assert run(*arguments).status == 100
    result = run(*arguments, "--waivers", waivers)
    assert result.status == 0
    assert "guests are rebooted" in result.out


def test_a_waiver_that_matches_nothing_is_an_error(run, a, b, tmp_path):
    """Stale waivers fail, with the file's name."""
    waivers = tmp_path / "w.toml"
    waivers.write_text(WAIVER.format(register="X3", expires="2999-01-01"))
    result = run("check", a, b, "--waivers", waivers)
    assert result.status == 2
    assert str(waivers) in result.err


def test_unknown_vmm_offers_the_nearest(run, a, b):
    """A typing error in --vmm is answered with a name."""
    result = run("check", a, b, "--vmm", "qemu-10")
    assert result.status == 2
    assert "did you mean qemu-10.0" in result.err


def test_a_policy_of_your_own(run, a, b, tmp_path):
    """--vmm takes a file: its name is told, and its rules are followed."""
    mine = tmp_path / "mine.toml"
    shipped = Path(policies.__file__).parent / "data" / "strict.toml"
    mine.write_text(shipped.read_text("utf-8").replace('name = "strict"', 'name = "mine"'))
    here = json.loads(run("check", b, a, "--vmm", mine, "--format", "json").out)
    there = json.loads(run("check", b, a, "--vmm", "strict", "--format", "json").out)
    assert (here.pop("vmm"), there.pop("vmm")) == ("mine", "strict")
    assert here == there
    assert here != json.loads(run("check", b, a, "--format", "json").out)
    assert run("check", b, a, "--vmm", shipped).out == run("check", b, a, "--vmm", "strict").out


def test_a_file_that_is_no_policy(run, a, b, tmp_path):
    """One that is not there, one that holds something else, one under another policy's name."""
    pins = tmp_path / "pins.toml"
    pins.write_text("[pins]\n")
    named = tmp_path / "named.toml"
    shipped = Path(policies.__file__).parent / "data" / "strict.toml"
    named.write_text(shipped.read_text("utf-8").replace('name = "strict"', 'name = "qemu-10.0"'))
    for path in (tmp_path / "none.toml", pins, named):
        result = run("check", a, b, "--vmm", path)
        assert (result.status, result.out) == (2, "")
        assert path.name in result.err
