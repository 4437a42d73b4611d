"""JUnit XML: ``document`` of cases, and ``render`` of a check; other nouns have their own files."""

from __future__ import annotations

from guestabi.report.junit.check import render
from guestabi.report.junit.document import Case, document

__all__ = ["Case", "document", "render"]
