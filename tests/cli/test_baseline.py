"""guestabi baseline: exit codes, formats, files."""

from __future__ import annotations

import json

import pytest

from cli.conftest import write
from compat.hosts import fixed, levels
from guestabi.fleet import files
from pairs import new, old
from profiles import make_profile

TOLD = {
    "PV_TIME_FEATURES": "not supported",
    "TRNG_VERSION": "not supported",
    "VENDOR_HYP_KVM_FEATURES": "not supported",
    "VENDOR_HYP_KVM_PTP": "not supported",
}
"""Answers of guest code that tell of every service that a host does not list."""


def told(path, host):
    """The same host, on which guest code looked for what is not listed."""
    rows = {int(row["id"], 16): row for row in host.to_builtins()["registers"]}
    for row in rows.values():
        row["patterns"] = [
            {key: int(v, 16) if key != "errno" else v for key, v in each.items()}
            for each in row.get("patterns", ())
        ]
    return write(path, make_profile(host.name, rows, release=host.kernel, guest=TOLD))


@pytest.fixture
def a(tmp_path):
    return told(tmp_path / "a.json", old())


@pytest.fixture
def b(tmp_path):
    return told(tmp_path / "b.json", new())


@pytest.fixture
def made(run, a, b, tmp_path):
    """The file of the baseline of both hosts."""
    path = tmp_path / "baseline.json"
    assert run("baseline", a, b, "--name", "fleet", "--version", 2, "-o", path) == (0, "", "")
    return path


def test_text_tells_pins_and_reasons(run, a, b):
    """Hosts, pins and why."""
    result = run("baseline", a, b)
    assert (result.status, result.err) == (0, "")
    assert "PSCI_VERSION.Minor = 0x10001\n  a default that every host accepts\n" in result.out


def test_json_is_the_file(run, a, b, made):
    """--format json and -o say the same; the order of hosts does not matter; 'make' may be said."""
    arguments = ("--name", "fleet", "--version", "2", "--format", "json")
    assert run("baseline", b, a, *arguments).out == made.read_text()
    assert run("baseline", *arguments, a, b).out == made.read_text()
    assert run("baseline", "make", a, b, *arguments).out == made.read_text()
    found = files.load(made)
    assert (found.name, found.version) == ("fleet", 2)


def test_one_host_needs_no_pin(run, a):
    """Said in words."""
    result = run("baseline", a)
    assert result.status == 0
    assert "no pin is needed" in result.out


def test_exit_100_and_no_file_where_there_is_none(run, tmp_path):
    """The two hosts that disagree are named, and the register and its field; the third is not."""
    paths = [
        write(tmp_path / f"{name}.json", make_profile(name, {"ID_AA64DFR0_EL1": fixed(value)}))
        for name, value in (("one", 6), ("two", 8), ("twin", 6))
    ]
    result = run("baseline", *paths, "-o", tmp_path / "out.json")
    assert (result.status, result.err) == (100, "")
    assert "ID_AA64DFR0_EL1.DebugVer" in result.out
    assert not (tmp_path / "out.json").exists()
    plain = json.loads(run("baseline", *paths, "--format", "json").out)
    assert plain["baseline"] is None
    assert [host["name"] for host in plain["hosts"]] == ["one", "two"]


def test_a_baseline_is_a_pin_file(run, a, b, made):
    """check --pin takes it, as it takes the same pins spelled out."""
    pins = made.with_name("pins.json")
    pins.write_text('{"PSCI_VERSION": "0x10001", "VENDOR_HYP_BMAP_2": "0x0"}')
    arguments = ("check", a, b, "--vmm", "strict", "--question", "pinned", "--format", "json")
    assert run(*arguments, "--pin", made) == run(*arguments, "--pin", pins)


def test_a_damaged_baseline_is_no_pin_file(run, a, b, made):
    """The path and the reason, exit 2."""
    made.write_text(made.read_text().replace("0x10001", "0x10003"))
    result = run("check", a, b, "--pin", made)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(
        f"guestabi: error: {made}: its content does not match its digest\n"
    )


