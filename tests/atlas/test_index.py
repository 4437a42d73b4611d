"""The shipped captures are what their names say, and are found by exact name and by series."""

import zipfile
from collections import defaultdict

import pytest

from guestabi import atlas
from guestabi.atlas.index import DATA
from guestabi.errors import UnknownName
from guestabi.profile import files
from guestabi.registers.catalogue import name_of

SERIES = ["5.10", "6.1", "6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"]
CPUS = ["a64fx", "cortex-a57", "cortex-a72", "cortex-a76", "max", "neoverse-n1"]


def test_what_ships():
    """Every series on every CPU model, and more builds of 6.1 and 6.12 on neoverse-n1."""
    found = defaultdict(list)
    for entry in atlas.entries():
        found[entry.cpu].append(entry.series)
    assert sorted(found) == CPUS
    for cpu in CPUS:
        extra = ["6.1"] * 3 + ["6.12"] * 3 if cpu == "neoverse-n1" else []
        assert sorted(found[cpu]) == sorted(SERIES + extra)


@pytest.mark.parametrize("entry", atlas.entries(), ids=lambda entry: entry.name)
def test_names_match_contents(entry):
    """A file is called after the kernel and the CPU that it was taken on."""
    profile = files.load(entry.path)
    assert profile.name == entry.name
    assert profile.emulated_cpu == entry.cpu
    version = ".".join(map(str, entry.version))
    assert f"Debian {version}-" in profile.record.taken.kernel_version
    assert [r.name for r in profile.registers.values()] == list(map(name_of, profile.registers))


def test_every_file_is_an_entry():
    """No file lies beside the index."""
    assert {entry.path for entry in atlas.entries()} == {
        path for path in DATA.rglob("*") if path.is_file()
    }


def test_size(tmp_path):
    """The captures take less than 2 MB in a wheel, which is a zip file."""
    target = tmp_path / "atlas.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in atlas.entries():
            archive.write(entry.path, entry.name)
    assert target.stat().st_size < 2_000_000


def test_series_names_the_newest():
    """A series means its newest capture."""
    assert atlas.resolve("debian-6.12/neoverse-n1").name == "debian-6.12.117/neoverse-n1"
    assert atlas.find("debian-6.12.43/neoverse-n1").name == "debian-6.12.43/neoverse-n1"


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("debian-6.12/neoverse-n2", "debian-6.12/neoverse-n1"),
        ("debain-7.3/max", "debian-7.3/max"),
    ],
)
def test_unknown_names(wrong, nearest):
    """A name that does not ship suggests the nearest one."""
    with pytest.raises(UnknownName) as caught:
        atlas.resolve(wrong)
    assert nearest in caught.value.nearest


def test_newest_of_each_series():
    """One capture a series, oldest first."""
    assert [e.series for e in atlas.newest_of_each_series("neoverse-n1")] == SERIES
    with pytest.raises(UnknownName, match="no CPU is called 'n1'"):
        atlas.newest_of_each_series("n1")
