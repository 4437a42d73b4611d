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

ABSENT = "absent"
"""The grade of a device that the destination does not offer at all."""


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
        if policy.devices != "keep":
            effect, got = _written(there[place], value)
            if effect == "changed" and policy.devices == "restore":
                effect = "refused"
            after[place] = got
        if effect != "same":
            weighed.append(_weighed(place, value, got, effect))
    for place in sorted(devices.keys() - there.keys()):
        if _offers(destination, place[0]):
            weighed.append(_weighed(place, devices[place], None, "unknown"))
        else:
            weighed.append(_weighed(place, devices[place], None, "refused", ABSENT))
    return weighed, _of_kinds(after, {device for device, _ in devices})


def _of_kinds(after: dict[Place, int], kinds: set[str]) -> dict[Place, int]:
    """Keep what is of the guest's own devices: a host offers more than a guest has."""
    return {place: value for place, value in after.items() if not kinds or place[0] in kinds}


def _offers(destination: HostProfile, device: str) -> bool:
    """Whether ``destination`` has such a device, as far as it tells."""
    gics = destination.record.host.gics
    return not gics or device.removeprefix("vgic-") in gics


def _written(record: DeviceRecord, value: int) -> tuple[str, int]:
    default = int(record.default, 16)
    for pattern in record.patterns:
        if int(pattern.value, 16) != value:
            continue
        if pattern.errno is not None:
            return "refused", default
        got = value if pattern.got is None else int(pattern.got, 16)
        return ("same", value) if got == value else ("changed", got)
    return "unknown", default


def _weighed(place: Place, value: int, got: Optional[int], effect: str, grade: str = "") -> Weighed:
    name = ".".join(place)
    bits = value ^ (got or 0)
    return Weighed(Outcome(NO_ID, name, "device", value, got, grade=grade, bits=bits), effect)
