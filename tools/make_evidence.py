"""Move every guest anew, and write what was seen to evidence/.

    python tools/make_evidence.py [--vmms VMM,...] [--cpus CPU,...]

Eleven kernels, each of CPUS and each of the lab's VMMs: twelve grids, five to ten minutes each on
two cores. What was seen before with the very same inputs is not repeated.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import make_atlas

from guestabi.errors import GuestAbiError
from guestabi.lab import moves
from guestabi.lab.archive import Archive
from guestabi.lab.guests import Setup
from guestabi.lab.vmms import VMMS, find_vmm
from guestabi.profile import writing

CPUS = ("neoverse-n1", "cortex-a72", "max")
EVIDENCE = Path(__file__).resolve().parent.parent / "evidence"
TIMEOUT_SECONDS = 900.0


def main() -> int:
    """Run the grids; return 0 when all came home."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vmms", default=",".join(vmm.name for vmm in VMMS))
    parser.add_argument("--cpus", default=",".join(CPUS))
    options = parser.parse_args()
    archive = Archive(progress=print)
    failed = 0
    for cpu in options.cpus.split(","):
        for name in options.vmms.split(","):
            setup = Setup(find_vmm(name), cpu, timeout=TIMEOUT_SECONDS)
            try:
                seen = moves.run(archive, make_atlas.KERNELS, setup)
            except GuestAbiError as error:
                print(f"{name} on {cpu}: {error}", file=sys.stderr)
                failed += 1
            else:
                writing.write_text(EVIDENCE / f"{name}-{cpu}.json", moves.to_text(seen))
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
