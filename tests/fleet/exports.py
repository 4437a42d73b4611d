"""What the tests of exporters share: a baseline of any pins, and one of real kernels."""

from __future__ import annotations

from typing import Mapping, Union

from guestabi import atlas
from guestabi.fleet import Baseline, Pin, baseline
from guestabi.registers.catalogue import find

KERNELS = ("debian-6.12/neoverse-n1", "debian-7.2/neoverse-n1", "debian-7.3/neoverse-n1")


def of(pins: Mapping[Union[str, int], int], name: str = "fleet") -> Baseline:
    """A baseline of these pins, by the register's name or id."""
    numbers = {find(key).id if isinstance(key, str) else key: pins[key] for key in pins}
    rows = tuple(Pin(number, value, (), "") for number, value in sorted(numbers.items()))
    return Baseline(name, 3, (("host", "0" * 64),), rows)


def real() -> tuple[Baseline, list]:
    """The baseline of three real kernels, and their profiles."""
    hosts = [atlas.resolve(name) for name in KERNELS]
    found = baseline(hosts, "rack7")
    assert isinstance(found, Baseline)
    assert len(found.pins) == 3
    return found, hosts
