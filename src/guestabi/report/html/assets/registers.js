// Registers through time: kernels across, registers and their fields down.

const MARKS = {
  first: ["•", "there from the first"], appeared: ["+", "appeared"], vanished: ["−", "vanished"],
  default: ["Δ", "default changed"], writable: ["w", "accepted values changed"],
  other: ["s", "scope or window changed"], kept: ["·", "as before"], absent: ["", "not listed"],
};

const ACROSS = 40;
let across = 0;

function timelineCpu() {
  return CPUS.includes(state.cpu) ? state.cpu : MAIN_CPU;
}

function registersView() {
  const register = REGISTER_BY_NAME.get(state.register);
  return el("div", {}, register === undefined ? null : registerPage(register), timeline());
}

function timeline() {
  const cpu = timelineCpu();
  const hosts = HOSTS.map((_, number) => number).filter((number) => HOSTS[number].cpu === cpu);
  const every = state.fields === "all";
  if (across >= hosts.length) across = 0;
  const rows = DATA.registers.map((_, number) => number)
    .filter((number) => listedOn(number, hosts) && (every || changesOn(number, hosts)));
  return el("section", { "aria-labelledby": "timeline-title" },
    el(state.register ? "h2" : "h1", { id: "timeline-title" }, `${plural(rows.length, "register")} ${every ? "listed" : "changed"} from kernel to kernel`),
    el("div", { class: "filters" },
      CPUS.length > 1 ? choice("CPU", cpu, CPUS.map((each) => [each, each]), (value) => filter({ cpu: value })) : null,
      choice("Registers", every ? "all" : "", [["", "that change"], ["all", "all"]], (fields) => filter({ fields }))),
    hosts.length > ACROSS ? el("div", { class: "pagers" },
      turner("hosts", across, hosts.length, ACROSS, (to) => { across = to; })) : null,
    timelineTable(rows, hosts), markLegend());
}

function listedOn(number, hosts) {
  return hosts.some((host) => variantOf(number, host));
}

function changesOn(number, hosts) {
  const places = hosts.map((host) => DATA.classes[HOSTS[host].class].variants[number]);
  return new Set(places).size > 1;
}

// What each of the hosts from `first` to `end` shows that the one before it does not.
function marksOf(number, hosts, first = 0, end = hosts.length) {
  return hosts.slice(first, end).map((host, place) => {
    const at = first + place;
    const now = variantOf(number, host);
    const was = at ? variantOf(number, hosts[at - 1]) : null;
    if (!now) return was ? ["vanished"] : ["absent"];
    if (!was) return [at ? "appeared" : "first"];
    const said = whatDiffers(was, now);
    const found = [];
    if (said.includes("default")) found.push("default");
    if (said.includes("accepted")) found.push("writable");
    if (said.includes("scope") || said.includes("window")) found.push("other");
    return found.length ? found : ["kept"];
  });
}

function timelineTable(rows, hosts) {
  return el("div", { class: "scroll timelinebox", tabindex: "0", role: "group", "aria-label": "Timeline" },
    el("table", { class: "timeline" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "corner" }, "register"),
        hosts.slice(across, across + ACROSS).map((host) => el("th", { scope: "col", class: "to" }, el("span", {}, name(HOSTS[host].short)))))),
      el("tbody", {}, rows.map((number) => timelineRow(number, hosts)))));
}

function timelineRow(number, hosts) {
  const row = DATA.registers[number];
  return el("tr", { class: row.name === state.register ? "here" : null },
    el("th", { scope: "row", class: "from" }, registerLink(row.name)),
    marksOf(number, hosts, across, across + ACROSS).map((marks) => markCell(marks)));
}

function markCell(marks, title) {
  const says = marks.map((mark) => MARKS[mark][1]).join(", ");
  return el("td", { class: `m-${marks[0]}`, title: title || says },
    el("span", { "aria-hidden": "true" }, marks.map((mark) => MARKS[mark][0]).join(" ")),
    el("span", { class: "vh" }, says));
}

