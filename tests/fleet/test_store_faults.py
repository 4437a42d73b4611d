"""guestabi.fleet.store: killed at any step, out of space, damaged: nothing is lost or doubled."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.fleets import NEW, OLD, WIDE, add, content, named, names
from guestabi.errors import BadInput, GuestAbiError
from guestabi.fleet import store
from guestabi.fleet.store import answers, disk, ingest, manifest, parts
from guestabi.fleet.store.lock import Lock

SRC = Path(store.__file__).parents[3]
SCRIPT = Path(__file__).with_name("store_faults.py")


def python(*arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        **settings,  # type: ignore[call-overload]
    )


@pytest.mark.parametrize("there", [False, True], ids=["new fleet", "old fleet"])
def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path, there):
    """After SIGKILL before every step, or amid it, the fleet is as before or as meant; the
    same addition, put again, completes it and sweeps up."""
    before, out = tmp_path / "before", tmp_path / "out"
    out.mkdir()
    if there:
        add(before, OLD, host="debian-7.3.4/a64fx", group="first")
        add(before, OLD, group="first")
    done = python(SCRIPT, before, out, NEW, WIDE)
    assert (done.returncode, done.stderr) == (0, "")
    copies = sorted(out.iterdir(), key=lambda path: int(path.name))
    assert len(copies) > 20
    was, meant = content(before), content(copies[-1])
    assert was != meant
    seen = []
    for copy in copies:
        left = content(copy)
        assert left in (was, meant), f"killed at step {copy.name}"
        seen.append(left == meant)
        add(copy, NEW, WIDE, group="second")
        assert content(copy) == meant
        assert names(copy) == named(copy)
    assert seen == sorted(seen), "once it was committed, it stayed so"
    assert {True, False} == set(seen[:-1])


@pytest.mark.parametrize("limit", [1, 600, 2000, 8000])
def test_a_full_disk_is_told_and_loses_nothing(tmp_path, limit):
    """Wherever the space ends: exit 1, one line, no traceback, and the fleet as it was."""
    folder = tmp_path / "fleet"
    add(folder, OLD)
    was = content(folder)
    command = ("-m", "guestabi.cli.main", "fleet", "add", folder, NEW, WIDE)
    done = python(
        *command, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("guestabi: error: cannot write ")
    assert done.stderr.count("\n") == 1
    assert content(folder) == was
    assert names(folder) == named(folder)
    add(folder, NEW, WIDE)
    assert len(answers.hosts(folder)) == 3


def test_a_failure_leaves_no_directory(tmp_path):
    """A fleet that did not come to be is not there; nor is one whose profile is none."""
    with pytest.raises(BadInput, match=r"no\.json"):
        add(tmp_path / "fleet", OLD, tmp_path / "no.json")
    assert list(tmp_path.iterdir()) == []


def test_foreign_directories_are_left_alone(tmp_path):
    """A directory with other files in it, and a file, become no fleet."""
    (tmp_path / "notes.txt").write_text("mine")
    for path, said in ((tmp_path, "has other files, such as notes.txt"), (SCRIPT, "no directory")):
        with pytest.raises(BadInput) as caught:
            add(path, OLD)
        assert said.replace("no directory", "is not a directory") in str(caught.value)
    assert names(tmp_path) == {"notes.txt"}


@pytest.mark.parametrize("table", ["hosts", "classes", "registers"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "no file"])
def test_a_damaged_part_is_named(tmp_path, table, damage):
    """Cut in half, one byte changed, removed, a FIFO in its place: refused, with the file."""
    add(tmp_path, OLD)
    (part,) = (tmp_path / table).iterdir()
    data = part.read_bytes()
    part.unlink()
    if damage == "cut":
        part.write_bytes(data[: len(data) // 2])
    elif damage == "changed":
        part.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    elif damage == "no file":
        os.mkfifo(part)
    with pytest.raises(BadInput) as caught:
        content(tmp_path)
    assert caught.value.path == str(part)
    if table != "registers":
        with pytest.raises(BadInput) as caught:
            add(tmp_path, NEW)
        assert caught.value.path == str(part)


def sealed(**changes: object) -> bytes:
    """A manifest with some keys changed, sealed anew."""
    import json

    from guestabi.profile import canonical

    part = manifest.Part("hosts", f"hosts/part-{'0' * 16}.parquet", 1, 1, "0" * 64)
    plain = json.loads(manifest.Manifest((part,)).to_bytes())
    del plain["digest"]
    for key, value in changes.items():
        if key in plain["parts"][0]:
            plain["parts"][0][key] = value
        else:
            plain[key.replace("_", "-")] = value
    sealed = {**plain, "digest": canonical.sha256(plain)}
    return (json.dumps(sealed, sort_keys=True, indent=1) + "\n").encode()


def test_the_sealed_manifest_is_one():
    """Without a change it is read: what follows fails for its own reason."""
    assert manifest.loads(sealed()).rows("hosts") == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is no fleet's manifest"),
        (b" " * ((1 << 20) + 1), "is larger than 1 MB"),
        (sealed(guestabi_fleet=2), "has format 2, newer than this program's 1"),
        (sealed(guestabi_fleet=True), "is no fleet's manifest"),
        (sealed(more=1), "is no valid manifest"),
        (sealed(file="../../etc/passwd"), "is no valid manifest"),
        (sealed(file=f"registers/part-{'0' * 16}.parquet"), "is not as guestabi writes"),
        (sealed(rows=0), "is no valid manifest"),
        (sealed(table="users"), "is no valid manifest"),
        (sealed().replace(b'"rows": 1', b'"rows": 2'), "its content does not match its digest"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path, data, reason):
    """Path and reason, when asking and when adding; it is left as it is."""
    (tmp_path / "manifest.json").write_bytes(data)
    for work in (lambda: content(tmp_path), lambda: add(tmp_path, OLD)):
        with pytest.raises(BadInput) as caught:
            work()
        assert str(caught.value).startswith(f"{tmp_path / 'manifest.json'}: {reason}")
    assert (tmp_path / "manifest.json").read_bytes() == data


def test_every_truncation_of_a_manifest_is_noticed(tmp_path):
    """Whole or not at all."""
    add(tmp_path, OLD)
    data = (tmp_path / "manifest.json").read_bytes()
    for length in range(len(data)):
        with pytest.raises(BadInput):
            manifest.loads(data[:length])


def test_one_adder_at_a_time(tmp_path):
    """The second is told who the first is, and changes nothing."""
    add(tmp_path, OLD)
    was = content(tmp_path)
    with Lock(tmp_path), pytest.raises(GuestAbiError, match=f"process {os.getpid()} on .* is add"):
        add(tmp_path, NEW)
    assert content(tmp_path) == was
    assert add(tmp_path, NEW).added == 1


def test_adders_side_by_side_lose_nothing(tmp_path):
    """Four processes that add five hosts each, again where another one was at it."""
    script = (
        "import sys, time\n"
        "from guestabi.errors import GuestAbiError, UsageError\n"
        "from guestabi.fleet import store\n"
        "for number in range(5):\n"
        "    given = store.spelled(['debian-7.3/neoverse-n1'], f'{sys.argv[2]}-{number}')\n"
        "    while True:\n"
        "        try:\n"
        "            store.add(sys.argv[1], given)\n"
        "            break\n"
        "        except UsageError:\n"
        "            raise\n"
        "        except GuestAbiError:\n"
        "            time.sleep(0.01)\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "fleet"), str(number)],
            env={**os.environ, "PYTHONPATH": str(SRC)},
        )
        for number in range(4)
    ]
    assert [each.wait(timeout=300) for each in running] == [0, 0, 0, 0]
    found = {row["host"] for row in answers.hosts(tmp_path / "fleet")}
    assert found == {f"{process}-{number}" for process in range(4) for number in range(5)}


@pytest.mark.parametrize(
    ("change", "is_stale"),
    [
        ({"start": "1"}, True),
        ({"boot": "another"}, True),
        ({"pid": 1 << 30}, True),
        ({"pid": -1}, True),
        ({"node": "another"}, False),
        ({}, False),
    ],
)
def test_a_lock_is_stale_once_its_process_is_gone(tmp_path, change, is_stale):
    """Another start, another boot, no such process; of another machine nobody can tell."""
    import json

    with Lock(tmp_path):
        words = json.loads((tmp_path / "lock").read_text())
    (tmp_path / "lock").write_text(json.dumps({**words, **change}, sort_keys=True))
    if is_stale:
        with Lock(tmp_path) as lock:
            assert lock.held()
        assert names(tmp_path) == set()
    else:
        with pytest.raises(GuestAbiError) as caught, Lock(tmp_path):
            pass
        assert f"remove {tmp_path / 'lock'}" in caught.value.hint


def test_a_lock_that_names_nobody_is_kept(tmp_path):
    """Not ours to take away."""
    (tmp_path / "lock").write_text("?")
    with pytest.raises(GuestAbiError, match="is adding to this fleet"), Lock(tmp_path):
        pass


def test_who_has_lost_the_lock_does_not_commit(tmp_path, monkeypatch):
    """Its parts are not named, and what the other process did stays."""
    add(tmp_path, OLD)
    was = content(tmp_path)

    def robbed(folder):
        (folder / "lock").write_text("another's")

    monkeypatch.setattr(parts, "sync_names", robbed)
    with pytest.raises(GuestAbiError, match="another process has changed this fleet"):
        add(tmp_path, NEW)
    assert content(tmp_path) == was
    assert (tmp_path / "lock").read_text() == "another's"


def test_a_reader_asks_again_when_the_fleet_was_replaced(tmp_path, monkeypatch):
    """A part that is gone because another one took its place is no damage."""
    add(tmp_path, OLD)
    stale = manifest.read(tmp_path)
    add(tmp_path, NEW)
    fresh = manifest.read(tmp_path)
    said = [stale, fresh, fresh]
    monkeypatch.setattr(manifest, "read", lambda folder: said.pop(0))
    assert len(answers.hosts(tmp_path)) == 2
    assert said == []


def test_steps_are_what_the_faults_cover():
    """Every function of disk.py that touches the disk is a step at which the test kills."""
    import fleet.store_faults as faults

    public = {
        name
        for name, each in vars(disk).items()
        if callable(each) and each.__module__ == disk.__name__
    }
    assert public - {"refused"} == set(faults.STEPS)
    assert ingest.disk is disk
