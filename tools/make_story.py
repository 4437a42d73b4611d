"""The output on docs/story.md: ``guestabi lab story``, told on real kernels."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "story.md"
BLOCK = re.compile(r"^```\n.*?^```$", re.DOTALL | re.MULTILINE)


def main() -> int:
    """Tell the story and put it on its page, if it went as it is told."""
    from guestabi.cli import main as command

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "story.txt"
        status = command.run(["lab", "story", "vm-one-reg", "-o", str(path)])
        if status:
            return status
        said = f"```\n{path.read_text()}```"
    page, count = BLOCK.subn(lambda _: said, PAGE.read_text())
    if count != 1:
        print(f"{PAGE} has {count} blocks for it", file=sys.stderr)
        return 1
    PAGE.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
