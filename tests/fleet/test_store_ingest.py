"""guestabi.fleet.store: hosts go in once, the latest word wins, lists in CSV are read strictly."""

from __future__ import annotations

import os

import pytest

from cli.conftest import write
from fleet.fleets import NEW, OLD, add, content, hosts, named, names
from guestabi import atlas
from guestabi.errors import BadInput, UnknownName, UsageError
from guestabi.fleet import store
from guestabi.fleet.store import Added, answers, manifest, parts
from profiles import make_profile

DIGEST = {name: atlas.resolve(name).digest for name in (OLD, NEW)}


def add_csv(folder, text, name="hosts.csv"):
    """Add the hosts of a CSV file with that content, which lies beside the fleet."""
    path = folder.parent / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return store.add_csv(folder, path)


@pytest.fixture
def fleet(tmp_path):
    return tmp_path / "fleet"


def test_the_same_again_changes_nothing(fleet):
    """Not one byte."""
    assert add(fleet, OLD, NEW) == Added(2, 0, 0, 2, 2, 2)
    before = {name: (fleet / name).read_bytes() for name in names(fleet)}
    assert add(fleet, NEW, OLD) == Added(0, 0, 2, 0, 2, 2)
    assert {name: (fleet / name).read_bytes() for name in names(fleet)} == before


def test_the_latest_word_on_a_host_wins(fleet):
    """Its profile and kernel are the new ones; labels that are not given stay."""
    add(fleet, OLD, host="h", group="g", vmm="qemu-10.0")
    assert add(fleet, NEW, host="h", vmm="ours") == Added(0, 1, 0, 1, 1, 2)
    (row,) = answers.hosts(fleet)
    assert row == {
        "host": "h",
        "host_group": "g",
        "vmm": "ours",
        "kernel": atlas.resolve(NEW).kernel,
        "cpu": "neoverse-n1",
        "digest": DIGEST[NEW],
    }
    assert names(fleet) == named(fleet)


def test_a_kernel_that_is_not_told_is_unknown(fleet):
    """A digest says nothing of the kernel: it stays while the profile does, and no longer."""
    add(fleet, OLD, host="a")
    add(fleet, NEW, host="b")
    add_csv(fleet, f"host,profile\na,{DIGEST[OLD]}\nc,{DIGEST[OLD]}\n")
    kernels = {row["host"]: row["kernel"] for row in answers.hosts(fleet)}
    assert kernels["a"] == atlas.resolve(OLD).kernel
    assert kernels["c"] is None
    add_csv(fleet, f"host,profile,kernel\na,{DIGEST[NEW]},\nc,{DIGEST[OLD]},6.1\n")
    kernels = {row["host"]: row["kernel"] for row in answers.hosts(fleet)}
    assert (kernels["a"], kernels["c"]) == (None, "6.1")
    assert {row["kernel"] for row in answers.groups(fleet)} >= {"unknown", "6.1"}


def test_a_directory_of_captures(fleet, tmp_path):
    """A host a file: its profile's name, or the file's where the profile has none."""
    captures = tmp_path / "captures"
    captures.mkdir()
    write(captures / "x.json", make_profile("named", {"X0": 0}))
    write(captures / "nameless.json", make_profile("", {"X0": 1}))
    (captures / "notes.txt").write_text("no capture")
    add(fleet, captures, group="g")
    assert set(hosts(fleet)) == {"named", "nameless"}
    with pytest.raises(BadInput, match=r"has no \*\.json file"):
        add(fleet, tmp_path)


def test_a_csv_names_files_atlas_names_and_digests(fleet, tmp_path):
    """Files are looked for beside the CSV file; a digest may be one that another row brings."""
    (tmp_path / "p").mkdir()
    one = write(tmp_path / "p" / "one.json", make_profile("one", {"X0": 0}))
    digest = make_profile("one", {"X0": 0}).digest
    rows = f'a,p/one.json,g\r\nb,{one},\r\n"c,1",{OLD},"g ""2"""\r\nd, {digest} ,g\r\n'
    text = "\ufeffhost,profile,group\r\n" + rows
    assert add_csv(fleet, text) == Added(4, 0, 0, 2, 4, 2)
    assert hosts(fleet) == {"a": digest, "b": digest, "c,1": DIGEST[OLD], "d": digest}
    groups = {row["host"]: row["host_group"] for row in answers.hosts(fleet)}
    assert groups == {"a": "g", "b": None, "c,1": 'g "2"', "d": "g"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no columns host and profile"),
        ("host,profile\n", "has no hosts"),
        ("host,group\na,b\n", "has no columns host and profile"),
        (f"host,profile,rack\na,{OLD},1\n", "has a column 'rack'"),
        (f"host,profile,host\na,{OLD},1\n", "has a column twice"),
        (f"host,profile\n,{OLD}\n", "has 1 of 1 rows without a host or a profile"),
        ("host,profile\na,\n", "has 1 of 1 rows without a host or a profile"),
        ("host,profile\na\n", "line 2: Expected Number of Columns: 2 Found: 1"),
        ("host,profile\na,b,c\n", "line 2: Expected Number of Columns: 2 Found: 3"),
        ('host,profile\na,"b\n', "line 2: "),
        (b"host,profile\na,\xff\n", "line 2: "),
        (b"host,profile\xff\n", "is no CSV file"),
        (f"host,profile\na,{OLD}\na,{NEW}\n", "host 'a' is given twice, in different ways"),
        (f"host,profile\na\x01,{OLD}\n", "'a\\x01' cannot be the host of a host"),
        (f"host,profile\n{'a' * 256},{OLD}\n", f"'{'a' * 40}' cannot be the host of a host"),
        (f"host,profile,vmm\na,{OLD},{'v' * 256}\n", f"'{'v' * 40}' cannot be the vmm of a host"),
        (
            f"host,profile\na,{OLD}\nb,{'0' * 64}\n",
            f"no class of this fleet has the digest {'0' * 64}",
        ),
        ("host,profile\na,debian-6.12/none\n", "no capture is called 'debian-6.12/none'"),
    ],
)
def test_what_is_no_list_of_hosts_is_refused(fleet, text, reason):
    """The file and the reason, and there is no fleet."""
    with pytest.raises(BadInput) as caught:
        add_csv(fleet, text)
    assert str(caught.value).startswith(f"{fleet.parent / 'hosts.csv'}: {reason}")
    assert not fleet.exists()


