// The matrix: rows from, columns to; a table that arrow keys walk through.

const WINDOW = 80;
let corner = [0, 0];

function shownHosts() {
  const found = HOSTS.map((_, number) => number)
    .filter((number) => shownCpu() === EVERY || HOSTS[number].cpu === shownCpu());
  if (!merged()) return found;
  const seen = new Set();
  return found.filter((number) => !seen.has(HOSTS[number].class) && seen.add(HOSTS[number].class));
}

const merged = () => (state.all ? state.all === "classes" : HOSTS.length > MERGE_ABOVE);

function alike(host) {
  return merged() ? DATA.classes[HOSTS[host].class].hosts.length - 1 : 0;
}

function matrixView() {
  const cell = openedCell();
  return el("div", { class: `split${cell ? " opened" : ""}` },
    el("section", { class: "sheet", "aria-labelledby": "matrix-title" },
      el("h1", { id: "matrix-title" }, matrixTitle()), matrixFilters(), matrixTable()),
    cell ? cellPanel(...cell) : matrixHint());
}

function matrixTitle() {
  const rows = shownHosts();
  const counts = countsOf(rows);
  const moves = rows.length * rows.length - rows.length;
  return `${counts.refused.toLocaleString("en")} of ${plural(moves, "move")} are refused`;
}

function countsOf(rows) {
  const counts = Object.fromEntries(Object.keys(DATA.verdicts).map((each) => [each, 0]));
  const rules = policy();
  for (const a of rows) for (const b of rows) if (a !== b) counts[verdictOf(rules, a, b, question())] += 1;
  return counts;
}

function matrixFilters() {
  const cpus = [...CPUS.map((each) => [each, each]), [EVERY, `all ${CPUS.length}`]];
  return el("div", { class: "filters" },
    CPUS.length > 1 ? choice("CPU", shownCpu(), cpus, (cpu) => { corner = [0, 0]; filter({ cpu }); }) : null,
    choice("VMM", policy().vmm, DATA.policies.map((each) => [each.vmm, each.vmm]), (vmm) => filter({ vmm })),
    choice("Question", question(), QUESTIONS.map((each) => [each, each]), (q) => filter({ q })),
    choice("Findings", state.severity, [["", "all"], ["warning", "warnings and errors"], ["error", "errors"]],
      (severity) => filter({ severity })),
    DATA.classes.length < HOSTS.length ? choice("Rows", merged() ? "classes" : "hosts",
      [["hosts", "every host"], ["classes", "identical hosts once"]], (all) => { corner = [0, 0]; filter({ all }); }) : null,
    el("p", { class: "asked" }, `A guest ${DATA.asked[question()]}.`));
}

function legend(rows) {
  const counts = countsOf(rows);
  return el("ul", { class: "legend", "aria-label": "Legend; each verdict is a filter" },
    Object.entries(DATA.verdicts).filter(([each]) => counts[each] || state.verdict === each)
      .map(([each, [symbol, says]]) => el("li", {},
        el("button", {
          type: "button", class: "key", "data-verdict": each,
          "aria-pressed": state.verdict === each ? "true" : "false",
          onclick: () => filter({ verdict: state.verdict === each ? "" : each }),
        }, el("span", { class: `swatch v-${each}`, "aria-hidden": "true" }, symbol),
        el("strong", {}, `${counts[each].toLocaleString("en")} ${each}`), el("span", {}, says)))));
}

function matrixTable() {
  const all = shownHosts();
  corner = corner.map((from) => (from < all.length ? from : 0));
  const rows = all.slice(corner[0], corner[0] + WINDOW);
  const columns = all.slice(corner[1], corner[1] + WINDOW);
  const cpus = new Set([...rows, ...columns].map((number) => HOSTS[number].cpu)).size > 1;
  const size = Math.max(rows.length, columns.length);
  const dense = size > 36 ? "tiny" : size > 18 ? "small" : "large";
  const table = el("table", {
    role: "grid", class: `matrix ${dense}${openedCell() ? " beside" : ""}`, "aria-label": "Verdicts: rows from, columns to",
    "aria-rowcount": String(all.length + 1), "aria-colcount": String(all.length + 1),
    onkeydown: walk, onclick: (event) => openAt(event.target.closest("td")),
    onpointerover: (event) => hint(event.target.closest("td")),
    onfocusin: (event) => hint(event.target.closest("td")),
  }, matrixHead(columns, cpus), matrixBody(rows, columns, cpus));
  return [pager(all.length),
    el("div", { class: "scroll matrixbox" }, table),
    el("p", { class: "hint", id: "hint", "aria-hidden": "true" }, "Arrow keys walk, Enter opens."),
    legend(all)];
}

