"""guestabi fleet: exit codes, formats, and what a person sees."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

from cli.conftest import SRC, spawn, write
from guestabi.fleet.store.tables import TABLES
from guestabi.report.fleet_text import SHOWN
from profiles import make_profile


@pytest.fixture
def fleet(run, a, b, tmp_path):
    """Two hosts: 'old' in rack 1, 'new' in none."""
    folder = tmp_path / "fleet"
    assert run("fleet", "add", folder, a, "--group", "rack1", "--vmm", "ours").status == 0
    assert run("fleet", "add", folder, b).status == 0
    return folder


def test_add_says_what_changed(run, a, b, tmp_path):
    """In words, in JSON, and not at all."""
    folder = tmp_path / "fleet"
    first = run("fleet", "add", folder, a, b)
    assert first == (
        0,
        "2 hosts in 2 classes\n2 added, 0 changed, 0 as they were; 2 new classes\n",
        "",
    )
    again = json.loads(run("fleet", "add", folder, a, b, "--format", "json").out)
    assert again == {
        "schema": 1,
        "added": 0,
        "changed": 0,
        "unchanged": 2,
        "new_classes": 0,
        "hosts": 2,
        "classes": 2,
    }
    assert run("fleet", "add", folder, a, "-q") == (0, "", "")


def test_add_takes_a_list_of_hosts(run, a, fleet, tmp_path):
    """CSV beside the profiles; what is wrong in it is told with its path."""
    listed = tmp_path / "hosts.csv"
    listed.write_text("host,profile\nx,a.json\ny,a.json\n")
    assert "2 added" in run("fleet", "add", fleet, "--hosts", listed).out
    listed.write_text("host,profile\nx\n")
    result = run("fleet", "add", fleet, "--hosts", listed)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"guestabi: error: {listed}: line 2: ")


def test_a_directory_of_captures(tmp_path):
    """A host a file; the first bad one is named, and then there is no fleet."""
    captures = tmp_path / "captures"
    captures.mkdir()
    for number in range(40):
        write(captures / f"{number:02}.json", make_profile(f"h{number}", {"X0": number}))
    done = spawn("fleet", "add", tmp_path / "fleet", captures)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"40 hosts in 40 classes\n")
    (captures / "37.json").write_text("{}")
    done = spawn("fleet", "add", tmp_path / "other", captures)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(f"guestabi: error: {captures / '37.json'}: is no guest".encode())
    assert not (tmp_path / "other").exists()


def test_list_counts_and_all_lists(run, fleet):
    """By group, kernel and CPU; a line a host with --all; --group chooses."""
    counted = run("fleet", "list", fleet)
    assert counted.status == 0
    assert "rack1  6.9.1   neoverse-n1      1        1\n" in counted.out
    assert counted.out.endswith("\n2 hosts\n")
    every = run("fleet", "list", fleet, "--all").out.splitlines()
    assert [line.split("\t")[:4] for line in every] == [
        ["new", "–", "–", "6.16.1"],
        ["old", "rack1", "ours", "6.9.1"],
    ]
    chosen = json.loads(
        run("fleet", "list", fleet, "--all", "--group", "rack1", "--format=json").out
    )
    assert [row["host"] for row in chosen["hosts"]] == ["old"]
    groups = json.loads(run("fleet", "list", fleet, "--format", "json").out)["groups"]
    assert [(row["host_group"], row["hosts"]) for row in groups] == [("", 1), ("rack1", 1)]
    wrong = run("fleet", "list", fleet, "--group", "rack2")
    assert (wrong.status, wrong.out) == (2, "")
    assert "did you mean rack1?" in wrong.err


def test_classes_show_counts_and_kernels(run, fleet):
    """A line a digest; JSON has whole digests and lists."""
    text = run("fleet", "classes", fleet).out
    assert text.endswith("\n2 hosts in 2 classes\n")
    rows = json.loads(run("fleet", "classes", fleet, "--format", "json").out)["classes"]
    assert all(len(row["digest"]) == 64 and row["digest"][:12] in text for row in rows)
    assert [row["kernels"] for row in rows if row["registers"] == 2] == [
        [{"kernel": "6.9.1", "hosts": 1}]
    ]


def test_census_of_all_and_of_one(run, fleet):
    """Every register; or each value and each field, with the number of hosts."""
    text = run("fleet", "census", fleet).out
    assert "VENDOR_HYP_BMAP_2      1       1  0x0                 1\n" in text
    assert text.endswith("\n3 registers\n")
    one = run("fleet", "census", fleet, "psci_version", "VENDOR_HYP_BMAP_2").out
    assert "listed by 2 of 2 hosts\n" in one
    assert "0x10001      1        1\n" in one
    assert "Minor  0x1        1\n       0x3        1\nMajor  0x1        2\n" in one
    assert "listed by 1 of 2 hosts\n" in one
    said = json.loads(run("fleet", "census", fleet, "PSCI_VERSION", "--format", "json").out)
    (register,) = said["registers"]
    assert {each["value"]: each["hosts"] for each in register["values"]} == {
        "0x10001": 1,
        "0x10003": 1,
    }
    wrong = run("fleet", "census", fleet, "PSCI_VERSIO")
    assert (wrong.status, wrong.out) == (2, "")
    assert "did you mean PSCI_VERSION" in wrong.err
    assert run("fleet", "census", fleet, "SVE_VLS").out.endswith("listed by 0 of 2 hosts\n")


SQL = "SELECT host, size_bytes, default_bits FROM hosts JOIN registers USING (digest) ORDER BY ALL"


def test_query_in_three_formats(run, fleet):
    """The same rows as a table, as JSON and as CSV."""
    text = run("fleet", "query", fleet, SQL)
    assert (text.status, text.err) == (0, "")
    assert "old            8         65537\n" in text.out
    assert text.out.endswith("\n5 rows\n")
    said = json.loads(run("fleet", "query", fleet, SQL, "--format", "json").out)
    rows = list(csv.reader(io.StringIO(run("fleet", "query", fleet, SQL, "--format", "csv").out)))
    assert rows[0] == said["columns"] == ["host", "size_bytes", "default_bits"]
    assert rows[1:] == [[str(value) for value in row] for row in said["rows"]]


def test_odd_values_have_a_form(run, fleet):
    """Null, dates, NaN, lists, what would steer a terminal."""
    sql = "SELECT NULL, DATE '2026-01-02', 'nan'::DOUBLE, [1, NULL], chr(27) || '[2J', 1.5::DECIMAL"
    said = json.loads(run("fleet", "query", fleet, sql, "--format", "json").out)["rows"]
    assert said == [[None, "2026-01-02", "nan", [1, None], "\x1b[2J", "1.500"]]
    assert "\x1b" not in run("fleet", "query", fleet, sql).out


def test_a_long_result_is_cut_on_a_terminal_alone(run, fleet):
    """Said in words; CSV has every row."""
    sql = f"SELECT unnest(range({SHOWN + 1}))"
    text = run("fleet", "query", fleet, sql).out
    assert text.endswith("1,001 rows, of which 1,000 are shown; --format csv has all\n")
    assert len(run("fleet", "query", fleet, sql, "--format", "csv").out.splitlines()) == SHOWN + 2


def test_built_in_queries_and_their_sql(run, fleet):
    """--builtin runs one here; --print shows what another engine would run."""
    ran = run("fleet", "query", fleet, "--builtin", "spread", "--register", "PSCI_VERSION")
    assert "0x10001          1        1\n" in ran.out
    shown = run("fleet", "query", fleet, "--engine", "bigquery", "--print").out
    assert shown.count("CREATE TABLE") == 3
    assert "INT64" in shown
    one = run("fleet", "query", "nowhere", "--builtin", "hosts", "--engine", "trino", "--print")
    assert one.out.startswith("-- every host that lists one register, and its value\nSELECT\n")
    mine = run("fleet", "query", "x", "SELECT 1::BIGINT", "--engine", "bigquery", "--print")
    assert mine.out == "SELECT\n  CAST(1 AS INT64);\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "{fleet}"], "no hosts to add"),
        (["add", "{fleet}", "none.json"], "none.json: No such file or directory"),
        (["add", "{fleet}", "p", "--hosts", "h.csv"], "--hosts says everything about its hosts"),
        (["add", "{fleet}", "--hosts", "none.csv"], "none.csv: No such file or directory"),
        (["list", "nowhere"], "nowhere: No such directory"),
        (["classes", "nowhere"], "nowhere: No such directory"),
        (["census", "nowhere"], "nowhere: No such directory"),
        (["query", "nowhere", "SELECT 1"], "nowhere: No such directory"),
        (["query", "{fleet}"], "no query"),
        (["query", "{fleet}", "SELEC 1"], "the query does not run: Parser Error"),
        (["query", "{fleet}", "SELECT 1", "--builtin", "hosts"], "give SQL or --builtin, not both"),
        (["query", "{fleet}", "--builtin", "host"], "no built-in query is called 'host'"),
        (["query", "{fleet}", "--builtin", "hosts", "--register", "X99"], "no register is called"),
        (["query", "{fleet}", "SELECT 1", "--engine", "spark"], "only DuckDB runs here"),
        (["query", "{fleet}", "SELEC 1", "--print"], "the query cannot be translated for duckdb"),
    ],
)
def test_bad_usage_is_two(run, fleet, arguments, words):
    """One line and perhaps a hint, nothing on standard output."""
    result = run("fleet", *(each.format(fleet=fleet) for each in arguments))
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("guestabi: error: ")
    assert words in result.err


def test_without_the_extra_packages_the_hint_tells(run, fleet, monkeypatch):
    """Not a traceback."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    result = run("fleet", "list", fleet)
    assert (result.status, result.out) == (1, "")
    assert "pip install 'guestabi[fleet]'" in result.err


