"""What guest code finds on a VM as it comes: the answers that no register list holds.

A few thousand instructions of :mod:`guestabi.vmm.guest` run on one vCPU of a throw-away VM, at EL1,
with no device and no memory but their own.
"""

from __future__ import annotations

from typing import Optional

from guestabi.errors import GuestAbiError
from guestabi.kvm.protocol import GuestVm, Kvm
from guestabi.kvm.scoped import ScopedKvm
from guestabi.probe.machine import Configuration
from guestabi.uapi.caps import FEATURE_BY_NAME
from guestabi.vmm.guest import image
from guestabi.vmm.machine import boot
from guestabi.vmm.questions import everything
from guestabi.vmm.report import ask, plain

SECONDS = 10.0


def guest_answers(
    kvm: Kvm, configuration: Configuration, notes: list[str]
) -> Optional[dict[str, str]]:
    """Return the guest's answers by name, as a profile holds them.

    None where the kernel runs no guest code (a model), and, with a line in ``notes``, where the
    guest does not report.
    """
    with kvm.create_vm() as vm:
        if not isinstance(vm, GuestVm):
            return None
    questions = everything(gic=configuration.gic)
    features = [FEATURE_BY_NAME[name].bit for name in configuration.features]
    # Nothing is set on this VM, so that nothing about scopes needs to be known.
    plainly = ScopedKvm(kvm, scopes=lambda *_: (), features=features, gic=configuration.gic)
    try:
        with boot(plainly, image(questions, 1)) as machine:
            (report,) = ask(machine, questions, seconds=SECONDS)
    except GuestAbiError as error:
        notes.append(f"guest code gave no answers: {error}")
        return None
    return {name: plain(answer) for name, answer in sorted(report.items())}
