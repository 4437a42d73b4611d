"""A capture says what the kernel does, leaves nothing behind, and asks no more than it must."""

import pytest

from fake_kernel import FakeKvm, Row
from guestabi.errors import UsageError
from guestabi.probe.capture import capture
from guestabi.profile import canonical, files
from guestabi.registers.catalogue import field_segments

PFR0 = 0x603000000013C020
MIDR = 0x603000000013C000
TPIDR = 0x603000000013DE82
PSCI = 0x6030000000140000
STD = 0x6030000000160000
PMINTENSET = 0x603000000013C4F1
COUNT = 0x603000000013DF1A
WORKAROUND = 0x6030000000140001
TAKEN = {"kernel_release": "6.0", "kernel_version": "#1", "machine": "aarch64"}


def kernel(**changes: Row) -> FakeKvm:
    rows = {
        MIDR: Row(0x411FD070, accepts=lambda value: False),
        PFR0: Row(0x11, accepts=lambda value: value >> 1 == 8, scope="vm", until="before-run"),
        TPIDR: Row(0),
        COUNT: Row(0, volatile=True),
        PSCI: Row(0x10001, accepts=lambda v: v in (2, 0x10000, 0x10001), scope="vm"),
        WORKAROUND: Row(2, accepts=lambda value: value <= 2, keeps=0),
        STD: Row(1, accepts=lambda value: value in (0, 1), scope="vm", until="before-run"),
    }
    return FakeKvm({**rows, **{globals()[name]: row for name, row in changes.items()}})


def measure(fake: FakeKvm) -> files.HostProfile:
    profile = capture(fake, taken=TAKEN, calls=fake.calls)
    return files.loads(canonical.to_text(profile).encode())


@pytest.fixture
def profile():
    return measure(kernel())


def test_nothing_is_left(profile):
    """Every VM and vCPU is given back."""
    fake = kernel()
    measure(fake)
    assert fake.open == 0


def test_scopes(profile):
    """Scope is what the second vCPU showed when the first was written."""
    assert {id: register.scope for id, register in profile.registers.items()} == {
        MIDR: "unknown",
        PFR0: "vm",
        TPIDR: "vcpu",
        COUNT: "unknown",
        PSCI: "vm",
        WORKAROUND: "unknown",
        STD: "vm",
    }


def test_windows(profile):
    """Windows are what the register answered before and after another vCPU ran."""
    assert {id: register.window for id, register in profile.registers.items()} == {
        MIDR: "never",
        PFR0: "before-run",
        TPIDR: "always",
        COUNT: "unknown",
        PSCI: "always",
        WORKAROUND: "never",
        STD: "before-run",
    }
    assert profile.registers[PFR0].stages["ran"] == ("ok", "EBUSY")


def test_accepted_values(profile):
    """Values are those that were accepted and read back; others keep their errno."""
    pfr0 = profile.registers[PFR0]
    assert [(f.low, f.accepted(), f.errno) for f in pfr0.fields or ()] == [(0, [(0, 1)], "EINVAL")]
    psci = profile.registers[PSCI]
    assert [f.accepted() for f in psci.fields or ()] == [[(2, 2), (0x10000, 0x10001)]]
    assert [f.accepted() for f in profile.registers[MIDR].fields or ()] == [[(0xD07, 0xD07)]]


def test_accepted_but_not_stored(profile):
    """A write that returns 0 and changes nothing is told apart from an accepted one."""
    (field,) = profile.registers[WORKAROUND].fields or ()
    assert field.accepted() == [(2, 2)]
    assert field.record.otherwise == [(0, 1, 2)]


def test_volatile(profile):
    """A counter has no default, and is not written."""
    assert profile.registers[COUNT].volatile
    assert profile.registers[COUNT].default is None


def test_silently_ignored_late_write():
    """A late write that returns 0 and changes nothing closes the window all the same."""
    changed = kernel(PFR0=Row(0x11, accepts=lambda v: v < 0x12, scope="vm", until="ignored"))
    register = measure(changed).registers[PFR0]
    assert register.window == "before-run"
    assert register.stages["ran"] == ("ok", "ignored")


