import stat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from guestabi.lab import cpio

NAMES = st.from_regex(r"[a-z][a-z0-9.]{0,8}(/[a-z][a-z0-9.]{0,8}){0,2}", fullmatch=True)


def unpack(archive: bytes) -> list[tuple[str, int, int, bytes]]:
    """Read a newc archive the plain way: (name, mode, mtime, data) of each member."""
    members: list[tuple[str, int, int, bytes]] = []
    at = 0
    while True:
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        size, length = fields[6], fields[11]
        name = archive[at + 110 : at + 110 + length - 1].decode()
        at += -(-(110 + length) // 4) * 4
        if name == "TRAILER!!!":
            assert archive[at:] == b""
            return members
        members.append((name, fields[1], fields[5], archive[at : at + size]))
        at += -(-size // 4) * 4


@given(st.dictionaries(NAMES, st.binary(max_size=20), min_size=1))
def test_files_come_back_whole_and_sorted(files: dict[str, bytes]) -> None:
    """What is packed is what a kernel unpacks, in sorted order, whatever the order given."""
    clash = {str(p) for name in files for p in Path(name).parents}
    entries = {name: cpio.regular(data) for name, data in files.items() if name not in clash}
    packed = cpio.pack(entries)
    members = unpack(packed)
    assert [m[0] for m in members] == sorted(m[0] for m in members)
    regular = {name: data for name, mode, _, data in members if stat.S_ISREG(mode)}
    assert regular == {name: entry.data for name, entry in entries.items()}
    assert cpio.pack(dict(reversed(entries.items()))) == packed


def test_parents_are_directories_before_their_files() -> None:
    """The kernel makes no parent directory by itself: each is a member, before what it holds."""
    members = unpack(cpio.pack({"/a/b/c": cpio.symlink("t"), "dev/console": cpio.character(5, 1)}))
    assert [(name, stat.S_IFMT(mode)) for name, mode, *_ in members] == [
        ("a", stat.S_IFDIR),
        ("a/b", stat.S_IFDIR),
        ("a/b/c", stat.S_IFLNK),
        ("dev", stat.S_IFDIR),
        ("dev/console", stat.S_IFCHR),
    ]


def test_nothing_of_the_packing_machine_gets_in() -> None:
    """Time and owner are not in the archive, so that a cache key of the content is enough."""
    assert {mtime for _, _, mtime, _ in unpack(cpio.pack({"a/b": cpio.regular(b"x")}))} == {0}


def test_a_tree_keeps_links_and_execute_bits(tmp_path: Path) -> None:
    """A tree is packed with its directories, links and programs as they are."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d/run").write_bytes(b"#!")
    (tmp_path / "d/run").chmod(0o700)
    (tmp_path / "link").symlink_to("d/run")
    assert cpio.tree(tmp_path) == {
        "d": cpio.directory(),
        "d/run": cpio.regular(b"#!", executable=True),
        "link": cpio.symlink("d/run"),
    }
