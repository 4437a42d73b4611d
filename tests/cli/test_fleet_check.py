"""``guestabi fleet check``: a plan over the hosts that a fleet has."""

from __future__ import annotations

import json

import pytest

HOSTS = """host,profile,group,vmm
a1,debian-6.12/neoverse-n1,pool,qemu-10.0
a2,debian-6.12/neoverse-n1,pool,qemu-10.0
b1,debian-6.16/neoverse-n1,pool,qemu-10.0
b2,debian-6.16/neoverse-n1,pool,qemu-10.0
c1,debian-6.12/neoverse-n1,other,
c2,debian-6.12/neoverse-n1,other,qemu-11.1
"""
PLAN = """schema = 1
name = "fleet"
[[group]]
name = "{label}"
profile = "*"
vmm = "{vmm}"
hosts = {hosts}
[[step]]
name = "all"
{step}
"""


@pytest.fixture
def fleet(tmp_path, run):
    (tmp_path / "hosts.csv").write_text(HOSTS)
    found = run("fleet", "add", tmp_path / "fleet", "--hosts", tmp_path / "hosts.csv", "-q")
    assert found.status == 0, found.err
    return tmp_path / "fleet"


def check(run, fleet, *words, label="pool", vmm="*", hosts=4, step='kernel = "7.2"'):
    path = fleet.parent / "plan.toml"
    path.write_text(PLAN.format(label=label, vmm=vmm, hosts=hosts, step=step))
    return run("fleet", "check", fleet, path, *words)


def test_classes_become_groups(run, fleet):
    """One group a class and VMM; the fleet's own VMMs count."""
    found = json.loads(check(run, fleet, "--format", "json").out)
    assert found["verdict"] == "broken"
    groups = {each["place"]["group"] for each in found["stories"][0]["tried"]}
    assert all(name.startswith("pool/") for name in groups)


def test_one_vmm_for_all(run, fleet):
    """A VMM that the plan names is of hosts of which the fleet does not tell; hosts that run
    another one are no part of such a plan, and none is left out in silence."""
    known = {"label": "other", "hosts": 2}
    assert check(run, fleet, "-q", vmm="qemu-11.1", **known).status == 100
    found = check(run, fleet, vmm="qemu-11.1")
    assert found.status == 2
    assert "run qemu-10.0" in found.err


def test_a_series_is_the_fleets_own_class(run, fleet):
    """6.16 is what the fleet has of that CPU and series, before what ships."""
    found = json.loads(check(run, fleet, "--format", "json", step='kernel = "6.16"').out)
    digests = {each["place"]["digest"] for story in found["stories"] for each in story["tried"]}
    assert len(digests) <= 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "nobody"}, "no host of the fleet has that label"),
        ({"hosts": 5}, "fewer than 5"),
        ({"label": "other", "hosts": 1}, "does not tell the VMM"),
        ({"step": 'kernel = "6.99"'}, "no capture"),
    ],
)
def test_what_is_wrong_is_said(run, fleet, change, said):
    """Status 2, and the group."""
    found = check(run, fleet, **change)
    assert (found.status, found.out) == (2, "")
    assert said in found.err


def test_no_fleet(run, tmp_path):
    """A directory that is no fleet is an error, and so is a plan that is not there."""
    (tmp_path / "plan.toml").write_text(PLAN.format(label="a", vmm="*", hosts=1, step="drain=true"))
    assert run("fleet", "check", tmp_path / "none", tmp_path / "plan.toml").status == 2
