"""What QEMU 7.2.22, 10.0.13 and 11.1.3 did with real guests on real kernels, and what is predicted.

The machine type of each version, ``-cpu host``, one vCPU, moved as ``guestabi lab migrate`` does;
row: where the guest was saved, column: where it was loaded. ``x``: the load failed. QEMU 10.0 on
neoverse-n1 has ``test_reference``.
"""

from __future__ import annotations

import pytest

from guestabi import atlas, policies
from guestabi.compat.matrix import matrix

OBSERVED = {
    ("qemu-7.2", "neoverse-n1"): {
        "5.10": ".x....",
        "6.1": "x.....",
        "6.12": "xx.xxx",
        "6.16": "xxx...",
        "7.2": "xxx...",
        "7.3": "xxxxx.",
    },
    ("qemu-7.2", "cortex-a72"): {
        "5.10": "....",
        "6.12": "x.xx",
        "6.16": "xx..",
        "7.3": "xxx.",
    },
    ("qemu-10.0", "cortex-a72"): {
        "5.10": "...........",
        "6.1": "x..........",
        "6.12": "xx.xxxxxxxx",
        "6.16": "xxx........",
        "6.17": "xxx........",
        "6.18": "xxx........",
        "6.19": "xxx........",
        "7.0": "xxx........",
        "7.1": "xxx........",
        "7.2": "xxx........",
        "7.3": "xxxxxxxxxx.",
    },
    ("qemu-10.0", "max"): {
        "5.10": ".xxxxxxxxxx",
        "6.1": "x.xxx......",
        "6.12": "xx.xxxxxxxx",
        "6.16": "xxx........",
        "6.17": "xxx........",
        "6.18": "xxx........",
        "6.19": "xxx........",
        "7.0": "xxx........",
        "7.1": "xxx........",
        "7.2": "xxx........",
        "7.3": "xxxxxxxxxx.",
    },
    ("qemu-11.1", "neoverse-n1"): {
        "5.10": ".x.........",
        "6.1": "x..........",
        "6.12": "xx.........",
        "6.16": "xxx........",
        "6.17": "xxx........",
        "6.18": "xxx........",
        "6.19": "xxx........",
        "7.0": "xxx........",
        "7.1": "xxx........",
        "7.2": "xxx........",
        "7.3": "xxxxxxxxxx.",
    },
    ("qemu-11.1", "max"): {
        "6.1": ".xx.",
        "6.12": "x...",
        "6.16": "xx..",
        "7.3": "xxx.",
    },
}


@pytest.mark.parametrize(("vmm", "cpu"), OBSERVED)
def test_refused_in_exactly_the_cells_that_failed(vmm: str, cpu: str) -> None:
    """These moves fail and no others; nothing is left unknown."""
    observed = OBSERVED[vmm, cpu]
    hosts = [atlas.resolve(f"debian-{series}/{cpu}") for series in observed]
    cells = [[cell["forward"] for cell in row] for row in matrix(hosts, policies.load(vmm))]
    assert {each for row in cells for each in row} <= {"same", "benign", "changed", "refused"}
    rows = ["".join("x" if each == "refused" else "." for each in row) for row in cells]
    assert rows == list(observed.values())
