"""What the examples show: their commands, run for real, and what they said, in output.txt.

``--check`` changes nothing and fails where a file is not what it would be now.
"""

from __future__ import annotations

import io
import os
import shlex
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
WIDGET = 0x6030000000160009

COMMANDS = {
    "kernel-upgrade": (
        "guestabi plan check plan.toml",
        "guestabi plan repair plan.toml -o repaired.toml",
        "guestabi plan check repaired.toml",
        "guestabi plan show plan.toml -o plan.svg",
        "guestabi plan show repaired.toml -o repaired.svg",
    ),
    "vmm-rollback": (
        "guestabi plan check plan.toml",
        "guestabi plan repair plan.toml -o gated.toml",
        "guestabi plan check gated.toml",
        "guestabi plan show plan.toml -o plan.svg",
    ),
    "mixed-cpus": (
        "guestabi baseline debian-6.12/neoverse-n1 debian-7.2/neoverse-n1 debian-6.12/cortex-a72",
        "guestabi baseline debian-6.12/neoverse-n1 debian-7.2/neoverse-n1 --name n1 -o pool.json",
        "guestabi baseline admit pool.json debian-6.12/cortex-a72",
        "guestabi plan check plan.toml",
        "guestabi plan check pool.toml",
    ),
}
"""By folder of examples/, in the order in which they are run."""


def run(folder: str, where: Path) -> dict[str, str]:
    """Run the commands of one example in a copy of it at ``where``. Return what every file that
    they write, and ``output.txt``, is then."""
    from guestabi.cli import main

    source = EXAMPLES / folder
    made = {"output.txt", *written(folder)}
    for path in source.iterdir():
        if path.name not in made:
            (where / path.name).write_bytes(path.read_bytes())
    said = []
    before = os.getcwd()
    os.chdir(where)
    try:
        for command in COMMANDS[folder]:
            out, err = io.StringIO(), io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                status = main.run(shlex.split(command)[1:])
            said.append(f"$ {command}\n{out.getvalue()}{err.getvalue()}[exit status {status}]\n")
    finally:
        os.chdir(before)
    found = {name: (where / name).read_text() for name in written(folder)}
    return {**found, "output.txt": "\n".join(said)}


def written(folder: str) -> set[str]:
    """The names of the files that an example's commands write."""
    words = [shlex.split(command) for command in COMMANDS[folder]]
    return {each[each.index("-o") + 1] for each in words if "-o" in each}


def widget() -> str:
    """The profile of a model kernel with a VM-scoped register beside those of Debian's 6.12."""
    from guestabi import model
    from guestabi.probe.capture import capture
    from guestabi.profile import canonical

    extra = model.service(WIDGET, "WIDGET", 1, "vm-scoped")
    kernel = model.kernel("debian-6.12/neoverse-n1", "vm-scoped", extras=[extra])
    taken = {
        "kernel_release": "6.12 with a widget",
        "kernel_version": "guestabi.model",
        "machine": "aarch64",
    }
    plain = capture(kernel, taken=taken, guest=False)
    return canonical.to_text(canonical.seal({**plain, "name": "kernel-with-widget"}))


def main() -> int:
    """Make everything anew, or check it."""
    check = "--check" in sys.argv
    files = {EXAMPLES / "vmm-rollback" / "kernel-with-widget.json": widget()}
    stale = []
    for folder in COMMANDS:
        with tempfile.TemporaryDirectory() as where:
            for name, text in run(folder, Path(where)).items():
                files[EXAMPLES / folder / name] = text
    for path, text in files.items():
        if path.is_file() and path.read_text() == text:
            continue
        stale.append(path)
        if not check:
            path.write_text(text)
    for path in stale:
        print(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
