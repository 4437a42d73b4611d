"""The policies that were read, not observed: each says so, names commits, and holds its facts."""

from __future__ import annotations

import re

import pytest

from guestabi import policies
from guestabi.errors import BadInput
from guestabi.policies import policy
from guestabi.registers.catalogue import find
from guestabi.uapi import regid

from .test_policy import DATA

READ = ("cloud-hypervisor", "crosvm", "firecracker")
COMMIT = re.compile(r" at [0-9a-f]{12}\b")
FACTS = {
    # apart, lost, widths, order, devices
    "cloud-hypervisor": ({"core"}, set(), {4, 8, 32, 64, 256}, "vcpu-by-vcpu", "keep"),
    "crosvm": ({"core"}, {"bitmap"}, {4, 8}, "all-vcpus-first", "write"),
    "firecracker": (set(), set(), None, "vcpu-by-vcpu", "keep"),
}


def text(name: str) -> str:
    return (DATA / f"{name}.toml").read_text()


def test_these_are_all() -> None:
    """A policy that was only read is marked as such, and no other is."""
    marked = [name for name in policies.names() if policies.load(name).evidence == "source"]
    assert tuple(marked) == READ


@pytest.mark.parametrize("name", READ)
def test_every_line_names_the_commit_that_was_read(name: str) -> None:
    """Sources change: each fact names file and commit."""
    found = policies.load(name).sources
    assert len(found) >= 12
    assert [key for key, source in found.items() if not COMMIT.search(source)] == []
    assert [key for key, source in found.items() if ".rs " not in source] == []


@pytest.mark.parametrize("name", READ)
def test_what_is_carried(name: str) -> None:
    """What goes apart, what is lost, which widths, in which order, and the GIC's identity."""
    found = policies.load(name)
    apart, lost, sizes, order, devices = FACTS[name]
    assert found.apart == {policy.CLASSES[each] for each in apart}
    assert (found.lost_classes, found.lost_ids) == ({policy.CLASSES[each] for each in lost}, set())
    assert (found.sizes, found.order, found.devices) == (sizes, order, devices)


@pytest.mark.parametrize("name", READ)
def test_all_three_give_up_at_the_first_error(name: str) -> None:
    """A missing register, wherever it sorts, and a refused value end the restore; what the stream
    lacks keeps its default; nobody looks at lengths or reads back."""
    found = policies.load(name)
    assert (found.missing, found.above_all, found.refused) == ("refuse", "refuse", "refuse")
    assert (found.defaulted, found.longer, found.readback) == ("keep", "accept", "accept")
    assert found.tolerances == {}


def test_a_cpu_template_pins_up_to_128_bits() -> None:
    """Firecracker's reg_modifiers reach any register of 32, 64 or 128 bits, before the first run;
    not at a restore. The other two set nothing."""
    firecracker = policies.load("firecracker")
    can = {name for name in ("PSCI_VERSION", "STD_BMAP", "X0", "V0", "CCSIDR_0", "SVE_VLS")
           if firecracker.can_pin(find(name).id)}  # fmt: skip
    assert can == {"PSCI_VERSION", "STD_BMAP", "X0", "V0", "CCSIDR_0"}
    assert regid.size_of(find("SVE_VLS").id) == 64
    assert not firecracker.pins_at_load
    for name in ("cloud-hypervisor", "crosvm"):
        assert not policies.load(name).can_pin(find("PSCI_VERSION").id)


def test_a_file_need_not_speak_of_pins_in_depth() -> None:
    """A file without these two lines: pins of all widths, set again before a load."""
    strict = policies.load("strict")
    assert (strict.pin_sizes, strict.pins_at_load) == (None, True)
    assert "birth.at_load" not in strict.sources
    assert "birth.at_load" in policies.load("firecracker").sources


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('at_load.is = "not-set"', 'at_load.is = "perhaps"'),
        ("at_load.source = ", "at_load.origin = "),
        ("sizes.is = [4, 8, 16]", 'sizes.is = "some"'),
    ],
)
def test_the_new_lines_are_closed(old: str, new: str) -> None:
    """An unknown word or key in them is refused with the path."""
    assert old in text("firecracker")
    with pytest.raises(BadInput, match=re.escape("x.toml: ")):
        policy.parse(text("firecracker").replace(old, new, 1).encode(), "x.toml")
