"""The file of designs that ships with the report page: what docs/designs.md tells, as data."""

from __future__ import annotations

from designs_page import column

from guestabi.model.semantics import DESIGNS
from guestabi.report.html import designs


def text() -> str:
    """Return what src/guestabi/report/html/assets/designs.json holds."""
    return designs.text({name: column(name) for name in DESIGNS})
