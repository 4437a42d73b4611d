"""SARIF 2.1.0: ``log`` of results, and ``render`` of a check; other nouns have their own files."""

from __future__ import annotations

from guestabi.report.sarif.check import render
from guestabi.report.sarif.log import Result, Rule, log

__all__ = ["Result", "Rule", "log", "render"]
