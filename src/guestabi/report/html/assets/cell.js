// A cell that was opened: four questions of two hosts, and what stands behind the one asked.

function cellPanel(a, b) {
  const asked = question();
  const rules = policy();
  const [source, destination] = asked === "forward" ? [a, b] : [b, a];
  return el("section", { class: "panel", id: "panel", "aria-labelledby": "panel-title" },
    el("div", { class: "panelhead" },
      el("h2", { id: "panel-title", tabindex: "-1" }, name(labelOf(HOSTS[a])), " → ", name(labelOf(HOSTS[b]))),
      el("button", { type: "button", class: "quiet", onclick: closeCell }, "Close")),
    el("p", { class: "dim" }, panelContext(a, b)),
    questionTabs(rules, a, b, asked),
    el("p", { class: "asked" }, `A guest ${DATA.questions[asked]}, under ${rules.vmm}.`),
    answerPart(rules, a, b, asked, source, destination),
    differingPart(a, b), commandPart(a, b));
}

function panelContext(a, b) {
  const [one, other] = [HOSTS[a], HOSTS[b]];
  const cpu = one.cpu === other.cpu ? one.cpu : `${one.cpu} to ${other.cpu}`;
  const same = one.class === other.class ? " · to a guest the two are one machine" : "";
  return ["A = ", name(one.name), ", B = ", name(other.name), ` · ${cpu}${same}`];
}

function questionTabs(rules, a, b, asked) {
  return el("ul", { class: "questions", "aria-label": "Questions" }, QUESTIONS.map((each) => el("li", {},
    el("a", { href: fragment({ q: each, vmm: rules.vmm }), "aria-current": each === asked ? "true" : null },
      el("span", {}, each), badge(verdictOf(rules, a, b, each))))));
}

function answerPart(rules, a, b, asked, source, destination) {
  const answer = answerOf(rules, a, b, asked);
  if (answer === null) {
    return el("p", { class: "note" }, "This page keeps the verdict of such a pair alone; the command below explains it.");
  }
  const all = answer[0].map((number) => DATA.findings[number]);
  const found = all.filter(severe);
  const parts = found.map((finding) => findingCard(finding, source, destination));
  if (!all.length) parts.push(el("p", { class: "note" }, "Nothing to find: the guest keeps its machine."));
  if (all.length > found.length) {
    parts.push(el("p", { class: "note" }, `${plural(all.length - found.length, "finding")} filtered out.`));
  }
  return [...parts, changesPart(answer[1].map((number) => DATA.changes[number]))];
}

function changesPart(changes) {
  if (!changes.length) return null;
  return el("div", { class: "block" }, el("h3", {}, "What the guest sees"),
    el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "What the guest sees" },
      el("table", { class: "plain" },
        el("thead", {}, el("tr", {}, ["it asks", "before", "after"].map((each) => el("th", { scope: "col" }, each)))),
        el("tbody", {}, changes.map(([what, before, after]) => el("tr", {},
          el("th", { scope: "row" }, name(what)), el("td", {}, name(before)), el("td", {}, name(after))))))));
}

function differing(a, b) {
  const [one, other] = [HOSTS[a], HOSTS[b]].map((host) => DATA.classes[host.class].variants);
  return DATA.registers.map((_, number) => number).filter((number) => one[number] !== other[number]);
}

function differingPart(a, b) {
  const numbers = differing(a, b);
  if (!numbers.length) return null;
  const said = (variant) => (variant ? variant.default || "moves" : "not listed");
  return el("details", { class: "block" },
    el("summary", {}, `${plural(numbers.length, "register")} measured otherwise on the two hosts`),
    el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Registers that differ" },
      el("table", { class: "plain" },
        el("thead", {}, el("tr", {}, ["register", "A", "B", ""].map((each) => el("th", { scope: "col" }, each || "what")))),
        el("tbody", {}, numbers.map((number) => {
          const [one, other] = [variantOf(number, a), variantOf(number, b)];
          return el("tr", {}, el("th", { scope: "row" }, registerLink(DATA.registers[number].name)),
            el("td", {}, code(said(one))), el("td", {}, code(said(other))), el("td", {}, whatDiffers(one, other)));
        })))));
}

function whatDiffers(one, other) {
  if (!one) return "appears";
  if (!other) return "vanishes";
  const found = [];
  if (one.default !== other.default) found.push("default");
  if (one.scope !== other.scope) found.push("scope");
  if (one.window !== other.window) found.push("window");
  if (JSON.stringify([one.fields, one.accepts]) !== JSON.stringify([other.fields, other.accepts])) {
    found.push("accepted values");
  }
  return found.join(", ");
}

function commandPart(a, b) {
  const text = `guestabi check ${quoted(HOSTS[a].name)} ${quoted(HOSTS[b].name)} --vmm ${quoted(policy().vmm)}`;
  return el("div", { class: "command" }, code(text), copier(text, "Copy the command"));
}

function quoted(text) {
  return /^[\w./#+-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

// The cell that was closed has the focus when the matrix is there again.
let closed = null;

function closeCell() {
  closed = openedCell();
  open({ cell: "" });
}

function focusClosed() {
  if (!closed || state.cell) return;
  const [a, b] = closed;
  closed = null;
  const cell = document.querySelector(`td[data-a="${a}"][data-b="${b}"]`);
  if (!cell) return;
  for (const other of document.querySelectorAll(".matrix td[tabindex='0']")) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}
