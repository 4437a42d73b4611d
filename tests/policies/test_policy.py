"""policies.policy: closed files, every fact with its source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guestabi import policies
from guestabi.errors import BadInput, UnknownName
from guestabi.policies import policy
from guestabi.registers.catalogue import find
from guestabi.uapi import regid

DATA = Path(policy.__file__).parent / "data"
QEMU = (DATA / "qemu-10.0.toml").read_text()


def test_the_policies_that_ship() -> None:
    """Their names are their files' names."""
    assert policies.names() == (
        "cloud-hypervisor",
        "crosvm",
        "firecracker",
        "ours",
        "qemu-10.0",
        "qemu-11.1",
        "qemu-7.2",
        "strict",
    )
    assert [policies.load(name).name for name in policies.names()] == list(policies.names())


def test_an_unknown_name_suggests_the_nearest() -> None:
    """A mistyped VMM is corrected, not guessed."""
    with pytest.raises(UnknownName) as caught:
        policies.load("qemu-10")
    assert caught.value.nearest[0] == "qemu-10.0"


@pytest.mark.parametrize("name", policies.names())
def test_every_fact_has_a_source(name: str) -> None:
    """No fact without the place where it was read or seen."""
    found = policies.load(name).sources
    assert len(found) >= 12
    assert [key for key, source in found.items() if len(source) < 10] == []


def test_qemu_carries_core_and_sve_apart() -> None:
    """Of the list, QEMU 10.0 takes all but two classes; vector lengths it does not take at all."""
    qemu = policies.load("qemu-10.0")
    assert qemu.apart == {regid.CLASS_CORE, regid.CLASS_SVE}
    assert qemu.carries_apart(find("X0").id)
    assert not qemu.carries_apart(find("PSCI_VERSION").id)
    assert qemu.loses(find("SVE_VLS").id)
    assert not qemu.carries_apart(find("SVE_VLS").id)


def test_pins() -> None:
    """QEMU 10.0 can pin nothing, our own loader everything."""
    psci = find("PSCI_VERSION").id
    assert not policies.load("qemu-10.0").can_pin(psci)
    assert policies.load("strict").can_pin(psci)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "qemu-10.0"', 'name = "qemu-10.0"\ncolour = "red"'),
        ('missing.is = "refuse"', 'missing.is = "shrug"'),
        ('missing.is = "refuse"', 'missing.is = "refuse"\nmissing.why = "x"'),
        ("[birth]", "[brith]"),
        ('evidence = "observed"', 'evidence = "rumour"'),
        ('title = "', "title = "),
    ],
)
def test_a_file_is_closed(old: str, new: str) -> None:
    """An unknown key or word, or no TOML, is refused with the path."""
    assert old in QEMU
    with pytest.raises(BadInput, match=re.escape("x.toml: ")):
        policy.parse(QEMU.replace(old, new, 1).encode(), "x.toml")


def test_tolerances_and_pins_by_name() -> None:
    """The format holds what later VMMs need: a register with an answer of its own, single pins."""
    text = QEMU.replace("pins.is = []", 'pins.is = ["PSCI_VERSION"]') + (
        '\n[[tolerance]]\nregister = "VENDOR_HYP_BMAP_2"\nmissing = "drop-if-zero"\n'
        'source = "a test"\n'
    )
    made = policy.parse(text.encode(), "x.toml")
    assert made.pins == {find("PSCI_VERSION").id}
    assert made.tolerances == {find("VENDOR_HYP_BMAP_2").id: "drop-if-zero"}
    assert made.sources["tolerance.VENDOR_HYP_BMAP_2"] == "a test"
