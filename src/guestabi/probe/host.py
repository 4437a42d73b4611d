"""What a profile says of the machine that it was taken on, from the kernel's own files."""

from __future__ import annotations

import hashlib
import os
from typing import Any, Optional

_CONFIG_FILES = ("/proc/config.gz", "/boot/config-{release}")


def taken() -> dict[str, Any]:
    """Return release, version, machine, page size and, if readable, the digest of the kernel's
    configuration (the file's bytes as they are)."""
    name = os.uname()
    found: dict[str, Any] = {
        "kernel_release": name.release,
        "kernel_version": name.version,
        "machine": name.machine,
        "page_size": os.sysconf("SC_PAGE_SIZE"),
    }
    digest = _config_digest(name.release)
    if digest:
        found["config_sha256"] = digest
    return found


def _config_digest(release: str) -> Optional[str]:
    for template in _CONFIG_FILES:
        try:
            with open(template.format(release=release), "rb") as stream:
                return hashlib.sha256(stream.read()).hexdigest()
        except OSError:
            continue
    return None
