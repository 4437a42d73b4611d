"""Executable KVM/arm64 kernels for tests of a VMM: no /dev/kvm, no root, no hardware."""

from guestabi.model.designs import AS_MEASURED, DESIGNS, Design, Extra, service
from guestabi.model.kernel import ModelKvm, kernel

__all__ = ["AS_MEASURED", "DESIGNS", "Design", "Extra", "ModelKvm", "kernel", "service"]
