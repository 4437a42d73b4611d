"""What counts of whole hosts, not of their registers one by one: their lists' length and end."""

from __future__ import annotations

from typing import Sequence

import numpy as np
from numpy.typing import NDArray

from guestabi.compat.move import Side
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile

Pairs = NDArray[np.bool_]
"""``[source, destination]``"""


def lasts(policy: Policy, hosts: Sequence[HostProfile]) -> list[int]:
    """Return the highest id that each host lists; 0 for a VMM that does not care."""
    if policy.above_all == policy.missing:
        return [0] * len(hosts)
    return [Side(policy, host).last for host in hosts]


def too_long(policy: Policy, hosts: Sequence[HostProfile]) -> Pairs:
    """Return which streams the VMM refuses for their length.

    It does where the source lists more, and the destination lacks a register that the policy has
    no answer of its own for.
    """
    size = len(hosts)
    if policy.longer != "refuse":
        return np.zeros((size, size), dtype=np.bool_)
    places = {n: i for i, n in enumerate(sorted({n for host in hosts for n in host.registers}))}
    sent = np.zeros((size, len(places)), dtype=np.float32)
    lacking = np.ones((size, len(places)), dtype=np.float32)
    lengths = np.zeros(size, dtype=np.int64)
    for row, host in enumerate(hosts):
        listed = Side(policy, host).listed
        lengths[row] = len(listed)
        sent[row, [places[number] for number in listed - policy.tolerances.keys()]] = 1
        lacking[row, [places[number] for number in host.registers]] = 0
    found: Pairs = (sent @ lacking.T > 0) & (lengths[:, None] > lengths)
    return found
