"""Answer by doing: restore a profile's registers into a throw-away VM, and read them back.

The result is a list of raw outcomes, one per register of either side, in the words of
``compat`` (``same``, ``missing``, ``refused``, ``readback``, ``defaulted``). What they mean for a
guest is decided elsewhere, from the same rules as the offline answer.
"""

from __future__ import annotations

import json
import os
from typing import Any, Mapping, Optional

from guestabi.errors import BadInput
from guestabi.kvm.protocol import Kvm, Vcpu
from guestabi.kvm.state import put
from guestabi.probe.capture import SVE_VLS
from guestabi.probe.machine import Machine, choose
from guestabi.profile import canonical
from guestabi.registers.catalogue import name_of
from guestabi.uapi import regid

SCHEMA = 1


def read_source(path: str) -> dict[str, Any]:
    """Read the profile in ``path`` with the standard library alone. Raises BadInput."""
    try:
        with open(path, "rb") as stream:
            profile = json.loads(stream.read())
        schema = profile["schema"]
        if schema != canonical.SCHEMA:
            raise BadInput(path, f"has schema {schema}; this program reads {canonical.SCHEMA}")
        if profile["checksum"] != canonical.checksum(profile):
            raise BadInput(path, "its content does not match its checksum")
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(path, "is no whole guestabi profile") from None
    return dict(profile)


def rehearse(kvm: Kvm, source: Mapping[str, Any]) -> dict[str, Any]:
    """Restore ``source``'s default values as a VMM would, on this host's own configuration.

    Every register is written to each of two vCPUs in ascending id order, after all vCPUs are
    initialised; refusals do not end it; everything is read back when all is written.
    """
    values = {int(row["id"], 16): row for row in source["registers"]}
    with Machine(kvm, choose(kvm)) as machine:
        for index in range(len(machine.vcpus)):
            machine.init(index)
        early = _write_all(machine, {i: r for i, r in values.items() if i == SVE_VLS})
        for index in range(len(machine.vcpus)):
            machine.finish(index)
        first = machine.vcpus[0]
        listed = set(first.get_reg_list())
        late = {i: r for i, r in values.items() if i in listed and i != SVE_VLS}
        errnos = {**early, **_write_all(machine, late)}
        outcomes = [
            _outcome(first, id, values.get(id), id in listed, errnos.get(id))
            for id in sorted(listed | set(values))
        ]
    return {
        "schema": SCHEMA,
        "kernel_release": os.uname().release,
        "source": {"name": source.get("name", ""), "digest": source["digest"]},
        "outcomes": outcomes,
    }


def _write_all(machine: Machine, rows: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """Write each row to each vCPU; return the errno's name of the first refusal of each id."""
    refused: dict[int, str] = {}
    for index, vcpu in enumerate(machine.vcpus):
        writes = []
        for id, row in sorted(rows.items()):
            text = row.get("default_other", row["default"]) if index else row["default"]
            if text is not None:
                writes.append((id, int(text, 16).to_bytes(regid.size_of(id), "little")))
        put(vcpu, writes, lambda error: refused.setdefault(error.register, error.errno_name))
    return refused


def _outcome(
    vcpu: Vcpu, id: int, row: Optional[Mapping[str, Any]], listed: bool, errno: Optional[str]
) -> dict[str, Any]:
    wanted = row["default"] if row else None
    outcome: dict[str, Any] = {"id": regid.hex_id(id), "name": name_of(id), "source": wanted}
    if not listed:
        return {**outcome, "kind": "missing", "destination": None}
    got = hex(int.from_bytes(vcpu.get_one_reg(id), "little"))
    if row is None:
        again = hex(int.from_bytes(vcpu.get_one_reg(id), "little"))
        return {**outcome, "kind": "defaulted", "destination": got if got == again else None}
    if errno is not None:
        return {**outcome, "kind": "refused", "errno": errno, "destination": got}
    if wanted is None:
        return {**outcome, "kind": "same", "destination": None}
    kind = "same" if got == wanted else "readback"
    return {**outcome, "kind": kind, "destination": got}
