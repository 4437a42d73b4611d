"""``guestabi plan``: statuses, formats, files; what is wrong in a plan is said, with the place."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from guestabi.report.schemas import PlanJson

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BROKEN = EXAMPLES / "kernel-upgrade" / "plan.toml"
PROVED = EXAMPLES / "kernel-upgrade" / "repaired.toml"


def test_statuses(run, tmp_path):
    """0 proved, 100 broken, 101 vacuous, 2 for what is no plan."""
    assert run("plan", "check", PROVED, "-q") == (0, "", "")
    assert run("plan", "check", BROKEN, "-q").status == 100
    idle = tmp_path / "idle.toml"
    idle.write_text(PROVED.read_text().replace('births = "anywhere"', "births = []"))
    found = run("plan", "check", idle)
    assert found.status == 101
    assert "no guest goes anywhere" in found.out
    assert run("plan", "check", tmp_path / "none.toml").status == 2


def test_text_tells_the_story(run):
    """The registers that stop it, going up and coming back, and how it ends."""
    out = " ".join(run("plan", "check", BROKEN).out.split())
    for words in ("TCR2_EL1", "PIRE0_EL1", "PSCI_VERSION", "VENDOR_HYP_BMAP_2"):
        assert words in out
    assert "cannot be undone" in out
    assert "cannot be finished" in out


def test_json_is_as_documented(run):
    """The closed types behind the JSON Schema read it; the canary is an unknown key."""
    for path in (BROKEN, PROVED):
        out = run("plan", "check", path, "--format", "json").out
        msgspec.json.decode(out, type=PlanJson)
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**json.loads(out), "more": 1}, PlanJson)


def test_junit_and_sarif(run):
    """A case a property; a result a story."""
    root = ET.fromstring(run("plan", "check", BROKEN, "--format", "junit").out)
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "0")
    log = json.loads(run("plan", "check", BROKEN, "--format", "sarif").out)
    rules = {result["ruleId"] for result in log["runs"][0]["results"]}
    assert rules == {"plan-leaves", "plan-undone"}
    assert (
        json.loads(run("plan", "check", PROVED, "--format", "sarif").out)["runs"][0]["results"]
        == []
    )


def test_new_writes_a_plan_that_can_be_checked(run, tmp_path):
    """Canary, half, all; to a file, or out."""
    path = tmp_path / "plan.toml"
    made = run("plan", "new", "--from", "6.12", "--to", "6.16", "--vmm", "qemu-10.0", "-o", path)
    assert made == (0, "", "")
    assert run("plan", "check", path).status == 100
    assert path.read_text() == BROKEN.read_text()
    vmms = run("plan", "new", "--from", "6.12", "--vmm", "qemu-10.0", "--to-vmm", "qemu-11.1")
    path.write_text(vmms.out)
    assert run("plan", "check", path).status == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "6.12"), "nothing would change"),
        (("--from", "6.99", "--to", "7.0"), "no capture"),
        (("--from", "6.12", "--to", "6.16", "--vmm", "qemu-1"), "no VMM policy"),
        (("--from", "6.12", "--to", "6.16", "--cpu", "z80"), "no capture"),
    ],
)
def test_new_refuses_what_is_not_there(run, words, said):
    """Names are checked before anything is written."""
    found = run("plan", "new", *words)
    assert (found.status, found.out) == (2, "")
    assert said in found.err


def test_repair_writes_a_plan_that_is_proved(run, tmp_path):
    """What is written proves; a proved plan needs nothing; no repair is status 100."""
    path = tmp_path / "repaired.toml"
    found = run("plan", "repair", BROKEN, "-o", path)
    assert found.status == 0
    assert "PSCI_VERSION = 0x10001" in found.out
    assert run("plan", "check", path).status == 0
    assert run("plan", "repair", path).status == 0
    alone = tmp_path / "alone.toml"
    alone.write_text(
        'schema = 1\nname = "alone"\n[[group]]\nname = "a"\n'
        'profile = "debian-6.17/neoverse-n1"\nvmm = "qemu-11.1"\nhosts = 1\n'
        '[[step]]\nname = "up"\nkernel = "6.18"\n'
    )
    none = run("plan", "repair", alone, "-o", tmp_path / "never.toml")
    assert none.status == 100
    assert "no repair" in none.out
    assert not (tmp_path / "never.toml").exists()
    plain = json.loads(run("plan", "repair", BROKEN, "--format", "json").out)
    assert {edit["kind"] for edit in plain["edits"]} == {"vmm", "pin"}


def test_show_draws(run, tmp_path):
    """An SVG with every group and step in it."""
    found = run("plan", "show", BROKEN)
    assert found.status == 0
    text = "".join(ET.fromstring(found.out).itertext())
    for name in ("canary", "half", "rest", "kernel 6.16"):
        assert name in text
    assert run("plan", "show", BROKEN, "-o", tmp_path / "p.svg", "--bare") == (0, "", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("debian-6.12/neoverse-n1", "debian-6.99/neoverse-n1"), "no capture"),
        (('"canary"\nprofile', '"canary\nprofile'), "is not TOML"),
        (('groups = ["half"]', 'groups = ["nobody"]'), "no group is called 'nobody'"),
        (("hosts = 2", "hosts = -2"), "hosts"),
        (('kernel = "debian-6.16/neoverse-n1"', ""), "does nothing"),
        (("schema = 1", "schema = 9"), "newer guestabi"),
    ],
)
def test_what_is_wrong_is_said(run, tmp_path, change, said):
    """One line with the file and the place, status 2, no traceback."""
    path = tmp_path / "bad.toml"
    path.write_text(BROKEN.read_text().replace(*change, 1))
    found = run("plan", "check", path)
    assert (found.status, found.out) == (2, "")
    assert "bad.toml" in found.err
    assert said in found.err
