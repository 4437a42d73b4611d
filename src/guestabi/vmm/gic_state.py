"""The state of an in-kernel GICv3: read as it is, and written to a fresh one, identity first.

The registers and their order: :mod:`guestabi.vmm.gic_registers`. A state::

    {"GICD_IIDR": [0x4b00243b], "GICD_IGROUPR": [0xffffffff, ...], "ICC_PMR_EL1": [0xf0, 0xf0], ...}
"""

from __future__ import annotations

from typing import Optional

from guestabi.errors import GuestAbiError, KvmError, RegisterError, UsageError
from guestabi.kvm.protocol import Device
from guestabi.uapi import devices
from guestabi.vmm.gic_registers import IDENTITY, ROWS, SAVED, Row, State, attributes

MODEL = "v3"
"""The GIC that can be saved, by its name in ``uapi.devices.GICS``."""

_ONES = 0xFFFF_FFFF


def save(gic: Device, vcpus: int) -> State:
    """Return the state of an initialised GICv3 with ``vcpus`` vCPUs, none of which is running.

    Raises UsageError for another interrupt controller, RegisterError (``register`` is the
    attribute) where a read fails.
    """
    if not gic.has_device_attr(devices.VGIC_GRP_REDIST_REGS, 0):
        raise UsageError("this interrupt controller cannot be saved", hint="only a GICv3 can be")
    state: State = {}
    for row in SAVED:
        state[row.name] = [_get(gic, row, each) for each in attributes(row, state, vcpus)]
    return state


def restore(gic: Device, state: State, vcpus: int) -> None:
    """Write ``state`` to an initialised GICv3 whose ``vcpus`` vCPUs have never run.

    What a guest knows its controller by comes first, and is read back where it had to be written:
    kernels from Linux 5.19 to early 2026 answer 0 to another revision in GICD_IIDR and keep their
    own (measured: 6.16 and 6.19). What holds already is not written: 0 in GICR_PROPBASER, as it is
    at reset, cannot be (it becomes 0x180, measured). Raises GuestAbiError where a guest would know
    another controller, UsageError for a state of another number of vCPUs, RegisterError
    (``register`` is the attribute) for a write that is refused.
    """
    if not fits(state, vcpus):
        raise UsageError(f"this is no state of a GICv3 with {vcpus} vCPUs")
    for row in IDENTITY:
        _identify(gic, row, state[row.name][0])
    for row in ROWS:
        places = attributes(row, state, vcpus)
        values = [_ONES] * len(places) if row.clears else state[row.name]
        for attribute, value in zip(places, values):
            if row.clears or _get(gic, row, attribute) != value:
                _put(gic, row, attribute, value)


def require(model: Optional[str], state: Optional[State]) -> None:
    """Raise UsageError unless VMs with the GIC ``model`` (None: no GIC) can get ``state``."""
    there = None if state is None else MODEL
    if model != there:
        has, offers = (f"a GIC{each}" if each else "no GIC" for each in (there, model))
        raise UsageError(
            f"the machine was saved with {has}, and VMs of this host come with {offers}",
            hint="load it on a host that offers the same",
        )


def fits(state: object, vcpus: int) -> bool:
    """Return whether ``state`` is a whole state of a GICv3 with ``vcpus`` vCPUs (1 at least)."""
    if vcpus < 1 or not isinstance(state, dict) or set(state) != {row.name for row in SAVED}:
        return False
    # What `attributes` looks up stands in earlier rows, which are sound by then.
    return all(_fits(row, state, vcpus) for row in SAVED)


def _fits(row: Row, state: State, vcpus: int) -> bool:
    words, limit = state[row.name], 1 << 8 * row.size
    sound = isinstance(words, list) and all(type(n) is int and 0 <= n < limit for n in words)
    return sound and len(words) == len(attributes(row, state, vcpus))


def _identify(gic: Device, row: Row, value: int) -> None:
    if _get(gic, row, row.at) == value:
        return
    try:
        _put(gic, row, row.at, value)
        said = "does not keep what is written"
    except RegisterError as error:
        said = f"refuses another value ({error.errno_name})"
    got = _get(gic, row, row.at)
    if got != value:
        raise GuestAbiError(
            f"{row.name} was {value:#x} where the machine was saved; "
            f"here it is {got:#x}, and the kernel {said}",
            hint="the guest would find another interrupt controller: keep it on hosts that have "
            "the same one, or whose kernel keeps the revision",
        )


def _get(gic: Device, row: Row, attribute: int) -> int:
    try:
        data = gic.get_device_attr(row.group, attribute, row.size)
    except KvmError as error:
        raise _refused(error, row, attribute, None) from None
    return int.from_bytes(data, "little")


def _put(gic: Device, row: Row, attribute: int, value: int) -> None:
    try:
        gic.set_device_attr(row.group, attribute, value.to_bytes(row.size, "little"))
    except KvmError as error:
        raise _refused(error, row, attribute, value) from None


def _refused(error: KvmError, row: Row, attribute: int, value: Optional[int]) -> RegisterError:
    known = (error.ioctl, error.errno, attribute, row.name)
    refused = RegisterError(*known, value, error.meaning)
    if value is not None:
        refused.hint = "this host's GICv3 is not like the guest's: keep it on hosts like its own"
    return refused
