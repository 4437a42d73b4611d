"""A fleet on disk: which host shows which profile, for up to a million hosts.

A directory of Parquet parts and one manifest. docs/fleet.md says what stands in it.
"""

from __future__ import annotations

from guestabi.fleet.store.held import classes, each_class
from guestabi.fleet.store.ingest import Added, add, add_csv
from guestabi.fleet.store.inputs import Given, spelled

__all__ = ["Added", "Given", "add", "add_csv", "classes", "each_class", "spelled"]
