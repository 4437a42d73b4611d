"""Plain JSON: value by register id, both as hex text.

``guestabi check --pin`` reads it, and so does whoever calls ``Vm.regs.set`` for each entry before
the first vCPU exists. It has room for every pin.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from guestabi.fleet.baseline import Baseline
from guestabi.fleet.export.document import Export
from guestabi.profile.host import HostProfile
from guestabi.uapi.regid import hex_id


def write(baseline: Baseline, hosts: Sequence[HostProfile] = ()) -> Export:
    """Return the pins as JSON, sorted by id."""
    pins = {hex_id(pin.id): hex(pin.value) for pin in baseline.pins}
    return Export(json.dumps(pins, indent=1) + "\n")
