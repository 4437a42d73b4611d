// Hosts by class: those that neither a guest nor a VMM can tell apart are one.

function hostsView() {
  const order = DATA.classes.map((_, number) => number);
  return el("section", { "aria-labelledby": "hosts-title" },
    el("h1", { id: "hosts-title" },
      `${plural(HOSTS.length, "host")}, ${plural(order.length, "class")}${order.length === 1 ? "" : "es"}`.replace("classs", "class")),
    el("p", { class: "lead" }, "Hosts of one class were measured alike in every register, default, accepted value and answer."),
    DATA.baselines.length ? el("p", {}, el("button", { type: "button", class: "quiet", onclick: toBaselines }, "To the baselines")) : null,
    el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Classes of hosts" },
      el("table", { class: "plain" },
        el("thead", {}, el("tr", {}, ["class", "CPU", "hosts", "kernels", "registers"].map((each) => el("th", { scope: "col" }, each)))),
        el("tbody", {}, order.map(classRow)))),
    baselinesPart());
}

function toBaselines() {
  $("baseline-title").scrollIntoView();
  $("baseline-title").focus({ preventScroll: true });
}

function classRow(number) {
  const row = DATA.classes[number];
  const members = row.hosts.map((each) => HOSTS[each]);
  return el("tr", {}, el("th", { scope: "row" }, code(row.digest)), el("td", {}, members[0].cpu),
    el("td", {}, members.map((host, at) => [at ? ", " : null, name(host.name)])),
    el("td", {}, [...new Set(members.map((host) => host.kernel))].map((each, at) => [at ? ", " : null, name(each)])),
    el("td", { class: "number" }, String(row.variants.filter((each) => each >= 0).length)));
}

// One guest ABI for all hosts of a CPU: what to pin, or why there is none.
function baselinesPart() {
  if (!DATA.baselines.length) return null;
  return el("section", { "aria-labelledby": "baseline-title" },
    el("h2", { id: "baseline-title", tabindex: "-1" }, "Baselines"),
    el("p", { class: "lead" }, "The greatest guest ABI that all hosts of a CPU accept, as pins; or a smallest set of hosts that have none."),
    DATA.baselines.map((each) => [el("h3", {}, each.cpu), each.pins ? pinsTable(each) : clashPart(each)]));
}

function pinsTable(each) {
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `Pins of ${each.cpu}` },
    el("table", { class: "plain" },
      el("thead", {}, el("tr", {}, ["pin", "value", "fields", "why"].map((word) => el("th", { scope: "col" }, word)))),
      el("tbody", {}, each.pins.map(([register, value, fields, why]) => el("tr", {},
        el("th", { scope: "row" }, registerLink(register)), el("td", {}, code(value)),
        el("td", {}, fields.join(", ")), el("td", {}, why))))),
    byReason(each.unknown).map(([why, registers]) => el("p", { class: "note" }, `Not known, as ${why}: `,
      registers.map((register, at) => [at ? ", " : null, registerLink(register)]), ".")));
}

function byReason(unknown) {
  const found = new Map();
  for (const [register, why] of unknown) found.set(why, [...(found.get(why) || []), register]);
  return [...found];
}

function clashPart({ hosts, clashes }) {
  return el("p", {}, el("span", { class: "badge v-refused" }, "✗ none"), " between ",
    hosts.map((host, at) => [at ? " and " : null, name(host)]), ": they disagree on ",
    clashes.map(([register, fields], at) => [at ? ", " : null, registerLink(register), fields.length ? ` (${fields.join(", ")})` : null]), ".");
}
