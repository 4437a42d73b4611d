"""contrib/prometheus: Prometheus reads what the profile says, and hostile names are text."""

from __future__ import annotations

import importlib.util
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from guestabi import atlas
from guestabi.profile import canonical
from probe.test_standalone import oldest_python

PROGRAM = Path(__file__).resolve().parents[2] / "contrib" / "prometheus" / "guestabi_textfile.py"
HOSTILE = 'a"} 1\nguestabi_capture_valid 0\n# \\ {x="\u202e\x1b[31m\r'


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "profiles").mkdir()
    return tmp_path / "profiles"


def profile(**changes: object) -> dict[str, object]:
    """A shipped capture, sealed anew with ``changes``."""
    plain = atlas.resolve("debian-7.3/neoverse-n1").to_builtins()
    return canonical.seal({**plain, **changes})


def put(folder: Path, name: str, text: str, age: int = 0) -> Path:
    path = folder / name
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)
    return path


def run(folder: Path, python: str = sys.executable) -> tuple[int, str, dict]:
    """Status, standard error, and the metrics as Prometheus' own parser reads them."""
    target = folder.parent / "guestabi.prom"
    done = subprocess.run(
        [python, "-I", "-S", PROGRAM, folder, target], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr, parsed(target.read_text(encoding="utf-8"))


def parsed(text: str) -> dict:
    why = "pip install prometheus-client"
    parser = pytest.importorskip("prometheus_client.parser", reason=why)
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_newest_profile(folder):
    """Digest, kernel, counts, time: of the one that was written last."""
    put(folder, "z-old.json", canonical.to_text(profile(name="old")), age=100)
    new = profile(name="new")
    path = put(folder, "a-new.json", canonical.to_text(new), age=50)
    status, said, found = run(folder)
    assert (status, said) == (0, "")
    labels = {"digest": new["digest"], "kernel": new["taken"]["kernel_release"], "name": "new"}
    assert found[("guestabi_capture_info", *sorted(labels.items()))] == 1
    assert found[("guestabi_capture_valid",)] == 1
    assert found[("guestabi_capture_timestamp_seconds",)] == int(path.stat().st_mtime)
    counts = {key: value for key, value in found.items() if key[0] == "guestabi_capture_registers"}
    assert sum(counts.values()) == len(new["registers"]) > 300
    assert counts[("guestabi_capture_registers", ("scope", "vm"), ("window", "before-run"))] > 1


def test_hostile_names_are_text(folder):
    """A name that would end the label, add a metric or turn the line: one value, and no more."""
    put(folder, "host.json", canonical.to_text(profile(name=HOSTILE)))
    status, _, found = run(folder)
    assert status == 0
    (info,) = [key for key in found if key[0] == "guestabi_capture_info"]
    said = dict(info[1:])["name"]
    assert said == 'a"} 1\nguestabi_capture_valid 0\n# \\ {x="\ufffd\ufffd[31m\ufffd'
    assert found[("guestabi_capture_valid",)] == 1


def test_the_parser_would_see_it():
    """Unescaped, the same name is another metric."""
    assert parsed(f'm{{name="{HOSTILE}"}} 1\n')[("guestabi_capture_valid",)] == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "[" * 100_000,
        '{"schema": NaN}',
        '{"schema": 1, "checksum": "00"}',
        canonical.to_text(profile())[:-100],
        canonical.to_text(profile()).replace('"vm"', '"vcpu"', 1),
        canonical.to_text(profile()).replace('"schema":1', '"schema":2'),
        json.dumps({**profile(), "name": "\ud800"}),
        canonical.to_text(canonical.seal({**profile(), "name": 5})),
        canonical.to_text(profile(registers=[{**profile()["registers"][0], "scope": "x\ny"}])),
    ],
    ids=range(13),
)
def test_damage_is_told_and_nothing_else(folder, text):
    """The newest counts, whatever stands beside it; the status and the metric say so."""
    put(folder, "good.json", canonical.to_text(profile()), age=100)
    put(folder, "host.json", text)
    status, said, found = run(folder)
    assert status == 1
    assert len(said.splitlines()) == 1
    assert "host.json" in said
    assert {key[0] for key in found} == {
        "guestabi_capture_valid",
        "guestabi_capture_timestamp_seconds",
    }
    assert found[("guestabi_capture_valid",)] == 0


def test_no_profile(folder):
    """Zero inputs is an error; links and pipes are no profiles."""
    os.mkfifo(folder / "pipe.json")
    (folder / "link.json").symlink_to("/dev/zero")
    status, said, found = run(folder)
    assert (status, found) == (1, {("guestabi_capture_valid",): 0})
    assert "no profile" in said


def test_whole_or_not_at_all(folder):
    """The exporter may read it; what cannot be written leaves nothing, and the old file stays."""
    put(folder, "host.json", canonical.to_text(profile()))
    run(folder)
    target = folder.parent / "guestabi.prom"
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert sorted(os.listdir(folder.parent)) == ["guestabi.prom", "profiles"]
    spec = importlib.util.spec_from_file_location("guestabi_textfile", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before = target.read_text()
    with pytest.raises(UnicodeEncodeError):
        module.write(target, "\ud800")
    assert target.read_text() == before
    assert sorted(os.listdir(folder.parent)) == ["guestabi.prom", "profiles"]
    assert module.main([str(folder), str(folder / "no" / "such.prom")]) == 1
    assert module.main([]) == 2


def test_the_oldest_python(folder):
    """Python 3.9."""
    python = oldest_python()
    if python is None:
        pytest.skip("no python3.9 here")
    put(folder, "host.json", canonical.to_text(profile()))
    assert run(folder, python)[:2] == (0, "")
