"""A fleet to measure with: host profiles made from the shipped captures, all of them different.

    python benchmarks/synthetic_fleet.py [--count 2000] [--seed 1]

A host starts as a real capture, of any kernel, half of them of the CPU with most captures, and
differs from it as real hosts do:

- values: up to six registers show another variant. A variant keeps what was measured and changes
  one thing: the default of one ID field, to another value that the field accepts; what a field
  accepts, down to its default; a firmware level or one bit of a bitmap (fields too); the geometry
  in CCSIDR and CTR, and the revision in MIDR. Or it is what another kernel makes of it on the CPU
- lists: a third of the hosts lack up to two registers or features that come and go in the captures
  of the atlas, and a third have up to two more
- answers: what guest code finds follows the registers; on one host of ten no guest code was run
- padding: ids of the implementation-defined space (S3_0_C15_*), the first few, always the same
  ones, up to the size asked for

Registers that vary have from two to some tens of variants over the whole fleet. Everything follows
from the seed.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Iterable, Iterator, Mapping, Optional, Sequence

import msgspec

from guestabi import atlas
from guestabi.compat.devices import devices_of
from guestabi.compat.known import feature_of, is_visible
from guestabi.compat.seen import Eyes
from guestabi.profile import canonical, files
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.profile.schema import RegisterRecord
from guestabi.registers.catalogue import name_of
from guestabi.uapi.regid import Core, decode, hex_id, sysreg

Plain = dict[str, Any]

VARIANTS = 32
"""Of one register, the most that are made up."""
WIDEST_GROUP = 16
"""Registers that come and go together, the most that a host has more or less: no whole SVE."""
_SETS = 0x7FFF << 13
"""CCSIDR_EL1.NumSets (Arm ARM, CCSIDR_EL1)."""
PADDING = tuple(sysreg(3, 0, 15, crm, op2) for crm in range(16) for op2 in range(8))


@dataclass(frozen=True)
class _Row:
    """One variant of one register: as a record, as the program uses it, as text."""

    record: RegisterRecord
    register: ProbedRegister
    plain: Plain

    @cached_property
    def text(self) -> str:
        return canonical.dumps(self.plain)

    @cached_property
    def bare(self) -> str:
        """The text that the digest covers: without names."""
        plain = {key: value for key, value in self.plain.items() if key != "name"}
        if plain.get("fields"):
            plain["fields"] = [
                {key: value for key, value in each.items() if key != "field"}
                for each in plain["fields"]
            ]
        return canonical.dumps(plain)


_Group = Mapping[int, _Row]


class _Base:
    """A capture, taken apart. ``variants``: of each register, its own row and then others."""

    def __init__(self, host: HostProfile, variants: Mapping[int, Sequence[_Row]]) -> None:
        plain = host.to_builtins()
        self.host = host
        self.eyes = Eyes(host)
        self.texts = {
            key: canonical.dumps(plain[key]) for key in ("devices", "host", "taken", "vm")
        }
        self.variants = variants
        self.varying = [number for number, rows in variants.items() if len(rows) > 1]


@dataclass(frozen=True)
class _Stock:
    """What hosts are made of: captures, registers that come and go together, padding."""

    bases: Sequence[_Base]
    common: Sequence[_Base]
    groups: Mapping[str, _Group]
    padding: Sequence[_Row]


def profiles(count: int, seed: int = 1, registers: int = 400) -> list[HostProfile]:
    """Return ``count`` different hosts of ``registers`` registers each, the same for a seed.

    Their files are valid: ``files.loads(host.raw)`` gives the host again. About 0.25 MB each.
    Raises ValueError for a size that a capture cannot be brought to.
    """
    rng = random.Random(seed)
    stock = _stock(seed)
    found: dict[str, HostProfile] = {}
    while len(found) < count:
        base = rng.choice(stock.common if rng.randrange(2) else stock.bases)
        rows = _rows(rng, base, stock, registers)
        host = _sealed(base, rows, f"synthetic-{len(found):05}", blind=not rng.randrange(10))
        found.setdefault(host.digest, host)
    return list(found.values())


@lru_cache(maxsize=2)
def _stock(seed: int) -> _Stock:
    rng = random.Random(seed)
    captures = {host.digest: host for host in map(atlas.resolve, atlas.names())}
    plains = {digest: host.to_builtins() for digest, host in captures.items()}
    real: dict[str, dict[str, Plain]] = defaultdict(dict)
    for plain in plains.values():
        for row in plain["registers"]:
            real[row["id"]][canonical.dumps(row)] = row
    backports = _backports(captures.values(), plains)
    made = {text: each for rows in real.values() for text, each in _made(rng, rows)}
    padding = [_padding(number) for number in PADDING]
    every = [row for rows in real.values() for row in rows.values()]
    every += [row for rows in made.values() for row in rows]
    read = _read(next(iter(plains.values())), [*every, *padding])
    bases = []
    for digest, host in captures.items():
        variants = {}
        for row in plains[digest]["registers"]:
            text = canonical.dumps(row)
            others = backports[host.emulated_cpu, row["id"]] - {text}
            texts = [text, *map(canonical.dumps, made[text]), *sorted(others)]
            variants[int(row["id"], 16)] = [read[each] for each in texts]
        bases.append(_Base(host, variants))
    pads = [read[canonical.dumps(row)] for row in padding]
    cpus = Counter(base.host.emulated_cpu for base in bases)
    common = [base for base in bases if base.host.emulated_cpu == max(cpus, key=cpus.__getitem__)]
    return _Stock(bases, common, _groups(bases), pads)


def _backports(
    hosts: Iterable[HostProfile], plains: Mapping[str, Plain]
) -> dict[tuple[Optional[str], str], set[str]]:
    """Return what the kernels make of a register that a guest knows its machine by, by CPU."""
    found: dict[tuple[Optional[str], str], set[str]] = defaultdict(set)
    for host in hosts:
        for row in plains[host.digest]["registers"]:
            if is_visible(int(row["id"], 16)):
                found[host.emulated_cpu, row["id"]].add(canonical.dumps(row))
    return found


def _made(rng: random.Random, rows: Mapping[str, Plain]) -> Iterator[tuple[str, list[Plain]]]:
    """Yield the text of each real row of one register, and the rows that are made of it."""
    most = max(1, VARIANTS // len(rows))
    for text, row in rows.items():
        options = {canonical.dumps(option): option for option in _varied(row)}
        options = {key: option for key, option in options.items() if key not in rows}
        yield text, rng.sample(list(options.values()), min(most, len(options)))


def _varied(row: Plain) -> Iterator[Plain]:
    default = None if row["default"] is None else int(row["default"], 16)
    if default is None:
        return
    if row["name"] == "MIDR_EL1":
        yield from ({**row, "default": hex(default ^ revision)} for revision in range(1, 5))
    elif row["name"].startswith("CCSIDR") and row.get("fields") is None:
        sets = ((1 << power) - 1 for power in range(6, 12))
        yield from ({**row, "default": hex(default & ~_SETS | each << 13)} for each in sets)
    if is_visible(int(row["id"], 16)) or row["name"].startswith("CCSIDR"):
        for place in range(len(row.get("fields") or ())):
            yield from _of_field(row, default, place)


def _of_field(row: Plain, default: int, place: int) -> Iterator[Plain]:
    """The register with other defaults of one field, and with the field held to its default."""
    field = row["fields"][place]
    low, mask = field["low"], (1 << field["width"]) - 1
    own = default >> low & mask
    accepted = {raw for span in field["accepts"] for raw in span}
    for raw in sorted(accepted - {own}):
        yield {**row, "default": hex(default & ~(mask << low) | raw << low)}
    if accepted != {own}:
        fields = list(row["fields"])
        fields[place] = {**field, "accepts": [[own, own]]}
        yield {**row, "fields": fields}


def _padding(number: int) -> Plain:
    return {
        "id": hex_id(number),
        "name": name_of(number),
        "scope": "vcpu",
        "window": "always",
        "volatile": False,
        "default": "0x0",
        "patterns": [{"value": "0xffffffffffffffff"}, {"value": "0x5555555555555555"}],
    }


def _read(shell: Plain, rows: Iterable[Plain]) -> dict[str, _Row]:
    """Read rows through the reader of profiles, one of each register at a time."""
    waiting = {canonical.dumps(row): row for row in rows}
    found: dict[str, _Row] = {}
    while waiting:
        layer = {row["id"]: text for text, row in waiting.items()}
        chosen = [waiting.pop(layer[id]) for id in sorted(layer)]
        sealed = canonical.seal({**shell, "registers": chosen})
        host = files.loads(canonical.to_text(sealed).encode())
        for row, record in zip(chosen, host.record.registers):
            found[canonical.dumps(row)] = _Row(record, host.registers[int(row["id"], 16)], row)
    return found


def _groups(bases: Sequence[_Base]) -> dict[str, dict[int, _Row]]:
    """Return what some captures list and others do not, by feature or, without one, by name."""
    everywhere = set.intersection(*(set(base.variants) for base in bases))
    groups: dict[str, dict[int, _Row]] = defaultdict(dict)
    for base in bases:
        for number in sorted(base.variants.keys() - everywhere):
            if isinstance(decode(number), Core):
                continue  # V0..V31 give way to SVE's, as a whole
            group = feature_of(number) or name_of(number)
            groups[group].setdefault(number, base.variants[number][0])
    return {name: groups[name] for name in sorted(groups) if len(groups[name]) <= WIDEST_GROUP}


def _rows(rng: random.Random, base: _Base, stock: _Stock, registers: int) -> dict[int, _Row]:
    rows = {number: variants[0] for number, variants in base.variants.items()}
    for number in rng.sample(base.varying, min(len(base.varying), rng.randint(0, 6))):
        rows[number] = rng.choice(base.variants[number])
    listed = base.variants.keys()
    there = [group for group in stock.groups.values() if group.keys() <= listed]
    absent = [group for group in stock.groups.values() if not group.keys() & listed]
    for group in _few(rng, there):
        for number in group:
            del rows[number]
    for group in _few(rng, absent):
        rows.update(group)
    missing = registers - len(rows)
    if not 0 <= missing <= len(stock.padding):
        raise ValueError(f"a capture of {len(rows)} registers cannot be brought to {registers}")
    rows.update((row.register.id, row) for row in stock.padding[:missing])
    return dict(sorted(rows.items()))


def _few(rng: random.Random, groups: Sequence[_Group]) -> list[_Group]:
    """One or two of the groups, on one host of three."""
    if rng.randrange(3):
        return []
    return rng.sample(groups, min(len(groups), rng.randint(1, 2)))


def _sealed(base: _Base, rows: Mapping[int, _Row], name: str, *, blind: bool) -> HostProfile:
    registers = {number: row.register for number, row in rows.items()}
    guest = None if blind else _answers(base, registers)
    covered = {key: base.texts[key] for key in ("devices", "host", "vm")}
    if guest is not None:
        covered["guest"] = canonical.dumps(guest)
    digest = _sha256({**covered, "registers": [row.bare for row in rows.values()]})
    texts = [row.text for row in rows.values()]
    whole = {**covered, "registers": texts, "taken": base.texts["taken"], "schema": "1"}
    whole.update(name=canonical.dumps(name), digest=canonical.dumps(digest))
    checksum = _sha256(whole)
    whole["checksum"] = canonical.dumps(checksum)
    record = msgspec.structs.replace(
        base.host.record,
        name=name,
        digest=digest,
        checksum=checksum,
        registers=[row.record for row in rows.values()],
        guest=guest,
    )
    return HostProfile(name, digest, record, registers, _join(whole).encode())


def _answers(base: _Base, registers: Mapping[int, ProbedRegister]) -> dict[str, str]:
    """What guest code finds: what the capture's found, as far as the registers say no other."""
    state = {number: register.default for number, register in registers.items()}
    devices = devices_of(base.host)
    found = {name: base.eyes.sees(name, state, devices) for name in base.eyes.answers}
    return {name: hex(said) if isinstance(said, int) else said for name, said in found.items()}


def _sha256(parts: Mapping[str, Any]) -> str:
    """canonical.sha256 of an object whose values are canonical texts already."""
    return hashlib.sha256(_join(parts).encode()).hexdigest()


def _join(parts: Mapping[str, Any]) -> str:
    texts = {k: v if isinstance(v, str) else f"[{','.join(v)}]" for k, v in parts.items()}
    return "{" + ",".join(f'"{key}":{texts[key]}' for key in sorted(texts)) + "}"


def main() -> int:
    """Make a fleet, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.perf_counter()
    hosts = profiles(options.count, options.seed)
    seconds = time.perf_counter() - started
    variants: dict[int, set[bytes]] = defaultdict(set)
    for host in hosts:
        for number, row in zip(host.registers, host.record.registers):
            variants[number].add(msgspec.json.encode(row))
    several = sorted(len(each) for each in variants.values() if len(each) > 1)
    print(f"{len(hosts)} hosts of {len(hosts[0].registers)} registers: {seconds:.1f} s")
    print(f"{len(variants)} registers in all, of which {len(several)} vary")
    if several:
        print(f"variants of those: {several[0]}, {several[len(several) // 2]}, {several[-1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