def test_ctrl_c_stops_a_long_query(fleet):
    """Exit status 130, and nothing printed."""
    sql = "SELECT count(*) FROM range(100000000000) a WHERE a.range % 7 = 3"
    program = [sys.executable, "-m", "guestabi.cli.main", "fleet", "query"]
    running = subprocess.Popen(
        [*program, str(fleet), sql],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        time.sleep(5)
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
    assert (running.returncode, out, err.strip()) == (130, b"", b"")


PAGE = SRC.parent / "docs" / "fleet.md"


def test_the_page_shows_what_is_printed(run, tmp_path, monkeypatch):
    """Each example of docs/fleet.md, in a fleet of the list that stands there."""
    text = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (listed,) = re.findall(r"<!-- hosts.csv -->\n```\n(.*?)```\n", text, re.DOTALL)
    (tmp_path / "hosts.csv").write_text(listed)
    assert run("fleet", "add", "mine", "--hosts", "hosts.csv").status == 0
    marked = r"<!-- output in a fleet of hosts.csv: guestabi (.*?) -->\n```\n(.*?)```\n"
    examples = re.findall(marked, text, re.DOTALL)
    assert len(examples) == 4
    for command, shown in examples:
        assert run(*shlex.split(command)) == (0, shown, "")


def test_the_page_lists_every_column():
    """As the tables have them."""
    text = PAGE.read_text(encoding="utf-8")
    for name, columns in TABLES.items():
        (row,) = re.findall(rf"^\| `{name}` \| (.*) \|$", text, re.MULTILINE)
        assert set(columns) <= set(re.findall(r"`(\w+)`", row))
