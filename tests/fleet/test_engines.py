"""The built-in questions in other engines' SQL: PostgreSQL and Spark answer as DuckDB does."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
from collections.abc import Callable

import pytest

from fleet import postgres
from guestabi import atlas
from guestabi.cli import fleet as command
from guestabi.errors import UnknownName, UsageError
from guestabi.fleet import store
from guestabi.fleet.store import engines, manifest, queries, reading, tables
from guestabi.registers.catalogue import find

REGISTERS = ("PSCI_VERSION", "MIDR_EL1", "TIMER_CNT", "V0", "SVE_VLS", "ID_AA64PFR0_EL1")
"""Narrow and wide, one that moves by itself, one that few list."""

ASKED = [
    (name, register)
    for name in queries.QUESTIONS
    for register in (REGISTERS if "{register}" in queries.QUESTIONS[name].sql else REGISTERS[:1])
]

Rows = list[tuple[object, ...]]
pytestmark = pytest.mark.xdist_group("engines")
"""One process starts them."""

Run = Callable[[str], Rows]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Hosts with and without labels and kernels, one number of hosts twice."""
    folder = tmp_path_factory.mktemp("engines")
    names = [
        name for name in atlas.names() if name.split("-")[1].startswith(("5.10", "6.12.117", "7.3"))
    ]
    assert len(names) > 8
    lines = ["host,profile,group"]
    for place, name in enumerate(names):
        lines += [f"h{place}-{n},{name},{'' if n % 3 else f'r{n}'}" for n in range(1 + place % 4)]
    lines.append(f"told-by-digest,{atlas.resolve(names[0]).digest},r0")
    (folder / "hosts.csv").write_text("\n".join(lines) + "\n")
    store.add_csv(folder / "fleet", folder / "hosts.csv")
    return folder / "fleet"


@pytest.fixture(scope="module")
def duck(fleet) -> Run:
    """DuckDB, as guestabi asks it."""
    return lambda sql: reading.ask(fleet, lambda db: db.execute(sql).fetchall())


def absent(said: str) -> None:
    """Skip for want of an engine; where all must be there, fail."""
    if os.environ.get("GUESTABI_REQUIRE_ENGINES") == "1":
        pytest.fail(said)
    pytest.skip(f"{said}; with GUESTABI_REQUIRE_ENGINES=1 this fails instead")


@pytest.fixture(scope="module")
def postgresql(duck):
    """PostgreSQL, with the fleet's tables as the printed CREATE TABLE makes them."""
    if importlib.util.find_spec("psycopg") is None:
        absent("psycopg is not installed")
    psycopg = importlib.import_module("psycopg")
    programs = postgres.programs()
    if programs is None:
        absent("PostgreSQL's server is not installed (Debian: postgresql)")
    with postgres.running(programs) as where, psycopg.connect(where, autocommit=True) as connection:
        for name in tables.TABLES:
            connection.execute(engines.table(name, "postgres"))
            rows = duck(f"SELECT * FROM {name}")
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        yield lambda sql: connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def spark(fleet):
    """Spark, over the Parquet files that the manifest names."""
    if importlib.util.find_spec("pyspark") is None:
        absent("PySpark is not installed (the extra 'spark')")
    if shutil.which("java") is None:
        absent("Java is not installed (Debian: default-jre-headless)")
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(fleet.parent / "warehouse"))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    found = manifest.read(fleet)
    assert found is not None
    for name in tables.TABLES:
        paths = [str(fleet / part.file) for part in found.of(name)]
        session.read.parquet(*paths).createOrReplaceTempView(name)
    yield lambda sql: [tuple(row) for row in session.sql(sql).collect()]
    session.stop()


def asked(name: str, register: str, dialect: str) -> str:
    return engines.built_in(name, dialect, find(register).id)


@pytest.mark.parametrize(("name", "register"), ASKED)
def test_postgresql_answers_as_duckdb_does(duck, postgresql, name, register):
    """Row by row, in order, types included."""
    wanted = duck(asked(name, register, "duckdb"))
    assert postgresql(asked(name, register, "postgres")) == wanted
    assert wanted or register == "SVE_VLS"


@pytest.mark.parametrize(("name", "register"), ASKED)
def test_spark_answers_as_duckdb_does(duck, spark, name, register):
    """The same, read straight from the Parquet files."""
    assert spark(asked(name, register, "spark")) == duck(asked(name, register, "duckdb"))


def test_the_questions_ask_of_what_is_there(duck):
    """The canary: each question has rows, SVE's few hosts are fewer than all, and the register
    matters."""
    found = {key: duck(asked(*key, "duckdb")) for key in ASKED}
    assert all(found[name, REGISTERS[0]] for name in queries.QUESTIONS)
    assert 0 < len(found["hosts", "SVE_VLS"]) < len(found["hosts", "MIDR_EL1"])
    assert found["spread", "MIDR_EL1"] != found["spread", "PSCI_VERSION"]
    assert found["spread", "TIMER_CNT"][0][0] is None


def test_postgresql_would_notice(duck, postgresql):
    """The other canary: a host less, and the answers differ."""
    fewer = "FROM (SELECT * FROM hosts WHERE host <> 'told-by-digest') AS hosts"
    sql = asked("groups", "MIDR_EL1", "postgres")
    assert "FROM hosts" in sql
    found = postgresql(sql.replace("FROM hosts", fewer))
    assert found != duck(asked("groups", "MIDR_EL1", "duckdb"))


@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_every_engine_gets_every_question_and_table(dialect):
    """Printed without what sqlglot cannot translate, and read back by its own parser."""
    import sqlglot

    for name in queries.QUESTIONS:
        sql = asked(name, "PSCI_VERSION", dialect)
        assert sqlglot.parse_one(sql, read=dialect).sql(dialect, pretty=True) == sql
    for name in tables.TABLES:
        assert "profile" not in engines.table(name, dialect)


def test_what_cannot_be_translated_is_told():
    """An unknown engine, no SQL, two statements."""
    with pytest.raises(UnknownName):
        engines.translate("SELECT 1", "oracle8")
    for sql in ("SELEC FROM (", "", "SELECT 1; SELECT 2"):
        with pytest.raises(UsageError):
            engines.translate(sql, "trino")


def test_the_command_offers_these_engines():
    """The command line has its own list, so that its help is quick."""
    assert command.ENGINES == engines.ENGINES
