"""A rollout plan as a Promela model. Births and moves are asked of compat.move one by one and put
into tables; who may go where, and what breaks a promise, is said again in C, below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from guestabi.compat import effects
from guestabi.compat.devices import devices_of
from guestabi.compat.move import born, move
from guestabi.fleet.plan.between import between
from guestabi.fleet.plan.shape import Config, Plan
from guestabi.fleet.plan.stages import Place, Stage, stages

PROPERTIES = ("unchanged", "leaves", "undone", "starts")
KINDS = {"same": 0, "benign": 0, "refused": 1, "changed": 2, "unknown": 3}

MODEL = """
int s = 0, p = -1, g = -1; byte a = 0; bit f = 0;
active proctype rollout() {
  c_code { atexit(told); };
  do
  :: atomic {
       a = 0;
       do :: a < ACTIONS - 1 -> a++ :: break od;
       c_code { go(); now.a = 0; now.f = harmed(now.s, now.p, now.g); };
       assert(!f);
       f = 0
     }
  od
}
"""

CODE = """
enum { GOOD, REFUSED, CHANGED, UNKNOWN };
static char met[STAGES][PLACES + 1][GUESTS + 1];
static long nodes;
static void count(int s, int p, int g) {
  if (g >= 0 && !met[s][p][g]) { met[s][p][g] = 1; nodes++; }
}
static void told(void) { printf("nodes %ld\\n", nodes); }
static int next(int s, int p, int g, int a, int *ns, int *np, int *ng) {
  *ns = s; *np = p; *ng = g;
  if (a == 0) {
    if (s + 1 == STAGES) return 0;
    *ns = s + 1;
    if (g < 0) return 1;
    if (leave_up[s][p] || !there[s + 1][p]) return 0;
    if (reborn[s][p] != -1) {
      if (birth[s + 1][p] != GOOD) return 0;
      *ng = born[s + 1][p];
    }
    return 1;
  }
  if (a == 1) {
    if (s == 0 || no_way_back[s]) return 0;
    *ns = s - 1;
    return g < 0 || (!leave_down[s][p] && there[s - 1][p]);
  }
  if (a < 2 + PLACES) {
    int t = a - 2;
    *np = t;
    if (g < 0) {
      if (!births[s][t] || birth[s][t] != GOOD) return 0;
      *ng = born[s][t];
      return 1;
    }
    if (!target[s][p][t] || effect[g][config[t]] != GOOD) return 0;
    *ng = after[g][config[t]];
    return 1;
  }
  if (g >= 0 || s > 0) return 0;
  *np = given[a - 2 - PLACES][0];
  *ng = given[a - 2 - PLACES][1];
  return *ng >= 0;
}
static int way_out(int s, int p, int g, const char *leave) {
  /* 0: none, 1: one, 2: nothing tells */
  static char seen[PLACES][GUESTS];
  static int waiting[PLACES * GUESTS][2];
  int n = 0, unsure = 0, i, j;
  for (i = 0; i < PLACES; i++) for (j = 0; j < GUESTS; j++) seen[i][j] = 0;
  waiting[n][0] = p; waiting[n++][1] = g; seen[p][g] = 1;
  while (n) {
    int at = waiting[--n][0], who = waiting[n][1], t;
    for (t = 0; t < PLACES; t++) {
      if (!target[s][at][t]) continue;
      if (effect[who][config[t]] == UNKNOWN) unsure = 1;
      if (effect[who][config[t]] != GOOD) continue;
      if (!leave[t]) return 1;
      if (!seen[t][after[who][config[t]]]) {
        seen[t][after[who][config[t]]] = 1;
        waiting[n][0] = t; waiting[n++][1] = after[who][config[t]];
      }
    }
  }
  return unsure ? 2 : 0;
}
static const char nowhere[PLACES];
static int PROPERTY = -1, SURE;
static int harmed(int s, int p, int g) {
  int t, bad;
  if (PROPERTY < 0) { PROPERTY = atoi(getenv("PROPERTY")); SURE = atoi(getenv("SURE")); }
  bad = SURE ? 0 : 2;
  count(s, p, g);
  if (PROPERTY == 3) {
    for (t = 0; t < PLACES && g < 0; t++)
      if (births[s][t] && (SURE ? (birth[s][t] == REFUSED || birth[s][t] == CHANGED)
                                : birth[s][t] == UNKNOWN)) return 1;
    if (g >= 0 && s + 1 < STAGES && reborn[s][p] != -1) {
      int b = birth[s + 1][p];
      if (SURE ? (b == REFUSED || b == CHANGED) : b == UNKNOWN) return 1;
    }
    return 0;
  }
  if (g < 0) return 0;
  if (PROPERTY == 0) {
    for (t = 0; t < PLACES; t++)
      if (target[s][p][t] && effect[g][config[t]] == (SURE ? CHANGED : UNKNOWN)) return 1;
    return 0;
  }
  if (PROPERTY == 1) {
    if (leave_up[s][p] && way_out(s, p, g, leave_up[s]) == bad) return 1;
    return settled[s] && takes[s][p] && way_out(s, p, g, nowhere) == bad;
  }
  if (PROPERTY == 2)
    return leave_down[s][p] && !no_way_back[s] && way_out(s, p, g, leave_down[s]) == bad;
  return 0;
}
"""

GO = """
static void go(void) {
  int x, y, z;
  if (next(now.s, now.p, now.g, now.a, &x, &y, &z)) { now.s = x; now.p = y; now.g = z; }
}
"""


@dataclass
class _Guest:
    config: Config
    state: Mapping[int, int | None]
    devices: Mapping[tuple[str, str], int]
    pins: Mapping[int, int]


@dataclass
class Tables:
    """What the model's tables are made of. ``effect[guest][config]``, and ``after`` alike."""

    plan: Plan
    line: tuple[Stage, ...]
    places: list[Place] = field(default_factory=list)
    configs: list[Config] = field(default_factory=list)
    guests: list[_Guest] = field(default_factory=list)
    effect: list[list[int]] = field(default_factory=list)
    after: list[list[int]] = field(default_factory=list)
    births: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    given: list[tuple[int, int]] = field(default_factory=list)


