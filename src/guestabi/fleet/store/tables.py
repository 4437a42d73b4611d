"""The three tables of a fleet, as they stand in its Parquet parts and as every engine sees them.

Types are those that all engines have: text, 64-bit and 32-bit integers, truth values. Names are
reserved words nowhere. A 64-bit pattern is a signed integer (two's complement) and hex text.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HOSTS: Mapping[str, str] = MappingProxyType(
    {
        "host": "VARCHAR",
        "digest": "VARCHAR",
        "kernel": "VARCHAR",
        "host_group": "VARCHAR",
        "vmm": "VARCHAR",
    }
)
"""A row a host, sorted by name. ``digest`` is its profile's, ``kernel`` its own release; null:
not told."""

CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "digest": "VARCHAR",
        "name": "VARCHAR",
        "kernel": "VARCHAR",
        "cpu": "VARCHAR",
        "midr": "BIGINT",
        "midr_hex": "VARCHAR",
        "features": "VARCHAR",
        "gic": "VARCHAR",
        "registers": "INTEGER",
        "profile": "VARCHAR",
    }
)
"""A row a digest. All but ``profile`` is taken from ``profile``: the file, as it came, of the first
host of the class. ``cpu`` is the emulator's model, or else ``midr_hex``; ``features`` are joined
by commas; ``registers`` counts them."""

REGISTERS: Mapping[str, str] = MappingProxyType(
    {
        "digest": "VARCHAR",
        "register_id": "BIGINT",
        "register_hex": "VARCHAR",
        "name": "VARCHAR",
        "size_bytes": "INTEGER",
        "scope": "VARCHAR",
        "write_window": "VARCHAR",
        "is_volatile": "BOOLEAN",
        "default_bits": "BIGINT",
        "default_hex": "VARCHAR",
    }
)
"""A row a register that a class lists. ``default_bits`` is null where the register is wider than
64 bits, and both defaults are where it moves by itself."""

TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"hosts": HOSTS, "classes": CLASSES, "registers": REGISTERS}
)


def shown(table: str) -> tuple[str, ...]:
    """Return the columns of ``table`` that queries see: all but a class's profile."""
    return tuple(column for column in TABLES[table] if column != "profile")
