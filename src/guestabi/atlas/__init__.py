"""Captured profiles that ship with the package, and what they say of each register's history."""

from guestabi.atlas.index import Entry, entries, find, names, newest_of_each_series, resolve

__all__ = ["Entry", "entries", "find", "names", "newest_of_each_series", "resolve"]
