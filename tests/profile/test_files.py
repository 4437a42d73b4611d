"""A profile that is not whole and valid is refused, in one line, with the path and the reason."""

import json
import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_kernel import FakeKvm, Row
from guestabi.errors import BadInput, GuestAbiError
from guestabi.probe.capture import capture
from guestabi.profile import canonical, files

TAKEN = {"kernel_release": "6.0", "kernel_version": "#1", "machine": "aarch64"}
ROWS = {
    0x6030000000140000: Row(0x10001, accepts=lambda v: v <= 0x10001, scope="vm"),
    0x603000000013C020: Row(0x11, accepts=lambda v: v == 0x10),
    0x603000000013DE82: Row(0),
}
PLAIN = capture(FakeKvm(ROWS), taken=TAKEN)
TEXT = canonical.to_text(PLAIN)


def load(text, tmp_path):
    path = tmp_path / "p.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return files.load(path)


def reseal(**changes):
    return canonical.to_text(canonical.seal({**PLAIN, **changes}))


def test_round_trip(tmp_path):
    """What is written is read back, and written again byte for byte."""
    path = tmp_path / "p.json"
    files.save(PLAIN, path)
    assert canonical.to_text(json.loads(path.read_text())) == path.read_text() == TEXT
    profile = files.load(path)
    assert profile.registers.keys() == ROWS.keys()
    assert profile.defaults == {id: row.default for id, row in ROWS.items()}


def test_to_builtins_is_the_file(tmp_path):
    """The loaded profile gives back exactly what stands in its file."""
    assert canonical.to_text(load(TEXT, tmp_path).to_builtins()) == TEXT


def test_truncated_at_every_byte():
    """No prefix of a profile is a profile (the last byte is a line end)."""
    data = TEXT.encode()
    for length in range(len(data) - 1):
        with pytest.raises(BadInput):
            files.loads(data[:length])


@settings(max_examples=300)
@given(st.data())
def test_flipped_bits(data):
    """A flipped bit anywhere is noticed."""
    whole = bytearray(TEXT.encode())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        profile = files.loads(bytes(whole))
    except BadInput:
        return
    # White space may change into other white space: then nothing that counts has changed.
    assert canonical.to_text(profile.to_builtins()) == TEXT


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_noise(noise):
    """Bytes that are no profile raise BadInput and nothing else."""
    with pytest.raises(BadInput):
        files.loads(noise)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.sampled_from([*PLAIN, "taken", "registers"]), json_values)
def test_wrong_shapes(key, value):
    """A key with a value of another shape raises BadInput, even with right digests."""
    try:
        text = reseal(**{key: value})
    except (UnicodeEncodeError, TypeError, KeyError, AttributeError):
        return
    try:
        profile = files.loads(text.encode("utf-8", "surrogatepass"))
    except BadInput:
        return
    assert canonical.to_text(profile.to_builtins()) == text


def _row(**changes):
    rows = [dict(row) for row in PLAIN["registers"]]
    rows[0].update(changes)
    return rows


BAD = {
    "newer schema": (reseal(schema=2), "newer than this program's 1"),
    "no schema": ("{}", "no guestabi profile"),
    "not JSON": ("hello", "is not JSON"),
    "a list": ("[]", "no guestabi profile"),
    "deep": ("[" * 100_000, "is not JSON"),
    "wrong digest": (TEXT.replace(PLAIN["digest"], "0" * 64), "does not match its digest"),
    "changed": (TEXT.replace('"6.0"', '"6.1"'), "does not match its digest"),
    "no registers": (reseal(registers=[]), "has no registers"),
    "unknown key": (reseal(extra=1), "unknown field `extra`"),
    "duplicate": (reseal(registers=[PLAIN["registers"][0]] * 2), "twice"),
    "order": (reseal(registers=PLAIN["registers"][::-1]), "out of order"),
    "wide value": (reseal(registers=_row(default=hex(1 << 64))), "wider than its 64 bits"),
    "volatile with a default": (
        reseal(registers=_row(volatile=True)),
        "volatile register has no default",
    ),
    "bad id": (reseal(registers=_row(id="0x60f0000000130000")), "no KVM/arm64 register id"),
    "wide field": (
        reseal(registers=_row(fields=[{"low": 62, "width": 4, "accepts": [[0, 0]]}])),
        "outside its 64 bits",
    ),
    "overlap": (
        reseal(registers=_row(fields=[{"low": 0, "width": 4, "accepts": [[0, 0]]}] * 2)),
        "overlaps",
    ),
    "range": (
        reseal(registers=_row(fields=[{"low": 0, "width": 4, "accepts": [[3, 16]]}])),
        "cannot hold",
    ),
}


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD.keys())
def test_refused(text, reason, tmp_path):
    """Each kind of damage has its reason, in one line that names the file."""
    with pytest.raises(BadInput, match=reason) as caught:
        load(text, tmp_path)
    assert str(caught.value).startswith(str(tmp_path / "p.json"))
    assert "\n" not in str(caught.value)


def test_zeros(tmp_path):
    """A hundred megabytes of zeros is refused without being read."""
    path = tmp_path / "zeros"
    with path.open("wb") as stream:
        stream.truncate(100 << 20)
    with pytest.raises(BadInput, match="larger than 8 MB"):
        files.load(path)


def test_directory(tmp_path):
    """A directory is refused."""
    with pytest.raises(BadInput, match=r"directory|regular"):
        files.load(tmp_path)


def test_pipe(tmp_path):
    """A pipe is refused, and not waited for."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert stat.S_ISFIFO(path.stat().st_mode)
    with pytest.raises(BadInput, match="not a regular file"):
        files.load(path)


def test_absent(tmp_path):
    """A file that is not there."""
    with pytest.raises(BadInput, match="No such file"):
        files.load(tmp_path / "nothing")


def test_no_permission(tmp_path):
    """A file that may not be read."""
    path = tmp_path / "p.json"
    path.write_text(TEXT)
    path.chmod(0)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)  # root may read every file
    try:
        with pytest.raises(BadInput, match="Permission denied"):
            files.load(path)
    finally:
        os.seteuid(was)


def test_failed_write_leaves_nothing(tmp_path):
    """A write that fails leaves neither the file nor a temporary one."""
    target = tmp_path / "folder"
    target.mkdir()
    (target / "in-use").touch()
    with pytest.raises(GuestAbiError, match="cannot write"):
        files.save(PLAIN, target)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
