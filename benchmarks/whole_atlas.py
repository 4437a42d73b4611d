"""What the benchmarks over all shipped captures share."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from guestabi import atlas, policies
from guestabi.compat import verdict
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile


@dataclass(frozen=True)
class Atlas:
    """The captures, the policy and the size of the sample that the command line names, and how
    many seconds the captures took to load."""

    hosts: list[HostProfile]
    policy: Policy
    sample: int
    loading: float

    def full_checks(self, pairs: list[tuple[HostProfile, HostProfile]]) -> float:
        """Return the seconds of one full check of a pair, over a sample of ``pairs``."""
        chosen = random.Random(1).sample(pairs, self.sample)
        return seconds(lambda: [verdict.check(a, b, self.policy) for a, b in chosen]) / self.sample


def load(said: str) -> Atlas:
    """Read the command line, which ``said`` describes, and the captures."""
    parser = argparse.ArgumentParser(description=said.splitlines()[0])
    parser.add_argument("--vmm", default="qemu-10.0")
    parser.add_argument("--sample", type=int, default=40)
    options = parser.parse_args()
    policy = policies.load(options.vmm)
    started = time.perf_counter()
    hosts = [atlas.resolve(name) for name in atlas.names()]
    return Atlas(hosts, policy, options.sample, time.perf_counter() - started)


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
