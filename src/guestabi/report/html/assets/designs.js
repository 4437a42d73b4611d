// Designs and promises: which holds, whatever the VMM does; and the shortest story of a failure.

const ANSWERS = {
  holds: ["✓", "holds", "v-benign"], refuses: ["✓ refuses", "holds by refusing some move: the guest is whole, and stays", "v-same"],
  window: ["✓ until run", "holds once the guest ran; until then a value can still change", "v-changed"],
  fails: ["✗", "fails under some VMM behaviour", "v-refused"],
};

function designsView() {
  const table = DATA.designs;
  const [design, property] = state.design.split(",").map(Number);
  const opened = state.design && table.cells[design] && table.cells[design][property];
  return el("section", { "aria-labelledby": "designs-title" },
    el("h1", { id: "designs-title" }, "Which design keeps which promise"),
    el("p", { class: "lead" }, `Every interleaving of boot, set, run, save and load, upgrades and rollbacks: ${plural(table.states, "state")}, ${table.bound.kernels} kernels, ${table.bound.vmms} VMMs, ${table.bound.hosts} hosts, ${table.bound.vcpus} vCPUs. Every failure was replayed.`),
    el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Designs by promise" },
      el("table", { class: "plain" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "promise"), table.designs.map(([short, title]) => el("th", { scope: "col", title }, short)))),
        el("tbody", {}, table.properties.map(([id, short, meaning], row) => el("tr", {},
          el("th", { scope: "row" }, el("strong", {}, `${id} ${short}`), el("span", { class: "has" }, meaning)),
          table.cells.map((column, at) => el("td", {}, designMark(column[row], at, row)))))))),
    el("ul", { class: "legend marks", "aria-label": "Legend" }, Object.values(ANSWERS).map(([symbol, says, look]) =>
      el("li", {}, el("span", { class: `badge ${look}`, "aria-hidden": "true" }, symbol), says))),
    opened ? designDetail(table, design, property, opened) : null);
}

function designMark(answers, design, property) {
  const asked = answers.filter((each) => each !== null);
  const failed = asked.filter((each) => typeof each === "number").length;
  const worst = failed ? "fails" : ["window", "refuses", "holds"].sort((a, b) =>
    ["refuses", "window", "holds"].indexOf(a) - ["refuses", "window", "holds"].indexOf(b)).find((each) => asked.includes(each));
  const words = failed ? `✗ ${failed} of ${asked.length}` : ANSWERS[worst][0];
  return el("a", { class: `badge ${ANSWERS[worst][2]}`, href: fragment({ view: "designs", design: `${design},${property}` }),
    "aria-current": state.design === `${design},${property}` ? "true" : null }, words);
}

function designDetail(table, design, property, answers) {
  const [short, title] = table.designs[design];
  const [id, what] = table.properties[property];
  const stories = new Map();
  answers.forEach((each, at) => {
    if (typeof each === "number") stories.set(each, [...(stories.get(each) || []), table.behaviours[at][0]]);
  });
  return el("section", { class: "block", "aria-labelledby": "design-title" },
    el("h2", { id: "design-title" }, `${short}, ${id} ${what}`), el("p", { class: "lead" }, title),
    el("table", { class: "plain" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "VMM behaviour"), el("th", { scope: "col" }, "answer"))),
      el("tbody", {}, answers.map((each, at) => each === null ? null : el("tr", {},
        el("th", { scope: "row" }, table.behaviours[at][0], el("span", { class: "has" }, table.behaviours[at][1])),
        el("td", {}, typeof each === "number" ? "✗ fails" : ANSWERS[each][1]))))),
    [...stories].map(([story, behaviours]) => [el("h3", {}, `Under ${behaviours.join(", ")}`),
      el("ol", { class: "story" }, table.stories[story].map((line) => el("li", {}, line)))]));
}
