"""A rehearsal is judged by the rules of the offline answer, and nothing else is taken for one."""

import pytest

from fake_kernel import FakeKvm, Row
from guestabi.compat import rehearsal
from guestabi.errors import BadInput
from guestabi.policies import load
from guestabi.probe.capture import capture
from guestabi.probe.rehearse import rehearse
from guestabi.profile import canonical, files

PSCI = 0x6030000000140000
STD = 0x6030000000160000
TPIDR = 0x603000000013DE82
TAKEN = {"kernel_release": "6.0", "kernel_version": "#1", "machine": "aarch64"}


def kernel(newest: int, **more: Row) -> FakeKvm:
    rows = {
        PSCI: Row(newest, accepts=lambda v: 0x10000 <= v <= newest, scope="vm"),
        TPIDR: Row(0),
    }
    return FakeKvm({**rows, **{globals()[name]: row for name, row in more.items()}})


def profile(fake: FakeKvm):
    return files.loads(canonical.to_text(capture(fake, taken=TAKEN)).encode())


def judged(source: FakeKvm, destination: FakeKvm):
    host = profile(source)
    return rehearsal.judge(host, rehearse(destination, host.to_builtins()), load("qemu-10.0"))


def test_same():
    """A guest that comes home to an identical kernel."""
    found = judged(kernel(0x10001), kernel(0x10001))
    assert (found.verdict, found.findings, found.exit_status()) == ("same", (), 0)


def test_refused():
    """A value that the kernel really refuses."""
    found = judged(kernel(0x10003), kernel(0x10001))
    assert found.verdict == "refused"
    assert [f.register for f in found.findings] == ["PSCI_VERSION"]
    assert found.exit_status() == 100


def test_missing():
    """A register that the kernel really does not list."""
    bitmap = Row(1, accepts=lambda v: v < 2, scope="vm")
    found = judged(kernel(0x10001, STD=bitmap), kernel(0x10001))
    assert {f.outcome for f in found.findings} == {"missing"}


def test_another_profiles_rehearsal():
    """A rehearsal of another profile is refused."""
    one, other = profile(kernel(0x10001)), profile(kernel(0x10003))
    result = rehearse(kernel(0x10001), one.to_builtins())
    with pytest.raises(BadInput, match="not of"):
        rehearsal.judge(other, result, load("strict"))


@pytest.mark.parametrize("damage", [{"schema": 2}, {"outcomes": 3}, {"extra": 1}])
def test_damaged(damage):
    """What is no rehearsal is refused."""
    host = profile(kernel(0x10001))
    result = {**rehearse(kernel(0x10001), host.to_builtins()), **damage}
    with pytest.raises(BadInput, match="no valid rehearsal"):
        rehearsal.judge(host, result, load("strict"))


def test_leaves_no_vm():
    """A rehearsal gives its VM back."""
    fake = kernel(0x10001)
    host = profile(kernel(0x10001))
    rehearse(fake, host.to_builtins())
    assert fake.open == 0
