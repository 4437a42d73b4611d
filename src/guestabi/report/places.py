"""Where a finding is, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guestabi.report.clean import clean

if TYPE_CHECKING:
    from guestabi.compat.findings import Finding


_SHOWN_FIELDS = 3


def place(finding: Finding) -> str:
    """Return ``ID_AA64DFR0_EL1.PMUVer``, ``PMCR_EL0 and 73 more``; "" for no register."""
    if finding.count > 1:
        return clean(f"{finding.register} and {finding.count - 1} more")
    return clean(f"{finding.register}.{_fields(finding)}" if finding.field else finding.register)


def _fields(finding: Finding) -> str:
    names = finding.field.split(", ")
    if len(names) <= _SHOWN_FIELDS:
        return finding.field
    return f"{', '.join(names[:_SHOWN_FIELDS])} and {len(names) - _SHOWN_FIELDS} more fields"
