// Hosts, classes and verdicts by what they are called.

const HOSTS = DATA.hosts;
const CPUS = [...new Set(HOSTS.map((host) => host.cpu))];
const HOST_BY_NAME = new Map(HOSTS.map((host, number) => [host.name, number]));
const REGISTER_BY_NAME = new Map(DATA.registers.map((row, number) => [row.name, number]));
const MERGE_ABOVE = 100;

const policy = () => DATA.policies.find((each) => each.vmm === state.vmm) || DATA.policies[0];
const question = () => (QUESTIONS.includes(state.q) ? state.q : "forward");

function verdictOf(rules, a, b, asked) {
  const place = rules.verdicts[HOSTS[a].class * DATA.classes.length + HOSTS[b].class];
  return rules.combinations[place][QUESTIONS.indexOf(asked)];
}

// The findings and changes behind a verdict; null where the page does not have them.
function answerOf(rules, a, b, asked) {
  const key = `${HOSTS[a].class},${HOSTS[b].class}`;
  if (rules.explained) {
    rules.known = rules.known || new Set(rules.explained);
    if (!rules.known.has(key)) return null;
  }
  const place = (rules.answers[key] || [-1, -1, -1, -1])[QUESTIONS.indexOf(asked)];
  return place < 0 ? [[], []] : DATA.answers[place];
}

function findingsOf(rules, a, b, asked) {
  const answer = answerOf(rules, a, b, asked);
  return answer && answer[0].map((place) => DATA.findings[place]);
}

const RANK = ["info", "warning", "error"];
const severe = (finding) => RANK.indexOf(finding.severity) >= RANK.indexOf(state.severity || "info");

function badge(verdict) {
  const [symbol] = DATA.verdicts[verdict];
  return el("span", { class: `badge v-${verdict}` },
    el("span", { class: "symbol", "aria-hidden": "true" }, symbol), verdict);
}

function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

function cellName(a, b) {
  return [a, b].map((number) => encoded(HOSTS[number].name)).join(">");
}

// A name may have what separates the two.
const encoded = (text) => text.replace(/[%>]/g, encodeURIComponent);

function openedCell() {
  const [from, to] = state.cell.split(">").map(decoded);
  const a = HOST_BY_NAME.get(from);
  const b = HOST_BY_NAME.get(to);
  return a === undefined || b === undefined ? null : [a, b];
}

// One CPU's hosts are shown at a time, at first those of the CPU with the most, or all.
const EVERY = "all";
const MAIN_CPU = CPUS.reduce((best, each) => (countOf(each) > countOf(best) ? each : best), CPUS[0]);

function countOf(cpu) {
  return HOSTS.filter((host) => host.cpu === cpu).length;
}

function shownCpu() {
  if (state.cpu === EVERY && CPUS.length > 1) return EVERY;
  if (CPUS.includes(state.cpu)) return state.cpu;
  const cell = openedCell();
  if (!cell) return MAIN_CPU;
  const cpus = cell.map((number) => HOSTS[number].cpu);
  return cpus[0] === cpus[1] ? cpus[0] : EVERY;
}

const labelOf = (host) => (shownCpu() === EVERY ? host.name : host.short);
