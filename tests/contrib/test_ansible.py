"""contrib/ansible: the playbook runs, brings profiles home, and is changed when guests see more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from guestabi import atlas
from guestabi.profile import canonical
from packaging_needs import needs

BOOK = Path(__file__).resolve().parents[2] / "contrib" / "ansible" / "capture.yml"

FAKE = """
import shutil, sys
assert sys.flags.isolated and sys.argv[1:3] == ["--device", {device!r}]
shutil.copy({source!r}, sys.argv[sys.argv.index("-o") + 1])
"""

RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=0\s+failed=(\d+)", re.M)


def play(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the playbook on this machine, everything below ``folder``."""
    places = {
        "ansible_become": "false",
        "ansible_python_interpreter": sys.executable,
        "guestabi_python": sys.executable,
        "guestabi_pyz": str(folder / "fake.pyz"),
        "guestabi_profiles": str(folder / "home"),
        "guestabi_device": str(folder / "kvm"),
        "guestabi_program": str(folder / "lib"),
        "guestabi_state": str(folder / "state"),
    }
    env = {**os.environ, "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "HOME": str(folder)}
    env |= {"ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", "ANSIBLE_REMOTE_TEMP": str(folder / "tmp")}
    extra = ["-e", json.dumps(places)]
    command = [needs("ansible-playbook", "ansible-core"), "-i", "host-a,", "-c", "local"]
    return subprocess.run(
        [*command, *extra, *words, str(BOOK)],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )


def changed(folder: Path, *words: str) -> int:
    """How many tasks changed something in a run that ended well."""
    done = play(folder, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stderr, done.stderr
    ((host, _, count, failed),) = RECAP.findall(done.stdout)
    assert (host, failed) == ("host-a", "0")
    return int(count)


@pytest.fixture
def host(tmp_path) -> Path:
    """A host with a device, and a program that says what it is told to."""
    (tmp_path / "kvm").touch()
    source, device = str(tmp_path / "measured.json"), str(tmp_path / "kvm")
    (tmp_path / "fake.pyz").write_text(FAKE.format(source=source, device=device))
    return tmp_path


def measure(host: Path, name: str, **taken: object) -> str:
    """Let the next capture be that of ``name``; return what it will be."""
    plain = atlas.resolve(name).to_builtins()
    plain["taken"] = {**plain["taken"], **taken}
    text = canonical.to_text(canonical.seal(plain))
    (host / "measured.json").write_text(text)
    return text


def test_it_is_a_playbook(tmp_path):
    """ansible's own check."""
    done = play(tmp_path, "--syntax-check")
    assert (done.returncode, done.stderr) == (0, "")


def test_changed_when_guests_see_another_machine(host):
    """The first time, and when the digest is another; never else; what is new comes home."""
    home = host / "home" / "host-a.json"
    text = measure(host, "debian-7.2/neoverse-n1")
    assert changed(host) == 1
    assert home.read_text() == text
    assert changed(host) == 0
    again = measure(host, "debian-7.2/neoverse-n1", kernel_release="7.2.99")
    assert changed(host) == 0
    assert home.read_text() == again != text
    other = measure(host, "debian-7.3/neoverse-n1")
    assert changed(host) == 1
    assert home.read_text() == other


def test_a_host_without_kvm_is_left_alone(host):
    """Nothing is copied, nothing fails."""
    measure(host, "debian-7.2/neoverse-n1")
    (host / "kvm").unlink()
    assert changed(host) == 0
    assert not (host / "lib").exists()
    assert not (host / "state").exists()


def test_a_capture_that_fails_is_a_failure(host):
    """And nothing comes home."""
    (host / "fake.pyz").write_text("import sys\nsys.exit('guestabi-capture: error: no')\n")
    done = play(host)
    assert done.returncode != 0
    assert not (host / "home").exists()


def test_no_shell():
    """Programs are started with their arguments, by no shell."""
    text = BOOK.read_text()
    assert "ansible.builtin.command" in text
    assert "shell" not in text
    assert "| default" not in text.split("argv:")[1].split("changed_when")[0]