def test_admit_says_who_may_join(run, a, made, tmp_path):
    """0, 100 and 101, with the reason of each pin."""
    rows = {"X0": 0, "VENDOR_HYP_BMAP_2": 0}
    older = make_profile("older", {**rows, "PSCI_VERSION": levels(0x10000)})
    untold = make_profile("untold", {**rows, "PSCI_VERSION": 0x10000})
    old = write(tmp_path / "older.json", older)
    dumb = write(tmp_path / "untold.json", untold)
    refused, unknown = run("baseline", "admit", made, old), run("baseline", "admit", made, dumb)
    assert (refused.status, unknown.status) == (100, 101)
    assert "refuses the value (EINVAL)" in refused.out
    assert "was not measured with the value" in unknown.out
    plain = json.loads(run("baseline", "admit", made, old, "--format", "json").out)
    assert (plain["verdict"], plain["host"]["name"]) == ("refused", "older")
    assert [each["verdict"] for each in plain["pins"]] == ["refused", "admitted"]


def test_exit_0_of_admit(run, b, made):
    """A host that the baseline was made of."""
    assert run("baseline", "admit", made, b).status == 0


def test_exit_101_and_a_list_where_not_all_is_known(run, tmp_path):
    """In words, in the file, and as a note where the file goes elsewhere."""
    paths = [write(tmp_path / f"{host.name}.json", host) for host in (old(), new())]
    result = run("baseline", *paths)
    assert (result.status, result.err) == (101, "")
    assert "? not known\n  STD_BMAP (new, old): it is not listed, and nothing tells" in result.out
    out = tmp_path / "out.json"
    said = run("baseline", *paths, "-o", out)
    assert (said.status, said.out) == (101, "")
    note = "guestabi: not known of every host: STD_BMAP, STD_HYP_BMAP, VENDOR_HYP_BMAP\n"
    assert said.err == note
    plain = json.loads(run("baseline", *paths, "--format", "json").out)
    assert {each["register"] for each in plain["unknown"]} == {
        each["register"] for each in json.loads(out.read_text())["unknown"]
    }
    assert run("baseline", "admit", out, paths[0]).status == 101


@pytest.mark.parametrize(("series", "plain"), [(("6.1", "6.12"), 101), (("6.12", "6.16"), 0)])
def test_allow_dead_leaves_out_what_the_guest_is_told_is_absent(run, tmp_path, series, plain):
    """Caches that CLIDR_EL1 does not have are no reason not to know; the file remembers."""
    names = [f"debian-{each}/neoverse-n1" for each in series]
    assert run("baseline", *names).status == plain
    out = tmp_path / "out.json"
    assert run("baseline", *names, "--allow-dead", "-o", out) == (0, "", "")
    assert files.load(out).allow_dead
    assert run("baseline", "admit", out, names[0]).status == 0
    said = run("baseline", *names, "--allow-dead").out
    assert ("CCSIDR_13" in said) == ("not compared, as their features are absent" in said)


def test_allow_dead_turns_a_refusal_into_a_baseline(run):
    """a64fx runs no AArch32, and its kernels differ in what they say of it."""
    names = ["debian-6.1/a64fx", "debian-6.12/a64fx"]
    refused, allowed = run("baseline", *names), run("baseline", *names, "--allow-dead")
    assert (refused.status, allowed.status) == (100, 0)
    assert "ID_DFR0_EL1" in refused.out


@pytest.mark.parametrize(("style", "word"), [("junit", "<testsuites"), ("sarif", "sarif-2.1.0")])
def test_admit_speaks_to_pipelines(run, a, made, tmp_path, style, word):
    """The same exit status in every format, and the same text with -o."""
    older = make_profile("older", {"PSCI_VERSION": levels(0x10000)}, guest=TOLD)
    for path, status in ((a, 0), (write(tmp_path / "older.json", older), 100)):
        printed = run("baseline", "admit", made, path, "--format", style)
        assert (printed.status, printed.err) == (status, "")
        assert word in printed.out
        out = tmp_path / "out"
        assert run("baseline", "admit", made, path, "--format", style, "-o", out).status == status
        assert out.read_text() == printed.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "x"], "Missing argument 'P...'."),
        (["admit", "nowhere.json"], "Missing argument 'P'."),
        (["admit", "nowhere.json", "x.json"], "nowhere.json: No such file or directory"),
        (["nowhere.json"], "nowhere.json: No such file or directory"),
        (["x", "--version", "0"], "Invalid value for '--version'"),
    ],
)
def test_bad_usage_is_two(run, arguments, words):
    """One line and a hint, nothing on standard output."""
    result = run("baseline", *arguments)
    assert (result.status, result.out) == (2, "")
    assert words in result.err
