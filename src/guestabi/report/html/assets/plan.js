// A plan as a timeline: groups down, stages across; a story that breaks it, played line by line.

let playing = null;

const shownPlan = () => DATA.plans[0];

function planView() {
  const plan = shownPlan();
  const story = plan.stories[Number(state.story) || 0];
  return el("div", {},
    el("section", { "aria-labelledby": "plan-title" },
      el("h1", { id: "plan-title" }, `${plan.verdict}: `, name(plan.name)),
      el("ul", { class: "promises", "aria-label": "Promises" }, plan.properties.map(promise)),
      el("p", { class: "dim" }, `${plural(plan.counts[0], "state")}, ${plural(plan.counts[1], "transition")}, ${plural(plan.counts[2], "different move")}`),
      story ? storyTabs(plan) : null),
    story ? player(plan, story) : planTable(plan, null),
    plan.notes.map((note) => el("p", { class: "note" }, note)));
}

const PROMISE = { holds: ["✓", "v-benign"], broken: ["✗", "v-refused"], unknown: ["?", "v-unknown"] };

function promise([meaning, said]) {
  return el("li", {}, el("span", { class: `badge ${PROMISE[said][1]}` }, `${PROMISE[said][0]} ${said}`), meaning);
}

function storyTabs(plan) {
  if (plan.stories.length < 2) return null;
  return el("ul", { class: "questions", "aria-label": "Stories" }, plan.stories.map((story, at) => el("li", {},
    el("a", { href: fragment({ view: "plan", story: at ? String(at) : "", step: "" }), "aria-current": at === (Number(state.story) || 0) ? "true" : null },
      story.property, story.sure ? ": not so" : ": not known"))));
}

function shownLine(story) {
  const wanted = Number(state.step) || 1;
  return Math.max(1, Math.min(story.events.length + 1, Math.trunc(wanted)));
}

function player(plan, story) {
  const line = shownLine(story);
  const last = story.events.length + 1;
  const go = (to) => () => { stop(); filter({ step: String(Math.max(1, Math.min(last, to))) }); };
  const button = (words, to, off) => el("button", { type: "button", class: "quiet", disabled: off, onclick: go(to) }, words);
  return el("section", { class: "player", "aria-labelledby": "story-title" },
    el("h2", { id: "story-title" }, `The story: ${story.property}, ${story.sure ? "not so" : "not known"}`),
    el("div", { class: "filters", role: "group", "aria-label": "Play the story" },
      button("First", 1, line === 1), button("Back", line - 1, line === 1),
      button("Next", line + 1, line === last), button("End", last, line === last),
      el("button", { type: "button", class: "quiet", "aria-pressed": playing ? "true" : "false", onclick: play }, playing ? "Stop" : "Play"),
      el("span", { class: "dim" }, `line ${line} of ${last}`)),
    planTable(plan, standing(story, line)), storyLines(story, line),
    line === last ? triedPart(plan, story) : null);
}

function play() {
  if (playing) { stop(); show(); return; }
  const tick = () => {
    const story = shownPlan().stories[Number(state.story) || 0];
    const line = current() === "plan" && story ? shownLine(story) : 0;
    if (!line || line > story.events.length) stop();
    filter({ step: line ? String(Math.min(line + 1, story.events.length + 1)) : state.step });
    if (line) say((story.events[line] || { says: story.end }).says);
  };
  playing = setInterval(tick, 1200);
  show();
}

function stop() {
  clearInterval(playing);
  playing = null;
}

// How things stand after so many lines: which stage, and where the guest is.
function standing(story, line) {
  let stage = 0;
  let guest = null;
  for (const event of story.events.slice(0, line)) {
    if (event.place) { guest = event.place; continue; }
    const undo = event.what.startsWith("undo-");
    const what = event.what.replace("undo-", "");
    if (what === "begin") stage = event.step + 0.5;
    else stage = event.step + (undo ? 0 : 1);
  }
  return { stage, guest, stuck: line > story.events.length };
}

function planTable(plan, at) {
  const stages = ["start", ...plan.steps.map((step) => step[0])];
  const now = (number) => at && (number === at.stage || (at.stage % 1 && number === at.stage + 0.5));
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Groups by stage" },
    el("table", { class: "plain plantable" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "group"), stages.map((words, number) =>
        el("th", { scope: "col", class: now(number) ? "now" : null, "aria-current": now(number) ? "step" : null },
          number ? name(`${number}. ${words}`) : words, now(number) && at.stage % 1 ? " (under way)" : null)))),
      el("tbody", {}, plan.groups.map(([group, hosts], row) => el("tr", {},
        el("th", { scope: "row" }, name(group), el("span", { class: "dim" }, ` ${plural(hosts, "host")}`)),
        plan.stages.map((stage, number) => planCell(plan, row, stage[row], number, at, now(number))))))),
    plan.left ? el("p", { class: "note" }, `and ${plan.left} more groups`) : null);
}

function planCell(plan, row, config, number, at, now) {
  const [label, vmm] = plan.configs[config];
  const before = number ? plan.stages[number - 1][row] : config;
  const here = at && at.guest && at.guest[0] === row && guestStage(at, number, config, before);
  return el("td", { class: `${now ? "now" : ""}${before === config ? "" : " changes"}` },
    before === config && number ? el("span", { class: "dim" }, "—", el("span", { class: "vh" }, "as before")) : [name(label), el("span", { class: "dim" }, ` ${vmm}`)],
    here ? el("span", { class: `guest${at.stuck ? " stuck" : ""}` }, at.stuck ? "✗ the guest" : "● the guest") : null);
}

// In the middle of a step the guest may still be on a host of the old kind.
function guestStage(at, number, config, before) {
  if (!(at.stage % 1)) return number === at.stage;
  const shown = at.stage + 0.5;
  if (number === shown) return at.guest[1] === config;
  return number === shown - 1 && at.guest[1] !== shownPlan().stages[shown][at.guest[0]];
}

function storyLines(story, line) {
  const item = (words, number) => el("li", { class: number === line ? "now" : number > line ? "later" : null, "aria-current": number === line ? "step" : null },
    el("a", { href: fragment({ view: "plan", step: String(number) }) }, words));
  return el("ol", { class: "story" }, story.events.map((event, at) => item(event.says, at + 1)),
    item(`${story.sure ? "✗" : "?"} ${story.end}`, story.events.length + 1));
}

function triedPart(plan, story) {
  const guest = standing(story, story.events.length + 1).guest;
  const from = guest && guest[1] >= 0 ? plan.configs[guest[1]][2] : -1;
  const alike = new Map();
  for (const each of story.tried) {
    const key = JSON.stringify([each.place[1], each.effect, each.answer]);
    alike.set(key, [...(alike.get(key) || []), each]);
  }
  return [...alike.values()].map((rows) => {
    const to = rows[0].place[1] >= 0 ? plan.configs[rows[0].place[1]][2] : -1;
    const sides = from >= 0 && to >= 0 ? [from, to] : [];
    const [found] = DATA.answers[rows[0].answer];
    return el("div", { class: "block" },
      el("h3", {}, badge(rows[0].effect), " ", story.kind === "birth" ? "to boot on " : "to ", rows.map((each) => each.says).join("; ")),
      rows[0].foreign ? el("p", { class: "note" }, "Its VMM does not read what this one saves.") : null,
      found.map((number) => DATA.findings[number]).map((finding) => findingCard(finding, ...sides)));
  });
}
