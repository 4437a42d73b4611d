// From the fragment to what is shown.

const VIEWS = { matrix: matrixView, registers: registersView, hosts: hostsView, plan: planView, designs: designsView, observed: observedView };

const offered = new Set([...document.querySelectorAll("#nav a")].map((link) => link.dataset.view));

function current() {
  if (offered.has(state.view)) return state.view;
  if (state.cell && offered.has("matrix")) return "matrix";
  return document.querySelector("#nav a").dataset.view;
}

function show() {
  const before = state;
  state = readFragment();
  const view = current();
  const box = document.querySelector(".matrixbox");
  const scroll = box && [box.scrollLeft, box.scrollTop];
  const focus = document.activeElement && document.activeElement.closest("#view") ? focusKey(document.activeElement) : null;
  $("view").replaceChildren(VIEWS[view]());
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const again = document.querySelector(".matrixbox");
  if (scroll && again) [again.scrollLeft, again.scrollTop] = scroll;
  if (focus) refocus(focus);
  focusClosed();
  arrive(before);
}

// After the page was drawn anew, the same control has the focus.
function focusKey(node) {
  const all = [...$("view").querySelectorAll("select, button, a, input, summary")];
  return all.indexOf(node) >= 0 ? [node.tagName, node.textContent.slice(0, 80), all.indexOf(node)] : null;
}

function refocus([tag, text, place]) {
  const all = [...$("view").querySelectorAll("select, button, a, input, summary")];
  const same = all.filter((each) => each.tagName === tag && each.textContent.slice(0, 80) === text);
  const node = same.find((each) => each === all[place]) || same[0];
  if (node) node.focus({ preventScroll: true });
}

function arrive(before) {
  const changed = (key) => state[key] && state[key] !== before[key];
  const target = changed("cell") ? $("panel-title") : changed("register") ? $("register-title") : null;
  if (!target) return;
  target.focus({ preventScroll: true });
  const top = target.getBoundingClientRect().top;
  if (top < 0 || top > innerHeight - 120) target.scrollIntoView({ block: "start" });
}

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  if (theme === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme);
  $("theme").textContent = `Theme: ${theme}`;
}

$("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme || "auto";
  setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
});

addEventListener("hashchange", show);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && openedCell() && event.target.closest("#panel")) closeCell();
  if (event.key === "/" && !event.target.closest("input, select, textarea")) {
    event.preventDefault();
    $("search").focus();
  }
});
show();
