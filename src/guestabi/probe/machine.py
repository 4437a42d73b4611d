"""Throw-away VMs, set up as a VMM would set them up.

The order is the one that every kernel from 5.10 on accepts: vCPUs, interrupt controller, then
KVM_ARM_VCPU_INIT, KVM_ARM_VCPU_FINALIZE and the PMU of each vCPU. With a PMU, KVM_RUN is refused
until both are initialised, so without an in-kernel GIC the PMU is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence, TypeVar

from guestabi.errors import KvmError, UsageError
from guestabi.kvm.protocol import Device, Handle, Kvm, Vcpu
from guestabi.uapi import devices
from guestabi.uapi.caps import CAPABILITIES, FEATURE_BY_NAME, VCPU_FEATURES

H = TypeVar("H", bound=Handle)


@dataclass(frozen=True)
class Configuration:
    """The VM to build: vCPU features by name (sorted), the GIC by name (None: none)."""

    features: tuple[str, ...]
    gic: Optional[str]
    vcpus: int = 2


def choose(kvm: Kvm, features: Optional[Sequence[str]] = None) -> Configuration:
    """Return the configuration to measure: every feature that the host offers and a VMM would
    switch on for "the host's CPU", or exactly ``features``.

    Raises UsageError for a feature that does not exist or that the host does not offer.
    """
    gics = offered_gics(kvm)
    gic = gics[0] if gics else None
    offered = offered_features(kvm)
    if features is None:
        chosen = [f.name for f in VCPU_FEATURES if f.in_host_cpu and f.name in offered]
        if gic is None:
            chosen = [name for name in chosen if name != "pmu-v3"]
    else:
        for name in features:
            if name not in FEATURE_BY_NAME:
                known = ", ".join(sorted(FEATURE_BY_NAME))
                raise UsageError(f"no vCPU feature is called {name!r}", hint=f"there are: {known}")
            if name not in offered:
                raise UsageError(f"this host does not offer the vCPU feature {name}")
        chosen = list(features)
    return Configuration(tuple(sorted(set(chosen))), gic)


def offered_features(kvm: Kvm) -> tuple[str, ...]:
    """Return the vCPU features that the host has a capability for, sorted."""
    return tuple(
        sorted(
            feature.name
            for feature in VCPU_FEATURES
            if feature.capability is None or kvm.check_extension(CAPABILITIES[feature.capability])
        )
    )


def offered_gics(kvm: Kvm) -> tuple[str, ...]:
    """Return the in-kernel GIC models that the host can create, newest first."""
    with kvm.create_vm() as vm:
        return tuple(gic.name for gic in devices.GICS if vm.has_device_type(gic.device_type))


class Machine:
    """One throw-away VM. ``close`` (or leaving the ``with`` block) gives all of it back.

    ``enable``: capabilities with their arguments, for KVM_ENABLE_CAP on the VM. Without ``born``
    it has no vCPU and no GIC until ``bear``.
    """

    def __init__(
        self,
        kvm: Kvm,
        configuration: Configuration,
        *,
        enable: Sequence[tuple[int, Sequence[int]]] = (),
        born: bool = True,
    ) -> None:
        self.kvm = kvm
        self.configuration = configuration
        self._features = [FEATURE_BY_NAME[name] for name in configuration.features]
        self._open: list[Handle] = []
        self.vcpus: list[Vcpu] = []
        self.gic: Optional[Device] = None
        try:
            self.vm = self._keep(kvm.create_vm())
            for capability, arguments in enable:
                self.vm.enable_cap(capability, arguments)
            self.target = self.vm.preferred_target()
            if born:
                self.bear()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        while self._open:
            self._open.pop().close()

    def bear(self) -> None:
        """Create the vCPUs and the GIC."""
        for index in range(self.configuration.vcpus):
            self.vcpus.append(self._keep(self.vm.create_vcpu(index)))
        if self.configuration.gic is not None:
            self.gic = self._create_gic(self.configuration.gic)

    def init(self, index: int) -> Vcpu:
        """KVM_ARM_VCPU_INIT of one vCPU, with the configuration's features."""
        self.vcpus[index].init(self.target, [feature.bit for feature in self._features])
        return self.vcpus[index]

    def finish(self, index: int) -> Vcpu:
        """Finalize what needs it and initialise the PMU of an initialised vCPU."""
        vcpu = self.vcpus[index]
        for feature in self._features:
            if feature.finalize:
                vcpu.finalize(feature.bit)
        if "pmu-v3" in self.configuration.features and self.gic is not None:
            irq = devices.PMU_PPI.to_bytes(4, "little")
            vcpu.set_device_attr(devices.VCPU_PMU_V3_CTRL, devices.VCPU_PMU_V3_IRQ, irq)
            vcpu.set_device_attr(devices.VCPU_PMU_V3_CTRL, devices.VCPU_PMU_V3_INIT, None)
        return vcpu

    def init_all(self) -> Machine:
        for index in range(len(self.vcpus)):
            self.init(index)
        for index in range(len(self.vcpus)):
            self.finish(index)
        return self

    def _create_gic(self, name: str) -> Device:
        gic = next(row for row in devices.GICS if row.name == name)
        device = self._keep(self.vm.create_device(gic.device_type))
        for attribute, address in gic.addresses:
            device.set_device_attr(devices.VGIC_GRP_ADDR, attribute, address.to_bytes(8, "little"))
        device.set_device_attr(devices.VGIC_GRP_CTRL, devices.VGIC_CTRL_INIT, None)
        return device

    def _keep(self, handle: H) -> H:
        self._open.append(handle)
        return handle


def try_run(vcpu: Vcpu) -> Optional[str]:
    """Let the vCPU count as run without running guest code; return the errno's name if refused."""
    try:
        vcpu.run(immediate_exit=True)
    except KvmError as error:
        return error.errno_name
    return None
