"""A stopped machine in a file, sealed: registers, memory, GIC, and which vCPUs are powered on.

One line of JSON, then two parts of the lengths that it names::

    {"digest":"<sha256>","gic":g,"guestabi-machine":1,"memory":n,"power":[0,5],"registers":n}
    <the registers: guestabi.kvm.snapshot>
    <the memory: zlib>

``g`` is the state of the GICv3 (see :mod:`guestabi.vmm.gic_state`), null for a machine without.

The digest covers everything but itself. A reader refuses a file whole: one that is damaged, cut
short, too long or of a newer version.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import Any, Optional

from guestabi.errors import BadInput
from guestabi.kvm import snapshot
from guestabi.kvm.snapshot import Snapshot
from guestabi.uapi.structs import MP_STATE_RUNNABLE, MP_STATE_STOPPED
from guestabi.vmm.gic_registers import State
from guestabi.vmm.gic_state import fits
from guestabi.vmm.memory import RAM_BYTES

VERSION = 1
MAX_BYTES = 64 << 20
_MARK = "guestabi-machine"
_KEYS = {_MARK, "digest", "gic", "memory", "power", "registers"}


@dataclass(frozen=True)
class Saved:
    """A stopped machine. ``memory``: RAM_BYTES; ``power``: MP_STATE_* of each vCPU; ``gic``: the
    state of its GICv3, None for a machine without."""

    registers: Snapshot
    memory: bytes
    power: tuple[int, ...]
    gic: Optional[State] = None

    def to_bytes(self) -> bytes:
        """Return the file."""
        registers, memory = self.registers.to_bytes(), zlib.compress(self.memory)
        head = {
            _MARK: VERSION,
            "gic": self.gic,
            "memory": len(memory),
            "power": list(self.power),
            "registers": len(registers),
        }
        parts = registers + memory
        return _line({**head, "digest": _digest(head, parts)}) + parts


def read(data: bytes, path: str = "machine") -> Saved:
    """Return the machine that ``to_bytes`` wrote. BadInput, with the reason, for anything else."""
    if len(data) > MAX_BYTES:
        raise BadInput(path, f"is larger than {MAX_BYTES >> 20} MiB")
    line, _, rest = data.partition(b"\n")
    head = _head(line, path)
    registers, memory = rest[: head["registers"]], rest[head["registers"] :]
    if len(memory) != head["memory"]:
        raise BadInput(path, "is cut short, or has something behind its end")
    if head["gic"] is not None and not fits(head["gic"], len(head["power"])):
        raise BadInput(path, f"holds a GIC that is no GICv3 of {len(head['power'])} vCPUs")
    if head.pop("digest") != _digest(head, rest):
        raise BadInput(path, "is damaged: its digest does not fit")
    found = snapshot.read(registers, path)
    if len(found.vcpus) != len(head["power"]):
        raise BadInput(path, "has another number of vCPUs in its head than in its registers")
    return Saved(found, _unpack(memory, path), tuple(head["power"]), head["gic"])


def _line(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def _digest(head: dict[str, Any], parts: bytes) -> str:
    return hashlib.sha256(_line(head) + parts).hexdigest()


def _head(line: bytes, path: str) -> dict[str, Any]:
    try:
        head = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadInput(path, "does not begin as a saved machine") from None
    if not isinstance(head, dict) or _MARK not in head:
        raise BadInput(path, "is no saved machine")
    if head[_MARK] != VERSION:
        raise BadInput(path, f"has version {head[_MARK]!r:.20}", hint=f"this reads {VERSION} alone")
    if set(head) != _KEYS or not _sound(head):
        raise BadInput(path, "has a head that is none of a saved machine")
    return head


def _sound(head: dict[str, Any]) -> bool:
    sizes = (head["registers"], head["memory"])
    power = head["power"]
    return (
        all(type(size) is int and size >= 0 for size in sizes)
        and isinstance(power, list)
        and all(type(each) is int for each in power)
        and set(power) <= {MP_STATE_RUNNABLE, MP_STATE_STOPPED}
    )


def _unpack(packed: bytes, path: str) -> bytes:
    inflate = zlib.decompressobj()
    try:
        memory = inflate.decompress(packed, RAM_BYTES)
        whole = not inflate.decompress(inflate.unconsumed_tail, 1) and inflate.eof
    except zlib.error:
        raise BadInput(path, "holds memory that cannot be unpacked") from None
    if not whole or len(memory) != RAM_BYTES:
        raise BadInput(path, f"holds another amount of memory than {RAM_BYTES >> 20} MiB")
    return memory
