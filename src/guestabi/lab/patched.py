"""The kernels that ``lab.build`` makes with the repository's patches, as models: rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from guestabi import model
from guestabi.lab import recipe
from guestabi.profile.host import HostProfile

WIDGET = 0x6030000000160009
"""KVM_REG_ARM_WIDGET_BMAP (kernel/vm-one-reg, patch 4): one bit, the widget service."""


@dataclass(frozen=True, slots=True)
class Patched:
    """What patches and fragments make of a kernel: the design of its interface, and how userspace
    reaches the widget there (a name of model.DESIGNS; None: it has no widget)."""

    patches: str
    fragment: str
    design: str
    widget: Optional[str] = None


PATCHED = (
    Patched("vm-one-reg", "widget-on", "vm-scoped", "bitmap"),
    Patched("vm-one-reg", "listed", "listed-when-set", "listed-when-set"),
    Patched("vm-one-reg", "", "vm-scoped", "vm-scoped"),
    Patched("reg-scope", "", "scope-flag"),
)
"""The first row that fits counts. Sources: the Kconfig options of kernel/vm-one-reg."""


def model_of(spec: str, profile: HostProfile) -> model.ModelKvm:
    """Return the model of the kernel that ``spec`` names, whose source and configuration without
    patches were measured as ``profile``."""
    row = _row(spec)
    if row is None:
        return model.kernel(profile)
    extras = [model.service(WIDGET, "WIDGET_BMAP", 1, row.widget)] if row.widget else []
    move_old = model.DESIGNS[row.design].native
    return model.kernel(profile, row.design, extras=extras, move_old=move_old)


def _row(spec: str) -> Optional[Patched]:
    if not recipe.is_name(spec):
        return None
    _, name, *fragments = spec.split("+")
    fits = (row for row in PATCHED if row.patches == name)
    return next((row for row in fits if not row.fragment or row.fragment in fragments), None)
