"""The answers to the built-in questions, as plain data."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from guestabi.errors import UnknownName
from guestabi.fleet.store import queries, reading

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]


@dataclass(frozen=True)
class Value:
    """One value of a register, with the number of ``hosts`` and of ``classes`` that have it;
    ``value`` is None for a register that moves by itself there."""

    value: Optional[int]
    hosts: int
    classes: int


@dataclass(frozen=True)
class Spread:
    """A register over a fleet of ``total`` hosts: its values, most hosts first."""

    register: int
    total: int
    values: tuple[Value, ...]

    @property
    def hosts(self) -> int:
        """How many hosts list the register."""
        return sum(each.hosts for each in self.values)

    def by_field(self, low: int, width: int) -> list[tuple[int, int]]:
        """Return (raw value, hosts) of bits ``low`` .. ``low+width-1``, smallest value first."""
        found: dict[int, int] = {}
        for each in self.values:
            if each.value is not None:
                raw = each.value >> low & (1 << width) - 1
                found[raw] = found.get(raw, 0) + each.hosts
        return sorted(found.items())


def census(path: str | os.PathLike[str]) -> list[Row]:
    """Return a row a register that any host lists, by id; keys as the question's columns."""
    sql = queries.CENSUS
    return reading.ask(path, lambda db: rows(db, sql), tables=("hosts", "registers"))


def spread(path: str | os.PathLike[str], numbers: list[int]) -> list[Spread]:
    """Return the values of the registers with these ids; a register that no host lists has none."""

    def work(connection: duckdb.DuckDBPyConnection) -> list[Spread]:
        (total,) = connection.execute("SELECT count(*) FROM hosts").fetchone() or (0,)
        return [_spread(connection, number, total) for number in numbers]

    return reading.ask(path, work, tables=("hosts", "registers"))


def classes_with_counts(path: str | os.PathLike[str]) -> list[Row]:
    """Return a row a class that has hosts, most hosts first. ``kernels`` is (release, hosts)."""

    def work(connection: duckdb.DuckDBPyConnection) -> list[Row]:
        kernels: dict[str, list[tuple[str, int]]] = {}
        for row in rows(connection, queries.KERNELS):
            kernels.setdefault(row["digest"], []).append((row["kernel"], row["hosts"]))
        found = rows(connection, queries.CLASSES)
        return [{**row, "kernels": kernels[row["digest"]]} for row in found]

    return reading.ask(path, work, tables=("hosts", "classes"))


def groups(path: str | os.PathLike[str], group: Optional[str] = None) -> list[Row]:
    """Return how many hosts there are by group, kernel and CPU; group ``""`` is none.

    Raises UnknownName for a group that no host has.
    """
    found = reading.ask(path, lambda db: rows(db, queries.GROUPS), tables=("hosts", "classes"))
    chosen = [row for row in found if group is None or row["host_group"] == group]
    if not chosen:
        known = {row["host_group"] for row in found if row["host_group"]}
        raise UnknownName("group", group or "", known, hint="guestabi fleet list shows them")
    return chosen


def hosts(path: str | os.PathLike[str], group: Optional[str] = None) -> list[Row]:
    """Return a row a host, by name; keys host, host_group, vmm, kernel, cpu, digest."""
    chosen = "" if group is None else "WHERE coalesce(host_group, '') = $wanted"
    sql = (
        "SELECT host, host_group, vmm, hosts.kernel, cpu, hosts.digest FROM hosts"
        f" JOIN classes ON classes.digest = hosts.digest {chosen} ORDER BY host"
    )
    said = None if group is None else {"wanted": group}
    return reading.ask(path, lambda db: rows(db, sql, said), tables=("hosts", "classes"))


def rows(
    connection: duckdb.DuckDBPyConnection, sql: str, said: Optional[dict[str, str]] = None
) -> list[Row]:
    """Run ``sql`` with the parameters ``said``, and return its rows as dicts."""
    done = connection.execute(sql, said)
    names = [column[0] for column in done.description or ()]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def _spread(connection: duckdb.DuckDBPyConnection, number: int, total: int) -> Spread:
    found = rows(connection, queries.QUESTIONS["spread"].for_register(number))
    values = (Value(_number(row["default_hex"]), row["hosts"], row["classes"]) for row in found)
    return Spread(number, total, tuple(values))


def _number(text: Optional[str]) -> Optional[int]:
    return None if text is None else int(text, 16)
