"""One model kernel behind each of the three ways to reach VM-scoped registers."""

from __future__ import annotations

from guestabi import model
from guestabi.kvm.recording import Recording
from guestabi.probe.vmregs import scoped

HOST = "debian-7.3/neoverse-n1"

IMPLEMENTATIONS = {
    "per-vcpu": {},
    "scope-flag": {"design": "scope-flag"},
    "native": {"design": "vm-scoped", "move_old": True},
}


def kernel(implementation: str, host: str = HOST, **changes):
    """A model of ``host`` that offers VM-scoped registers in that way."""
    return model.kernel(host, **IMPLEMENTATIONS[implementation], **changes)


class Recorded:
    """A scoped kernel, and the writes that each of its vCPUs and VMs got."""

    def __init__(self, implementation: str, mode: str = "inherit", host: str = HOST) -> None:
        self.model = kernel(implementation, host)
        self.recording = Recording(self.model)
        self.kvm = scoped(self.recording.kvm, mode=mode)

    def writes(self, handle) -> list[int]:
        """The ids written through ``handle`` (a raw VM or vCPU), in order; refused ones too."""
        setters = ("set_one_reg", "set_vm_one_reg")
        return [
            row[2][0]
            for row in self.recording.rows
            if row[0] == handle._handle and row[1] in setters
        ]


def boot(vm, count: int = 2):
    """Create and initialise ``count`` vCPUs with the features that ``vm`` stands for."""
    vcpus = [vm.create_vcpu(index) for index in range(count)]
    for vcpu in vcpus:
        vcpu.init(vm.preferred_target(), vm.features)
    return vcpus


def held(vm, vcpu, id: int) -> int:
    """What the kernel itself says that ``vcpu`` shows: through it, or through its VM."""
    if vm.regs.implementation(id) == "native":
        return int.from_bytes(vm.raw.get_vm_one_reg(id), "little")
    return int.from_bytes(vcpu.raw.get_one_reg(id), "little")
