"""When may a register be written, and what outlives an initialisation?

On one throw-away VM, in the order of a VM's life: the first vCPU is initialised and every
register gets its other value; the second vCPU is initialised, then the first once more, to see
which values survive; everything goes back to its default; then each register is asked twice (the
value that it has, another one) with all vCPUs initialised, and again after the *other* vCPU has
counted as run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Sequence

from guestabi.errors import KvmError, RegisterError
from guestabi.kvm.protocol import Kvm, Vcpu
from guestabi.probe.machine import Configuration, Machine, try_run
from guestabi.probe.sweep import Cell
from guestabi.uapi import regid

WITH_VCPUS = "vcpus"
"""A vCPU exists: asked of registers of the VM alone."""
OTHERS_INIT = "others-init"
FINALIZED = "finalized"
RAN = "ran"


@dataclass
class Life:
    """What one register answered through a VM's life."""

    stages: dict[str, dict[str, str]] = field(default_factory=dict)
    survives_other_init: Optional[bool] = None
    survives_reinit: Optional[bool] = None


@dataclass
class Lives:
    by_id: dict[int, Life]
    ran: Optional[str]
    """None: the vCPU counted as run; else the errno's name, and nothing is known of that stage"""


def measure(kvm: Kvm, configuration: Configuration, cells: Sequence[Cell]) -> Lives:
    """Measure windows and stickiness of ``cells``, whose sweep found what else they accept."""
    lives = {cell.id: Life() for cell in cells}
    with Machine(kvm, configuration) as machine:
        first = machine.init(0)
        machine.finish(0)
        movable = [cell for cell in cells if cell.alternative is not None]
        set_now = _set_others(first, movable)
        machine.init(1)
        for cell in set_now:
            lives[cell.id].survives_other_init = _read(first, cell.id) == cell.alternative
        machine.init(0)
        machine.finish(1)
        for cell in set_now:
            if lives[cell.id].survives_other_init:
                lives[cell.id].survives_reinit = _read(first, cell.id) == cell.alternative
        for cell in movable:
            _write(first, cell.id, cell.default)
        for cell in cells:
            lives[cell.id].stages[OTHERS_INIT] = _ask(first, cell)
        refused = try_run(machine.vcpus[1])
        if refused is None:
            for cell in cells:
                lives[cell.id].stages[RAN] = _ask(first, cell)
    return Lives(lives, refused)


def window(cell: Cell, life: Life, ran: Optional[str]) -> str:
    """Name the time at which a register may be given another value (profile.schema.Window)."""
    if not cell.restored:
        return "unknown"
    if WITH_VCPUS in life.stages and cell.alternative is not None:
        return "unknown" if life.stages[WITH_VCPUS]["other"] == "ok" else "before-vcpus"
    if FINALIZED in life.stages:
        return "before-finalize" if cell.alternative is not None else "never"
    if cell.alternative is None:
        return "never"
    if life.stages[OTHERS_INIT]["other"] != "ok":
        return "before-init"
    if ran is not None:
        return "unknown"
    return "always" if life.stages[RAN]["other"] == "ok" else "before-run"


def ask_after_finalize(vcpu: Vcpu, cell: Cell) -> dict[str, str]:
    """Ask the same value and the other one, after KVM_ARM_VCPU_FINALIZE."""
    return _ask(vcpu, cell)


def _set_others(vcpu: Vcpu, cells: Sequence[Cell]) -> list[Cell]:
    """Write every other value; return the cells that hold it once all are written, so that one
    register's change that hides or alters another one is not taken for a lost value."""
    for cell in cells:
        _write(vcpu, cell.id, cell.alternative or 0)
    return [cell for cell in cells if _read(vcpu, cell.id) == cell.alternative]


def _ask(vcpu: Vcpu, cell: Cell) -> dict[str, str]:
    answers = {"same": _write(vcpu, cell.id, cell.default) or "ok"}
    if cell.alternative is not None:
        said = _write(vcpu, cell.id, cell.alternative)
        if said is None and _read(vcpu, cell.id) != cell.alternative:
            said = "ignored"
        if said is None:
            _write(vcpu, cell.id, cell.default)
        answers["other"] = said or "ok"
    return answers


def _write(vcpu: Vcpu, id: int, value: int) -> Optional[str]:
    try:
        vcpu.set_one_reg(id, value.to_bytes(regid.size_of(id), "little"))
    except RegisterError as error:
        return error.errno_name
    return None


def _read(vcpu: Vcpu, id: int) -> Optional[int]:
    try:
        return int.from_bytes(vcpu.get_one_reg(id), "little")
    except KvmError:
        return None
