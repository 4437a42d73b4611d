"""What tests of the VMM share: a kernel that executes, and firmware that a guest can ask."""

from __future__ import annotations

from guestabi import model
from guestabi.probe.vmregs import scoped
from vmm.executing import ExecutingKvm

HOST = "debian-6.12/neoverse-n1"
MPIDR = (3, 0, 0, 0, 5)
PSCI_VERSION, PSCI_FEATURES = 0x84000000, 0x8400000A
VENDOR_UID, PTP = 0x8600FF01, 0x86000001
UID = [0xB66FB428, 0xE911C52E, 0x564BCAA9, 0x743A004D]


class Firmware:
    """Answers three services of a host; ``ptp`` moves by itself."""

    def __init__(self, psci: int = 0x10001, uid=UID) -> None:
        self.psci, self.uid, self.time = psci, uid, 0

    def __call__(self, conduit: str, function: int, argument: int):
        self.time += 1
        known = {
            PSCI_VERSION: [self.psci, 0, 0, 0],
            VENDOR_UID: self.uid,
            PTP: [self.time, 2, 3, 4],
        }
        if function == PSCI_FEATURES and argument == 0x84000001:
            return [2, 0, 0, 0]
        return known.get(function) if conduit == "hvc" else None


def executing(firmware=None, *, host: str = HOST, registers=None, mode: str = "inherit"):
    """A scoped kernel on which guests run, and the model under it."""
    kernel = model.kernel(host)
    kvm = ExecutingKvm(kernel, firmware or Firmware(), registers)
    return scoped(kvm, mode=mode), kernel
