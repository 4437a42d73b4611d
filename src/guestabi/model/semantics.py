"""What a design decides, and how VMMs behave: the rows on which ``guestabi model check`` stands.

A design says how userspace reaches the *new* VM-wide registers that each kernel version adds, and
nothing else. Every register switches one service that guests can see: 1 on, 0 off. The semantics
of the rows are in :mod:`guestabi.model.world`; :mod:`guestabi.model.replay` reads the same rows
with code of its own. Seeding a bug is ``dataclasses.replace(DESIGNS["vm-scoped"], default=1)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from guestabi.model import designs


@dataclass(frozen=True)
class Design:
    """One design of the interface, as answers to the questions that tell designs apart."""

    name: str
    title: str

    default: int
    """A register that nobody wrote: 1 shows the service to the guest, 0 hides it."""

    store: str
    """``vm``: one value for the VM; ``vcpu``: each vCPU has its own."""

    listed: str
    """When a vCPU's ``KVM_GET_REG_LIST`` has the id: ``always``, ``when-set`` (it is not zero) or
    ``never``."""

    vcpu_write: str
    """``KVM_SET_ONE_REG`` on a vCPU of a kernel that knows the id: accepted ``always``, or
    ``before-run`` (EBUSY after), ``never`` (ENOENT) or ``ignored`` (returns 0, changes nothing)."""

    vm_write: str = "never"
    """The VM-scoped set: accepted ``before-vcpus`` (EBUSY after), ``always``, or there is ``never``
    such an ioctl."""

    scope_told: bool = False
    """Can a VMM learn from the kernel which registers are VM-wide?"""

    flag: bool = False
    """Does the list mark VM-wide registers, old ones too, with a bit in the id once asked to?"""

    unknown_id: str = "ENOENT"
    """A kernel's answer to an id that it does not know: ``ENOENT``, or ``ignored``: returns 0."""

    @property
    def vm_section(self) -> bool:
        """Must an aware VMM keep these registers in a section of the stream of their own?"""
        return self.vm_write != "never" and self.listed == "never"


@dataclass(frozen=True)
class Behaviour:
    """How a VMM saves and loads what it does not know by name.

    VMM version v knows the registers 1..v by name: it can ask for them at birth, and saves and
    loads them through the design's interface. ``generic`` VMMs know the interface in every
    version, and use it for registers that they have no name for.
    """

    name: str
    title: str

    save: str
    """Unknown registers: ``list`` saves what the vCPU's list shows, ``names`` saves none."""

    load: str
    """Unknown ids in the stream: ``check`` refuses those that its own list lacks; ``write`` writes
    them and leaves the refusing to the kernel; ``skip`` drops them."""

    list_at: str = "save"
    """When it asks a vCPU for its list: ``save``, or once at the first vCPU's ``init`` (as QEMU's
    kvm_arch_init_vcpu does), before the load."""

    unknown_section: str = "refuse"
    """A section of the stream that it has no code for: ``refuse`` or ``skip``."""

    generic: bool = False
    saves_zeros: bool = False
    """Saves VM-scoped registers that are zero."""

    twin: bool = False
    """The destination is started like the source: who set a register at birth sets it there too."""

    @property
    def list_driven(self) -> bool:
        """Is it an unaware VMM that saves whatever the list says?"""
        return self.save == "list" and not self.generic


def _row(name: str, title: str, vcpu_write: str = "before-run") -> Design:
    """Take over what :mod:`guestabi.model.designs` says of the design, and add what is ours."""
    row = designs.find(name)
    listed = {(True, True): "always", (False, True): "when-set", (False, False): "never"}
    return Design(
        name,
        title,
        default=int(row.on),
        store="vm" if row.vm_wide else "vcpu",
        listed=listed[row.listed_unset, row.listed_set],
        vcpu_write=vcpu_write if row.vcpu else "never",
        vm_write="before-vcpus" if row.native else "never",
        scope_told=row.native or row.flagged,
        flag=row.flagged,
    )


PER_VCPU = _row(
    "per-vcpu",
    "2021: a register of each vCPU, listed, on by default, writable at any time",
    vcpu_write="always",
)
BITMAP = _row(
    "bitmap", "merged in 2022: VM-wide, listed on every vCPU, all on, writable until the first run"
)
LISTED_ZERO = replace(
    BITMAP,
    name="listed-zero",
    title="merged in 2025 (VENDOR_HYP_BMAP_2): as bitmap, but zero by default",
    default=0,
)
SCOPE_FLAG = _row(
    "scope-flag", "posted in 2022: as bitmap; a capability marks VM-wide ids with bit 28"
)
VM_SCOPED = _row(
    "vm-scoped",
    "proposed in 2022: VM ioctls, zero by default, in no vCPU's list, fixed once a vCPU exists",
)
LISTED_WHEN_SET = _row(
    "listed-when-set",
    "VM ioctls, zero by default and then unlisted; not zero: listed on vCPUs, writable until run",
)

DESIGNS = {
    row.name: row for row in (PER_VCPU, BITMAP, LISTED_ZERO, SCOPE_FLAG, VM_SCOPED, LISTED_WHEN_SET)
}
"""By name, in the order of their history."""

BEHAVIOURS = {
    row.name: row
    for row in (
        Behaviour(
            "list-checked",
            "saves what the list says; refuses ids that the destination's list lacks (QEMU)",
            save="list",
            load="check",
            list_at="init",
        ),
        Behaviour(
            "list-twin",
            "the same, and the destination is started with the source's settings",
            save="list",
            load="check",
            list_at="init",
            twin=True,
        ),
        Behaviour(
            "list-written",
            "saves what the list says; writes every id and lets the kernel refuse (Firecracker)",
            save="list",
            load="write",
        ),
        Behaviour(
            "list-lenient",
            "the same, and skips sections of the stream that it does not know",
            save="list",
            load="write",
            unknown_section="skip",
        ),
        Behaviour(
            "curated",
            "saves and loads what it knows by name, and skips the rest",
            save="names",
            load="skip",
            unknown_section="skip",
        ),
        Behaviour(
            "aware",
            "knows the interface; saves the whole VM-scoped list, zeros too",
            save="list",
            load="write",
            generic=True,
            saves_zeros=True,
        ),
        Behaviour(
            "aware-sparse",
            "knows the interface; leaves out VM-scoped registers that are zero",
            save="list",
            load="write",
            generic=True,
        ),
    )
}
"""By name: the unaware first."""