function markLegend() {
  return el("ul", { class: "legend marks", "aria-label": "Legend" }, Object.entries(MARKS)
    .filter(([mark]) => mark !== "absent")
    .map(([mark, [symbol, says]]) => el("li", {}, el("span", { class: `swatch m-${mark}`, "aria-hidden": "true" }, symbol), says)));
}

function registerPage(number) {
  const row = DATA.registers[number];
  const cpu = timelineCpu();
  const hosts = HOSTS.map((_, at) => at).filter((at) => HOSTS[at].cpu === cpu);
  return el("section", { class: "register", "aria-labelledby": "register-title" },
    el("h1", { id: "register-title", tabindex: "-1" }, row.name),
    row.summary ? el("p", { class: "lead" }, row.summary) : null,
    el("p", { class: "meta" }, code(row.id), ` · ${row.bits} bits`, row.role ? ` · ${row.role}` : null,
      row.feature ? ` · ${row.feature}` : null, row.source ? [" · ", sourceLink(row.source)] : null),
    fieldsTable(number, hosts), momentsPart(number, cpu));
}

// Fields down, kernels across: the default of each, and what was accepted.
function fieldsTable(number, hosts) {
  const row = DATA.registers[number];
  const columns = hosts.filter((host, at) => !at || variantOf(number, host) !== variantOf(number, hosts[at - 1]));
  const variants = columns.map((host) => variantOf(number, host));
  const line = (head, cells) => el("tr", {}, el("th", { scope: "row" }, head), cells);
  const body = [line("default", variants.map((each) => el("td", {}, each ? code(each.default || "moves by itself") : "not listed"))),
    line("scope", variants.map((each) => el("td", {}, each ? each.scope : "–"))),
    line("writable", variants.map((each) => el("td", {}, each ? each.window : "–")))];
  (row.fields || []).forEach((field, at) => {
    const values = variants.map((each) => (each ? inField(parsed(each.default), field) : null));
    const takes = variants.map((each) => (each && each.fields ? each.fields[at] : null));
    if (takes.every((each) => each === null || each === "fixed") && values.every((each) => !each)) return;
    body.push(line([field[0], " ", el("span", { class: "dim" }, place(field))], variants.map((each, way) =>
      el("td", {}, each ? [meaning(field, values[way]), el("span", { class: "has" }, takes[way] === "fixed" ? "fixed" : `accepts ${takes[way]}`)] : "–"))));
  });
  if (variants.some((each) => each && each.accepts)) {
    body.push(line("accepts", variants.map((each) => el("td", {}, each ? each.accepts || "–" : "–"))));
  }
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Values by kernel" },
    el("table", { class: "plain" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, timelineCpu()),
        columns.map((host) => el("th", { scope: "col" }, "from ", name(HOSTS[host].short))))),
      el("tbody", {}, body)));
}

// Moves whose findings name the register, as links into the matrix.
function momentsPart(number, cpu) {
  const wanted = DATA.registers[number].name;
  const rules = policy();
  const hosts = HOSTS.map((_, at) => at).filter((at) => HOSTS[at].cpu === cpu);
  const names = (finding) => finding.register === wanted || (finding.members || []).includes(wanted);
  const found = [];
  for (const a of hosts) for (const b of hosts) {
    const worst = (findingsOf(rules, a, b, "forward") || []).filter(names)
      .sort((x, y) => RANK.indexOf(y.severity) - RANK.indexOf(x.severity))[0];
    if (worst) found.push([a, b, worst]);
  }
  if (!found.length) return el("p", { class: "note" }, `No move of ${cpu} under ${rules.vmm} has a finding that names it.`);
  const list = (rows) => el("ul", { class: "moments" }, rows.map(([a, b, worst]) => el("li", {},
    el("a", { href: fragment({ view: "matrix", register: "", cell: cellName(a, b), vmm: rules.vmm, q: "forward", cpu }) },
      badge(worst.effect), name(HOSTS[a].short), " → ", name(HOSTS[b].short)))));
  return el("div", { class: "block" },
    el("h2", {}, `Named by findings of ${plural(found.length, "move")} forward (${cpu}, ${rules.vmm})`),
    found.length > 24 ? [list(found.slice(0, 24)), el("details", {}, el("summary", {}, `${found.length - 24} more`), list(found.slice(24)))] : list(found));
}
