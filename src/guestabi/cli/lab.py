"""``guestabi lab``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, lab_options, names, options, story
from guestabi.cli.help import group
from guestabi.errors import LabError, UsageError

if TYPE_CHECKING:
    from guestabi.lab.archive import Archive
    from guestabi.lab.capture import Captured

STYLES = ("text", "json", "svg")


@group("lab")
def command() -> None:
    """Real arm64 kernels in QEMU, without arm64 hardware.

    Needs qemu-system-aarch64 (Debian: qemu-system-arm), apt and dpkg. Kernels are Debian's own
    packages, their signatures checked, kept below $XDG_CACHE_HOME/guestabi. The CPUs are models:
    lists, windows and errnos are the kernel's, cache geometry is the emulator's.
    """


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
@lab_options.kernel
@lab_options.cpu
@click.option("--jobs", type=click.IntRange(min=1), help="Boots at a time (default: the cores).")
@lab_options.timeout
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
@lab_options.one_kernel
@lab_options.one_cpu
@lab_options.timeout
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

    policy = options.policy(vmm)
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
@lab_options.one_kernel
@lab_options.one_cpu
@lab_options.timeout
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
@lab_options.vmm
@click.option(
    "--to-vmm",
    metavar="VMM",
    help="The destination's VMM, if another: a VMM upgrade or rollback.",
    shell_complete=names.vmms,
)
@lab_options.one_cpu
@click.option(
    "--pin",
    metavar="FILE",
    help="What the guest is born with: JSON or TOML, as in check.",
    shell_complete=names.files,
)
@click.option("--return", "back", is_flag=True, help="And home again, if it gets there.")
@lab_options.timeout
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
@lab_options.kernel
@lab_options.vmm
@lab_options.one_cpu
@lab_options.timeout
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


command.add_command(story.command)
