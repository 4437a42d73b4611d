"""The profile as it stands in a file: closed msgspec structs, every key documented.

Register ids and values are hex text (``"0x603000000013c020"``), because JSON numbers lose 64-bit
values in most readers. Ranges are ``[first, last]`` pairs of integers, both ends included.
"""

from __future__ import annotations

from typing import Annotated, Literal, Optional

import msgspec
from msgspec import Meta, Struct

from guestabi.profile.portable import portable

Scope = Literal["vm", "vcpu", "unknown"]
Window = Literal[
    "before-vcpus", "before-init", "before-finalize", "before-run", "always", "never", "unknown"
]
Id = Annotated[str, Meta(pattern=r"^0x[0-9a-f]{16}\Z")]
Hex = Annotated[str, Meta(pattern=r"^0x[0-9a-f]{1,512}\Z")]
Word = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
Bit = Annotated[int, Meta(ge=0, le=2047)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Text = Annotated[str, Meta(max_length=1000)]
Range = tuple[Word, Word]


class FieldRecord(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the kernel answered to values of one field, all others left at their default."""

    low: Bit
    width: Annotated[int, Meta(ge=1, le=32)]
    accepts: list[Range]
    """Values that were accepted and read back the same; the default is always among them."""
    field: Optional[Text] = None
    """The field's name, for people; the position is what counts."""
    complete: bool = True
    """Every value of the field was tried; what is in no list was refused."""
    otherwise: list[tuple[Word, Word, Word]] = []
    """``[first, last, read back]``: values that were accepted without an error, after which the
    field reads otherwise."""
    refuses: list[Range] = []
    """Values that were tried and refused; written only where not every value was tried."""
    errno: Optional[Text] = None
    """The errno of the refusals, where it is not the register's."""
    scope: Scope = "unknown"


class PatternRecord(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the kernel answered to one value of the whole register."""

    value: Hex
    errno: Optional[Text] = None
    """The refusal; absent when the write was accepted."""
    got: Optional[Hex] = None
    """What was read back, when it is not what was written."""


class LateRecord(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The answer to a write at one later stage: ``ok``, an errno, or ``ignored``."""

    same: Text
    """to the value that the register had"""
    other: Optional[Text] = None
    """to another value that was accepted at first; null when there is none"""


class RegisterRecord(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    id: Id
    name: Text
    scope: Scope
    window: Window
    volatile: bool
    """It differs by itself between two readings: a counter. Then ``default`` is null."""
    default: Optional[Hex]
    """Null: volatile, or listed by a dump that tells no values."""
    default_other: Optional[Hex] = None
    """The second vCPU's default, where it is another one (MPIDR_EL1)."""
    fields: Optional[list[FieldRecord]] = None
    """Measured fields. A bit in none of them accepts nothing but its default.
    Null: not measured field by field."""
    errno: Optional[Text] = None
    """The errno of what the fields refuse."""
    acts: Optional[Literal["sets", "clears"]] = None
    """A write only sets, or only clears, the bits that are 1 in it: the default cannot be put
    back."""
    shares: list[Id] = []
    """Other registers that such a write changes too."""
    patterns: Optional[list[PatternRecord]] = None
    """Whole values that were tried. Null: not measured."""
    stages: dict[Text, LateRecord] = {}
    """Answers by stage: ``others-init`` (every vCPU initialised), ``finalized``, ``ran`` (a vCPU,
    not this one, has run)."""
    survives_other_init: Optional[bool] = None
    survives_reinit: Optional[bool] = None
    vm_only: bool = False
    """Reached by the VM's own ioctls alone, and in no vCPU's list (docs/uapi-vm-one-reg.md): a VMM
    that does not know them neither sets nor saves it."""


class DeviceRecord(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One attribute of an in-kernel device, e.g. GICD_IIDR of the VGICv3."""

    device: Text
    attribute: Text
    default: Hex
    patterns: list[PatternRecord] = []


class VmRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """The VM that was measured."""

    features: list[Text]
    """vCPU features that were switched on, sorted."""
    gic: Optional[Text]
    target: int
    vcpus: int
    enabled_caps: list[Text]


class HostRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """What the host offers before any choice."""

    capabilities: dict[Text, int]
    vcpu_features: list[Text]
    gics: list[Text]
    ipa_bits: int
    writable_masks: Optional[dict[Id, Hex]]
    """KVM_ARM_GET_REG_WRITABLE_MASKS, non-zero masks by register; null: not offered."""


class EmulatorRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """The lab's emulator. Its CPU is a model: hardware-derived values are the model's."""

    program: Text
    cpu: Text


class TakenRecord(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the profile was taken. No part of the ABI digest."""

    tool: Text
    kernel_release: Text
    kernel_version: Text
    machine: Text
    page_size: Optional[int] = None
    config_sha256: Optional[Digest] = None
    calls: dict[Text, int] = {}
    """How many of each ioctl the capture made."""
    notes: list[Text] = []
    emulator: Optional[EmulatorRecord] = None


class ProfileRecord(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    schema: Literal[1]
    digest: Digest
    checksum: Digest
    taken: TakenRecord
    vm: VmRecord
    host: HostRecord
    devices: list[DeviceRecord]
    registers: list[RegisterRecord]
    name: Text = ""
    guest: Optional[dict[Text, Text]] = None
    """What guest code found on vCPU 0 of such a VM, by what it asked (see vmm.questions): a number
    as hex text, or a word for why there is none. Null: no guest code was run."""


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a profile file."""
    made: dict[str, object] = portable(msgspec.json.schema(ProfileRecord))
    return made
