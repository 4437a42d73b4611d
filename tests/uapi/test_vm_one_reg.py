"""The numbers of the VM-scoped ioctls are free on every architecture."""

from __future__ import annotations

from pathlib import Path

import pytest

from guestabi.uapi.caps import CAPABILITIES
from guestabi.uapi.ioctls import BY_NAME, Ioctl
from uapi import kernel_ioctls as kernel

pytestmark = pytest.mark.xdist_group("linux-source")

OURS = ("KVM_ARM_VM_GET_ONE_REG", "KVM_ARM_VM_SET_ONE_REG", "KVM_ARM_VM_GET_REG_LIST")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kernel.tree(tmp_path_factory.mktemp("linux"))


@pytest.fixture(scope="module")
def defined(root: Path) -> list[kernel.Defined]:
    found = kernel.read_ioctls(root)
    assert len(found) == kernel.count_ioctls(root) > 140, "the headers were not read whole"
    assert len(kernel.headers(root)) >= 6
    return found


def same_number(root: Path, defined: list[kernel.Defined], ours: Ioctl) -> set[str]:
    """Which ioctls have the number of ``ours``? A size that cannot be read counts as equal."""
    return {
        each.name
        for each in defined
        if (each.direction, each.nr) == (ours.direction, ours.nr)
        and kernel.size_of(root, each.argument) in (None, ours.size)
    }


def test_get_has_a_number_of_its_own(root, defined):
    """Nothing on any descriptor of any architecture has it."""
    assert same_number(root, defined, BY_NAME["KVM_ARM_VM_GET_ONE_REG"]) == set()


def test_set_and_list_are_taken_on_vcpus_alone(root, defined):
    """They share the number of their vCPU-scoped relatives, which no VM takes."""
    types = kernel.read_types(root)
    assert same_number(root, defined, BY_NAME["KVM_ARM_VM_SET_ONE_REG"]) == {"KVM_SET_ONE_REG"}
    assert types["KVM_SET_ONE_REG"] == "vcpu ioctl"
    sharing = same_number(root, defined, BY_NAME["KVM_ARM_VM_GET_REG_LIST"])
    assert sharing - {"KVM_GET_REG_LIST"} == set()
    assert sharing == {"KVM_GET_REG_LIST"}
    assert types["KVM_GET_REG_LIST"] == "vcpu ioctl"


def test_the_obvious_number_would_clash(root, defined):
    """The check can fail: KVM_GET_ONE_REG's number is an arm64 VM's KVM_ARM_SET_DEVICE_ADDR."""
    assert same_number(root, defined, BY_NAME["KVM_GET_ONE_REG"]) == {
        "KVM_ARM_SET_DEVICE_ADDR",
        "KVM_GET_ONE_REG",
    }
    assert kernel.read_types(root)["KVM_ARM_SET_DEVICE_ADDR"] == "vm ioctl"


def test_sizes_tell_apart(root, defined):
    """powerpc's KVM_PPC_RTAS_DEFINE_TOKEN shares direction and nr with SET, and is longer."""
    ours = BY_NAME["KVM_ARM_VM_SET_ONE_REG"]
    near = {each.name for each in defined if (each.direction, each.nr) == (1, ours.nr)}
    assert "KVM_PPC_RTAS_DEFINE_TOKEN" in near
    assert kernel.size_of(root, "struct kvm_rtas_token_args") == 128
    assert kernel.size_of(root, "struct kvm_one_reg") == ours.size == 16


def test_the_capability_is_free(root):
    """No kernel has its number, nor will one for long: the sequence is far below."""
    taken = kernel.read_capabilities(root)
    ours = CAPABILITIES["KVM_CAP_ARM_VM_ONE_REG"]
    assert ours not in taken.values()
    assert max(taken.values()) < ours - 1000
    assert taken["KVM_CAP_PPC_AIL_MODE_3"] == CAPABILITIES["KVM_CAP_ARM_REG_SCOPE"]


def test_numbers():
    """As the specification prints them."""
    assert [hex(BY_NAME[name].number) for name in OURS] == [
        "0xc010aeab",
        "0x4010aeac",
        "0xc008aeb0",
    ]
