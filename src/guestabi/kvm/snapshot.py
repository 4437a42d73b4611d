"""A VM's registers in a file: what is the VM's once, what is each vCPU's, sealed.

Canonical JSON (sorted keys, no blanks, one line break at the end)::

    {"architecture":"arm64","digest":"<sha256>","features":["pmu-v3","psci-0.2"],
     "guestabi-snapshot":1,"state":{"vcpu":[{"0x...":"0x..."}],"vm":{"0x...":"0x..."}}}

The digest covers everything but itself. A reader refuses a file whole: one that is damaged, cut
short or not canonical, one of a newer version, one of another architecture.

A *flat stream* is what a VMM saves that knows no scopes: a JSON list with one list of ``[id,
value]`` pairs a vCPU. The two cannot be mistaken for each other, so that a reader which knows the
flat form alone refuses a snapshot instead of dropping the VM's part of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from guestabi.errors import BadInput, UsageError
from guestabi.kvm.vmregs import width
from guestabi.registers.catalogue import name_of
from guestabi.uapi import regid

VERSION = 1
ARCHITECTURE = "arm64"
MAX_BYTES = 64 << 20
MAX_VCPUS = 4096
_MARK = "guestabi-snapshot"
_KEYS = {"architecture", "digest", "features", _MARK, "state"}
_ID = re.compile(r"0x[0-9a-f]{16}")
_VALUE = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")

Values = Mapping[int, bytes]


@dataclass(frozen=True)
class Snapshot:
    """``vm`` and each of ``vcpus``: register id to value (little-endian, as wide as the id says).
    ``features``: vCPU features by name, sorted."""

    features: tuple[str, ...]
    vm: Values
    vcpus: tuple[Values, ...]

    def to_bytes(self) -> bytes:
        """Return the file."""
        body: dict[str, Any] = {
            _MARK: VERSION,
            "architecture": ARCHITECTURE,
            "features": list(self.features),
            "state": {"vm": _plain(self.vm), "vcpu": [_plain(each) for each in self.vcpus]},
        }
        return _text({**body, "digest": _digest(body)})


def read(data: bytes, path: str = "snapshot") -> Snapshot:
    """Read a file. Raises BadInput(``path``, reason) for anything but a whole, sound one."""
    plain = _json(data, path)
    if not isinstance(plain, dict) or _MARK not in plain:
        flat = isinstance(plain, list)
        hint = "it may be a flat stream: read_flat takes those" if flat else ""
        raise BadInput(path, "is no guestabi snapshot", hint=hint)
    version = plain[_MARK]
    if type(version) is not int or version < 1:
        raise BadInput(path, "has no version that there could be")
    if version > VERSION:
        raise BadInput(
            path,
            f"is a snapshot of version {version}; this program reads up to {VERSION}",
            hint="restore it with the guestabi that saved it, or a newer one",
        )
    if plain.get("architecture") != ARCHITECTURE:
        raise BadInput(path, f"is of architecture {plain.get('architecture')!r}, not arm64")
    if set(plain) != _KEYS:
        raise BadInput(path, "has other parts than a snapshot of its version")
    body = {key: value for key, value in plain.items() if key != "digest"}
    if plain["digest"] != _digest(body) or _text(plain) != data:
        raise BadInput(path, "is damaged: its content does not match its digest")
    return _checked(plain, path)


def read_flat(data: bytes, path: str = "stream") -> tuple[Values, ...]:
    """Read a flat stream: one mapping a vCPU. Raises BadInput; a snapshot is refused."""
    plain = _json(data, path)
    if not isinstance(plain, list):
        raise BadInput(path, "is no flat register stream", hint="it may be a snapshot: see read")
    vcpus = []
    for pairs in _vcpus(plain, path):
        if not isinstance(pairs, list) or not all(
            isinstance(pair, list) and len(pair) == 2 for pair in pairs
        ):
            raise BadInput(path, "holds something else than [id, value] pairs")
        vcpus.append(_values(pairs, path))
    return tuple(vcpus)


def write_flat(vcpus: Sequence[Values]) -> bytes:
    """Return the flat stream of ``vcpus``: what a VMM that knows no scopes would have saved."""
    return _text([[[key, value] for key, value in _plain(each).items()] for each in vcpus])


def adopt(vcpus: Sequence[Values], scoped: Iterable[int], features: Iterable[str]) -> Snapshot:
    """Make a snapshot of a flat stream: what is VM-wide (``scoped``) is taken out of the vCPUs.

    Raises UsageError where the vCPUs do not agree on it, or there is no vCPU.
    """
    if not vcpus:
        raise UsageError("a stream without a vCPU holds no VM")
    shared = set(scoped)
    vm: dict[int, bytes] = {}
    for number, values in enumerate(vcpus):
        for id in sorted(shared & set(values)):
            if vm.setdefault(id, values[id]) != values[id]:
                raise UsageError(
                    f"{name_of(id)} is the VM's, but the stream's vCPU {number} holds another "
                    f"value of it than the first",
                    hint="that guest was not saved from one VM",
                )
    own = tuple({id: v for id, v in each.items() if id not in shared} for each in vcpus)
    return Snapshot(tuple(sorted(features)), vm, own)


def _checked(plain: Mapping[str, Any], path: str) -> Snapshot:
    features, state = plain["features"], plain["state"]
    if not isinstance(features, list) or not all(isinstance(name, str) for name in features):
        raise BadInput(path, "has no list of features")
    if not isinstance(state, dict) or set(state) != {"vm", "vcpu"}:
        raise BadInput(path, "has no state of a VM and its vCPUs")
    vm = _values(_items(state["vm"], path), path)
    vcpus = tuple(_values(_items(each, path), path) for each in _vcpus(state["vcpu"], path))
    for each in vcpus:
        for id in sorted(set(vm) & set(each)):
            raise BadInput(path, f"holds {name_of(id)} both for the VM and for a vCPU")
    return Snapshot(tuple(features), vm, vcpus)


def _vcpus(plain: Any, path: str) -> list[Any]:
    if not isinstance(plain, list) or not 1 <= len(plain) <= MAX_VCPUS:
        raise BadInput(path, f"has no list of 1 to {MAX_VCPUS} vCPUs")
    return plain


def _items(plain: Any, path: str) -> list[Any]:
    if not isinstance(plain, dict):
        raise BadInput(path, "holds something else than registers")
    return list(plain.items())


def _values(pairs: Iterable[Sequence[Any]], path: str) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for key, value in pairs:
        id, data = _register(key, value, path)
        if id in found:
            raise BadInput(path, f"holds {name_of(id)} twice")
        found[id] = data
    return found


def _register(key: Any, value: Any, path: str) -> tuple[int, bytes]:
    if not (isinstance(key, str) and _ID.fullmatch(key)):
        raise BadInput(path, f"has a register id that is none: {key!r:.40}")
    id = int(key, 16)
    if id >> regid.ARCH_SHIFT != regid.ARCH_ARM64:
        raise BadInput(path, f"holds {key}, a register of another architecture")
    if not (isinstance(value, str) and _VALUE.fullmatch(value)):
        raise BadInput(path, f"has a value that is none, of {name_of(id)}")
    try:
        return id, int(value, 16).to_bytes(width(id), "little")
    except (OverflowError, UsageError):
        raise BadInput(path, f"has a value of {name_of(id)} that does not fit it") from None


def _json(data: bytes, path: str) -> Any:
    if len(data) > MAX_BYTES:
        raise BadInput(path, f"is larger than {MAX_BYTES >> 20} MiB")
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadInput(path, "is cut short or damaged: no JSON") from None


def _plain(values: Values) -> dict[str, str]:
    return {
        regid.hex_id(id): hex(int.from_bytes(data, "little")) for id, data in sorted(values.items())
    }


def _digest(body: Any) -> str:
    return hashlib.sha256(_text(body)).hexdigest()


def _text(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode("ascii") + b"\n"
