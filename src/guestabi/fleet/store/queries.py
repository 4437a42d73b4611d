"""The built-in questions, each in one SQL text: DuckDB runs it, other engines get it translated.

Kept to what every engine has; sums are cast, because some engines widen them; ties and nulls are
put in order, because engines differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from guestabi.errors import UnknownName

_COUNTED = "counted AS (SELECT digest, COUNT(*) AS hosts FROM hosts GROUP BY digest)"

CENSUS = f"""
WITH {_COUNTED},
spread AS (
  SELECT registers.register_id, registers.register_hex, registers.name, registers.default_hex,
    CAST(SUM(counted.hosts) AS BIGINT) AS hosts
  FROM counted JOIN registers ON registers.digest = counted.digest
  GROUP BY registers.register_id, registers.register_hex, registers.name, registers.default_hex
),
ranked AS (
  SELECT register_id, register_hex, name, default_hex, hosts, ROW_NUMBER() OVER (
    PARTITION BY register_id
    ORDER BY CASE WHEN default_hex IS NULL THEN 1 ELSE 0 END, hosts DESC, default_hex
  ) AS place
  FROM spread
)
SELECT register_id, register_hex, name, CAST(SUM(hosts) AS BIGINT) AS hosts,
  COUNT(default_hex) AS default_values,
  MAX(CASE WHEN place = 1 THEN default_hex END) AS most_common,
  MAX(CASE WHEN place = 1 AND default_hex IS NOT NULL THEN hosts END) AS most_common_hosts
FROM ranked
GROUP BY register_id, register_hex, name
ORDER BY register_id
"""

SPREAD = f"""
WITH {_COUNTED}
SELECT registers.default_hex, CAST(SUM(counted.hosts) AS BIGINT) AS hosts,
  COUNT(*) AS classes
FROM counted JOIN registers ON registers.digest = counted.digest
WHERE registers.register_id = {{register}}
GROUP BY registers.default_hex
ORDER BY hosts DESC, CASE WHEN registers.default_hex IS NULL THEN 1 ELSE 0 END,
  registers.default_hex
"""

CLASSES = f"""
WITH {_COUNTED}
SELECT classes.digest, counted.hosts, classes.cpu, classes.midr_hex, classes.features,
  classes.gic, classes.registers
FROM counted JOIN classes ON classes.digest = counted.digest
ORDER BY counted.hosts DESC, classes.digest
"""

KERNELS = """
SELECT digest, COALESCE(kernel, 'unknown') AS kernel, COUNT(*) AS hosts
FROM hosts
GROUP BY digest, COALESCE(kernel, 'unknown')
ORDER BY digest, hosts DESC, kernel
"""

GROUPS = """
WITH counted AS (
  SELECT COALESCE(host_group, '') AS host_group, COALESCE(kernel, 'unknown') AS kernel, digest,
    COUNT(*) AS hosts
  FROM hosts
  GROUP BY COALESCE(host_group, ''), COALESCE(kernel, 'unknown'), digest
)
SELECT counted.host_group, counted.kernel, COALESCE(classes.cpu, 'unknown') AS cpu,
  CAST(SUM(counted.hosts) AS BIGINT) AS hosts, COUNT(*) AS classes
FROM counted JOIN classes ON classes.digest = counted.digest
GROUP BY counted.host_group, counted.kernel, COALESCE(classes.cpu, 'unknown')
ORDER BY counted.host_group, counted.kernel, cpu
"""

HOSTS = """
SELECT hosts.host, hosts.host_group, hosts.vmm, hosts.kernel, hosts.digest, registers.default_hex
FROM hosts JOIN registers ON registers.digest = hosts.digest
WHERE registers.register_id = {register}
ORDER BY hosts.host
"""


@dataclass(frozen=True)
class Question:
    """One built-in question: ``about`` says what it asks, ``sql`` may name ``{register}``."""

    about: str
    sql: str

    def for_register(self, number: int) -> str:
        """Return the SQL that asks about the register with the id ``number``."""
        from guestabi.fleet.store.values import signed

        return self.sql.strip().format(register=signed(number))


QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "census": Question("every register: hosts that list it, values, the most common", CENSUS),
        "spread": Question("each value of one register, and how many hosts have it", SPREAD),
        "classes": Question("hosts with the same profile, most first", CLASSES),
        "kernels": Question("each class's kernel releases", KERNELS),
        "groups": Question("hosts by group, kernel and CPU", GROUPS),
        "hosts": Question("every host that lists one register, and its value", HOSTS),
    }
)


def question(name: str) -> Question:
    """Return a built-in question. Raises UnknownName."""
    if name not in QUESTIONS:
        raise UnknownName("built-in query", name, QUESTIONS, hint=f"one of {', '.join(QUESTIONS)}")
    return QUESTIONS[name]
