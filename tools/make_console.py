"""Run the commands of every console block and write what they said; with --check, name the pages
that show something else.

python tools/make_console.py [--check] [PAGE...]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import console

from guestabi.profile import writing


def main() -> int:
    """Write the pages that changed, or with --check name them and return 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("pages", nargs="*", type=lambda name: Path(name).resolve())
    options = parser.parse_args()
    found = False
    for path in options.pages or console.pages():
        text = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as where:
            now = console.rewritten(text, Path(where))
        if now != text:
            found = True
            print(path.relative_to(console.ROOT))
            if not options.check:
                writing.write_text(path, now)
    return 1 if options.check and found else 0


if __name__ == "__main__":
    sys.exit(main())
