"""guestabi import, and what the other commands make of its profiles."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from cli.conftest import SRC, write
from compat.hosts import fixed
from fleet.dumps import CPUS, fingerprint_path, needs_dumps, template
from guestabi.cli import importing
from guestabi.fleet import imports
from guestabi.profile import files
from guestabi.registers.catalogue import find
from profiles import make_profile

VALUES = {find("PSCI_VERSION").id: 0x10001, find("X0").id: 0}
# What the dumps hold: defaults that change, by register and field.
CHANGED = {
    ("NEOVERSE_N1", "5.10", "6.1"): {
        "ID_DFR0_EL1.PerfMon",
        "ID_AA64DFR0_EL1.DebugVer",
        "ID_AA64DFR0_EL1.PMUVer",
        "ID_AA64DFR0_EL1.PMSVer",
        "PSCI_VERSION.Minor",
    },
    ("NEOVERSE_N1", "6.1", "6.18"): {
        *(f"CCSIDR_{n}.{field}" for n in range(3) for field in ("Associativity", "NumSets")),
        *(f"CCSIDR_{n}.UNKNOWN" for n in range(3)),
        *(f"CLIDR_EL1.{field}" for field in ("Ctype3", "LoC", "ICB")),
        "ID_AA64DFR0_EL1.DebugVer",
        "PSCI_VERSION.Minor",
    },
}


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "dump.json"
    path.write_text(template(VALUES))
    return path


@pytest.fixture
def imported(run, tmp_path):
    """``imported(cpu, kernel)``: the profile file of a public fingerprint, made by the command."""

    def make(cpu: str, kernel: str):
        path = tmp_path / f"{cpu}-{kernel}.json"
        result = run("import", fingerprint_path(cpu, kernel), "-o", path, "--name", path.stem)
        assert (result.status, result.out) == (0, "")
        return path

    return make


def test_the_profile_and_what_it_does_not_know(run, dump, tmp_path):
    """The profile on standard output or in a file, the rest on standard error."""
    result = run("import", dump)
    assert result.status == 0
    assert files.loads(result.out.encode()).name == "dump"
    assert result.err.startswith("2 registers, digest ")
    assert "note: not known: which values the kernel accepts" in result.err
    out = tmp_path / "out.json"
    assert run("import", dump, "-o", out, "-q") == (0, "", "")
    assert out.read_text() == result.out


def test_a_name_and_a_kind(run, dump, tmp_path):
    """--name and --as; a dump that is not of that kind is refused."""
    result = run("import", dump, "--as", "template", "--name", "rack7/old", "-q")
    assert files.loads(result.out.encode()).name == "rack7/old"
    refused = run("import", dump, "--as", "fingerprint", "-o", tmp_path / "out.json")
    assert (refused.status, refused.out) == (2, "")
    assert f"{dump}: is no fingerprint of an arm64 host" in refused.err
    assert not (tmp_path / "out.json").exists()


def test_the_kinds_are_those_of_the_library():
    """The option's words are written twice, for the start-up time's sake."""
    assert tuple(imports.KINDS) == importing.KINDS


def test_what_is_no_dump_is_two(run, tmp_path):
    """No file, no dump, a profile: one line and a hint."""
    other = tmp_path / "x.json"
    for content in (None, "", "{}", "[]", "\x00", "{" * 9, b"\xff\xfe"):
        if content is not None:
            other.write_bytes(content if isinstance(content, bytes) else content.encode())
        result = run("import", other)
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith(f"guestabi: error: {other}: ")
    assert run("import", tmp_path).status == 2
    other.write_bytes(b"{" + b" " * (8 << 20))
    assert "larger than 8 MB" in run("import", other).err
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in run("import", tmp_path / "pipe").err


def test_a_profile_needs_no_import(run, a):
    """It is said so, instead of a guess."""
    result = run("import", a)
    assert (result.status, result.out) == (2, "")
    assert "is a guestabi profile already" in result.err


def test_other_commands_take_profiles_alone(run, dump, a):
    """No command imports in silence."""
    for arguments in (("show", dump), ("diff", dump, a), ("check", a, dump), ("baseline", dump)):
        result = run(*arguments)
        assert (result.status, result.out) == (2, "")
        assert "is no guestabi profile" in result.err


@needs_dumps
@pytest.mark.parametrize("cpu", CPUS)
def test_diff_of_the_public_fingerprints(run, imported, cpu):
    """5.10 to 6.1: 4 registers come, 74 go, all of one feature; 6.1 to 6.18: 12 come, none goes.
    3 to 8 defaults change."""
    counts = {}
    for old, new in (("5.10", "6.1"), ("6.1", "6.18")):
        result = run("diff", imported(cpu, old), imported(cpu, new), "--format", "json")
        plain = json.loads(result.out)
        gone = {row["feature"] for row in plain["only_source"]}
        counts[new] = (len(plain["only_destination"]), len(plain["only_source"]), gone)
        names = {f"{row['name']}.{f['name']}" for row in plain["changed"] for f in row["fields"]}
        assert names == CHANGED.get((cpu, old, new), names)
        assert 3 <= len(plain["changed"]) <= 10
        assert "PSCI_VERSION.Minor" in names
        assert (plain["rules"], plain["others"]) == ([], [])
        assert quiet(row["name"] for row in plain["changed"])
    assert counts == {"6.1": (4, 74, {"PMUv3"}), "6.18": (12, 0, set())}


@needs_dumps
@pytest.mark.parametrize("cpu", CPUS)
def test_check_of_the_public_fingerprints(run, imported, cpu):
    """The PMU is one finding of 74 registers; nothing is called good that was not measured; and
    timers, PC and X0 raise nothing."""
    hosts = {kernel: imported(cpu, kernel) for kernel in ("5.10", "6.1", "6.18")}
    for old, new in (("5.10", "6.1"), ("6.1", "6.18"), ("5.10", "6.18")):
        arguments = ("check", hosts[old], hosts[new], "--vmm", "firecracker", "--format", "json")
        result = run(*arguments)
        asked = json.loads(result.out)["questions"]
        assert result.status == 100
        assert asked["forward"]["verdict"] == ("refused" if old == "5.10" else "unknown")
        found = asked["forward"]["findings"]
        gone = [(each["cause"], each["count"]) for each in found if each["outcome"] == "missing"]
        assert gone == ([("PMUv3", 74)] if old == "5.10" else [])
        assert {each["effect"] for each in found if each["outcome"] == "unmeasured"} == {"unknown"}
        assert not {each["verdict"] for each in asked.values()} & {"same", "benign"}
        every = [each for question in asked.values() for each in question["findings"]]
        assert quiet(name for each in every for name in each["members"])


def quiet(names) -> bool:
    """Whether neither timers, nor PC, nor X0 are among the names."""
    found = set(names)
    assert found
    return not {name for name in found if "TIMER" in name} | found & {"PC", "X0"}


def test_the_canary_of_the_quiet_ones():
    """The helper sees what it must see."""
    assert not quiet(["PSCI_VERSION", "PTIMER_CTL"])
    assert not quiet(["X0"])
    assert quiet(["PSCI_VERSION"])


def test_help_is_quick_and_names_every_kind(run):
    """Nothing heavy is imported to say what the command does."""
    said = run("import", "--help").out
    assert all(kind in said for kind in importing.KINDS)
    script = "import sys, guestabi.cli.importing; print('msgspec' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(SRC), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


def test_export(run, tmp_path):
    """--export writes the document; what it leaves out is told, and is no success."""
    hosts = ("debian-6.12/neoverse-n1", "debian-7.3/neoverse-n1")
    result = run("baseline", *hosts, "--export", "qemu")
    assert result.status == 101
    assert result.out.endswith("-accel kvm -cpu host,kvm-psci-version=1.1\n")
    assert [line.split(":")[1] for line in result.err.splitlines()] == 2 * [" left out"]
    assert "PMMIR_EL1 = 0x0: no property of QEMU's -cpu host sets it; " in result.err
    out = tmp_path / "pins.json"
    assert run("baseline", *hosts, "--export", "json", "-o", out) == (0, "", "")
    assert run("check", *hosts, "--pin", out, "--vmm", "strict").status in (0, 100)
    result = run("baseline", *hosts, "--export", "firecracker")
    assert result.status == 101
    assert len(json.loads(result.out)["reg_modifiers"]) == 3
    assert "is not listed by debian-6.12.117/neoverse-n1" in result.err
    assert run("baseline", *hosts, "--export", "libvirt").out.startswith("<domain ")
    assert run("baseline", *hosts, "--export", "vmware").status == 2


def test_no_export_where_there_is_no_baseline(run, tmp_path):
    """The conflict is told as without the option, and no file is written."""
    hosts = [
        write(tmp_path / f"{value}.json", make_profile("x", {"ID_AA64DFR0_EL1": fixed(value)}))
        for value in (6, 8)
    ]
    out = tmp_path / "pins.json"
    assert run("baseline", *hosts, "--export", "json", "-o", out).status == 100
    assert not out.exists()


def test_the_page_shows_what_the_commands_print(run):
    """Every marked example of docs/import-export.md is the command's output today."""
    text = (SRC.parent / "docs" / "import-export.md").read_text(encoding="utf-8")
    shown = re.findall(r"<!-- output of: guestabi (.*?) -->\n```\n(.*?)```\n", text, re.DOTALL)
    assert len(shown) == 2
    for words, output in shown:
        assert run(*words.split()).out == output
    assert "guestabi: left out: PMMIR_EL1 = 0x0: " in text
