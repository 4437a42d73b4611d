"""Exporting to a libvirt domain, judged by libvirt's own schema."""

from __future__ import annotations

import os
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from guestabi.fleet.export import export
from guestabi.fleet.export.libvirt import NAMESPACE

from .exports import of, real

PROGRAM = "virt-xml-validate"


def valid(text: str, tmp_path) -> bool:
    """Whether libvirt's schema of a domain holds for ``text``."""
    if shutil.which(PROGRAM) is None:
        said = f"there is no {PROGRAM} (package libvirt-clients)"
        if os.environ.get("GUESTABI_REQUIRE_LAB") == "1":
            pytest.fail(f"the lab is required, but {said}")
        pytest.skip(f"{said}; with GUESTABI_REQUIRE_LAB=1 this fails instead")
    path = tmp_path / "domain.xml"
    path.write_text(text)
    done = subprocess.run([PROGRAM, path, "domain"], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    return done.returncode == 0


def test_libvirt_takes_the_domain_of_real_kernels(tmp_path) -> None:
    """Valid; QEMU gets the property through the namespace that libvirt has for it, and a comment
    tells each pin that is left out."""
    found, hosts = real()
    written = export(found, "libvirt", hosts)
    root = ElementTree.fromstring(written.text)
    assert [each.get("value") for each in root.iter(f"{{{NAMESPACE}}}arg")] == [
        "-cpu",
        "host,kvm-psci-version=1.1",
    ]
    assert root.find("cpu").attrib == {"mode": "host-passthrough", "check": "none"}
    assert root.find("os/type").attrib == {"arch": "aarch64", "machine": "virt"}
    assert written.text.count("left out: ") == len(written.left_out) == 2
    assert "QEMU 11.1 or later" in written.text
    assert valid(written.text, tmp_path)


def test_without_pins_nothing_is_passed_on(tmp_path) -> None:
    """Then the domain is libvirt's alone."""
    text = export(of({"PMMIR_EL1": 0}), "libvirt").text
    assert "<qemu:commandline>" not in text
    assert valid(text, tmp_path)


@pytest.mark.parametrize("name", ["--", "a--->b", "<b> & 'c' \"d\"", "/etc/x", "ünï - 2", "-"])
def test_any_name_of_a_baseline_makes_a_valid_domain(name, tmp_path) -> None:
    """In comments and in the domain's name."""
    text = export(of({"PSCI_VERSION": 0x10001}, name=name), "libvirt").text
    assert ElementTree.fromstring(text).find("name").text
    assert valid(text, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("host-passthrough", "host-like"),
        ("<vcpu>1</vcpu>", "<vcpu>one</vcpu>"),
        ("qemu:arg value=", "qemu:argument value="),
        ("unit='MiB'", "unit='1!'"),
        ("</domain>", "<pins/></domain>"),
    ],
)
def test_the_validator_refuses_broken_domains(old, new, tmp_path) -> None:
    """Canaries: a schema that lets these pass proves nothing."""
    text = export(of({"PSCI_VERSION": 0x10001}), "libvirt").text
    assert text.count(old)
    assert not valid(text.replace(old, new), tmp_path)
