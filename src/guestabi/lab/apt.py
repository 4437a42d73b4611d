"""A private apt root: its own configuration, sources, indices; nothing of the machine changes.

The mirror is the machine's own (or GUESTABI_MIRROR, GUESTABI_SECURITY_MIRROR); indices are
accepted only when the Debian archive keyring vouches for them, downloads only with the SHA-256
that a signed index names.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from guestabi.errors import ArchiveError, BuildGone, LabError, MissingTool
from guestabi.lab.packages import Package
from guestabi.lab.store import disk_errors, require_space, write_text

ARCHITECTURE = "arm64"
HELPER = "/usr/lib/apt/apt-helper"
KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
)
# What the indices of all suites take on disk while they are fetched, rounded up.
INDEX_BYTES = 300 << 20
# No single command of apt takes that long, unless it hangs.
TIMEOUT_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite of the archive: its name, and whether the security mirror has it."""

    name: str
    security: bool = False


# Newest stable first: where several suites list one package, the first one's word is taken.
SUITES = (
    Suite("trixie"),
    Suite("trixie-updates"),
    Suite("trixie-security", security=True),
    Suite("trixie-backports"),
    Suite("forky"),
    Suite("sid"),
    Suite("bookworm"),
    Suite("bookworm-updates"),
    Suite("bookworm-security", security=True),
    Suite("bookworm-backports"),
    Suite("bullseye"),
    Suite("bullseye-security", security=True),
)


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Where the archive is: addresses without a trailing slash; ``security`` may be unknown."""

    main: str
    security: str | None

    def of(self, suite: Suite) -> str | None:
        """Return the mirror of ``suite``."""
        return self.security if suite.security else self.main


def find_mirrors(environ: Mapping[str, str] = os.environ) -> Mirrors:
    """Return the mirrors of the environment, else those of the machine's apt configuration."""
    main, security = environ.get("GUESTABI_MIRROR"), environ.get("GUESTABI_SECURITY_MIRROR")
    if main is None:
        sites = _machine_sites()
        main = sites.get("Debian")
        security = security or sites.get("Debian-Security")
    if main is None:
        raise ArchiveError(
            "apt on this machine names no Debian mirror",
            hint="set GUESTABI_MIRROR and GUESTABI_SECURITY_MIRROR to a mirror's addresses",
        )
    return Mirrors(main.rstrip("/"), security.rstrip("/") if security else None)


def _machine_sites() -> dict[str, str]:
    lines = _run(["apt-get", "indextargets", "--format", "$(LABEL)|$(SITE)"]).splitlines()
    pairs = (line.partition("|") for line in reversed(lines))
    return {label: site for label, _, site in pairs if site}


