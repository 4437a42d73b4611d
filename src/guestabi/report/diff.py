"""What differs between two profiles, as data. Every sequence is sorted by register id or name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.registers.catalogue import field_segments, lookup, name_of
from guestabi.report.values import accepted, meaning
from guestabi.uapi.regid import hex_id


@dataclass(frozen=True)
class Listed:
    """A register that only one side lists. ``value`` is its default there, None: volatile."""

    id: int
    name: str
    feature: Optional[str]
    value: Optional[int]


@dataclass(frozen=True)
class FieldChange:
    """Bits whose default differs. Raw values, their meanings ("" where unknown), and what each
    side accepts in words (:func:`guestabi.report.values.accepted`).
    """

    name: Optional[str]
    low: int
    width: int
    old: int
    new: int
    old_meaning: str
    new_meaning: str
    old_accepts: str
    new_accepts: str


@dataclass(frozen=True)
class RegisterChange:
    """A register on both sides whose default differs. ``width`` in bits."""

    id: int
    name: str
    width: int
    old: int
    new: int
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class RuleChange:
    """A register on both sides that may be written elsewhere or otherwise than before.

    ``what`` is ``scope``, ``window``, ``volatile`` or ``accepts <field>``.
    """

    id: int
    name: str
    what: str
    old: str
    new: str


@dataclass(frozen=True)
class NamedChange:
    """A capability, vCPU feature or device attribute; None: not there."""

    kind: str
    name: str
    old: Optional[str]
    new: Optional[str]


@dataclass(frozen=True)
class ProfileDiff:
    """Everything that differs between profiles ``old`` and ``new`` (their labels and digests)."""

    old: tuple[str, str]
    new: tuple[str, str]
    only_old: tuple[Listed, ...]
    only_new: tuple[Listed, ...]
    changed: tuple[RegisterChange, ...]
    rules: tuple[RuleChange, ...]
    others: tuple[NamedChange, ...]

    @property
    def empty(self) -> bool:
        """Whether the two expose the same."""
        return not (self.only_old or self.only_new or self.changed or self.rules or self.others)

    def to_builtins(self) -> dict[str, Any]:
        """Return the diff as plain data: ids and register values as hex text."""
        from dataclasses import asdict

        return {
            "schema": 1,
            "source": {"name": self.old[0], "digest": self.old[1]},
            "destination": {"name": self.new[0], "digest": self.new[1]},
            "only_source": [_hex(asdict(row)) for row in self.only_old],
            "only_destination": [_hex(asdict(row)) for row in self.only_new],
            "changed": [_changed(row) for row in self.changed],
            "rules": [_hex(asdict(row)) for row in self.rules],
            "others": [asdict(row) for row in self.others],
        }


def _changed(row: RegisterChange) -> dict[str, Any]:
    from dataclasses import asdict

    return {**_hex(asdict(row)), "fields": [asdict(field) for field in row.fields]}


def _hex(row: dict[str, Any]) -> dict[str, Any]:
    for key in ("value", "old", "new"):
        if isinstance(row.get(key), int):
            row[key] = hex(row[key])
    row["id"] = hex_id(row["id"])
    return row


def diff(old: HostProfile, new: HostProfile) -> ProfileDiff:
    """Compare two profiles; nothing is weighed here, see ``guestabi.compat`` for that."""
    both = [(old.registers[id], new.registers[id]) for id in old.registers if id in new.registers]
    return ProfileDiff(
        (old.label, old.digest),
        (new.label, new.digest),
        _listed(old, new),
        _listed(new, old),
        tuple(_change(a, b) for a, b in both if _differs(a, b)),
        tuple(rule for a, b in both for rule in _rules(a, b)),
        _others(old, new),
    )


def _listed(have: HostProfile, lack: HostProfile) -> tuple[Listed, ...]:
    return tuple(
        Listed(id, name_of(id), entry.feature if (entry := lookup(id)) else None, row.default)
        for id, row in have.registers.items()
        if id not in lack.registers
    )


def _differs(a: ProbedRegister, b: ProbedRegister) -> bool:
    return a.default is not None and b.default is not None and a.default != b.default


def _change(a: ProbedRegister, b: ProbedRegister) -> RegisterChange:
    old, new = a.default or 0, b.default or 0
    fields = []
    for name, low, width in field_segments(a.id):
        mask = (1 << width) - 1
        was, now = old >> low & mask, new >> low & mask
        if was != now:
            said = (meaning(a.id, low, width, old), meaning(a.id, low, width, new))
            takes = (accepted(a, low, width), accepted(b, low, width))
            fields.append(FieldChange(name, low, width, was, now, *said, *takes))
    return RegisterChange(a.id, name_of(a.id), 8 * a.size, old, new, tuple(fields))


def _rules(a: ProbedRegister, b: ProbedRegister) -> list[RuleChange]:
    pairs = [("scope", a.scope, b.scope), ("window", a.window, b.window)]
    pairs.append(("volatile", str(a.volatile).lower(), str(b.volatile).lower()))
    told = a.window != b.window and b.window == "never"
    if not told and (a.fields, a.patterns) != (b.fields, b.patterns):
        pairs += _accepting(a, b)
    name = name_of(a.id)
    return [RuleChange(a.id, name, what, was, now) for what, was, now in pairs if was != now]


def _accepting(a: ProbedRegister, b: ProbedRegister) -> list[tuple[str, str, str]]:
    found = []
    for name, low, width in field_segments(a.id):
        if _differs(a, b) and (_bits(a, low, width) != _bits(b, low, width)):
            continue  # shown with the change of the default
        label = name or f"[{low + width - 1}:{low}]"
        found.append((f"accepts {label}", accepted(a, low, width), accepted(b, low, width)))
    return found


def _bits(register: ProbedRegister, low: int, width: int) -> int:
    return (register.default or 0) >> low & (1 << width) - 1


def _others(old: HostProfile, new: HostProfile) -> tuple[NamedChange, ...]:
    kinds = {
        "capability": (_numbers(old.capabilities), _numbers(new.capabilities)),
        "vCPU feature of the VM": (_set(old.features), _set(new.features)),
        "vCPU feature offered": (
            _set(old.record.host.vcpu_features),
            _set(new.record.host.vcpu_features),
        ),
        "interrupt controller": (_set(old.record.host.gics), _set(new.record.host.gics)),
        "device attribute": (_devices(old), _devices(new)),
        "host": (_host(old), _host(new)),
    }
    return tuple(
        NamedChange(kind, name, a.get(name), b.get(name))
        for kind, (a, b) in kinds.items()
        for name in sorted({*a, *b})
        if a.get(name) != b.get(name)
    )


def _numbers(values: Mapping[str, int]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _set(names: Any) -> dict[str, str]:
    return dict.fromkeys(names, "yes")


def _devices(profile: HostProfile) -> dict[str, str]:
    return {f"{row.device} {row.attribute}": row.default for row in profile.devices}


def _host(profile: HostProfile) -> dict[str, str]:
    return {"IPA bits": str(profile.record.host.ipa_bits), "VM's GIC": str(profile.record.vm.gic)}
