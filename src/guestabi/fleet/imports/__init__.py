"""Dumps that other programs made of a host's registers, as profiles that know their limits.

A dump has ids, and mostly values. What a kernel accepts, when, and for whom, is in none of them: in
the profile every scope and window is ``unknown``, and nothing counts as measured, so that a verdict
which depends on it is ``unknown`` too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Mapping, Optional

from guestabi.errors import BadInput, UnknownName
from guestabi.fleet.imports import firecracker, qemu_stream, reglist
from guestabi.fleet.imports.dump import MAX_BYTES, Dump, to_profile
from guestabi.profile import reading
from guestabi.profile.host import HostProfile

__all__ = ["KINDS", "load"]

KINDS: Mapping[str, Callable[[str, str], Dump]] = {
    "fingerprint": firecracker.fingerprint,
    "template": firecracker.template,
    "reg-list": reglist.parse,
    "qemu-stream": qemu_stream.parse,
}
"""The reader of each kind: from text and a path, which errors name."""


def load(path: str | os.PathLike[str], fmt: Optional[str] = None, name: str = "") -> HostProfile:
    """Return the profile of the dump in ``path``. It is sealed, and ``raw`` is its file's content.

    ``fmt``: one of KINDS; by default what the content looks like. ``name``: what to call the
    profile; by default the file's name without its suffix. What the profile does not know stands in
    its notes. Raises BadInput for what is no whole dump, UnknownName for another ``fmt``.
    """
    if fmt is not None and fmt not in KINDS:
        raise UnknownName("kind of dump", fmt, KINDS, hint=f"give one of {', '.join(KINDS)}")
    text = reading.text(path, MAX_BYTES, "such dump")
    kind = _recognised(text, path) if fmt is None else fmt
    dump = KINDS[kind](text, os.fspath(path))
    return to_profile(dump, name or Path(path).stem, path)


def _recognised(text: str, path: str | os.PathLike[str]) -> str:
    if not text.lstrip().startswith("{"):
        if "KVM_REG_ARM" in text or "ARM64_SYS_REG(" in text:
            return "reg-list"
        raise _nothing(path)
    plain = reading.json_object(text, path)
    if "schema" in plain and "registers" in plain:
        raise BadInput(
            path, "is a guestabi profile already", hint="give it to the command as it is"
        )
    if "guest_cpu_config" in plain:
        return "fingerprint"
    if "reg_modifiers" in plain:
        return "template"
    if qemu_stream.cpus(plain):
        return "qemu-stream"
    raise _nothing(path)


def _nothing(path: str | os.PathLike[str]) -> BadInput:
    known = ", ".join(KINDS)
    return BadInput(
        path, "is no dump that guestabi knows", hint=f"it reads {known}; --as names one"
    )
