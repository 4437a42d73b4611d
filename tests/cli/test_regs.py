"""guestabi regs and guestabi atlas."""

from __future__ import annotations

import json

import pytest

from guestabi import atlas
from guestabi.registers import catalogue


def test_list_is_the_whole_catalogue(run):
    """One line a register, and the same ids as JSON."""
    rows = json.loads(run("regs", "list", "--format", "json").out)
    assert [int(row["id"], 16) for row in rows] == [r.id for r in catalogue.all_registers()]
    assert len(run("regs", "list").out.splitlines()) == len(rows) + 1


def test_list_by_words(run):
    """Every word must be in name, role or feature; none found is an error."""
    rows = json.loads(run("regs", "list", "bitmap", "hyp", "--format", "json").out)
    assert [row["name"] for row in rows] == ["STD_HYP_BMAP", "VENDOR_HYP_BMAP", "VENDOR_HYP_BMAP_2"]
    assert run("regs", "list", "nonsense").status == 2


def test_show_by_any_spelling(run):
    """KVM's macro, the short name and the id name the same register."""
    pages = {
        run("regs", "show", name).out
        for name in ("PSCI_VERSION", "KVM_REG_ARM_PSCI_VERSION", "0x6030000000140000")
    }
    assert len(pages) == 1
    assert "PSCI version of the guest" in pages.pop()


def test_show_the_swapped_timer(run):
    """The KVM name and what the id decodes to are both shown."""
    text = run("regs", "show", "TIMER_CVAL").out
    assert "0x603000000013df02" in text
    assert "encoding          CNTVCT_EL0" in text


def test_show_json(run):
    """Fields with their bits and meanings."""
    row = json.loads(run("regs", "show", "ID_AA64PFR0_EL1", "--format", "json").out)
    assert row["id"] == "0x603000000013c020"
    assert row["fields"][0]["name"] == "EL0"
    assert row["fields"][0]["meaning"]["1"] == "AArch64"


def test_every_register_can_be_shown(run):
    """No row of the catalogue breaks the page."""
    for register in catalogue.all_registers():
        assert run("regs", "show", f"{register.id:#x}").status == 0, register.name


def test_history_tells_when_pmmir_appeared(run):
    """PMMIR_EL1 is listed since 7.3, measured."""
    events = json.loads(run("regs", "history", "PMMIR_EL1", "--format", "json").out)
    appeared = [event["kernel"] for event in events if event["change"] == "appeared"]
    assert [kernel.split(".")[0:2] for kernel in appeared] == [["debian-7", "3"]]
    text = run("regs", "history", "PMMIR_EL1").out
    assert text.splitlines()[0] == "PMMIR_EL1  captures of neoverse-n1"


def test_history_of_an_unknown_cpu(run):
    """The nearest CPU model is offered."""
    result = run("regs", "history", "X0", "--cpu", "neoverse-n")
    assert result.status == 2
    assert "did you mean neoverse-n1" in result.err


def test_atlas_list(run):
    """A row a capture, with digest and count; text and JSON agree."""
    rows = json.loads(run("atlas", "list", "--format", "json").out)
    assert [row["name"] for row in rows] == list(atlas.names())
    assert f"{len(rows)} captures" in run("atlas", "list").out


def test_atlas_of_one_cpu(run):
    """--cpu keeps only that model; an unknown one is refused."""
    rows = json.loads(run("atlas", "list", "--cpu", "neoverse-n1", "--format", "json").out)
    assert {row["cpu"] for row in rows} == {"neoverse-n1"}
    assert run("atlas", "list", "--cpu", "neoverse").status == 2


@pytest.mark.parametrize("name", ["debian-6.12/neoverse-n", "debian-6.13/neoverse-n1", "debian"])
def test_unknown_atlas_names_get_a_hint(run, name):
    """The nearest names, or where to look."""
    result = run("show", name)
    assert result.status == 2
    assert result.err.splitlines()[1].startswith("  hint: ")
