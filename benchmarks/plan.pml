/* A rollout plan and one guest, for Spin. benchmarks/plan_pml.py puts sizes and tables above this:
   what the plan says, and what births and moves make of a guest. The rules are here: where hosts
   are, who goes where, what is done next and undone, and what harm is. A state is the stage, the
   guest and its place; all harms are assertions. */

#define SAME 0
#define BENIGN 1
#define CHANGED 2
#define UNKNOWN 3
#define REFUSED 4

#define YES 0
#define NO 1
#define UNSURE 2

#define NOBODY 255

/* The assertion's text is all that Spin tells of it: two numbers for each property, the first if
   it is sure, and one that is no harm. */
#define TELL(number) assert(number < 0)
#define UNCHANGED 0
#define MAYBE_UNCHANGED 1
#define LEAVES 2
#define MAYBE_LEAVES 3
#define UNDONE 4
#define MAYBE_UNDONE 5
#define STARTS 6
#define MAYBE_STARTS 7
#define CROSSED 8

byte done;           /* steps that are done; */
bit middle;          /* and with this, one more is under way */
byte place = NOBODY;
short guest;

c_code {
static int rolls(int step)
{
	return kind[step] == KERNEL || kind[step] == VMM || kind[step] == DRAIN;
}

/* Whether the group has hosts of both kinds. */
static int mixed(int group)
{
	return now.middle && runs[now.done][group] != runs[now.done + 1][group];
}

static int there(int p)
{
	int group = group_of[p];
	return config_of[p] == runs[now.done][group]
		|| (now.middle && config_of[p] == runs[now.done + 1][group]);
}

/* Who must be empty before the step is done. */
static int old(int p)
{
	int group = group_of[p];
	if (!now.middle || config_of[p] != runs[now.done][group]) return 0;
	return kind[now.done] == DRAIN ? touched[now.done][group] : mixed(group);
}

/* Who must be empty before the step is undone. */
static int new(int p)
{
	return mixed(group_of[p]) && config_of[p] == runs[now.done + 1][group_of[p]];
}

static int takes(int p)
{
	int group = group_of[p];
	if (!there(p) || closed[now.done][group]) return 0;
	if (!now.middle) return 1;
	if (kind[now.done] == DRAIN) return !touched[now.done][group];
	return !(kind[now.done] == KERNEL && alone[group] && mixed(group));
}

static int may_go(int from, int to)
{
	int here = group_of[from];
	if (!takes(to)) return 0;
	if (from == to) return !alone[here];
	return here == group_of[to] || goes[now.done][here][group_of[to]];
}

static int births(int p)
{
	return takes(p) && bears[now.done][group_of[p]];
}

static int moves(int to)
{
	return now.place != NOBODY && may_go(now.place, to);
}

static int moved(int to)
{
	return move_effect[now.guest][config_of[to]];
}

static int born(int p)
{
	return boot_effect[pins[now.done][group_of[p]]][config_of[p]];
}

/* What comes of the guest that is shut down and booted again by the next step. */
static int again(void)
{
	return boot_effect[pins[now.done + 1][group_of[now.place]]][config_of[now.place]];
}

static int replaced(void)
{
	return now.place != NOBODY && !now.middle && now.done < STEPS
		&& kind[now.done] == REBOOT && touched[now.done][group_of[now.place]];
}

static int nowhere(int p)
{
	return 0;
}

/* Whether the guest can be moved, alive and in any number of moves, to where it need not leave. */
static int way_out(int (*leave)(int))
{
	char seen[PLACES][GUESTS];
	int more = 1, unsure = 0, p, g, to;
	memset(seen, 0, sizeof seen);
	seen[now.place][now.guest] = 1;
	while (more) {
		more = 0;
		for (p = 0; p < PLACES; p++) for (g = 0; g < GUESTS; g++) if (seen[p][g] == 1) {
			seen[p][g] = 2;
			for (to = 0; to < PLACES; to++) if (may_go(p, to)) {
				int effect = move_effect[g][config_of[to]];
				unsure |= effect == UNKNOWN;
				if (effect > BENIGN) continue;
				if (!leave(to)) return YES;
				if (!seen[to][move_guest[g][config_of[to]]]) {
					seen[to][move_guest[g][config_of[to]]] = 1;
					more = 1;
				}
			}
		}
	}
	return unsure ? UNSURE : NO;
}

/* Whether a guest that cannot leave alive may be shut down, and booted at a place. */
static int restarts(int p)
{
	if (now.place == NOBODY || !now.middle || !reboot_stuck[now.done] || !births(p)) return 0;
	if (old(now.place)) return !old(p) && way_out(old) != YES;
	return new(now.place) && !new(p) && way_out(new) != YES;
}

static int must(int (*leave)(int))
{
	int out = way_out(leave), p;
	if (out == YES) return YES;
	for (p = 0; p < PLACES; p++) if (restarts(p)) {
		if (born(p) <= BENIGN) return YES;
		if (born(p) == UNKNOWN) out = UNSURE;
	}
	return out;
}

/* The guest has to leave, that the step is done, or only may want to; or that it is undone. */
static int held_up(void)
{
	if (now.place == NOBODY) return YES;
	if (now.middle) return old(now.place) ? must(old) : YES;
	return closed[now.done][group_of[now.place]] ? YES : must(nowhere);
}

static int held_down(void)
{
	return now.place != NOBODY && new(now.place) ? must(new) : YES;
}

static int good(int effect) { return effect <= BENIGN; }
static int bad(int effect) { return effect > BENIGN && effect != UNKNOWN; }

static int boots(int p)
{
	return now.place == NOBODY ? births(p) : restarts(p);
}
}

