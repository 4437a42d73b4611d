"""Every error that guestabi raises on purpose.

::

    GuestAbiError                 exit 1
    ├── UsageError                exit 2   a call that cannot mean anything
    │   ├── BadInput                       a file that is damaged, hostile, newer or no profile
    │   └── UnknownName                    a name that nothing has; carries the nearest ones
    ├── KvmError                           an ioctl that the kernel refused
    │   └── RegisterError                  the same for one register
    ├── NoKvm                              no usable /dev/kvm, or not an arm64 one
    ├── ReplayError                        a recording that was not followed
    └── LabError
        ├── MissingTool                    QEMU, apt or dpkg is not installed
        ├── ArchiveError                   the package archive did not deliver
        │   ├── UnknownSeries
        │   └── BuildGone                  listed once, no longer downloadable
        ├── LostVm                         a boot that hung, or a VM that died
        └── TornResult                     a result that arrived short or damaged

``str(error)`` is one line that says what was wrong and where; ``error.hint``, when it is not
empty, is one line that says what to do.
"""

from __future__ import annotations

import difflib
import errno as _errno
import os
from typing import Any, Iterable, Optional


class GuestAbiError(Exception):
    """The root: catching it catches everything that guestabi raises on purpose."""

    exit_status = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)


class UsageError(GuestAbiError):
    """Bad usage, found before anything was done."""

    exit_status = 2


class BadInput(UsageError):
    """An input that is refused whole: ``path`` says which, ``reason`` why."""

    def __init__(self, path: str | os.PathLike[str], reason: str, *, hint: str = "") -> None:
        super().__init__(f"{os.fspath(path)}: {reason}", hint=hint)
        self.path = os.fspath(path)
        self.reason = reason


class UnknownName(UsageError):
    """A name that nothing has. The nearest known names are in the hint."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        near = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.5)
        said = f"did you mean {' or '.join(near)}?" if near else hint
        super().__init__(f"no {kind} is called {name!r}", hint=said)
        self.name = name
        self.nearest = tuple(near)


class KvmError(GuestAbiError):
    """An ioctl failed: ``ioctl`` is its name, ``errno`` the number, ``errno_name`` e.g. EINVAL."""

    def __init__(self, ioctl: str, errno: int, meaning: str = "", *, hint: str = "") -> None:
        self.ioctl = ioctl
        self.errno = errno
        self.errno_name = errno_name(errno)
        self.meaning = meaning or os.strerror(errno)
        super().__init__(f"{ioctl}: {self.errno_name} ({self.meaning})", hint=hint)


class RegisterError(KvmError):
    """A register could not be read or written: adds ``register`` (its id) and ``value``."""

    def __init__(
        self, ioctl: str, errno: int, register: int, name: str, value: Optional[int], meaning: str
    ) -> None:
        self.register = register
        self.value = value
        wrote = "" if value is None else f" = {value:#x}"
        super().__init__(f"{ioctl} {name} (0x{register:016x}){wrote}", errno, meaning)
        self.ioctl = ioctl


class NoKvm(GuestAbiError):
    """There is no /dev/kvm that can be used for what was asked."""


class ReplayError(GuestAbiError):
    """A replayed program asked for something else than the recording holds."""


class LabError(GuestAbiError):
    """The lab could not do its work; never a measurement."""


class MissingTool(LabError):
    """A program of the machine is missing; the hint names the package."""


class ArchiveError(LabError):
    """The package archive did not deliver."""


class UnknownSeries(ArchiveError):
    """No suite of the archive has a kernel of that series."""


class BuildGone(ArchiveError):
    """That exact build is no longer in the archive nor in the cache."""


class LostVm(LabError):
    """The VM ended, or hung, before it delivered its result."""


class TornResult(LabError):
    """A result arrived short or with the wrong digest."""


def _again(kind: type[GuestAbiError], args: tuple[Any, ...], said: dict[str, Any]) -> Any:
    """Make an error that was raised in another process once more."""
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(said)
    return error


def errno_name(number: int) -> str:
    """Return ``EINVAL`` for 22; the number as text where the platform has no name for it."""
    return _errno.errorcode.get(number, str(number))
