"""The file of designs that ships with the report page: :func:`text` explores them all anew."""

from __future__ import annotations

from guestabi.model import table
from guestabi.model.semantics import DESIGNS
from guestabi.report.html import designs


def text() -> str:
    """Return what src/guestabi/report/html/assets/designs.json holds."""
    return designs.text({name: table.column(row) for name, row in DESIGNS.items()})
