"""How each VMM saves and restores registers, as data."""

from __future__ import annotations

from guestabi.policies.policy import Policy, load, names, parse, read

__all__ = ["Policy", "load", "names", "parse", "read"]
