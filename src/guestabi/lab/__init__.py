"""Real arm64 kernels in QEMU: fetch them, boot them, run a program in them, bring its result home.

::

    archive = Archive(progress=print)           # lab.archive: what there is, and getting it
    six = prepare(archive, "6.12")              # lab.prepare: from a name to what boots
    n1 = Machine(find_cpu("neoverse-n1"))       # lab.machines: what can be emulated
    run(six.system, n1, ["uname", "-r"]).stdout # lab.boot: one boot, one command
    capture(archive, ["all"], ["all"], ...)     # lab.capture: many, in parallel
    ten = Setup(find_vmm("qemu-10.0"), n1.cpu.name)
    move(archive, "6.12", "6.16", ten)          # lab.migrate: a real guest under a real VMM
    build(archive, parse("6.12+none"), jobs=2)  # lab.build: a kernel of our own; boots by that name

Below these lie ``apt`` (a private apt root), ``index`` and ``packages`` (what it lists), ``image``,
``cpio`` and ``warm`` (the initramfs), ``vmms``, ``vmm_layer`` and ``qemu_guest`` (a VMM in the
guest), ``channel`` (how results come home), ``store`` (the cache); below ``build``: ``recipe``,
``built``, ``source``, ``patches``, ``config``, ``make``, ``tools``.

Needs the Debian packages qemu-system-arm, apt, dpkg and debian-archive-keyring; what is missing is
a MissingTool that names it.
"""