def test_lost_by_another_vcpus_init():
    """A value that a later vCPU's initialisation throws away is found (kernels 6.3 .. 6.9)."""
    changed = kernel(STD=Row(1, scope="vm", until="before-run", lost_by_other_init=True))
    assert measure(changed).registers[STD].survives_other_init is False
    assert measure(kernel()).registers[STD].survives_other_init is True


def test_set_only_register():
    """A register that keeps every bit once set costs a fresh VM, and taints no other one."""
    set_only = {PMINTENSET: Row(0, set_only=True)}
    profile = capture(FakeKvm({**kernel().rows, **set_only}), taken=TAKEN)
    rows = {row["id"]: row for row in profile["registers"]}
    alone = {row["id"]: row for row in capture(kernel(), taken=TAKEN)["registers"]}
    found = rows.pop(f"{PMINTENSET:#018x}")
    assert rows == alone
    assert found["patterns"] == [{"value": hex(2**64 - 1)}]
    assert found["acts"] == "sets"
    assert profile["taken"]["notes"] == [
        "PMINTENSET_EL1 could not be put back; went on in a new VM"
    ]


def test_digest_is_of_the_abi_alone():
    """Two captures of the same kernel differ in nothing that the digest covers."""
    one = capture(kernel(), taken=TAKEN)
    other = capture(kernel(), taken={**TAKEN, "kernel_release": "6.0.1"})
    assert one["digest"] == other["digest"]
    assert one["checksum"] != other["checksum"]


def test_no_more_calls_than_answers():
    """Reads and writes are as many as the answers in the profile need, computed from it."""
    fake = kernel()
    profile = measure(fake)
    assert fake.calls["KVM_SET_ONE_REG"] == sum(map(_writes, profile.registers.values()))
    assert fake.calls["KVM_GET_ONE_REG"] == 4 * len(profile.registers) + sum(
        map(_reads, profile.registers.values())
    )


def _sweep(register) -> tuple[int, int, bool]:
    """(values written, of those accepted, whether any was) in the sweep of one register."""
    if register.volatile:
        return 0, 0, False
    written = accepted = 0
    for pattern in register.patterns or ():
        written += 1
        accepted += pattern.errno is None
    if register.id == PSCI or register.id == WORKAROUND:
        written += 7
    elif register.id == STD:
        written += 64
    elif register.fields is not None:
        written += sum(
            (1 << width) - 1 if width <= 8 else 0 for _, _, width in field_segments(register.id)
        )
        if register.id == MIDR:
            written += _part_number_samples(register.default)
    for field in register.fields or ():
        accepted += sum(b - a + 1 for a, b in field.accepted()) - 1
        accepted += sum(last - first + 1 for first, last, _ in field.record.otherwise)
    return written, accepted, accepted > 0


def _part_number_samples(default: int) -> int:
    own = default >> 4 & 0xFFF
    tried = {0, 0xFFF, own ^ 1, own - 1, own + 1, *(own ^ 1 << bit for bit in range(12))}
    return len(tried - {own})


def _alternative(register) -> bool:
    return register.window not in ("never", "unknown")


def _writes(register) -> int:
    written, _, any_accepted = _sweep(register)
    if register.volatile:
        return 0
    stages = 2 + 2 * _alternative(register) + _put_back(register)
    sticky = 2 * _alternative(register)
    return written + any_accepted + stages + sticky


def _put_back(register) -> int:
    return _alternative(register) * (1 + (register.window == "always"))


def _reads(register) -> int:
    _, accepted, any_accepted = _sweep(register)
    if register.volatile:
        return 0
    scope = sum(
        len(f.accepted()) > 1 or f.accepted()[0][0] != f.accepted()[0][1]
        for f in register.fields or ()
    ) + bool(register.patterns)
    late = _alternative(register) * (1 + (register.window == "always"))
    survived = 2 + bool(register.survives_other_init) if _alternative(register) else 0
    return accepted + any_accepted + scope + late + survived


def test_unknown_feature():
    """A vCPU feature that does not exist, or is not offered, is refused with the known ones."""
    with pytest.raises(UsageError, match="no vCPU feature is called 'smve'"):
        capture(kernel(), taken=TAKEN, features=["smve"])
    with pytest.raises(UsageError, match="does not offer the vCPU feature sve"):
        capture(kernel(), taken=TAKEN, features=["sve"])
