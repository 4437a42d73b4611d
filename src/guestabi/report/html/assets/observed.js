// What real guests did, beside what was predicted: a cell is as observed, framed where it was not.

const SEEN = {
  loaded: ["✓", "the guest runs and reads what it read before", "v-same"],
  changed: ["~", "the guest runs and reads other answers", "v-changed"],
  refused: ["✗", "the VMM refuses the guest", "v-refused"],
  silent: ["…", "the VMM says it runs; it was not heard again", "v-unknown"],
};

function observedView() {
  const names = DATA.observed.map((each, at) => [String(at), `${each.vmm}, ${each.cpu}`]);
  const [file, from, to] = state.move.split(",").map((each) => Number(each));
  const at = DATA.observed[file] ? file : 0;
  const found = DATA.observed[at];
  const move = state.move.includes(",") && found.moves.find((each) => each[0] === from && each[1] === to);
  return el("section", { "aria-labelledby": "observed-title" },
    el("h1", { id: "observed-title" }, found.headline),
    el("div", { class: "filters" }, choice("Results", String(at), names, (value) => filter({ move: value })),
      el("p", { class: "asked" }, "Born on the row, moved to the column: observed; ≠ where it was not as predicted.")),
    observedTable(found, at), seenLegend(found),
    move ? observedMove(found, move) : null);
}

function observedTable(found, file) {
  const byPlace = new Map(found.moves.map((each) => [`${each[0]},${each[1]}`, each]));
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Observed moves" },
    el("table", { class: "matrix large links" },
      el("thead", {}, el("tr", {}, el("th", { class: "corner", scope: "col" }, "from ↓ to →"),
        found.short.map((each) => el("th", { scope: "col", class: "to" }, el("span", {}, name(each)))))),
      el("tbody", {}, found.short.map((short, a) => el("tr", {}, el("th", { scope: "row", class: "from" }, name(short)),
        found.short.map((_, b) => observedCell(byPlace.get(`${a},${b}`), file)))))));
}

function observedCell(move, file) {
  if (!move) return el("td", {}, el("span", { class: "vh" }, "not moved"));
  const [a, b, seen, predicted, agrees] = move;
  const key = `${file},${a},${b}`;
  return el("td", { class: `${SEEN[seen][2]}${agrees === false ? " against" : ""}${state.move === key ? " here" : ""}` },
    el("a", { href: fragment({ view: "observed", move: key }), "aria-label": `observed ${seen}, predicted ${predicted}${agrees === false ? ", not as predicted" : ""}` },
      agrees === false ? "≠" : SEEN[seen][0]));
}

function seenLegend(found) {
  const count = (seen) => found.moves.filter((each) => each[2] === seen).length;
  return el("ul", { class: "legend marks", "aria-label": "Legend" }, Object.entries(SEEN).filter(([seen]) => count(seen))
    .map(([seen, [symbol, says, look]]) => el("li", {}, el("span", { class: `swatch ${look}`, "aria-hidden": "true" }, symbol), `${count(seen)} ${seen}: ${says}`)));
}

function observedMove(found, [a, b, seen, predicted, agrees, answers, surprises, reasons]) {
  const list = (title, lines) => (lines.length ? [el("h3", {}, title), el("ul", {}, lines.map((line) => el("li", {}, line)))] : null);
  const word = agrees === null ? "nothing was predicted" : agrees ? "as predicted" : "not as predicted";
  return el("section", { class: "block", "aria-labelledby": "move-title" },
    el("h2", { id: "move-title" }, name(found.names[a]), " → ", name(found.names[b])),
    el("p", {}, `Predicted ${predicted}, observed ${seen}: ${word}.`),
    list("Not as predicted", found.said[surprises]),
    list("What the guest reads otherwise", found.said[answers].map(([what, before, after, where]) => `${what}: ${before} → ${after}${where ? ` (${where})` : ""}`)),
    list("What the VMM said", found.said[reasons]));
}
