"""``guestabi-capture.pyz``: measure this host in one command, with the standard library alone.

    python3 guestabi-capture.pyz [capture] [-o FILE] [--features NAME,NAME] [--name NAME]
        [--no-guest]
    python3 guestabi-capture.pyz rehearse SRC.json ... [-o FILE]
    python3 guestabi-capture.pyz conformance [-o FILE]

Needs read-write on /dev/kvm and nothing else. The profile, or one line of JSON for each
rehearsed source, goes to standard output (or FILE, whole or not at all), what was done to standard
error.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, Optional, Sequence

from guestabi import __version__
from guestabi.errors import GuestAbiError, UsageError
from guestabi.kvm.device import KvmDevice
from guestabi.probe import host
from guestabi.probe.capture import capture
from guestabi.profile import canonical
from guestabi.profile.writing import write_text

COMMANDS = ("capture", "conformance", "rehearse")


def measure_here(
    *,
    features: Optional[Sequence[str]] = None,
    name: str = "",
    device: str = "/dev/kvm",
    guest: bool = True,
    progress: Any = lambda line: None,
) -> dict[str, Any]:
    """Return the sealed profile of this host. Raises NoKvm where there is nothing to measure."""
    with KvmDevice(device) as kvm:
        profile = capture(
            kvm,
            taken=host.taken(),
            features=features,
            calls=kvm.calls,
            guest=guest,
            progress=progress,
        )
    return canonical.seal(dict(profile, name=name))


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command line; return its exit status (2: bad usage or input, 1: anything else)."""
    options = _parser().parse_args(argv)
    try:
        _deliver(_text(options), options.output)
    except GuestAbiError as error:
        _say(f"error: {error}")
        if error.hint:
            _say(f"hint: {error.hint}")
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    return 0


def _capture(options: argparse.Namespace) -> str:
    features = options.features.split(",") if options.features else None
    profile = measure_here(
        features=features,
        name=options.name,
        device=options.device,
        guest=not options.no_guest,
        progress=_say,
    )
    calls = sum(profile["taken"]["calls"].values())
    _say(f"measured {len(profile['registers'])} registers with {calls} calls; no VM is left")
    return canonical.to_text(profile)


def _rehearse(options: argparse.Namespace) -> str:
    from guestabi.probe import rehearse

    if not options.sources:
        raise UsageError("nothing to rehearse", hint="name the profile to restore here")
    sources = [rehearse.read_source(path) for path in options.sources]
    lines = []
    with KvmDevice(options.device) as kvm:
        for source in sources:
            result = rehearse.rehearse(kvm, source)
            _say(f"{source['name']}: {len(result['outcomes'])} registers; no VM is left")
            lines.append(canonical.dumps(result) + "\n")
    return "".join(lines)


def _conformance(options: argparse.Namespace) -> str:
    from guestabi.probe.conformance import conformance

    features = options.features.split(",") if options.features else None
    with KvmDevice(options.device) as kvm:
        checks = conformance(kvm, features)
    _say(f"{len(checks)} questions answered; no VM is left")
    return canonical.dumps([[check.name, check.answer] for check in checks]) + "\n"


def _text(options: argparse.Namespace) -> str:
    if options.command == "rehearse":
        return _rehearse(options)
    return _conformance(options) if options.command == "conformance" else _capture(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="guestabi-capture", description="Measure what this host's KVM/arm64 shows a guest."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("command", nargs="?", default="capture", choices=COMMANDS)
    parser.add_argument("sources", nargs="*", help="rehearse: the profiles to restore here")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there, not to stdout")
    parser.add_argument("--features", help="vCPU features by name (default: the host's CPU)")
    parser.add_argument("--name", default="", help="a name to record in the profile")
    parser.add_argument("--no-guest", action="store_true", help="run no guest code")
    parser.add_argument("--device", default="/dev/kvm", help="KVM's device node")
    return parser


def _deliver(text: str, output: Optional[str]) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(output, text)


def _say(line: str) -> None:
    print(f"guestabi-capture: {line}", file=sys.stderr, flush=True)