function spans(list, make) {
  const found = [];
  list.forEach((number, at) => {
    if (at && HOSTS[list[at - 1]].cpu === HOSTS[number].cpu) found[found.length - 1][1] += 1;
    else found.push([HOSTS[number].cpu, 1]);
  });
  return found.map(([cpu, count]) => make(cpu, count));
}

function matrixHead(columns, cpus) {
  const labels = columns.map((number) => el("th", { scope: "col", class: "to" },
    el("span", {}, name(HOSTS[number].short), more(number))));
  const corner = el("th", { class: "corner", colspan: cpus ? 2 : null, rowspan: cpus ? 2 : null, scope: "col" },
    "from ↓ to →");
  if (!cpus) return el("thead", {}, el("tr", {}, corner, labels));
  const groups = spans(columns, (cpu, count) => el("th", { scope: "colgroup", colspan: count, class: "cpu" },
    el("span", {}, cpu)));
  return el("thead", {}, el("tr", {}, corner, groups), el("tr", {}, labels));
}

function more(number) {
  const others = alike(number);
  return others ? el("span", { class: "dim" }, ` +${others}`) : null;
}

function matrixBody(rows, columns, cpus) {
  const rules = policy();
  const asked = question();
  const opened = openedCell();
  const groups = cpus ? spans(rows, (cpu, count) => [cpu, count]).flatMap(([cpu, count]) =>
    Array.from({ length: count }, (_, at) => (at ? null : [cpu, count]))) : [];
  let first = true;
  return el("tbody", {}, rows.map((a, at) => {
    const line = el("tr", {});
    if (groups[at]) {
      line.append(el("th", { scope: "rowgroup", rowspan: groups[at][1], class: "cpu" }, el("span", {}, groups[at][0])));
    }
    line.append(el("th", { scope: "row", class: "from" }, name(HOSTS[a].short), more(a)));
    for (const b of columns) {
      const verdict = verdictOf(rules, a, b, asked);
      const here = opened && opened[0] === a && opened[1] === b;
      const quiet = hidden(rules, a, b, asked, verdict);
      const td = document.createElement("td");
      td.className = `v-${verdict}${a === b ? " self" : ""}${here ? " here" : ""}${quiet ? " quiet" : ""}`;
      td.tabIndex = here || (first && !opened) ? 0 : -1;
      first = false;
      td.dataset.a = a;
      td.dataset.b = b;
      td.setAttribute("aria-label", quiet ? `${verdict}, filtered out` : verdict);
      if (here) td.setAttribute("aria-selected", "true");
      td.textContent = DATA.verdicts[verdict][0];
      line.append(td);
    }
    return line;
  }));
}

// What the filters take out stays in its place, but pale.
function hidden(rules, a, b, asked, verdict) {
  if (state.verdict && state.verdict !== verdict) return true;
  if (!state.severity) return false;
  const found = findingsOf(rules, a, b, asked);
  return found !== null && !found.some(severe);
}

function pager(count) {
  if (count <= WINDOW) return null;
  const part = (word, axis) => turner(word, corner[axis], count, WINDOW, (to) => { corner[axis] = to; });
  return el("div", { class: "pagers" }, part("rows", 0), part("columns", 1));
}

function openAt(td) {
  if (!td || !td.dataset.a) return;
  open({ view: "matrix", cell: cellName(+td.dataset.a, +td.dataset.b), vmm: policy().vmm, q: question() });
}

function hint(td) {
  if (!td || !td.dataset.a) return;
  const [a, b] = [HOSTS[+td.dataset.a], HOSTS[+td.dataset.b]];
  $("hint").textContent = `${labelOf(a)} → ${labelOf(b)}: ${td.getAttribute("aria-label")}`;
}

const STEPS = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
  Home: [0, -WINDOW], End: [0, WINDOW], PageUp: [-WINDOW, 0], PageDown: [WINDOW, 0],
};

function walk(event) {
  const td = event.target.closest("td");
  if (!td) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    openAt(td);
    return;
  }
  const way = STEPS[event.key];
  if (!way) return;
  event.preventDefault();
  const rows = [...td.closest("tbody").rows].map((row) => [...row.cells].filter((each) => each.tagName === "TD"));
  const at = rows.findIndex((row) => row.includes(td));
  const row = Math.max(0, Math.min(rows.length - 1, at + way[0]));
  const column = Math.max(0, Math.min(rows[row].length - 1, rows[at].indexOf(td) + way[1]));
  td.tabIndex = -1;
  rows[row][column].tabIndex = 0;
  rows[row][column].focus();
}

function matrixHint() {
  return el("aside", { class: "panel empty", "aria-label": "Nothing is open" },
    el("p", {}, "Choose a cell: what differs, in which bits, what each side accepts, and what to do."));
}
