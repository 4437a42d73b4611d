"""guestabi.serve.shelf: folders, fleets and what ships, by digest and by name."""

from __future__ import annotations

import os

import pytest

from cli.conftest import write
from guestabi.errors import BadInput, UnknownName
from guestabi.fleet import store
from guestabi.serve.shelf import Ambiguous, Bad, FolderShelf, Full, opened
from guestabi.serve.shelf import folder as folders
from pairs import new, old
from profiles import make_profile


def names(shelf):
    return [entry.name for entry in shelf.look().entries]


def test_a_folder_is_looked_at_again_at_each_look(folder):
    """A file that appears, changes, or goes is noticed; what did not change is not read again."""
    shelf = opened(folder)
    first = shelf.look()
    assert names(shelf) == ["new", "old"]
    assert shelf.look() is first
    write(folder / "third.json", make_profile("third", {"X0": 1}))
    assert names(shelf) == ["new", "old", "third"]
    assert shelf.look().entries[0] is first.entries[0]
    write(folder / "third.json", make_profile("other", {"X0": 1}))
    assert names(shelf) == ["new", "old", "other"]
    (folder / "third.json").unlink()
    assert names(shelf) == ["new", "old"]
    assert shelf.look().stamp == first.stamp


def test_a_change_that_keeps_size_and_time_is_noticed(folder):
    """A copy that keeps the old modification time still has another change time."""
    shelf = opened(folder)
    shelf.look()
    path = folder / "old.json"
    before = path.stat()
    data = path.read_bytes().replace(b'"name":"old"', b'"name":"oLd"')
    assert len(data) == before.st_size
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [bad.file for bad in shelf.look().bad] == ["old.json"]


