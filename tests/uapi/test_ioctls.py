"""Request numbers are those of the kernel's headers."""

from guestabi.uapi import ioctls, structs

NUMBERS = {
    "KVM_CREATE_VM": 0xAE01,
    "KVM_RUN": 0xAE80,
    "KVM_ARM_SET_DEVICE_ADDR": 0x4010AEAB,
    "KVM_GET_ONE_REG": 0x4010AEAB,
    "KVM_SET_ONE_REG": 0x4010AEAC,
    "KVM_ARM_VCPU_INIT": 0x4020AEAE,
    "KVM_ARM_PREFERRED_TARGET": 0x8020AEAF,
    "KVM_GET_REG_LIST": 0xC008AEB0,
    "KVM_ARM_SET_COUNTER_OFFSET": 0x4010AEB5,
    "KVM_ARM_GET_REG_WRITABLE_MASKS": 0x8040AEB6,
    "KVM_CREATE_DEVICE": 0xC00CAEE0,
    "KVM_SET_DEVICE_ATTR": 0x4018AEE1,
}

STRUCTS = {
    "KVM_GET_ONE_REG": structs.ONE_REG,
    "KVM_ARM_VCPU_INIT": structs.VCPU_INIT,
    "KVM_GET_REG_LIST": structs.REG_LIST_COUNT,
    "KVM_ENABLE_CAP": structs.ENABLE_CAP,
    "KVM_CREATE_DEVICE": structs.CREATE_DEVICE,
    "KVM_SET_DEVICE_ATTR": structs.DEVICE_ATTR,
    "KVM_ARM_GET_REG_WRITABLE_MASKS": structs.REG_MASK_RANGE,
    "KVM_SET_USER_MEMORY_REGION": structs.USER_MEMORY_REGION,
}


def test_numbers():
    """The numbers that strace shows on a real host."""
    assert {name: ioctls.number(name) for name in NUMBERS} == NUMBERS


def test_sizes_are_those_of_the_structs():
    """A row's size and its struct format agree."""
    assert {name: ioctls.BY_NAME[name].size for name in STRUCTS} == {
        name: layout.size for name, layout in STRUCTS.items()
    }


def test_the_number_clash():
    """KVM_GET_ONE_REG cannot become a VM ioctl: its number is taken there on arm64."""
    proposed = {name for name in ioctls.BY_NAME if name.startswith("KVM_ARM_VM_")}
    taken = {row.number for row in ioctls.TABLE if "vm" in row.scope and row.name not in proposed}
    assert ioctls.number("KVM_GET_ONE_REG") in taken
    assert ioctls.number("KVM_SET_ONE_REG") not in taken
    assert ioctls.number("KVM_GET_REG_LIST") not in taken


def test_names_are_unique():
    """One row a name."""
    assert len(ioctls.BY_NAME) == len(ioctls.TABLE)
