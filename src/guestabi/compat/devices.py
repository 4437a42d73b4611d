"""What a guest reads in its interrupt controller, on a move. GICD_IIDR tells the revision."""

from __future__ import annotations

from typing import Mapping, Optional

from guestabi.compat.outcome import Outcome, Weighed
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile
from guestabi.profile.schema import DeviceRecord

Place = tuple[str, str]
"""Device and attribute, e.g. ``("vgic-v3", "GICD_IIDR")``."""
Devices = Mapping[Place, int]

NO_ID = 0
"""The ``id`` of an outcome that is of no ONE_REG register."""


def devices_of(host: HostProfile) -> dict[Place, int]:
    """Return the devices' registers as a guest that boots on ``host`` finds them."""
    return {(each.device, each.attribute): int(each.default, 16) for each in host.devices}


def move_devices(
    devices: Devices, destination: HostProfile, policy: Policy
) -> tuple[list[Weighed], dict[Place, int]]:
    """Return what differs for the guest, and what it finds on the destination."""
    weighed = []
    after = devices_of(destination)
    there = {(each.device, each.attribute): each for each in destination.devices}
    for place in sorted(devices.keys() & there.keys()):
        value, effect, got = devices[place], "changed", after[place]
        if value == got:
            continue
        if policy.devices == "restore":
            effect, got = _restored(there[place], value)
            after[place] = got
        if effect != "same":
            weighed.append(_weighed(place, value, got, effect))
    for place in sorted(devices.keys() - there.keys()):
        if any(each.device == place[0] for each in destination.devices):
            weighed.append(_weighed(place, devices[place], None, "unknown"))
    return weighed, after


def _restored(record: DeviceRecord, value: int) -> tuple[str, int]:
    default = int(record.default, 16)
    for pattern in record.patterns:
        if int(pattern.value, 16) != value:
            continue
        if pattern.errno is not None:
            return "refused", default
        got = value if pattern.got is None else int(pattern.got, 16)
        return ("same", value) if got == value else ("refused", got)
    return "unknown", default


def _weighed(place: Place, value: int, got: Optional[int], effect: str) -> Weighed:
    name = ".".join(place)
    bits = value ^ (got or 0)
    return Weighed(Outcome(NO_ID, name, "device", value, got, grade="", bits=bits), effect)
