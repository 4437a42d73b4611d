"""The one small file that says what a fleet is: its parts, their rows and their SHA-256.

Readers read what it names and nothing else. It is replaced at one stroke; whatever happens, it is
the old one or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import msgspec
from msgspec import Meta, Struct

from guestabi.errors import BadInput
from guestabi.fleet.store import disk
from guestabi.profile import canonical
from guestabi.profile.schema import Digest

NAME = "manifest.json"
MARK = "guestabi-fleet"
FORMAT = 1
MAX_BYTES = 1 << 20

Table = Literal["hosts", "classes", "registers"]


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """One Parquet file: ``file`` is its path below the fleet's directory."""

    table: Table
    file: Annotated[str, Meta(pattern=r"^(hosts|classes|registers)/part-[0-9a-f]{16}\.parquet\Z")]
    rows: Annotated[int, Meta(ge=1)]
    bytes: Annotated[int, Meta(ge=1)]
    sha256: Digest


class _Record(Struct, forbid_unknown_fields=True):
    format: int = msgspec.field(name=MARK)
    parts: list[Part]
    digest: Digest


class Manifest(Struct, frozen=True):
    """The parts of a fleet, by table and file."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def of_parts(cls, parts: Iterable[Part]) -> Manifest:
        """Return the manifest that names ``parts``, in their one order."""
        return cls(tuple(sorted(parts, key=lambda part: (part.table, part.file))))

    def of(self, table: str) -> tuple[Part, ...]:
        """Return the parts of one table."""
        return tuple(part for part in self.parts if part.table == table)

    def rows(self, table: str) -> int:
        """Return how many rows a table has."""
        return sum(part.rows for part in self.of(table))

    def to_bytes(self) -> bytes:
        """Return the file form: canonical JSON, sealed by its own SHA-256."""
        parts = [msgspec.to_builtins(part) for part in self.parts]
        plain: dict[str, Any] = {MARK: FORMAT, "parts": parts}
        sealed = {**plain, "digest": canonical.sha256(plain)}
        return (json.dumps(sealed, sort_keys=True, indent=1) + "\n").encode()


def read(folder: Path) -> Optional[Manifest]:
    """Return the manifest in ``folder``, None where there is none. Raises BadInput."""
    path = folder / NAME
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from error
    return loads(data, path)


def loads(data: bytes, path: str | os.PathLike[str] = NAME) -> Manifest:
    """Return the manifest in ``data``; ``path`` is only named in errors. Raises BadInput."""
    if len(data) > MAX_BYTES:
        raise BadInput(path, f"is larger than {MAX_BYTES >> 20} MB: no manifest is")
    try:
        plain = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadInput(path, f"is not JSON: {error}") from None
    if not isinstance(plain, dict) or type(plain.get(MARK)) is not int:
        raise BadInput(path, "is no fleet's manifest")
    if plain[MARK] > FORMAT:
        said = f"has format {plain[MARK]}, newer than this program's {FORMAT}"
        raise BadInput(path, said, hint="read it with a newer guestabi")
    try:
        record = msgspec.convert(plain, _Record)
        right = canonical.sha256({key: plain[key] for key in plain if key != "digest"})
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError) as error:
        raise BadInput(path, f"is no valid manifest: {error}") from None
    if record.digest != right:
        raise BadInput(path, "its content does not match its digest")
    found = Manifest.of_parts(record.parts)
    if found.to_bytes() != data or any(
        not part.file.startswith(part.table) for part in found.parts
    ):
        raise BadInput(path, "is not as guestabi writes a manifest")
    if len({part.file for part in found.parts}) != len(found.parts):
        raise BadInput(path, "names a part twice")
    return found


def write(folder: Path, manifest: Manifest) -> None:
    """Put ``manifest`` in the place of what is there, at one stroke. Raises OSError."""
    temporary = folder / f"{disk.TEMPORARY}{NAME}"
    disk.write(temporary, manifest.to_bytes())
    disk.rename(temporary, folder / NAME)
    disk.sync(folder)


def check(folder: Path, part: Part) -> Path:
    """Return the path of a part whose bytes are as the manifest says. Raises BadInput."""
    path = folder / part.file
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadInput(path, "is not a regular file")
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size != part.bytes:
                raise BadInput(path, f"has {size} bytes, and its manifest says {part.bytes}")
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from error
    if found != part.sha256:
        raise BadInput(path, "its bytes are not those that its manifest says")
    return path