def test_a_bad_profile_of_a_list_is_named_itself(fleet):
    """Not the list."""
    with pytest.raises(BadInput) as caught:
        add_csv(fleet, f"host,profile\na,{OLD}\nb,gone.json\n")
    assert caught.value.path == str(fleet.parent / "gone.json")


def test_a_list_that_cannot_be_read(fleet, tmp_path):
    """Nothing there, a directory, a FIFO."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "none", tmp_path, tmp_path / "fifo"):
        with pytest.raises(BadInput):
            store.add_csv(fleet, path)


def test_names_that_mean_something_elsewhere(tmp_path):
    """Quotes and glob characters in paths are just characters."""
    fleet = tmp_path / "it's [a] *fleet?"
    add(fleet, OLD)
    add_csv(fleet, f"host,profile\no'hara,{NEW}\n", "h[1]*'.csv")
    assert hosts(fleet) == {OLD: DIGEST[OLD], "o'hara": DIGEST[NEW]}


def test_the_same_row_twice_is_one_host(fleet):
    """Only contradictions are refused."""
    assert add_csv(fleet, f"host,profile\na,{OLD}\na,{OLD}\n").hosts == 1


def test_two_profiles_of_one_name_are_refused(fleet, tmp_path):
    """Which of the two the host is, only the user can say."""
    one = write(tmp_path / "1.json", make_profile("h", {"X0": 0}))
    two = write(tmp_path / "2.json", make_profile("h", {"X0": 1}))
    with pytest.raises(UsageError, match="host 'h' is given twice") as caught:
        add(fleet, one, two)
    assert "--hosts" in caught.value.hint


def test_what_cannot_be_asked(fleet):
    """No profile, several for one name, an unknown one."""
    for arguments, labels in (((), {}), ((OLD, NEW), {"host": "h"}), ((), {"host": "h"})):
        with pytest.raises(UsageError):
            add(fleet, *arguments, **labels)
    with pytest.raises(UnknownName) as caught:
        add(fleet, "debian-6.12/neoverse-n2")
    assert caught.value.nearest
    assert not fleet.exists()


def test_classes_are_whole_profiles(fleet):
    """What the planner gets is what the files were: digest, profile, number of hosts."""
    add_csv(fleet, f"host,profile\na,{OLD}\nb,{OLD}\nc,{NEW}\n")
    found = store.classes(fleet)
    assert [(digest, count) for digest, _, count in found] == sorted(
        [(DIGEST[OLD], 2), (DIGEST[NEW], 1)]
    )
    for digest, profile, _ in found:
        original = atlas.resolve(OLD if digest == DIGEST[OLD] else NEW)
        assert (profile.raw, profile.registers) == (original.raw, original.registers)


def test_a_class_without_hosts_stays_but_is_not_counted(fleet):
    """Its digest may come again."""
    add(fleet, OLD, host="h")
    add(fleet, NEW, host="h")
    assert [row["digest"] for row in answers.classes_with_counts(fleet)] == [DIGEST[NEW]]
    assert [digest for digest, _, _ in store.classes(fleet)] == [DIGEST[NEW]]
    assert add_csv(fleet, f"host,profile\nh,{DIGEST[OLD]}\n") == Added(0, 1, 0, 0, 1, 2)


def test_many_small_additions_become_one_part(fleet, monkeypatch):
    """Beyond a number of parts they are merged; the content is as if all came at once."""
    monkeypatch.setattr(parts, "MANY", 3)
    profiles = [make_profile(f"h{number}", {"X0": number}) for number in range(6)]
    paths = [write(fleet.parent / f"{each.name}.json", each) for each in profiles]
    for path in paths:
        add(fleet, path)
    found = manifest.read(fleet)
    assert found is not None
    assert len(found.of("classes")) <= 3
    assert names(fleet) == named(fleet)
    add(fleet.parent / "at once", *paths)
    assert content(fleet) == content(fleet.parent / "at once")


def test_batches_join(fleet, monkeypatch):
    """More classes than are held in memory."""
    from guestabi.fleet.store import intake

    monkeypatch.setattr(intake, "BATCH", 2)
    profiles = [make_profile(f"h{number}", {"X0": number}) for number in range(5)]
    paths = [write(fleet.parent / f"{each.name}.json", each) for each in profiles]
    assert add(fleet, *paths) == Added(5, 0, 0, 5, 5, 5)
    assert hosts(fleet) == {each.name: each.digest for each in profiles}