def tables(plan: Plan) -> Tables:
    """Ask every birth, and every move of every guest that they lead to."""
    if any(step.reboot_stuck for step in plan.steps):
        raise ValueError("the model has no reboots of those who are stuck")
    found = Tables(plan, stages(plan, plan.hosts))
    for stage in found.line:
        for place in (*stage.taking, *stage.closing):
            if place not in found.places:
                found.places.append(place)
            if place.config not in found.configs:
                found.configs.append(place.config)
    numbers: dict[object, int] = {}

    def number(guest: _Guest) -> int:
        key = (
            guest.config.key,
            frozenset(guest.state.items()),
            frozenset(guest.devices.items()),
            frozenset(guest.pins.items()),
        )
        if key not in numbers:
            numbers[key] = len(found.guests)
            found.guests.append(guest)
        return numbers[key]

    def boot(config: Config, pins: Mapping[int, int]) -> tuple[int, int]:
        state, odd = born(config.profile, config.policy, pins)
        effect = effects.worst([each.effect for each in odd])
        guest = _Guest(config, state, devices_of(config.profile), dict(pins))
        return KINDS[effect], number(guest) if effect in effects.GOOD else -1

    for at, stage in enumerate(found.line):
        for here, place in enumerate(found.places):
            if place in (*stage.taking, *stage.closing):
                found.births[at, here] = boot(place.config, stage.fleet.pins[place.group])
    for guests in plan.guests:
        place = Place(guests.group, found.line[0].fleet.configs[guests.group])
        _, one = boot(guests.born, guests.pins)
        if guests.born != place.config:
            _, one = _moved(found.guests[one], place.config, number)
        found.given.append((found.places.index(place), one))
    for guest in found.guests:
        row = [_moved(guest, config, number) for config in found.configs]
        found.effect.append([effect for effect, _ in row])
        found.after.append([one for _, one in row])
    return found


def _moved(guest: _Guest, to: Config, number) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    policy = between(guest.config.policy, to.policy)
    if policy is None:
        return KINDS["refused"], -1
    moved = move(
        guest.state,
        to.profile,
        policy,
        guest.pins,
        source=guest.config.profile,
        devices=guest.devices,
    )
    if moved.verdict not in effects.GOOD:
        return KINDS[moved.verdict], -1
    return 0, number(_Guest(to, moved.state_after, moved.devices_after, guest.pins))


def promela(found: Tables) -> str:
    """Return the model; which promise it is asked about is in its environment when it runs."""
    line, places = found.line, found.places

    def each(name: str, ask) -> str:  # type: ignore[no-untyped-def]
        rows = [[int(ask(stage, place)) for place in places] for stage in line]
        return _array(f"const char {name}[STAGES][PLACES]", rows)

    def at_birth(part: int) -> list[list[int]]:
        return [
            [found.births.get((s, p), (1, -1))[part] for p in range(len(places))]
            for s in range(len(line))
        ]

    back = []
    for before, stage in zip((None, *line), line):
        steps = found.plan.steps[before.step : stage.step] if before is not None else ()
        back.append(int(any(step.kind == "commit" for step in steps)))
    reborn = []
    for stage, after in zip(line, (*line[1:], None)):
        done = after is not None and not stage.middle and not after.middle
        step = found.plan.steps[stage.step] if done else None
        kind = step is not None and step.kind == "reboot"
        groups = step.groups if step is not None and kind else ()
        reborn.append([0 if place.group in groups else -1 for place in places])
    given = found.given or [(-1, -1)]
    parts = [
        f"#define STAGES {len(line)}",
        f"#define PLACES {len(places)}",
        f"#define GUESTS {len(found.guests)}",
        f"#define ACTIONS {2 + len(places) + len(given)}",
        "c_decl {",
        each("births", lambda stage, place: place in stage.births),
        each("takes", lambda stage, place: place in stage.taking),
        each("there", lambda stage, place: place in (*stage.taking, *stage.closing)),
        each("leave_up", lambda stage, place: place in stage.leave_up),
        each("leave_down", lambda stage, place: place in stage.leave_down),
        _array("const int birth[STAGES][PLACES]", at_birth(0)),
        _array("const int born[STAGES][PLACES]", at_birth(1)),
        _array("const int reborn[STAGES][PLACES]", reborn),
        _array("const char no_way_back[STAGES]", back),
        _array("const char settled[STAGES]", [int(not stage.middle) for stage in line]),
        _array(
            "const char target[STAGES][PLACES][PLACES]",
            [
                [
                    [int(other in stage.targets.get(place, ())) for other in places]
                    for place in places
                ]
                for stage in line
            ],
        ),
        _array("const int config[PLACES]", [found.configs.index(p.config) for p in places]),
        _array(f"const int effect[GUESTS][{len(found.configs)}]", found.effect),
        _array(f"const int after[GUESTS][{len(found.configs)}]", found.after),
        _array(f"const int given[{len(given)}][2]", [list(each) for each in given]),
        CODE,
        "}",
        "c_code {",
        GO,
        "}",
        MODEL,
    ]
    return "\n".join(parts)


def _array(name: str, rows: object) -> str:
    return f"static {name} = {_braces(rows)};"


def _braces(rows: object) -> str:
    if isinstance(rows, list):
        return "{" + ",".join(map(_braces, rows)) + "}"
    return str(rows)
