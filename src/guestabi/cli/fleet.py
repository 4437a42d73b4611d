"""``guestabi fleet``: many hosts in one directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import group
from guestabi.errors import UsageError

if TYPE_CHECKING:
    from guestabi.fleet.store.select import Result

ENGINES = ("duckdb", "spark", "trino", "bigquery", "postgres")
REGISTER = "MIDR_EL1"


@group("fleet")
def command() -> None:
    """Many hosts: a directory of Parquet files that says which host shows which profile.

    Hosts with the same digest are one class. Needs the extra packages of 'guestabi[fleet]'.
    """


@command.command("check")
@click.argument("directory", metavar="DIR", shell_complete=names.folders)
@click.argument("plan", metavar="PLAN.toml", shell_complete=names.files)
@options.formats("text", "json", "junit", "sarif")
@options.output
@options.quiet("Print nothing: only the exit status tells.")
def check(directory: str, plan: str, style: str, output: str | None, quiet: bool) -> int:
    """Prove a plan for the hosts that the fleet has: 'guestabi plan check' over its classes.

    A [[group]] of the plan with profile = "*" is all hosts whose label is the group's name, one
    group a class; with vmm = "*", each under the VMM that the fleet tells. Its 'hosts' is how many
    there must be at least.

    Exit status: 0 proved, 100 broken, 101 cannot tell, or no guest goes anywhere.
    """
    from guestabi.cli import planfile, progress, workers
    from guestabi.cli.plan import put
    from guestabi.fleet.plan import expand, resolve, written
    from guestabi.fleet.plan.proof import prove
    from guestabi.fleet.store import held

    file, sources = written.read(plan), planfile.sources(plan)
    found = [expand.Found(*each) for each in held.by_label(directory)]
    spelled, sources = expand.expand(file, plan, found, sources)
    with progress.counter("looking at every way", quiet) as tell:
        proof = prove(resolve.resolve(spelled, plan, sources), tell, share=workers.forked)
    if not quiet:
        put(proof, style, output)
    return proof.exit_status()


@command.command("add")
@click.argument("directory", metavar="DIR", shell_complete=names.folders)
@click.argument("profiles", nargs=-1, metavar="[P]...", shell_complete=names.profiles)
@click.option("--host", metavar="NAME", help="The host's name, for one P. Default: the profile's.")
@click.option("--group", "host_group", metavar="G", help="A label of these hosts.")
@click.option("--vmm", metavar="V", help="The VMM that these hosts run.", shell_complete=names.vmms)
@click.option(
    "--hosts",
    metavar="FILE",
    help="CSV: host,profile and any of kernel,group,vmm.",
    shell_complete=names.files,
)
@options.formats("text", "json")
@options.quiet()
def add(
    directory: str,
    profiles: tuple[str, ...],
    host: str | None,
    host_group: str | None,
    vmm: str | None,
    hosts: str | None,
    style: str,
    quiet: bool,
) -> None:
    """Add hosts to the fleet in DIR, which is made if need be.

    A P is a host: a profile's file, an atlas name, or a directory with a file a host (*.json).
    In a CSV file, 'profile' is a file, beside the CSV file unless its path is absolute, an atlas
    name, or the digest of a class that the fleet has. A host that is there already gets the new
    profile; a label that is not given stays. All of it is added, or nothing.
    """
    from dataclasses import asdict

    from guestabi.cli import progress
    from guestabi.fleet import store

    if hosts is not None and (profiles or host or host_group or vmm):
        raise UsageError("--hosts says everything about its hosts: no P, no labels beside it")
    with progress.counter("reading profiles", quiet) as tell:
        if hosts is None:
            given = store.spelled(profiles, host, host_group, vmm)
            done = store.add(directory, given, tell)
        else:
            done = store.add_csv(directory, hosts, tell)
    if style == "json":
        emit.data({"schema": 1, **asdict(done)})
    elif not quiet:
        from guestabi.report import fleet_text

        emit.show(fleet_text.added(done))


@command.command("list")
@click.argument("directory", metavar="DIR", shell_complete=names.folders)
@click.option("--group", "host_group", metavar="G", help="Only that group's hosts.")
@click.option("--all", "every", is_flag=True, help="Every host, a line each.")
@options.formats("text", "json")
@options.output
def list_command(
    directory: str, host_group: str | None, every: bool, style: str, output: str | None
) -> None:
    """How many hosts, by group, kernel and CPU."""
    from guestabi.fleet.store import answers
    from guestabi.report import fleet_text

    rows = answers.groups(directory, host_group)
    if every:
        hosts = answers.hosts(directory, host_group)
        if style == "json":
            emit.data({"schema": 1, "hosts": hosts}, output)
        else:
            emit.text("".join(map(fleet_text.host_line, hosts)), output)
    elif style == "json":
        emit.data({"schema": 1, "groups": rows}, output)
    else:
        emit.show(fleet_text.groups(rows), output)


@command.command("classes")
@click.argument("directory", metavar="DIR", shell_complete=names.folders)
@options.formats("text", "json")
@options.output
def classes(directory: str, style: str, output: str | None) -> None:
    """Hosts with the same profile: how many, which CPU, which kernels."""
    from guestabi.fleet.store import answers

    rows = answers.classes_with_counts(directory)
    if style == "json":
        emit.data({"schema": 1, "classes": [_class(row) for row in rows]}, output)
        return
    from guestabi.report import fleet_text

    emit.show(fleet_text.classes(rows), output)


@command.command("census")
@click.argument("directory", metavar="DIR", shell_complete=names.folders)
@click.argument("registers", nargs=-1, metavar="[REGISTER]...")
@options.formats("text", "json")
@options.output
def census(directory: str, registers: tuple[str, ...], style: str, output: str | None) -> None:
    """Every register: hosts that list it, how many values, the most common. With a REGISTER
    named: each of its values, and each field's, and how many hosts have it.
    """
    from guestabi.fleet.store import answers

    if registers:
        _spread(directory, registers, style, output)
        return
    rows = answers.census(directory)
    if style == "json":
        emit.data({"schema": 1, "registers": rows}, output)
        return
    from guestabi.report import fleet_text

    emit.show(fleet_text.census(rows), output)


@command.command("query")
@click.argument("directory", metavar="DIR", shell_complete=names.folders)
@click.argument("sql", required=False, metavar="[SQL]")
@click.option("--builtin", metavar="NAME", help="A built-in query in place of SQL.")
@click.option("--register", default=REGISTER, show_default=True, help="What it asks about.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="duckdb",
    show_default=True,
    help="With --print: whose SQL.",
)
@click.option("--print", "only_print", is_flag=True, help="Print the SQL, and run nothing.")
@options.formats("text", "json", "csv")
@options.output
def query(
    directory: str,
    sql: str | None,
    builtin: str | None,
    register: str,
    engine: str,
    only_print: bool,
    style: str,
    output: str | None,
) -> None:
    """Ask in SQL, over the tables hosts, classes and registers; nothing else can be read, and
    nothing written.

    Built in: census, spread, classes, kernels, groups, hosts. --print shows all of them, or the
    one named, or SQL, as the engine wants it; DIR is not read then.
    """
    if sql is not None and builtin is not None:
        raise UsageError("give SQL or --builtin, not both")
    if only_print:
        emit.text(_printed(sql, builtin, register, engine), output)
        return
    if engine != "duckdb":
        raise UsageError("only DuckDB runs here", hint=f"--print shows the SQL for {engine}")
    if sql is None and builtin is None:
        raise UsageError("no query", hint="give SQL, or --builtin NAME")
    from guestabi.fleet.store import queries, select
    from guestabi.registers.catalogue import find

    if builtin is not None:
        sql = queries.question(builtin).for_register(find(register).id)
    _put(select.select(directory, sql or ""), style, output)


def _printed(sql: str | None, builtin: str | None, register: str, engine: str) -> str:
    from guestabi.fleet.store import engines, queries, tables
    from guestabi.registers.catalogue import find

    if sql is not None:
        return engines.translate(sql, engine) + ";\n"
    number = find(register).id
    names = list(queries.QUESTIONS) if builtin is None else [builtin]
    parts = [
        f"-- {queries.question(name).about}\n{engines.built_in(name, engine, number)};\n"
        for name in names
    ]
    if builtin is None:
        made = [engines.table(name, engine) + ";\n" for name in tables.TABLES]
        parts = ["-- the tables; docs/fleet.md says where they are read from\n", *made, *parts]
    return "\n".join(parts)


def _put(found: Result, style: str, output: str | None) -> None:
    from guestabi.report import fleet_rows, fleet_text

    if style == "csv":
        emit.text(fleet_rows.csv_text(found), output)
    elif style == "json":
        emit.data(fleet_rows.plain(found), output)
    else:
        emit.show(fleet_text.result(found), output)


def _spread(directory: str, registers: tuple[str, ...], style: str, output: str | None) -> None:
    from guestabi.fleet.store import answers
    from guestabi.registers.catalogue import find

    found = answers.spread(directory, [find(each).id for each in registers])
    if style == "json":
        from guestabi.report import fleet_rows

        said = [fleet_rows.spread(each) for each in found]
        emit.data({"schema": 1, "registers": said}, output)
        return
    from rich.console import Group
    from rich.text import Text

    from guestabi.report import fleet_text

    parts = [part for each in found for part in (Text(""), fleet_text.spread(each))]
    emit.show(Group(*parts[1:]), output)


def _class(row: dict[str, Any]) -> dict[str, Any]:
    kernels = [{"kernel": release, "hosts": hosts} for release, hosts in row["kernels"]]
    features = (row["features"] or "").split(",") if row["features"] else []
    return {**row, "features": features, "kernels": kernels}
