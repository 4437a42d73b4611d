// The page's data, its state, and elements made of text alone: no text is ever read as markup.

const DATA = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

const $ = (id) => document.getElementById(id);

function fill(node, props, kids) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const kid of kids.flat(Infinity)) {
    if (kid !== undefined && kid !== null && kid !== false && kid !== "") node.append(kid);
  }
  return node;
}

const el = (tag, props, ...kids) => fill(document.createElement(tag), props, kids);
const svg = (tag, props, ...kids) => fill(document.createElementNS(SVG, tag), props, kids);

// Names from files stand apart from the text around them, whatever their direction.
const name = (text, props) => el("bdi", props, text);
const code = (text) => el("code", {}, text);

// What is open: all of it is in the fragment, so that a link shows the same.
const QUESTIONS = Object.keys(DATA.questions);
const DEFAULTS = {
  view: "", cpu: "", vmm: "", q: "forward", severity: "", verdict: "", cell: "", register: "",
  fields: "", all: "", story: "", step: "", design: "", move: "",
};
let state = { ...DEFAULTS };

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return ""; }
}

function readFragment() {
  const found = { ...DEFAULTS };
  for (const part of location.hash.slice(1).split("&")) {
    const at = part.indexOf("=");
    const key = part.slice(0, at);
    if (at > 0 && Object.hasOwn(DEFAULTS, key)) found[key] = decoded(part.slice(at + 1));
  }
  return found;
}

function fragment(changes) {
  const next = { ...state, ...changes };
  const parts = Object.keys(DEFAULTS)
    .filter((key) => next[key] !== DEFAULTS[key])
    .map((key) => `${key}=${encodeURIComponent(next[key]).replace(/%2F/g, "/").replace(/%3E/g, ">")}`);
  return `#${parts.join("&")}`;
}

// Opening something is a step that "back" undoes; a filter is none.
function open(changes) {
  location.hash = fragment(changes);
}

function filter(changes) {
  history.replaceState(null, "", fragment(changes));
  show();
}

function say(text) {
  $("said").textContent = text;
}

function copier(text, label) {
  const button = el("button", { type: "button", class: "quiet copy", "aria-label": label }, "Copy");
  button.addEventListener("click", async () => {
    let done = true;
    try { await navigator.clipboard.writeText(text); } catch { done = copyBySelection(text); }
    button.textContent = done ? "Copied" : "Select and copy";
    say(button.textContent);
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}

function copyBySelection(text) {
  const area = el("textarea", { class: "vh", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function choice(label, value, options, change) {
  const select = el("select", { onchange: (event) => change(event.target.value) },
    options.map(([key, words]) => el("option", { value: key, selected: key === value }, words)));
  return el("label", { class: "choice" }, el("span", {}, label), select);
}

function sourceLink([words, address]) {
  if (!address) return el("span", {}, words);
  return el("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, words);
}

// Buttons that turn a window of `size` over `count` of something; `go` is told where it begins then.
function turner(word, from, count, size, go) {
  const button = (says, to) => el("button", {
    type: "button", class: "quiet", disabled: to < 0 || to >= count, onclick: () => { go(to); show(); },
  }, `${says} ${word}`);
  return el("div", { class: "pager", role: "group", "aria-label": `Which ${word} are shown` },
    button("previous", from ? Math.max(0, from - size) : -1),
    el("span", {}, `${word} ${from + 1} to ${Math.min(count, from + size)} of ${count}`),
    button("next", from + size));
}
