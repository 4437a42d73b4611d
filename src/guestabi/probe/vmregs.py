"""``scoped(kvm)``: a kernel whose VMs have ``regs``, as measured on this kernel.

See :mod:`guestabi.kvm.vmregs` for what ``regs`` does and docs/vm-registers.md for an example.
"""

from __future__ import annotations

from typing import Optional, Sequence

from guestabi.kvm.protocol import Kvm
from guestabi.kvm.scoped import ScopedKvm
from guestabi.probe import scopes
from guestabi.probe.machine import choose
from guestabi.uapi.caps import FEATURE_BY_NAME


def scoped(
    kvm: Kvm, *, mode: str = "inherit", features: Optional[Sequence[str]] = None
) -> ScopedKvm:
    """Return ``kvm`` with VMs that have ``regs``.

    ``mode`` is ``inherit`` (the kernel's defaults) or ``opt-in`` (what is not set is as old as can
    be). ``features`` are those that the VM's vCPUs will have, by name; None: those of "the host's
    CPU". Raises UsageError for a mode or a feature that there is not.
    """
    configuration = choose(kvm, features)
    bits = [FEATURE_BY_NAME[name].bit for name in configuration.features]
    return ScopedKvm(kvm, scopes=scopes.measure, features=bits, gic=configuration.gic, mode=mode)
