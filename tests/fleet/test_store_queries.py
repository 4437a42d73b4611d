"""guestabi.fleet.store: what is asked is counted right, and a query can do nothing but read."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest

from fleet.fleets import NEW, OLD, WIDE, add, hosts
from guestabi import atlas
from guestabi.errors import BadInput, UnknownName, UsageError
from guestabi.fleet import store
from guestabi.fleet.store import answers, select, tables
from guestabi.registers.catalogue import find

COUNTS = {OLD: 5, NEW: 3, WIDE: 2}
"""How many hosts show which capture."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("queries")
    rows = [
        f"{name.split('/')[0]}-{number}-{place},{name},rack{number % 2}"
        for place, (name, count) in enumerate(COUNTS.items())
        for number in range(count)
    ]
    (folder / "hosts.csv").write_text("\n".join(["host,profile,group", *rows]) + "\n")
    store.add_csv(folder / "fleet", folder / "hosts.csv")
    return folder / "fleet"


def counted():
    """Of every register, a counter of its defaults over the fleet, from the captures."""
    found: dict[int, Counter] = {}
    for name, count in COUNTS.items():
        for number, value in atlas.resolve(name).defaults.items():
            found.setdefault(number, Counter())[value] += count
    return found


def test_a_census_counts_every_register(fleet):
    """Hosts, values, the most common: as counted by hand from the captures."""
    wanted = counted()
    found = {row["register_id"]: row for row in answers.census(fleet)}
    assert list(found) == sorted(wanted)
    for number, counter in wanted.items():
        row = found[number]
        values = {value: hosts for value, hosts in counter.items() if value is not None}
        most = max(values.values(), default=None)
        assert (row["hosts"], row["default_values"]) == (sum(counter.values()), len(values))
        assert row["most_common_hosts"] == most
        if most is not None:
            assert values[int(row["most_common"], 16)] == most


def test_a_spread_counts_values_and_fields(fleet):
    """Of every register of the captures."""
    wanted = counted()
    spreads = answers.spread(fleet, sorted(wanted))
    assert [each.register for each in spreads] == sorted(wanted)
    for found in spreads:
        assert found.total == sum(COUNTS.values())
        assert {each.value: each.hosts for each in found.values} == wanted[found.register]
        assert [each.hosts for each in found.values] == sorted(
            (each.hosts for each in found.values), reverse=True
        )
    (psci,) = answers.spread(fleet, [find("PSCI_VERSION").id])
    assert psci.by_field(0, 16) == [(1, 5), (3, 5)]


def test_a_register_that_nobody_lists(fleet):
    """Listed by no host, and no error."""
    (found,) = answers.spread(fleet, [find("SVE_VLS").id + 1])
    assert (found.hosts, found.values) == (0, ())


def test_groups_and_classes(fleet):
    """By group, kernel and CPU; by digest, with the kernels of its hosts."""
    rows = answers.groups(fleet)
    assert sum(row["hosts"] for row in rows) == 10
    assert {row["host_group"] for row in rows} == {"rack0", "rack1"}
    assert all(row["host_group"] == "rack1" for row in answers.groups(fleet, "rack1"))
    classes = answers.classes_with_counts(fleet)
    assert [row["hosts"] for row in classes] == [5, 3, 2]
    assert classes[0]["kernels"] == [(atlas.resolve(OLD).kernel, 5)]
    with pytest.raises(UnknownName) as caught:
        answers.groups(fleet, "rack2")
    assert caught.value.nearest


def test_a_query_sees_the_documented_tables(fleet):
    """Their columns, in order; a class's whole profile is not among them."""
    for name in tables.TABLES:
        assert select.select(fleet, f"SELECT * FROM {name}").columns == tables.shown(name)
    assert "profile" not in tables.shown("classes")
    found = select.select(fleet, "SELECT count(*) AS n FROM hosts WHERE host_group = 'rack0'")
    assert (found.columns, found.rows) == (("n",), [(6,)])


SECRET = "not for queries"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_parquet('{part}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM glob('{folder}/*')",
        "COPY hosts TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/out.db'",
        "SELECT 1; COPY hosts TO '{folder}/out.csv'",
        "EXPLAIN ANALYZE COPY hosts TO '{folder}/out.csv'",
        "INSERT INTO hosts SELECT * FROM hosts",
        "DELETE FROM hosts",
        "DROP TABLE hosts",
        "CREATE TABLE more AS SELECT 1",
        "SET enable_external_access = true",
        "PRAGMA enable_profiling",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM query('COPY hosts TO ''{folder}/out.csv''')",
        "SELECT * FROM secret",
        "SELECT getenv('HOME')",
    ],
)
def test_a_query_reads_nothing_else_and_writes_nothing(fleet, tmp_path, sql):
    """No files, no settings, no extensions, no variables of this program; exit status 2."""
    secret = tmp_path / "secret.csv"
    secret.write_text(f"a\n{SECRET}\n")
    part = next((fleet / "hosts").iterdir())
    before = hosts(fleet)
    with pytest.raises(UsageError) as caught:
        select.select(fleet, sql.format(secret=secret, part=part, folder=tmp_path))
    assert SECRET not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    assert hosts(fleet) == before


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("", "0 statements"),
        ("-- nothing", "0 statements"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("SELEC 1", "the query does not run: Parser Error: syntax error at or near"),
        ("SELECT hosts", "the query does not run: Binder Error"),
        ("SELECT 1/0::INT FROM no", "the query does not run: Catalog Error"),
        ("SELECT 'x'::INT", "the query does not run: Conversion Error"),
        ("DELETE FROM hosts", "DELETE is no query"),
    ],
)
def test_a_wrong_query_is_told(fleet, sql, words):
    """In DuckDB's words, on one line, without the query's echo."""
    with pytest.raises(UsageError) as caught:
        select.select(fleet, sql)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_asking_writes_nothing(fleet):
    """A fleet can be read where nothing can be written."""
    folders = [fleet, *(fleet / table for table in tables.TABLES)]
    before = {folder: os.stat(folder).st_mtime_ns for folder in folders}
    time.sleep(0.01)
    answers.census(fleet)
    select.select(fleet, "SELECT 1")
    assert {folder: os.stat(folder).st_mtime_ns for folder in folders} == before


def test_no_fleet_is_an_error(tmp_path):
    """Nothing there, a directory without one, a fleet without hosts."""
    from guestabi.fleet.store import manifest

    (tmp_path / "empty").mkdir()
    (tmp_path / "hostless").mkdir()
    manifest.write(tmp_path / "hostless", manifest.Manifest())
    for name, reason in (
        ("none", "No such directory"),
        ("empty", "is no fleet"),
        ("hostless", "has no hosts"),
    ):
        for work in (answers.census, answers.groups, store.classes):
            with pytest.raises(BadInput, match=reason):
                work(tmp_path / name)


def test_values_that_moved_are_counted_apart(tmp_path):
    """The canary: with one more host of another capture, every count above would differ."""
    add(tmp_path / "fleet", OLD, NEW)
    (before,) = answers.spread(tmp_path / "fleet", [find("PSCI_VERSION").id])
    add(tmp_path / "fleet", WIDE)
    (after,) = answers.spread(tmp_path / "fleet", [find("PSCI_VERSION").id])
    assert (before.hosts, after.hosts) == (2, 3)
    assert before.by_field(0, 16) != after.by_field(0, 16)
