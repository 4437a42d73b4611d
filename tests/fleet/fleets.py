"""Small fleets of shipped captures, and what is in them."""

from __future__ import annotations

from pathlib import Path

from guestabi.errors import BadInput
from guestabi.fleet import store
from guestabi.fleet.store import answers, manifest, reading

OLD = "debian-6.12.117/neoverse-n1"
NEW = "debian-7.3.4/neoverse-n1"
WIDE = "debian-7.3.4/a64fx"


def content(folder: Path):
    """Every row that a fleet has, as a set a table; None where there is no fleet."""

    def read(connection):
        tables = ("hosts", "classes", "registers")
        found = [connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables]
        assert all(len(rows) == len(set(rows)) for rows in found), "a row stands in it twice"
        return [set(rows) for rows in found]

    try:
        return reading.ask(folder, read)
    except BadInput:
        if manifest.read(folder) is not None:
            raise
        return None


def names(folder: Path) -> set[str]:
    """Every file below a fleet's directory."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def named(folder: Path) -> set[str]:
    """Every file that its manifest accounts for."""
    found = manifest.read(folder)
    assert found is not None
    return {"manifest.json", *(part.file for part in found.parts)}


def hosts(folder: Path) -> dict[str, str]:
    """The digest of each host."""
    return {row["host"]: row["digest"] for row in answers.hosts(folder)}


def add(folder: Path, *profiles: object, **labels: str) -> store.Added:
    """Add profiles as hosts."""
    return store.add(folder, store.spelled(list(map(str, profiles)), **labels))