/* In bare calls, Spin suspects side-effects. */
#define ASK(question) c_expr { (question) }

#define MOVE(to) \
  :: d_step { ASK(moves(to) && good(moved(to))) -> \
       guest = ASK(move_guest[now.guest][config_of[to]]); place = to } \
  :: d_step { ASK(moves(to) && moved(to) == CHANGED) -> TELL(UNCHANGED) } \
  :: d_step { ASK(moves(to) && moved(to) == UNKNOWN) -> TELL(MAYBE_UNCHANGED) } \
  :: d_step { ASK(moves(to) && config_of[to] != config_of[now.place]) -> TELL(CROSSED) }

#define BOOT(at) \
  :: d_step { ASK(boots(at) && good(born(at))) -> \
       guest = ASK(boot_guest[pins[now.done][group_of[at]]][config_of[at]]); place = at } \
  :: d_step { ASK(boots(at) && bad(born(at))) -> TELL(STARTS) } \
  :: d_step { ASK(boots(at) && born(at) == UNKNOWN) -> TELL(MAYBE_STARTS) }

#define GIVEN(number) \
  :: d_step { place == NOBODY && done == 0 && !middle -> \
       guest = ASK(given_guest[number]); place = ASK(given_place[number]) }

active proctype rollout()
{
  do
  :: d_step { ASK(!now.middle && now.done < STEPS && rolls(now.done)) -> middle = 1 }
  :: d_step { ASK(now.middle && (now.place == NOBODY || !old(now.place))) ->
       middle = 0; done++ }
  :: d_step { ASK(now.middle && (now.place == NOBODY || !new(now.place))) -> middle = 0 }
  :: d_step { ASK(!now.middle && now.done > 0 && rolls(now.done - 1)) ->
       done--; middle = 1 }
  :: d_step { ASK(!now.middle && now.done > 0 && !rolls(now.done - 1)
                 && kind[now.done - 1] != COMMIT) -> done-- }
  :: d_step { ASK(!now.middle && now.done < STEPS && !rolls(now.done) && !replaced()) ->
       done++ }
  :: d_step { ASK(replaced() && good(again())) ->
       guest = ASK(boot_guest[pins[now.done + 1][group_of[now.place]]][config_of[now.place]]);
       done++ }
  :: d_step { ASK(replaced() && bad(again())) -> TELL(STARTS) }
  :: d_step { ASK(replaced() && again() == UNKNOWN) -> TELL(MAYBE_STARTS) }
  :: d_step { ASK(held_up() == NO) -> TELL(LEAVES) }
  :: d_step { ASK(held_up() == UNSURE) -> TELL(MAYBE_LEAVES) }
  :: d_step { ASK(held_down() == NO) -> TELL(UNDONE) }
  :: d_step { ASK(held_down() == UNSURE) -> TELL(MAYBE_UNDONE) }
  EACH_PLACE(MOVE)
  EACH_PLACE(BOOT)
  EACH_GIVEN(GIVEN)
  od
}
