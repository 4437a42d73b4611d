"""The machines that the lab can emulate, as rows.

The names are QEMU's own (``qemu-system-aarch64 -cpu help``). They are models: the register lists,
windows and errnos that are measured on them are the kernel's, values that come from hardware
(cache geometry, for one) are the emulator's.
"""

from __future__ import annotations

from dataclasses import dataclass

from guestabi.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Cpu:
    """One emulated CPU model."""

    # What users say, and what a capture is called after.
    name: str
    # The value of QEMU's -cpu option.
    option: str
    # One line for people.
    description: str
    # The first QEMU release that has the model, (major, minor).
    since: tuple[int, int]


# Source of `since`: the release in which `-cpu help` first lists the model; 7.2 is the oldest
# that the lab supports, so what is older says 7.2.
CPUS: tuple[Cpu, ...] = (
    Cpu("a64fx", "a64fx", "Fujitsu A64FX, Armv8.2-A with SVE up to 512 bits", (7, 2)),
    Cpu("cortex-a53", "cortex-a53", "Arm Cortex-A53, Armv8.0-A", (7, 2)),
    Cpu("cortex-a57", "cortex-a57", "Arm Cortex-A57, Armv8.0-A", (7, 2)),
    Cpu("cortex-a710", "cortex-a710", "Arm Cortex-A710, Armv9.0-A with SVE2", (8, 2)),
    Cpu("cortex-a72", "cortex-a72", "Arm Cortex-A72, Armv8.0-A", (7, 2)),
    Cpu("cortex-a76", "cortex-a76", "Arm Cortex-A76, Armv8.2-A", (7, 2)),
    # pauth-impdef: the architected algorithm of pointer authentication is slow to emulate.
    Cpu("max", "max,pauth-impdef=on", "every feature that the emulator has", (7, 2)),
    Cpu("neoverse-n1", "neoverse-n1", "Arm Neoverse N1, Armv8.2-A", (7, 2)),
    Cpu("neoverse-n2", "neoverse-n2", "Arm Neoverse N2, Armv9.0-A with SVE2", (8, 2)),
    Cpu("neoverse-v1", "neoverse-v1", "Arm Neoverse V1, Armv8.4-A with SVE", (8, 1)),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine to boot: a CPU model, memory in MiB, and how many CPUs."""

    cpu: Cpu
    memory_mib: int = 1024
    smp: int = 2

    def arguments(self) -> tuple[str, ...]:
        """Return QEMU's options for the machine itself: EL2 on, so that the kernel has KVM."""
        return (
            *("-M", "virt,virtualization=on,gic-version=3"),
            *("-accel", "tcg,thread=multi"),
            *("-cpu", self.cpu.option),
            *("-smp", str(self.smp)),
            *("-m", f"{self.memory_mib}M"),
            *("-nodefaults", "-no-reboot", "-display", "none"),
        )


def find_cpu(name: str) -> Cpu:
    """Return the row called ``name``; UnknownName suggests the nearest ones."""
    for row in CPUS:
        if row.name == name:
            return row
    raise UnknownName("CPU model", name, [row.name for row in CPUS])
