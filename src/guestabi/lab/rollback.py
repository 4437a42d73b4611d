"""A rollout of a VMM that learns of VM-scoped registers, and uses one at once: a plan's files.

The VMM is our own, before and after; the hosts are those of a capture. ``guestabi plan check`` says
whether every step can be undone.
"""

from __future__ import annotations

from importlib import resources

from guestabi import policies
from guestabi.lab.patched import WIDGET
from guestabi.policies import Policy
from guestabi.registers.catalogue import name_of

PLAN = "plan.toml"
GATED = "gated.toml"
HOST = "host.json"
BEFORE, AFTER = "guestabi-vmm-1", "guestabi-vmm-2"
_STEPS = {
    "the new VMM": ("vmm", f'"{AFTER}.toml"'),
    "guests get the widget": ("pins", f'{{ {name_of(WIDGET)} = "0x1" }}'),
}
_GROUPS = ("canary", "rest")


def policy(*, knows: bool) -> Policy:
    """Return our VMM's policy: it knows of registers that are the VM's alone, or not yet."""
    name = AFTER if knows else BEFORE
    return policies.parse(_written(name, knows=knows).encode(), f"{name}.toml")


def rollout(capture: str) -> dict[str, str]:
    """Return the files of two plans by name: ``plan.toml`` gives guests the widget as soon as their
    hosts have the new VMM, ``gated.toml`` when every host has it and keeps it."""
    return {
        HOST: capture,
        f"{BEFORE}.toml": _written(BEFORE, knows=False),
        f"{AFTER}.toml": _written(AFTER, knows=True),
        PLAN: _head("the widget as soon as a host has the new VMM")
        + "".join(_step(group, name) for group in _GROUPS for name in _STEPS),
        GATED: _head("the widget when the whole fleet knows it")
        + "".join(_step(group, "the new VMM") for group in _GROUPS)
        + '\n[[step]]\nname = "every VMM knows it, and stays"\ncommit = true\n'
        + "".join(_step(group, "guests get the widget") for group in _GROUPS),
    }


def _head(name: str) -> str:
    groups = (
        f'\n[[group]]\nname = "{group}"\nprofile = "{HOST}"\n'
        f'vmm = "{BEFORE}.toml"\nhosts = {hosts}\n'
        for group, hosts in zip(_GROUPS, (2, 98), strict=True)
    )
    head = f'schema = 1\nname = "{name}"\nmoves = "anywhere"\nbirths = "anywhere"\n'
    return head + "".join(groups)


def _step(group: str, name: str) -> str:
    key, value = _STEPS[name]
    return f'\n[[step]]\nname = "{group}: {name}"\ngroups = ["{group}"]\n{key} = {value}\n'


def _written(name: str, *, knows: bool) -> str:
    """Return the policy that ships as ``ours``, under another name."""
    text = resources.files("guestabi.policies").joinpath("data/ours.toml").read_text("utf-8")
    lines = text.replace('name = "ours"', f'name = "{name}"').splitlines(keepends=True)
    return "".join(line for line in lines if knows or not line.startswith("vm_registers = "))
