"""``guestabi lab``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, names, options
from guestabi.cli.help import group
from guestabi.cli.options import F
from guestabi.errors import LabError, UsageError

if TYPE_CHECKING:
    from guestabi.fleet.plan.proof import Proof
    from guestabi.lab.archive import Archive
    from guestabi.lab.capture import Captured


CPU = "neoverse-n1"
STORIES = ("vm-one-reg",)
STYLES = ("text", "json", "svg")


@group("lab")
def command() -> None:
    """Real arm64 kernels in QEMU, without arm64 hardware.

    Needs qemu-system-aarch64 (Debian: qemu-system-arm), apt and dpkg. Kernels are Debian's own
    packages, their signatures checked, kept below $XDG_CACHE_HOME/guestabi. The CPUs are models:
    lists, windows and errnos are the kernel's, cache geometry is the emulator's.
    """


def kernel_option(function: F) -> F:
    """Add ``--kernel``."""
    said = (
        "A series (6.12), a version (6.12.117), a release, one of our own (6.12+vm-one-reg), or "
        "all; may be repeated."
    )
    return click.option(
        "--kernel",
        "kernels",
        multiple=True,
        required=True,
        help=said,
        shell_complete=names.series,
    )(function)


def cpu_option(function: F) -> F:
    """Add ``--cpu``."""
    said = "A QEMU CPU model, or all; may be repeated."
    return click.option(
        "--cpu",
        "cpus",
        multiple=True,
        default=(CPU,),
        show_default=True,
        help=said,
        shell_complete=names.cpus,
    )(function)


vmm_option = click.option(
    "--vmm",
    default=options.DEFAULT_VMM,
    show_default=True,
    help="The VMM that moves it: qemu-7.2, qemu-10.0, qemu-11.1 or ours.",
    shell_complete=names.vmms,
)
one_kernel = click.option(
    "--kernel",
    required=True,
    help="A series, version, release, or one of our own.",
    shell_complete=names.series,
)
one_cpu = click.option(
    "--cpu",
    default=CPU,
    show_default=True,
    help="A QEMU CPU model.",
    shell_complete=names.cpus,
)
timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    help="Seconds that one boot may take.",
)


@command.command("kernels")
@click.option("--series", help="Only this series.")
@click.option("--refresh", is_flag=True, help="Ask the archive again, however fresh the index.")
@options.formats("text", "json")
@options.quiet()
def kernels(series: str | None, refresh: bool, style: str, quiet: bool) -> None:
    """What the archive offers, per series and build; what is in the cache is marked."""
    archive = _archive(refresh=refresh, quiet=quiet)
    builds = archive.candidates(series) if series else tuple(reversed(archive.builds()))
    cached = {build.filename for build in archive.cached()}
    if archive.missing_suites() and not quiet:
        emit.note(f"not readable, and left out: {', '.join(archive.missing_suites())}")
    rows = [
        {
            "series": build.series,
            "version": build.version,
            "release": build.release,
            "suite": build.suite,
            "megabytes": round(build.size / 1e6, 1),
            "cached": build.filename in cached,
        }
        for build in builds
    ]
    if style == "json":
        emit.data(rows)
        return
    from guestabi.report import kernels_text

    emit.show(kernels_text.render(rows))


@command.command("build")
@click.option("--series", required=True, help="Whose newest source: 6.12.")
@click.option(
    "--patches",
    "patched",
    required=True,
    metavar="NAME",
    help="Those of kernel/NAME: vm-one-reg, reg-scope; or none.",
)
@click.option("--kasan", is_flag=True, help="With KASAN and lockdep: --config debug.")
@click.option(
    "--config",
    "fragments",
    metavar="NAME",
    multiple=True,
    help="With the settings of kernel/config/NAME.config too; may be repeated.",
)
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Compilers at a time (default: the cores)."
)
@click.option("--keep", is_flag=True, help="Leave the tree and its log; their place is told.")
@options.output
@options.quiet()
def build(
    series: str,
    patched: str,
    kasan: bool,
    fragments: Sequence[str],
    jobs: int | None,
    keep: bool,
    output: str | None,
    quiet: bool,
) -> None:
    """Build a kernel of our own from Debian's source; the lab boots it by its name.

    Such as 6.12+vm-one-reg, or 6.12+none+debug with --kasan: 'guestabi lab capture --kernel
    6.12+vm-one-reg'. Minutes, once: the result is kept until source, patches or settings change.
    FILE gets the image. Needs what docs/lab-build.md lists.
    """
    from guestabi.cli.progress import watch
    from guestabi.lab.archive import Archive
    from guestabi.lab.build import build
    from guestabi.lab.capture import cores
    from guestabi.lab.recipe import recipe

    extra = tuple(dict.fromkeys((*fragments, *(("debug",) if kasan else ()))))
    wanted = recipe(series, patched, extra)
    with watch("objects", None, quiet=quiet) as watched:
        archive = Archive(progress=watched.say)
        made = build(archive, wanted, jobs=jobs or cores(), keep=keep, step=watched.step)
    if output is not None:
        made.copy_to(Path(output))
    emit.text(made.told())


@command.command("capture")
@kernel_option
@cpu_option
@click.option("--jobs", type=click.IntRange(min=1), help="Boots at a time (default: the cores).")
@timeout_option
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="A file for one capture; a folder for more (made if need be).",
)
@options.quiet()
def capture(
    kernels: Sequence[str],
    cpus: Sequence[str],
    jobs: int | None,
    timeout: float,
    output: str | None,
    quiet: bool,
) -> None:
    """Boot each kernel on each CPU, measure it, and bring the profile home.

    One capture goes to standard output or FILE; more go to PATH/debian-VERSION/CPU.json.
    """
    from guestabi.cli.progress import watch
    from guestabi.lab.archive import Archive
    from guestabi.lab.profiles import capture_profiles

    many = len(kernels) > 1 or len(cpus) > 1 or "all" in (*kernels, *cpus)
    if many and output is None:
        raise UsageError("more than one capture needs a folder", hint="name one with --output")
    failed: list[str] = []
    with watch("captures", None, quiet=quiet) as watched, ExitStack() as stack:
        archive = Archive(progress=watched.say)
        work = capture_profiles(archive, kernels, cpus, jobs=jobs, timeout=timeout)
        # Closing it ends boots that still run, as when this is interrupted.
        found = stack.enter_context(closing(work))
        for captured in found:
            watched.step()
            if captured.error is not None:
                if not many:
                    raise captured.error
                failed.append(captured.subject.name)
                watched.say(f"{captured.subject.name}: {captured.error}")
                continue
            _deliver(captured, output, many=many)
    if failed:
        raise LabError(
            f"{len(failed)} captures failed: {', '.join(failed)}",
            hint="their reasons stand above; capture one of them alone to look closer",
        )


def _deliver(captured: Captured[str], output: str | None, *, many: bool) -> None:
    text = captured.value or ""
    if not many:
        emit.text(text, output)
        return
    path = Path(output or ".") / f"{captured.subject.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    emit.text(text, str(path))


@command.command("rehearse")
@click.argument("source", shell_complete=names.profiles)
@one_kernel
@one_cpu
@timeout_option
@options.vmm
@options.formats("text", "json")
@options.output
@options.quiet()
def rehearse(
    source: str,
    kernel: str,
    cpu: str,
    timeout: float,
    vmm: str,
    style: str,
    output: str | None,
    quiet: bool,
) -> int:
    """Boot a kernel, restore SOURCE's registers in a throw-away VM there, and judge the outcome.

    Exit status as for 'guestabi check'.
    """
    from guestabi.cli.progress import watch
    from guestabi.cli.rehearse import put
    from guestabi.compat import rehearsal
    from guestabi.lab.archive import Archive
    from guestabi.lab.profiles import rehearse_profiles
    from guestabi.policies import load

    policy = load(vmm)
    host = options.profile(source)
    with watch("rehearsals", 1, quiet=quiet) as watched:
        archive = Archive(progress=watched.say)
        found = rehearse_profiles(archive, kernel, cpu, [host], timeout=timeout)
        watched.step()
    return put(rehearsal.judge(host, found[0], policy), style, output)


def _archive(*, refresh: bool, quiet: bool) -> Archive:
    from guestabi.lab.archive import Archive

    return Archive(refresh=refresh, progress=(lambda line: None) if quiet else emit.note)


@command.command("conformance")
@one_kernel
@one_cpu
@timeout_option
@options.output
@options.quiet()
def conformance(kernel: str, cpu: str, timeout: float, output: str | None, quiet: bool) -> int:
    """Boot a kernel, ask it some thousand questions, and its model the same.

    The result is KTAP. Exit status: 0 every answer is the same, 100 one is not.
    """
    from guestabi.cli.progress import watch
    from guestabi.lab.archive import Archive
    from guestabi.lab.conformance import run

    with watch("boots", 1, quiet=quiet) as watched:
        archive = Archive(progress=watched.say)
        compared = run(archive, kernel, cpu, timeout=timeout)
        watched.step()
    emit.text(compared.ktap(), output)
    if not quiet:
        emit.note(
            f"{compared.subject} and the model of {compared.host}: "
            f"{len(compared.real)} answers, {len(compared.differing)} differ"
        )
    return compared.exit_status()


@command.command("migrate")
@click.option(
    "--from",
    "source",
    required=True,
    help="The kernel where the guest is born.",
    shell_complete=names.series,
)
@click.option(
    "--to",
    "destination",
    required=True,
    help="The kernel that it moves to.",
    shell_complete=names.series,
)
@vmm_option
@click.option(
    "--to-vmm",
    metavar="VMM",
    help="The destination's VMM, if another: a VMM upgrade or rollback.",
    shell_complete=names.vmms,
)
@one_cpu
@click.option(
    "--pin",
    metavar="FILE",
    help="What the guest is born with: JSON or TOML, as in check.",
    shell_complete=names.files,
)
@click.option("--return", "back", is_flag=True, help="And home again, if it gets there.")
@timeout_option
@options.formats("text", "json")
@options.output
@options.quiet()
def migrate(
    source: str,
    destination: str,
    vmm: str,
    to_vmm: str | None,
    cpu: str,
    pin: str | None,
    back: bool,
    timeout: float,
    style: str,
    output: str | None,
    quiet: bool,
) -> int:
    """Move a real guest between two kernels under a real VMM, beside what 'check' predicts.

    The guest reports its own ABI before and after; what it says otherwise is shown by name. The VMM
    is Debian's arm64 QEMU, or our own, run inside the lab's guest with KVM. Exit status: 0 the
    guest was loaded wherever it went, 100 it was refused.
    """
    from guestabi.cli import pinfile
    from guestabi.cli.progress import watch
    from guestabi.lab import agreement
    from guestabi.lab.archive import Archive
    from guestabi.lab.guests import Setup
    from guestabi.lab.migrate import move
    from guestabi.lab.vmms import common_machine, find_vmm
    from guestabi.report import migrate_text

    pins = {} if pin is None else pinfile.load(pin)
    here, there = find_vmm(vmm), find_vmm(to_vmm or vmm)
    machine = common_machine(here, there)
    setup = Setup(here, cpu, pins, timeout, machine)
    to = Setup(there, cpu, pins if there == here else {}, timeout, machine)
    with watch("moves", 1, quiet=quiet) as watched:
        archive = Archive(progress=watched.say)
        journey = move(archive, source, destination, setup, to=to, back=back)
        watched.step()
    rows = agreement.compare(journey, setup, to)
    plain = {
        "schema": 1,
        "vmm": vmm,
        "to_vmm": there.name,
        "ways": [each.to_builtins() for each in rows],
    }
    if style == "json":
        emit.data(plain, output)
    else:
        emit.text(migrate_text.render(plain), output)
    return agreement.exit_status(rows)


@command.command("matrix")
@kernel_option
@vmm_option
@one_cpu
@timeout_option
@click.option("--fresh", is_flag=True, help="Boot everything anew, whatever was seen before.")
@click.option(
    "--raw",
    metavar="FILE",
    help="Write what was seen, without predictions, there too.",
    shell_complete=names.files,
)
@click.option(
    "--format", "style", type=click.Choice(STYLES), help="Default: by the output's suffix, or text."
)
@options.output
@options.quiet()
def matrix(
    kernels: Sequence[str],
    vmm: str,
    cpu: str,
    timeout: float,
    fresh: bool,
    raw: str | None,
    style: str | None,
    output: str | None,
    quiet: bool,
) -> int:
    """Move real guests between all pairs of kernels: predicted beside observed.

    Two boots a kernel. What was seen is kept: a run that was cut off goes on where it was. Exit
    status: 0 every move went as predicted, 100 one did not, 101 one could not be predicted.
    """
    from guestabi.cli.progress import watch
    from guestabi.lab import agreement, moves
    from guestabi.lab.archive import Archive
    from guestabi.lab.guests import Setup
    from guestabi.lab.vmms import find_vmm

    setup = Setup(find_vmm(vmm), cpu, timeout=timeout)
    archive = _archive(refresh=False, quiet=True)
    names = [each for spec in kernels for each in (archive.series() if spec == "all" else (spec,))]
    with watch("boots", 2 * len(dict.fromkeys(names)), quiet=quiet) as watched:
        watching = Archive(progress=watched.say)
        seen = moves.run(watching, names, setup, step=watched.step, fresh=fresh)
    if raw is not None:
        emit.text(moves.to_text(seen), raw)
    compared = agreement.compare_all(seen)
    chosen = style or options.by_suffix(output, STYLES)
    if chosen == "json":
        emit.data(compared, output)
    elif chosen == "svg":
        from guestabi.report import observed_svg

        emit.text(observed_svg.render(compared), output)
    else:
        from guestabi.report import observed_text

        emit.show(observed_text.render(compared), output)
    return agreement.matrix_status(compared)


@command.command("story")
@click.argument("name", type=click.Choice(STORIES))
@one_cpu
@click.option("--fresh", is_flag=True, help="Boot everything anew, whatever was seen before.")
@click.option(
    "--plan",
    "folder",
    metavar="DIR",
    help="Leave plans, policies and capture there.",
    shell_complete=names.folders,
)
@options.formats("text", "json")
@options.output
@options.quiet()
def story(
    name: str,
    cpu: str,
    fresh: bool,
    folder: str | None,
    style: str,
    output: str | None,
    quiet: bool,
) -> int:
    """Show on real kernels what a new register does to guests that go up and come home.

    Builds the kernels that are not there (see 'guestabi lab build'), moves real guests between them
    under a VMM that does not know VM-scoped registers and one that does, and checks the rollout of
    such a VMM. Exit status: 0 all went as the design says, 100 something did not.
    """
    from guestabi.cli.progress import watch
    from guestabi.lab import story as stories
    from guestabi.lab.archive import Archive
    from guestabi.lab.build import build
    from guestabi.lab.capture import cores
    from guestabi.lab.recipe import is_name, parse
    from guestabi.report import story_text

    own = [parse(each) for each in stories.KERNELS if is_name(each)]
    with watch("objects", None, quiet=quiet) as watched:
        archive = Archive(progress=watched.say)
        for wanted in own:
            build(archive, wanted, jobs=cores(), step=watched.step)
    with watch("boots", stories.BOOTS, quiet=quiet) as watched:
        archive = Archive(progress=watched.say)
        told = stories.tell(archive, cpu, step=watched.step, fresh=fresh)
    with _folder(folder) as there:
        proofs = _rollouts(there, told.rollout)
    as_told = told.as_told and [each.verdict for _, each in proofs] == ["broken", "proved"]
    plain = {**told.to_builtins(), "as_told": as_told}
    if style == "json":
        rollouts = {file: proof.to_builtins() for file, proof in proofs}
        emit.data({**plain, "rollouts": rollouts}, output)
    else:
        emit.show(story_text.render(plain, proofs), output)
    return 0 if as_told else 100


@contextmanager
def _folder(path: str | None) -> Iterator[Path]:
    if path is None:
        with TemporaryDirectory(prefix="guestabi-story-") as name:
            yield Path(name)
        return
    Path(path).mkdir(parents=True, exist_ok=True)
    yield Path(path)


def _rollouts(folder: Path, files: Mapping[str, str]) -> list[tuple[str, Proof]]:
    """Write a rollout's files, and prove its plans."""
    from guestabi.cli import planfile
    from guestabi.fleet.plan.proof import prove
    from guestabi.lab import rollback
    from guestabi.profile.writing import write_text

    for name, text in files.items():
        write_text(folder / name, text)
    names = (rollback.PLAN, rollback.GATED)
    return [(name, prove(planfile.load(str(folder / name)))) for name in names]