class AptRoot:
    """The private root below ``home``; commands on it need no privilege."""

    def __init__(self, home: Path, mirrors: Mirrors, suites: tuple[Suite, ...] = SUITES) -> None:
        self.home = home
        self.mirrors = mirrors
        self.suites = tuple(suite for suite in suites if mirrors.of(suite))
        self.skipped = tuple(suite.name for suite in suites if not mirrors.of(suite))

    def update(self) -> tuple[str, ...]:
        """Fetch every suite's index; return one line of complaint per suite that failed.

        A suite that fails does not spoil the others; ArchiveError if none could be fetched.
        """
        self._configure()
        # apt hangs on a full disk instead of failing.
        require_space(self.home, INDEX_BYTES)
        with locked(self.home / "lock"):
            done = _start(["apt-get", "update"], self._environment())
        complaints = tuple(
            line for line in done.stderr.splitlines() if line.startswith(("E:", "W:"))
        )
        if not self.indices():
            raise _failure("no suite's index could be fetched", done.stderr)
        return complaints if done.returncode else ()

    def indices(self) -> dict[str, Path]:
        """Return suite name -> path of its package index, of those that are there."""
        form = "$(RELEASE)|$(FILENAME)"
        argv = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
        pairs = [line.split("|", 1) for line in _run(argv, self._environment()).splitlines()]
        paths = {suite: Path(path) for suite, path in pairs}
        return {suite: path for suite, path in paths.items() if _any_form(path)}

    def read_index(self, path: Path) -> Iterator[str]:
        """Yield the stanzas of an index, in whatever compression apt keeps it."""
        text = _run([HELPER, "cat-file", str(_any_form(path) or path)], self._environment())
        yield from text.split("\n\n")

    def resolve(self, package: str, suites: tuple[str, ...]) -> tuple[Package, ...]:
        """Return ``package`` and all that it depends on, from ``suites`` alone, the first one
        preferred; recommendations are left out. Raises ArchiveError where that cannot be had.
        """
        self._configure()
        if not self.indices():
            self.update()
        sources = self.home / "etc" / f"{suites[0]}.list"
        with disk_errors(self.home):
            write_text(sources, self._sources(suites))
        argv = [
            *("apt-get", "install", "--print-uris", "--yes", "--no-install-recommends", "-qq"),
            *("-o", "Acquire::ForceHash=sha256", "-o", f"Dir::Etc::sourcelist={sources}"),
            *("-t", suites[0], package),
        ]
        lines = _run(argv, self._environment()).splitlines()
        found = [_printed(line, suites[0]) for line in lines if line.startswith("'")]
        return tuple(sorted(found, key=lambda each: each.package))

    def download(self, uri: str, sha256: str, target: Path) -> None:
        """Fetch ``uri`` to ``target``, checked; BuildGone when the archive no longer has it."""
        self._configure()
        done = _start(
            [HELPER, "download-file", uri, str(target), f"SHA256:{sha256}"], self._environment()
        )
        if done.returncode:
            raise _failure(f"could not fetch {uri.rsplit('/', 1)[-1]}", done.stderr)

    def _configure(self) -> None:
        sources = self._sources(tuple(suite.name for suite in self.suites))
        with disk_errors(self.home):
            for name in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d"):
                (self.home / name).mkdir(parents=True, exist_ok=True)
            (self.home / "state/status").touch()
            write_text(self.home / "etc/sources.list", sources)
            write_text(self.home / "apt.conf", self._configuration())

    def _sources(self, names: tuple[str, ...]) -> str:
        keyring = _keyring()
        return "".join(
            f"deb [arch={ARCHITECTURE} signed-by={keyring}] "
            f"{self.mirrors.of(suite)} {suite.name} main\n"
            for suite in self.suites
            if suite.name in names
        )

    def _configuration(self) -> str:
        own = (
            f'Dir::State "{self.home}/state";',
            f'Dir::State::status "{self.home}/state/status";',
            f'Dir::Cache "{self.home}/cache";',
            'Dir::Cache::pkgcache "";',
            'Dir::Cache::srcpkgcache "";',
            f'Dir::Etc "{self.home}/etc";',
            f'APT::Architecture "{ARCHITECTURE}";',
            f'APT::Architectures {{"{ARCHITECTURE}";}};',
            'APT::Sandbox::User "root";',  # the _apt user may not enter a home directory
            'Acquire::Check-Valid-Until "false";',  # forky and sid outlive their dates on mirrors
            'Acquire::Languages "none";',
            'Acquire::GzipIndexes "true";',
        )
        return "\n".join([*own, *_network_settings()]) + "\n"

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "APT_CONFIG": str(self.home / "apt.conf"), "LC_ALL": "C"}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file ``path``, against other processes of ours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _keyring() -> Path:
    for path in KEYRINGS:
        if path.exists():
            return path
    raise MissingTool(
        "the keys that sign the archive are not installed",
        hint="install the package debian-archive-keyring",
    )


def _printed(line: str, suite: str) -> Package:
    """Read a line of --print-uris: quoted address, name_version_architecture.deb, size, digest."""
    match = re.fullmatch(r"'([^']+)' ([^_ ]+)_([^_ ]+)_\S+\.deb (\d+) SHA256:([0-9a-f]{64})", line)
    if match is None:
        raise ArchiveError(f"apt printed what is no package's address: {line!r}")
    uri, name, version, size, digest = match.groups()
    return Package(name, unquote(version), suite, int(size), digest, uri)


def _network_settings() -> list[str]:
    # Proxies and the like are the machine's; hooks and index targets are not taken over.
    wanted = re.compile(r"Acquire::(https?::|ftp::|Retries |Check-Date |ForceIPv)")
    return [line for line in _run(["apt-config", "dump"]).splitlines() if wanted.match(line)]


def _any_form(path: Path) -> Path | None:
    if path.exists():
        return path
    return next(iter(sorted(path.parent.glob(f"{path.name}.*"))), None)


def _failure(what: str, stderr: str) -> LabError:
    errors = [line[3:].strip() for line in stderr.splitlines() if line.startswith("E: ")]
    reason = errors[0] if errors else "apt gave no reason"
    if "404" in reason:
        return BuildGone(f"{what}: the archive no longer has it", hint="name a build it has")
    if "No space left" in stderr or "free space" in stderr:
        hint = "make room there, or set XDG_CACHE_HOME to another directory"
        return LabError(f"{what}: the disk is full", hint=hint)
    if re.search(r"Could not (resolve|connect)|Temporary failure|[Tt]imed out|unreachable", stderr):
        return ArchiveError(f"{what}: the mirror cannot be reached", hint="check the network")
    return ArchiveError(f"{what}: {reason}", hint="try again, or name another GUESTABI_MIRROR")


def _run(argv: list[str], environment: Mapping[str, str] | None = None) -> str:
    done = _start(argv, environment)
    if done.returncode:
        raise _failure(f"{Path(argv[0]).name} {argv[1]} failed", done.stderr)
    return done.stdout


def _start(
    argv: list[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            argv,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ArchiveError(
            f"{Path(argv[0]).name} {argv[1]} did not end within {TIMEOUT_SECONDS} s",
            hint="look at the network and at the space on the disk",
        ) from None
    except FileNotFoundError:
        name = Path(argv[0]).name
        raise MissingTool(f"{name} is not installed", hint="install the package apt") from None
