"""Measure a kernel behind the protocol into a profile.

Only throw-away VMs are touched. The result is a sealed profile as plain
dicts and lists (see :mod:`guestabi.profile.schema`).
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Optional, Sequence

from guestabi import __version__
from guestabi.kvm.protocol import Kvm, Vcpu
from guestabi.probe import devices, stages, vmonly
from guestabi.probe.guest import guest_answers
from guestabi.probe.machine import Configuration, Machine, choose, offered_features, offered_gics
from guestabi.probe.sweep import Cell, Sweeper
from guestabi.profile import canonical
from guestabi.registers.catalogue import name_of
from guestabi.uapi import regid, structs
from guestabi.uapi.caps import CAPABILITIES

SVE_VLS = 0x606000000015FFFF

Progress = Callable[[str], None]


def capture(
    kvm: Kvm,
    *,
    taken: Mapping[str, Any],
    features: Optional[Sequence[str]] = None,
    calls: Optional[Mapping[str, int]] = None,
    guest: bool = True,
    progress: Progress = lambda line: None,
) -> dict[str, Any]:
    """Return the sealed profile of ``kvm``.

    ``taken`` holds what the kernel cannot be asked through KVM (profile.schema.TakenRecord);
    ``features`` fixes the vCPU features by name (None: those of "the host's CPU"); ``calls`` is
    the device's own counter of ioctls, read at the end; ``guest``: let guest code look too, where
    the kernel can run it.
    """
    configuration = choose(kvm, features)
    progress(f"VM: {' '.join(configuration.features) or 'no features'}, GIC {configuration.gic}")
    notes: list[str] = []
    vls = _sve_vector_lengths(kvm, configuration)
    with Machine(kvm, configuration).init_all() as machine:
        host = _host(kvm, machine)
        cells, volatile = _read_all(machine.vcpus)
        progress(f"{len(cells) + len(volatile)} registers, {len(volatile)} of them counters")
        gic = devices.measure(machine.gic, configuration.gic or "") if machine.gic else []
        target = machine.target
    measured = [cell for cell in cells if cell.id != SVE_VLS]
    _sweep(kvm, configuration, measured, notes)
    progress("values swept; now windows and what outlives an initialisation")
    lives = stages.measure(kvm, configuration, measured)
    if lives.ran is not None:
        notes.append(f"KVM_RUN was refused ({lives.ran}): windows are known up to init only")
    rows = [_row(cell, lives.by_id[cell.id], lives.ran) for cell in measured]
    rows += [_volatile_row(id) for id in volatile] + vls
    listed = {int(str(row["id"]), 16) for row in rows}
    for cell, life in vmonly.measure(kvm, configuration, listed):
        rows.append({**_row(cell, life, None), "vm_only": True})
    answers = guest_answers(kvm, configuration, notes) if guest else None
    return canonical.seal(
        {
            **({} if answers is None else {"guest": answers}),
            "schema": canonical.SCHEMA,
            "name": "",
            "taken": {
                "tool": f"guestabi {__version__}",
                **taken,
                "calls": dict(sorted((calls or {}).items())),
                "notes": notes,
            },
            "vm": {
                "features": list(configuration.features),
                "gic": configuration.gic,
                "target": target,
                "vcpus": configuration.vcpus,
                "enabled_caps": [],
            },
            "host": host,
            "devices": gic,
            "registers": sorted(rows, key=lambda row: str(row["id"])),
        }
    )


def _host(kvm: Kvm, machine: Machine) -> dict[str, Any]:
    answers = {name: machine.vm.check_extension(cap) for name, cap in CAPABILITIES.items()}
    capabilities = {name: answer for name, answer in answers.items() if answer}
    ranges = capabilities.get("KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES", 0)
    return {
        "capabilities": capabilities,
        "vcpu_features": list(offered_features(kvm)),
        "gics": sorted(offered_gics(kvm)),
        "ipa_bits": capabilities.get("KVM_CAP_ARM_VM_IPA_SIZE", 40),
        "writable_masks": _masks(machine.vm.get_reg_writable_masks()) if ranges else None,
    }


def _masks(masks: Sequence[int]) -> dict[str, str]:
    found = {}
    for op1 in (0, 1, 3):
        for crm in range(8):
            for op2 in range(8):
                mask = masks[structs.feature_id_index(op1, crm, op2)]
                if mask:
                    found[regid.hex_id(regid.sysreg(3, op1, 0, crm, op2))] = hex(mask)
    return found


def _read_all(vcpus: Sequence[Vcpu]) -> tuple[list[Cell], list[int]]:
    """Read the list twice on each vCPU; what differs by itself is volatile."""
    ids = vcpus[0].get_reg_list()
    readings = [[_read(vcpu, id) for id in ids] for _ in range(2) for vcpu in vcpus[:2]]
    cells, volatile = [], []
    for id, *values in zip(ids, *readings):
        first, second = values[0], values[1] if len(vcpus) > 1 else None
        if values[: len(vcpus)] == values[len(vcpus) :]:
            cells.append(Cell(id, first, second))
        else:
            volatile.append(id)
    return cells, volatile


def _sweep(kvm: Kvm, configuration: Configuration, cells: Sequence[Cell], notes: list[str]) -> None:
    """Sweep all cells on one VM; a register that cannot be put back costs a fresh one."""
    waiting = list(cells)
    while waiting:
        with Machine(kvm, configuration).init_all() as machine:
            sweeper = Sweeper(machine.vcpus[0], machine.vcpus[1])
            while waiting:
                cell = waiting.pop(0)
                sweeper.measure(cell)
                if not cell.restored:
                    others = [other for other in cells if other is not cell]
                    cell.shares = sweeper.changed(others)
                    notes.append(f"{name_of(cell.id)} could not be put back; went on in a new VM")
                    break


def _sve_vector_lengths(kvm: Kvm, configuration: Configuration) -> list[dict[str, Any]]:
    """Measure SVE_VLS, which is writable between init and finalize alone."""
    if "sve" not in configuration.features:
        return []
    with Machine(kvm, configuration) as machine:
        first, second = machine.init(0), machine.init(1)
        cell = Cell(SVE_VLS, _read(first, SVE_VLS), _read(second, SVE_VLS))
        cell.fields = _vector_length_fields(Sweeper(first, second), first, cell)
        machine.finish(0)
        life = stages.Life({stages.FINALIZED: stages.ask_after_finalize(first, cell)})
    return [_row(cell, life, None)]


def _vector_length_fields(sweeper: Sweeper, vcpu: Vcpu, cell: Cell) -> list[dict[str, Any]]:
    """Try the set of vector lengths with each of the first 16 (128 .. 2048 bits) flipped."""
    rows = []
    for bit in range(16):
        value = cell.default ^ 1 << bit
        own = cell.default >> bit & 1
        errno = sweeper.write(cell.id, value, cell.size)
        if errno is None:
            cell.alternative = value
            cell.scope = "vcpu"
            rows.append({"low": bit, "width": 1, "accepts": [[0, 1]]})
        else:
            cell.errno = cell.errno or errno
            rows.append({"low": bit, "width": 1, "accepts": [[own, own]]})
        sweeper.write(cell.id, cell.default, cell.size)
    return rows


def _row(cell: Cell, life: stages.Life, ran: Optional[str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": regid.hex_id(cell.id),
        "name": name_of(cell.id),
        "scope": cell.scope,
        "window": stages.window(cell, life, ran),
        "volatile": False,
        "default": hex(cell.default),
        "stages": life.stages,
    }
    if cell.other is not None and cell.other != cell.default:
        row["default_other"] = hex(cell.other)
    optional = {
        "fields": cell.fields,
        "errno": cell.errno,
        "acts": cell.acts,
        "shares": [regid.hex_id(id) for id in cell.shares] or None,
        "patterns": cell.patterns,
        "survives_other_init": life.survives_other_init,
        "survives_reinit": life.survives_reinit,
    }
    row.update({key: value for key, value in optional.items() if value is not None})
    return row


def _volatile_row(id: int) -> dict[str, Any]:
    return {
        "id": regid.hex_id(id),
        "name": name_of(id),
        "scope": "unknown",
        "window": "unknown",
        "volatile": True,
        "default": None,
    }


def _read(vcpu: Vcpu, id: int) -> int:
    return int.from_bytes(vcpu.get_one_reg(id), "little")
