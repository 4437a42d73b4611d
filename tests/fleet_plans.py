"""Small plans over the shipped captures, for tests."""

from __future__ import annotations

from guestabi.cli import planfile
from guestabi.fleet.plan.resolve import resolve
from guestabi.fleet.plan.written import parse

GROUP = '[[group]]\nname = "{0}"\nprofile = "{1}"\nvmm = "{2}"\nhosts = {3}\n'
STEP = '[[step]]\nname = "{0}"\n{1}\n'


def plan(*rows: str, top: str = ""):
    text = f'schema = 1\nname = "test"\n{top}\n' + "\n".join(rows)
    return resolve(parse(text.encode(), "test.toml"), "test.toml", planfile.sources("test.toml"))


def upgrade(before="6.12", after="6.16", vmm="qemu-10.0", hosts=4, *more: str, top: str = ""):
    old, new = (f"debian-{each}/neoverse-n1" for each in (before, after))
    kernel = STEP.format("kernel", f'kernel = "{new}"')
    return plan(GROUP.format("all", old, vmm, hosts), *more, kernel, top=top)
