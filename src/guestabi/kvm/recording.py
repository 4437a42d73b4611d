"""A transcript of what was asked of a kernel, and a kernel that answers from it.

A transcript is a list of plain rows ``[handle, method, arguments, answer]``; handles are numbered
in the order of their creation, 0 being the system. Bytes are written as ``{"hex": "..."}``, errors
as ``{"errno": n, "ioctl": name}``, new handles as ``{"handle": n}``. Rows are JSON as they stand.
"""

from __future__ import annotations

from typing import Any, Optional

from guestabi.errors import KvmError, RegisterError, ReplayError
from guestabi.kvm.protocol import Kvm
from guestabi.registers.catalogue import name_of
from guestabi.uapi.errnos import meaning

Row = list[Any]

_HANDLES = {"create_vm": "vm", "create_vcpu": "vcpu", "create_device": "device"}


class Recording:
    """Wraps ``kvm``: use :attr:`kvm` in its place; :attr:`rows` grows as it is used."""

    def __init__(self, kvm: Kvm) -> None:
        self.rows: list[Row] = []
        self._handles = 1
        self.kvm: Any = _Recorder(self, 0, kvm)

    def _new_handle(self) -> int:
        self._handles += 1
        return self._handles - 1


class _Recorder:
    def __init__(self, recording: Recording, handle: int, target: Any) -> None:
        self._recording = recording
        self._handle = handle
        self._target = target

    def __enter__(self) -> _Recorder:
        return self

    def __exit__(self, *exc: object) -> None:
        self._target.close()

    def __getattr__(self, method: str) -> Any:
        function = getattr(self._target, method)
        if not callable(function) or method == "close":
            return function

        def call(*args: Any, **named: Any) -> Any:
            row: Row = [self._handle, method, _plain([*args, named] if named else [*args]), None]
            self._recording.rows.append(row)
            try:
                answer = function(*args, **named)
            except KvmError as error:
                row[3] = {"errno": error.errno, "ioctl": error.ioctl}
                raise
            if method in _HANDLES:
                handle = self._recording._new_handle()
                row[3] = {"handle": handle}
                return _Recorder(self._recording, handle, answer)
            row[3] = _plain(answer)
            return answer

        return call


def replay(rows: list[Row]) -> Any:
    """Return a kernel that answers as recorded in ``rows``, call by call, in their order.

    A call that the recording does not hold at that place raises ReplayError with both.
    """
    return _Player(_Tape(rows), 0)


class _Tape:
    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.at = 0


class _Player:
    def __init__(self, tape: _Tape, handle: int) -> None:
        self._tape = tape
        self._handle = handle

    def close(self) -> None:
        """Nothing to give back."""

    def __enter__(self) -> _Player:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __getattr__(self, method: str) -> Any:
        if method.startswith("__"):
            raise AttributeError(method)

        def call(*args: Any, **named: Any) -> Any:
            asked = [self._handle, method, _plain([*args, named] if named else [*args])]
            tape = self._tape
            if tape.at >= len(tape.rows):
                raise ReplayError(f"the recording ends before {asked}")
            row = tape.rows[tape.at]
            if row[:3] != asked:
                raise ReplayError(f"call {tape.at}: recorded {row[:3]}, asked {asked}")
            tape.at += 1
            return self._answer(row[3], args)

        return call

    def _answer(self, answer: Any, args: tuple[Any, ...]) -> Any:
        if isinstance(answer, dict):
            if "errno" in answer:
                raise _error(answer["ioctl"], answer["errno"], args)
            if "handle" in answer:
                return _Player(self._tape, answer["handle"])
            return bytes.fromhex(answer["hex"])
        return answer


def _error(ioctl: str, code: int, args: tuple[Any, ...]) -> KvmError:
    if ioctl in ("KVM_GET_ONE_REG", "KVM_SET_ONE_REG"):
        data: Optional[bytes] = args[1] if len(args) > 1 else None
        value = None if data is None else int.from_bytes(data, "little")
        return RegisterError(ioctl, code, args[0], name_of(args[0]), value, meaning(ioctl, code))
    return KvmError(ioctl, code, meaning(ioctl, code))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
