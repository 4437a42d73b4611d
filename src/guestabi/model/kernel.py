"""An executable KVM/arm64: answers as a measured host does, in memory, without /dev/kvm or root.

::

    from guestabi import model
    kvm = model.kernel("debian-6.12/neoverse-n1")
    with kvm.create_vm() as vm: ...

Implements :mod:`guestabi.kvm.protocol`. What a profile does not hold is said in
:mod:`guestabi.model.traits`; values that nobody measured are refused and counted in ``guesses``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Optional, Union

from guestabi import atlas
from guestabi.errors import UsageError
from guestabi.model import designs, traits
from guestabi.model.designs import AS_MEASURED, Extra
from guestabi.model.handles import Counts, ModelHandle, refuse
from guestabi.model.registers import Refused, Row, is_id, measured
from guestabi.model.vm import ModelVm, NativeVm, masks_of
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import lookup, name_of
from guestabi.uapi import regid
from guestabi.uapi.caps import CAPABILITIES, FEATURE_BY_NAME, VM_ONE_REG_MOVE_OLD

VM_ONE_REG = "KVM_CAP_ARM_VM_ONE_REG"
_IMPLEMENTATION = frozenset(
    regid.sysreg(3, *place) for place in ((0, 0, 0, 0), (0, 0, 0, 6), (1, 0, 0, 1), (1, 0, 0, 7))
)
"""MIDR_EL1, REVIDR_EL1, CLIDR_EL1, AIDR_EL1: they have masks, and are no registers to move."""
_BEHIND = {"PMUv3": "pmu-v3", "SVE": "sve", "PAuth": "ptrauth-address"}


def kernel(
    host: Union[str, HostProfile],
    design: str = AS_MEASURED,
    *,
    extras: Sequence[Extra] = (),
    move_old: bool = False,
    rows: Optional[Mapping[int, Optional[Row]]] = None,
) -> ModelKvm:
    """Return a kernel that behaves as ``host`` (a profile, or an atlas name) was measured.

    ``design`` says how userspace reaches what is VM-wide (:mod:`guestabi.model.designs`);
    ``extras`` are registers that it has besides. With ``move_old`` a kernel whose VMs have ioctls
    of their own offers KVM_ARM_VM_ONE_REG_MOVE_OLD too (docs/uapi-vm-one-reg.md). ``rows`` replaces
    measured registers, or takes them away (None).
    Raises UnknownName for a host or design that does not exist, UsageError for what cannot be.
    """
    profile = atlas.resolve(host) if isinstance(host, str) else host
    if design != AS_MEASURED:
        designs.find(design)
    if move_old and (design == AS_MEASURED or not designs.find(design).native):
        raise UsageError(f"design {design} has no ioctls of the VM's own")
    table = measured(profile, fixed=traits.of(profile).id_registers_fixed)
    for id, row in (rows or {}).items():
        table.pop(id, None)
        if row is not None:
            table[id] = row
    for extra in extras:
        if extra.id in table:
            raise UsageError(f"{name_of(extra.id)} is there already")
        table[extra.id] = extra.row()
    return ModelKvm(profile, design, dict(sorted(table.items())), extras, move_old)


class ModelKvm(ModelHandle):
    """The system descriptor. ``rows``: every register by id, ascending; ``calls``, ``locks`` and
    ``guesses`` count over all of its VMs (see :class:`guestabi.model.handles.Counts`)."""

    def __init__(
        self,
        profile: HostProfile,
        design: str,
        rows: dict[int, Row],
        extras: Sequence[Extra],
        move_old: bool,
    ) -> None:
        super().__init__(Counts())
        self.profile = profile
        self.design = design
        self.rows = rows
        self.traits = traits.of(profile)
        self._extras = {extra.id: designs.find(extra.design) for extra in extras}
        self._move_old = move_old
        self._by_number = {
            CAPABILITIES[name]: answer
            for name, answer in profile.capabilities.items()
            if name in CAPABILITIES
        }

    @property
    def calls(self) -> Counter[str]:
        return self.counts.calls

    @property
    def locks(self) -> Counter[str]:
        return self.counts.locks

    @property
    def guesses(self) -> Counter[str]:
        return self.counts.guesses

    def close(self) -> None:
        """A model can be used again after the end of a ``with`` block: it holds nothing."""

    def api_version(self) -> int:
        self._call("KVM_GET_API_VERSION")
        return 12

    def check_extension(self, capability: int) -> int:
        self._call("KVM_CHECK_EXTENSION")
        if capability in self.traits.need_vm:
            refuse("KVM_CHECK_EXTENSION", "EINVAL")
        return self.answer_to(capability)

    def create_vm(self, vm_type: int = 0) -> ModelVm:
        self._call("KVM_CREATE_VM")
        limit = self.profile.record.host.ipa_bits
        if vm_type and not 32 <= vm_type <= limit:
            refuse("KVM_CREATE_VM", "EINVAL")
        return (NativeVm if self.has_native else ModelVm)(self)

    # What the VMs and vCPUs of this kernel ask it -------------------------------------------

    @cached_property
    def new_ids(self) -> frozenset[int]:
        """The ids that the VM's own ioctls take whether or not anything was moved."""
        return frozenset(id for id, design in self._extras.items() if design.native)

    @cached_property
    def old_ids(self) -> frozenset[int]:
        """The VM-wide registers that the kernel had before: PSCI version, bitmaps, and ID registers
        with a mask, or what was measured to be the VM's where the kernel tells no masks."""
        masks = self.profile.record.host.writable_masks
        if masks is None:
            return frozenset(id for id, row in self.rows.items() if _whole(row)) - self.new_ids
        masked = {int(id, 16) for id, mask in masks.items() if int(mask, 16)} - _IMPLEMENTATION
        firmware = {id for id in self.rows if _is_vm_firmware(id)}
        return frozenset(masked & self.rows.keys() | firmware) - self.new_ids

    def is_vm_wide(self, id: int) -> bool:
        """Whether ``id`` is one value for the VM."""
        extra = self._extras.get(id)
        return id in self.old_ids if extra is None else extra.vm_wide

    @property
    def has_native(self) -> bool:
        return self.design in ("vm-scoped", "listed-when-set") or bool(self.new_ids)

    @property
    def most_vcpus(self) -> int:
        return self.profile.capabilities.get("KVM_CAP_MAX_VCPU_ID", 512)

    def answer_to(self, capability: int) -> int:
        """Return the answer of KVM_CHECK_EXTENSION."""
        if capability == CAPABILITIES["KVM_CAP_ARM_REG_SCOPE"]:
            return int(self.design == "scope-flag")
        if capability == CAPABILITIES.get(VM_ONE_REG):
            return int(self.has_native) and 1 | self.flags
        return self._by_number.get(capability, 0)

    @property
    def flags(self) -> int:
        """The flags that KVM_ENABLE_CAP of VM-scoped registers takes."""
        return VM_ONE_REG_MOVE_OLD if self._move_old else 0

    def masks(self) -> Optional[list[int]]:
        plain = self.profile.record.host.writable_masks
        return None if plain is None else masks_of(plain)

    def lists(self, id: int, value: int) -> bool:
        """Whether a vCPU lists ``id`` while the VM holds ``value``."""
        design = self._extras.get(id)
        if design is None:
            return True
        return design.listed_set if value else design.listed_unset

    def reaches(self, id: int) -> bool:
        """Whether KVM_*_ONE_REG on a vCPU reaches ``id``."""
        return id not in self._extras or self._extras[id].vcpu

    def takes_lock(self, row: Row) -> bool:
        """Whether a write through a vCPU takes the VM-wide lock: of a bitmap, and where ID
        registers are writable of each of them, whatever it takes (arch/arm64/kvm/hypercalls.c,
        kvm_arm_set_fw_reg_bmap; sys_regs.c, set_id_reg; counted on 6.12). PSCI_VERSION takes none.
        """
        if isinstance(regid.decode(row.id), regid.Firmware):
            return False
        return bool(row.vm_mask) or (self.traits.id_registers_fixed and is_id(row.id))

    def offers(self, id: int, features: frozenset[int]) -> bool:
        """Whether a vCPU with these feature bits has the register. Exact for the features that
        were measured; of fewer features, what the catalogue files under those that are left out
        is gone, but ID registers still show them (without a PMU, ID_AA64DFR0_EL1.PMUVer does)."""
        missing = self._measured_bits - features
        if not missing:
            return True
        behind = lookup(id)
        feature = _BEHIND.get(behind.feature or "") if behind else None
        if isinstance(regid.decode(id), regid.Sve):
            feature = "sve"
        if feature == "pmu-v3" and not self.traits.hides_pmu:
            return True
        return feature is None or FEATURE_BY_NAME[feature].bit not in missing

    @cached_property
    def _measured_bits(self) -> frozenset[int]:
        return frozenset(FEATURE_BY_NAME[name].bit for name in self.profile.features)

    def note_guess(self, row: Row, refused: Refused) -> None:
        """Count a refusal that nobody measured."""
        if not refused.measured:
            self.counts.add(self.counts.guesses, name_of(row.id))


def _whole(row: Row) -> bool:
    return row.vm_mask == (1 << 8 * row.size) - 1


def _is_vm_firmware(id: int) -> bool:
    decoded = regid.decode(id)
    if isinstance(decoded, regid.Firmware):
        return decoded.number == 0  # PSCI_VERSION; the others tell of workarounds
    return isinstance(decoded, regid.Bitmap)
