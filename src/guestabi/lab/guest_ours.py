"""Inside a lab guest: the same as guest_qemu.py, under ``guestabi.vmm``.

The job has "pins" (register id in hex: value) in place of QEMU's command, "also": further calls
that the guest makes, and "aware": whether this VMM knows of VM-scoped registers. What a guest is
loaded without stays off: the VM is made in mode ``opt-in`` (see guestabi.kvm.scoped).
"""

from __future__ import annotations

import base64
import json
import sys
import time
import zlib
from typing import Any, Optional

sys.path.insert(0, "guestabi-capture.pyz")

from guestabi.errors import GuestAbiError
from guestabi.kvm.device import KvmDevice
from guestabi.kvm.scoped import ScopedKvm
from guestabi.probe.vmregs import scoped
from guestabi.uapi.caps import CAPABILITIES
from guestabi.vmm.machine import Machine, boot, load
from guestabi.vmm.questions import Call, everything
from guestabi.vmm.report import ask
from guestabi.vmm.saved import read

VM_ONE_REG = CAPABILITIES["KVM_CAP_ARM_VM_ONE_REG"]
OUTCOMES = {
    "loading the guest": "refused",
    "hearing the guest": "silent",
    "saving the guest": "ended",
}


class Unaware:
    """/dev/kvm as a VMM sees it that never asks for VM-scoped registers."""

    def __init__(self, kvm: KvmDevice) -> None:
        self._kvm = kvm

    def check_extension(self, capability: int) -> int:
        return 0 if capability == VM_ONE_REG else self._kvm.check_extension(capability)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kvm, name)


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 1)).decode()


def one(kvm: ScopedKvm, job: dict[str, Any], coming: Optional[dict[str, Any]]) -> dict[str, Any]:
    """Load a stream or bear a guest, hear it, and save it if the job says so."""
    found: dict[str, Any] = {"outcome": "running", "said": [], "status": None, "reports": []}
    found.update(stream=None, doing="loading the guest")
    started = time.monotonic()
    try:
        with machine_of(kvm, job, coming) as machine:
            found.update(status="running", doing="hearing the guest")
            hear(machine, job, found, times=2 if coming is None else 1)
            if job["save"]:
                found["doing"] = "saving the guest"
                found["stream"] = packed(machine.save().to_bytes())
    except GuestAbiError as error:
        found["outcome"] = OUTCOMES[found["doing"]]
        found["said"].append(str(error))
    found["seconds"] = time.monotonic() - started
    return found


def machine_of(kvm: ScopedKvm, job: dict[str, Any], coming: Optional[dict[str, Any]]) -> Machine:
    if coming is not None:
        with open(coming["stream"], "rb") as file:
            return load(kvm, read(file.read(), coming["stream"]))
    with open(job["guest"], "rb") as file:
        image = file.read()
    return boot(kvm, image, vcpus=job["report"][2], registers=job["pins"])


def hear(machine: Machine, job: dict[str, Any], found: dict[str, Any], *, times: int) -> None:
    address, stride, vcpus = job["report"]
    also = [Call(name, function) for name, function in job["also"]]
    for _ in range(times):
        ask(machine, (*everything(), *also), seconds=job["silence"])
        found["reports"].append(packed(machine.memory.read(address, stride * vcpus)))


def main() -> None:
    with open(sys.argv[1]) as file:
        job = json.load(file)
    with KvmDevice() as device:
        plain: Any = device if job["aware"] else Unaware(device)
        # Each measures this kernel's scopes once, when its first VM is made.
        kvms = {True: scoped(plain), False: scoped(plain, mode="opt-in")}
        rows = [one(kvms[coming is None], job, coming) for coming in job["loads"]]
    json.dump(rows, sys.stdout)


main()
