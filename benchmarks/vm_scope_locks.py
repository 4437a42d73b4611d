"""How often the mutexes of a VM are taken and waited for, in the lab's guest, by name.

A probe where mutexes are made tells the addresses of a new VM's; one on mutex_lock() tells each
time that one is taken; the tracepoint contention_end, which is reached only by those that found it
held, each wait, spinning or asleep. The second probe slows the lock, so a round counts one or the
other. Needs kprobes: Debian's kernels have them, ours with ``--config lockstat``.
"""

import ctypes
import re
from pathlib import Path

LOCKS = ("&kvm->lock", "&kvm->arch.config_lock")
TRACING = Path("/sys/kernel/tracing")
PROBES = ("p:made __mutex_init lock=%x0:x64 name=+0(%x1):string", "p:taken mutex_lock lock=%x0:x64")
MADE, TAKEN, WAITED = "kprobes/made", "kprobes/taken", "lock/contention_end"
FIELDS = {
    MADE: re.compile(r' made: .* lock=0x([0-9a-f]+) name="(.*)"'),
    TAKEN: re.compile(r" taken: .* lock=0x([0-9a-f]+)"),
    WAITED: re.compile(r" contention_end: ([0-9a-f]+) "),
}
ENTRIES = re.compile(r"entries-in-buffer/entries-written: (\d+)/(\d+) ")


class Locks:
    """Counts for one VM at a time: ``begin`` before it is made, ``start`` and ``stop`` around what
    is counted."""

    def __init__(self):
        if ctypes.CDLL(None).mount(b"tracefs", bytes(TRACING), b"tracefs", 0, None):
            raise SystemExit("this kernel has no tracefs")
        write("kprobe_events", "".join(f"{probe}\n" for probe in PROBES))
        write("options/hash-ptr", "0")
        self._counted = TAKEN
        self._named = {}

    def begin(self, number):
        """Look out for a new VM; the even rounds count what is taken, the odd ones the waits."""
        self._counted = (TAKEN, WAITED)[number % 2]
        self._named = {}
        write("trace", "")
        switch(MADE, "1")

    def start(self):
        if not self._named:
            switch(MADE, "0")
            self._named = {
                int(address, 16): name for address, name in traced(MADE) if name in LOCKS
            }
            if sorted(self._named.values()) != sorted(LOCKS):
                raise SystemExit(f"the VM's locks were not seen: {self._named}")
        write("trace", "")
        switch(self._counted, "1")

    def stop(self):
        """Return {name: [taken, waited for]}, None for what this round did not count."""
        switch(self._counted, "0")
        found = dict.fromkeys(LOCKS, 0)
        for address in traced(self._counted):
            name = self._named.get(int(address, 16))
            if name is not None:
                found[name] += 1
        taken = self._counted == TAKEN
        return {name: [count, None] if taken else [None, count] for name, count in found.items()}


def write(name, text):
    (TRACING / name).write_text(text)


def switch(event, text):
    write(f"events/{event}/enable", text)


def traced(event):
    """Return the fields of each event in the trace; SystemExit where some were lost."""
    text = (TRACING / "trace").read_text()
    there, written = ENTRIES.search(text).groups()
    if there != written:
        raise SystemExit(f"of {written} events {there} were kept")
    return FIELDS[event].findall(text)
