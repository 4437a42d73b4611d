"""Random small hosts: a few registers of every role, with measured and unmeasured answers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from guestabi.profile.host import HostProfile
from profiles import make_profile

from .hosts import IIDR, POISON, field

ID_REGISTERS = ("ID_AA64DFR0_EL1", "ID_AA64PFR0_EL1")
STATE = ("TTBR0_EL1", "PMUSERENR_EL0", "TIMER_CTL")
BITMAPS = ("STD_BMAP", "VENDOR_HYP_BMAP", "VENDOR_HYP_BMAP_2")
OTHERS = ("PMMIR_EL1", "PSCI_VERSION", "SVE_VLS", "X0")
ASKED = (
    *ID_REGISTERS,
    *("PMMIR_EL1", "PSCI_VERSION", "PMCEID0_EL0", "GICD_IIDR", "TRNG_VERSION"),
    *("VENDOR_HYP_KVM_FEATURES", "VENDOR_HYP_KVM_PTP", "PSCI_FEATURES of SYSTEM_OFF2"),
)


@st.composite
def swept(draw: st.DrawFn, width: int, count: int) -> dict[str, Any]:
    """A register of ``count`` fields of ``width`` bits, each with the values that it accepts."""
    values = st.integers(0, (1 << width) - 1)
    default = 0
    fields = []
    for low in range(0, width * count, width):
        own = draw(values)
        accepted = sorted({own, *draw(st.lists(values, max_size=3))})
        default |= own << low
        fields.append(field(low, width, *accepted))
    row: dict[str, Any] = {"default": default, "fields": fields}
    if draw(st.booleans()):
        row["survives_other_init"] = draw(st.booleans())
    return row


@st.composite
def patterned(draw: st.DrawFn) -> dict[str, Any]:
    """A register of which a few whole values were tried."""
    values = st.sampled_from([0, 1, 4, 6, 7, POISON])
    default = draw(values)
    patterns: list[dict[str, Any]] = []
    for value in sorted(draw(st.sets(values, max_size=4)) - {default}):
        kind = draw(st.sampled_from(["same", "readback", "refused"]))
        said: dict[str, Any] = {"value": value}
        if kind == "refused":
            said["errno"] = "EINVAL"
        elif kind == "readback":
            said["got"] = draw(values)
        patterns.append(said)
    return {"default": default, "patterns": patterns}


@st.composite
def set_and_clear(draw: st.DrawFn) -> dict[str, Any]:
    """Two registers of one storage, of which one may only set and the other only clear bits."""
    default = draw(st.sampled_from([0, 6]))
    tried = [{"value": 15, "got": 15}]
    sets: dict[str, Any] = {"default": default, "patterns": tried}
    clears: dict[str, Any] = {"default": default, "patterns": [{"value": 15, "got": 0}]}
    if draw(st.booleans()):
        sets.update(acts="sets", shares=["0x603000000013c4f2"])
        clears.update(acts="clears", shares=["0x603000000013c4f1"])
    return {"PMINTENSET_EL1": sets, "PMINTENCLR_EL1": clears}


@st.composite
def hosts(draw: st.DrawFn) -> HostProfile:
    """One random host."""
    rows: dict[Any, Any] = {"ID_AA64ISAR0_EL1": {"default": 1, "fields": []}}
    for name in ID_REGISTERS:
        if draw(st.integers(0, 5)):
            rows[name] = draw(swept(4, 4))
    for name in BITMAPS:
        if draw(st.booleans()):
            rows[name] = draw(swept(1, 2))
    for name in (*STATE, *OTHERS):
        if draw(st.booleans()):
            rows[name] = draw(patterned())
    if draw(st.booleans()):
        rows.update(draw(set_and_clear()))
    for row in rows.values():
        row["scope"] = draw(st.sampled_from(["vm", "vcpu", "unknown"]))
    capabilities = draw(st.dictionaries(st.just("KVM_CAP_PTP_KVM"), st.integers(0, 1)))
    devices = [
        {**IIDR, "default": default}
        for default in draw(st.lists(st.sampled_from(["0x2", "0x3"]), max_size=1))
    ]
    changes: dict[str, Any] = {"capabilities": capabilities, "devices": devices}
    if draw(st.booleans()):
        changes["guest"] = draw(answers(rows))
    return make_profile("random", rows, **changes)


@st.composite
def answers(draw: st.DrawFn, rows: dict[Any, Any]) -> dict[str, str]:
    """What guest code found there: often what the register of that name holds, and not always."""
    said = st.sampled_from(["0x0", "0x1", "0x3", "0x10001", "not supported"])
    found = {name: draw(said) for name in draw(st.sets(st.sampled_from(ASKED)))}
    for name in found.keys() & rows.keys():
        if draw(st.integers(0, 3)):
            found[name] = hex(rows[name]["default"])
    return found


def blinded(host: HostProfile, seed: int) -> HostProfile:
    """The same host with fewer answers: some registers' measurements are taken away."""
    rows: dict[Any, Any] = {}
    for position, record in enumerate(host.to_builtins()["registers"]):
        row = {key: record[key] for key in ("default", "scope", "volatile", "window")}
        if not seed >> position & 1:
            row.update({k: record[k] for k in ("fields", "patterns") if record.get(k) is not None})
        row.update({k: record[k] for k in ("survives_other_init", "acts", "shares") if k in record})
        row["patterns"] = [
            {k: int(v, 16) if k != "errno" else v for k, v in pattern.items()}
            for pattern in row.get("patterns", ())
        ] or None
        if row["patterns"] is None:
            del row["patterns"]
        rows[int(record["id"], 16)] = row
    devices = host.to_builtins()["devices"]
    guest = host.record.guest
    changes = {} if guest is None else {"guest": guest}
    return make_profile("blinded", rows, capabilities=host.capabilities, devices=devices, **changes)
