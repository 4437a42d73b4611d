// One finding: what differs, in which bits, what each side accepts, why it matters, what to do.

const ASIDE = 8;

function findingCard(finding, source, destination) {
  const rule = DATA.rules[finding.rule];
  const [symbol, says] = DATA.severities[finding.severity];
  return el("article", { class: `finding s-${finding.severity}`, "data-rule": rule.id },
    el("h3", {}, el("span", { class: "symbol", title: says, "aria-hidden": "true" }, symbol),
      el("span", { class: "vh" }, `${finding.severity}: `), el("bdi", {}, finding.title)),
    el("p", { class: "meta" },
      el("span", {}, rule.id), " · ", code(finding.fingerprint),
      finding.cause ? [" · ", `part of ${finding.cause}`] : null),
    registerPart(finding, source, destination),
    membersPart(finding),
    el("p", { class: "why" }, rule.why),
    remedyPart(DATA.remedies[finding.remedy]),
    sourcesPart(rule.sources));
}

function registerPart(finding, source, destination) {
  if (!finding.register) return null;
  const number = REGISTER_BY_NAME.get(finding.register);
  const row = DATA.registers[number];
  const parts = [el("p", { class: "where" },
    row ? el("a", { href: fragment({ view: "registers", register: row.name, cell: "" }) },
      code(row.name)) : code(finding.register),
    finding.field ? [" ", el("span", { class: "field" }, finding.field)] : null,
    el("span", { class: "values" }, code(finding.source || "no value"), " → ",
      code(finding.destination || "no value")))];
  const bits = row ? row.bits : 64;
  const differing = finding.bits ? BigInt(finding.bits) : null;
  if (BigInt(finding.source || 0) || BigInt(finding.destination || 0)) {
    parts.push(alignedBits(finding.source, finding.destination, bits, differing,
      ["from", "to"]));
  }
  if (row && source !== undefined) parts.push(acceptsTable(row, number, finding, source, destination));
  return parts;
}

function variantOf(number, host) {
  const place = DATA.classes[HOSTS[host].class].variants[number];
  return place < 0 ? null : DATA.registers[number].variants[place];
}

// Fields that differ, with what each host takes in them; or the whole register.
function acceptsTable(row, number, finding, source, destination) {
  const sides = [variantOf(number, source), variantOf(number, destination)];
  const values = [parsed(finding.source), parsed(finding.destination)];
  const marks = finding.bits ? BigInt(finding.bits) : 0n;
  const fields = (row.fields || []).map((field, at) => [field, at])
    .filter(([field]) => marks & maskOf(field));
  const lines = fields.map(([field, at]) => el("tr", {},
    el("th", { scope: "row" }, field[0], " ", el("span", { class: "dim" }, place(field))),
    sides.map((side, way) => el("td", {}, acceptedIn(side, at),
      el("span", { class: "has" }, `has ${meaning(field, inField(values[way], field))}`)))));
  if (!lines.length) {
    lines.push(el("tr", {}, el("th", { scope: "row" }, "whole register"),
      sides.map((side) => el("td", {}, side ? acceptsAll(row, side) : "not listed"))));
  }
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Accepted values" },
    el("table", { class: "plain accepts" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "accepted values"),
        [source, destination].map((host) => el("th", { scope: "col" },
          name(labelOf(HOSTS[host])))))),
      el("tbody", {}, lines)));
}

function acceptedIn(side, at) {
  if (!side) return "not listed";
  return side.fields ? side.fields[at] : side.accepts || "not measured";
}

function acceptsAll(row, side) {
  const text = side.default === null ? "it moves by itself" : `default ${side.default}`;
  if (side.accepts) return `${text}; ${side.accepts}`;
  const open = (row.fields || [])
    .map((field, at) => [field[0], side.fields[at]])
    .filter(([, said]) => said !== "fixed");
  if (!open.length) return `${text}; nothing else`;
  return `${text}; ${open.map(([field, said]) => `${field} ${said}`).join(", ")}`;
}

function membersPart(finding) {
  const members = finding.members || [];
  if (members.length < 2) return null;
  const list = el("p", { class: "members" }, members.map((each, at) =>
    [at ? ", " : null, registerLink(each)]));
  if (members.length <= ASIDE) return list;
  return el("details", {}, el("summary", {}, `all ${members.length} registers`), list);
}

function registerLink(text) {
  if (!REGISTER_BY_NAME.has(text)) return code(text);
  return el("a", { href: fragment({ view: "registers", register: text, cell: "" }) }, code(text));
}

function remedyPart(remedy) {
  if (!remedy) return null;
  return el("div", { class: "remedy" }, el("strong", {}, "Remedy"),
    el("p", { class: "text" }, remedy), copier(remedy, "Copy the remedy"));
}

function sourcesPart(sources) {
  if (!sources.length) return null;
  return el("ul", { class: "sources", "aria-label": "Sources" },
    sources.map((each) => el("li", {}, sourceLink(each))));
}