def test_bad_files_are_listed_and_stop_nothing(folder):
    """Truncated, foreign, a directory, a pipe, a link to nothing: the others are served."""
    good = (folder / "old.json").read_bytes()
    (folder / "cut.json").write_bytes(good[: len(good) // 2])
    (folder / "other.json").write_text("[]")
    (folder / "dir.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    (folder / "nowhere.json").symlink_to(folder / "gone")
    (folder / ".hidden.json").write_text("{")
    (folder / "readme.txt").write_text("x")
    shelf = opened(folder)
    assert names(shelf) == ["new", "old"]
    assert shelf.look().bad == (
        Bad("cut.json", "is not JSON: Input data was truncated"),
        Bad("dir.json", "is a directory"),
        Bad("other.json", "is no guestabi profile: it has no schema number"),
        Bad("pipe.json", "is not a regular file"),
    )


def test_a_name_that_is_no_text_is_told_as_text(folder):
    """A file's name may be any bytes; what is shown cannot steer a terminal."""
    (folder / os.fsdecode(b"\xff\x1b[31m.json")).write_text("{")
    nameless = write(folder / "x", make_profile("", {"X0": 3}))
    nameless.rename(folder / os.fsdecode(b"a\xfe.json"))
    shelf = opened(folder)
    assert [bad.file for bad in shelf.look().bad] == ["\ufffd\ufffd[31m.json"]
    assert names(shelf) == ["a\ufffd", "new", "old"]
    assert len(shelf.look().stamp) == 64


def test_a_folder_that_has_gone_is_an_error(folder):
    """Nothing is not the same as no profiles."""
    shelf = opened(folder)
    shelf.look()
    folder.rename(folder.with_name("moved"))
    with pytest.raises(BadInput, match="No such file or directory"):
        shelf.look()


def test_find_by_digest_and_name(folder):
    """Both lead to the same; what nothing is called has a near name in its hint."""
    shelf = opened(folder)
    assert shelf.find("old").digest == old().digest
    assert shelf.find(new().digest).name == "new"
    with pytest.raises(UnknownName) as caught:
        shelf.find("olt")
    assert caught.value.hint == "did you mean old?"


def test_a_name_of_two_profiles_is_refused(folder):
    """Neither is guessed: the hint has both digests."""
    other = make_profile("old", {"X0": 7})
    write(folder / "again.json", other)
    shelf = opened(folder)
    with pytest.raises(Ambiguous) as caught:
        shelf.find("old")
    assert other.digest in caught.value.hint
    assert old().digest in caught.value.hint
    assert shelf.find(other.digest).digest == other.digest


def test_hosts_that_are_alike_keep_their_names(folder):
    """One digest, two names: each is answered with its own name."""
    shelf = opened(folder)
    twin = new("twin")
    assert twin.digest == new().digest
    write(folder / "twin.json", twin)
    assert (shelf.find("twin").name, shelf.find("new").name) == ("twin", "new")


def test_put_names_files_by_digest(folder):
    """DIGEST.json; again changes nothing; another name of the same digest has its own file."""
    shelf = opened(folder)
    assert isinstance(shelf, FolderShelf)
    host = make_profile("h1", {"X0": 5})
    assert [shelf.put(host), shelf.put(host)] == [True, False]
    twin = make_profile("h2", {"X0": 5})
    assert twin.digest == host.digest
    assert [shelf.put(twin), shelf.put(twin)] == [True, False]
    files = sorted(path.name for path in folder.iterdir() if path.name.startswith(host.digest))
    assert len(files) == 2
    assert files[1] == f"{host.digest}.json"
    assert names(shelf) == ["h1", "h2", "new", "old"]


def test_put_replaces_an_older_capture_of_the_same_host(folder):
    """The same name and digest, taken again: one file, the latest."""
    shelf = opened(folder)
    shelf.put(make_profile("h1", {"X0": 5}, release="6.1.0"))
    shelf.put(make_profile("h1", {"X0": 5}, release="6.1.1"))
    assert names(shelf) == ["h1", "new", "old"]
    assert shelf.find("h1").kernel == "6.1.1"


def test_put_never_replaces_another_profile(folder):
    """A file that somebody called by a digest that is not its own stays."""
    host = make_profile("h1", {"X0": 5})
    path = write(folder / f"{host.digest}.json", old())
    shelf = opened(folder)
    assert shelf.put(host)
    assert path.read_bytes() == (folder / "old.json").read_bytes()
    assert shelf.find("h1").digest == host.digest


def test_a_full_folder_takes_nothing(folder, monkeypatch):
    """Whoever may post cannot fill the disk."""
    shelf = opened(folder)
    monkeypatch.setattr(folders, "MOST", 2)
    with pytest.raises(Full):
        shelf.put(make_profile("h1", {"X0": 5}))
    assert len(list(folder.iterdir())) == 2


def fleet(path, folder):
    given = [store.Given(host, str(folder / file)) for host, file in PLACES]
    store.add(path, given)
    return path


PLACES = (("a01", "old.json"), ("a02", "old.json"), ("b01", "new.json"))


def test_a_fleet_is_asked_by_host_and_digest(tmp_path, folder):
    """Each class once; hosts by their names; what is added is there at the next look."""
    path = fleet(tmp_path / "mine", folder)
    shelf = opened(path)
    assert names(shelf) == ["new", "old"]
    assert shelf.find("a02").digest == shelf.find("old").digest == old().digest
    assert shelf.find("b01").digest == new().digest
    with pytest.raises(UnknownName):
        shelf.find("a03")
    store.add(path, [store.Given("a03", str(folder / "new.json"))])
    assert shelf.find("a03").digest == new().digest
    assert shelf.takes_none_because


def test_a_host_s_name_counts_more_than_its_class_s(tmp_path, folder):
    """A class is called as the first host that brought it; that host may have changed since."""
    path = tmp_path / "mine"
    store.add(path, [store.Given("old", str(folder / "old.json"))])
    store.add(path, [store.Given("z", str(folder / "old.json"))])
    store.add(path, [store.Given("old", str(folder / "new.json"))])
    assert opened(path).find("old").digest == new().digest


def test_a_damaged_fleet_is_no_empty_fleet(tmp_path, folder):
    """A part that is not what the manifest says is an error, not fewer hosts."""
    path = fleet(tmp_path / "mine", folder)
    part = next((path / "classes").iterdir())
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(BadInput):
        opened(path).look()


def test_what_ships_is_found_by_series():
    """Without a directory: the atlas, by names that guestabi check takes."""
    shelf = opened()
    assert len(shelf.look().entries) > 10
    found = shelf.find("debian-6.12/neoverse-n1")
    assert found.name.startswith("debian-6.12.")
    assert shelf.find(found.digest).digest == found.digest
    with pytest.raises(UnknownName):
        shelf.find("debian-0.1/neoverse-n1")


@pytest.mark.parametrize("name", ["nowhere", "folder/old.json"])
def test_what_is_no_directory_is_refused(folder, name):
    """With the reason, before anything listens."""
    with pytest.raises(BadInput):
        opened(folder.parent / name)
