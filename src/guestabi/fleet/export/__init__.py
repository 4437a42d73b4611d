"""A baseline in the words of a VMM: a document, and the pins that such a document has no room for.

No exporter drops a pin in silence. Whoever writes the document must show ``left_out`` too: a guest
born with the document alone is not born with the baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from guestabi.errors import UnknownName
from guestabi.fleet.baseline import Baseline
from guestabi.fleet.export import firecracker, libvirt, plain, qemu
from guestabi.fleet.export.document import Export, LeftOut
from guestabi.profile.host import HostProfile

__all__ = ["FORMATS", "Export", "LeftOut", "export"]

_WRITERS: dict[str, Callable[[Baseline, Sequence[HostProfile]], Export]] = {
    "qemu": qemu.write,
    "firecracker": firecracker.write,
    "libvirt": libvirt.write,
    "json": plain.write,
}

FORMATS = tuple(_WRITERS)
"""What :func:`export` writes."""


def export(baseline: Baseline, form: str, hosts: Sequence[HostProfile] = ()) -> Export:
    """Return ``baseline`` in the format ``form``, one of FORMATS. Raises UnknownName.

    ``hosts``: those on which the document is to be used; the notes say where it will not do.
    """
    if form not in _WRITERS:
        raise UnknownName("export format", form, FORMATS, hint=f"give one of {', '.join(FORMATS)}")
    return _WRITERS[form](baseline, hosts)
