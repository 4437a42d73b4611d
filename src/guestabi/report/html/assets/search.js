// The search box: a list of registers that arrow keys walk through, Enter opens.

const MOST_FOUND = 12;
let active = -1;

function found(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const rows = DATA.registers.filter((row) =>
    row.name.toLowerCase().includes(wanted) || row.id.includes(wanted) ||
    (row.fields || []).some((field) => field[0].toLowerCase() === wanted));
  const place = (row) => row.name.toLowerCase().indexOf(wanted);
  return rows.sort((a, b) => (place(a) < 0) - (place(b) < 0) || place(a) - place(b) ||
    a.name.length - b.name.length || (a.name < b.name ? -1 : 1)).slice(0, MOST_FOUND);
}

function suggest() {
  const rows = found($("search").value);
  active = -1;
  $("found").replaceChildren(...rows.map((row, at) => el("li", {
    role: "option", id: `found-${at}`, "aria-selected": "false", "data-register": row.name,
    onpointerdown: (event) => { event.preventDefault(); goTo(row.name); },
  }, code(row.name), row.summary ? el("span", { class: "dim" }, ` ${row.summary}`) : null)));
  listOpen(rows.length > 0);
  if ($("search").value) say(rows.length ? plural(rows.length, "register") : "no register found");
}

function listOpen(is) {
  $("found").hidden = !is;
  $("search").setAttribute("aria-expanded", is ? "true" : "false");
  if (!is) $("search").removeAttribute("aria-activedescendant");
}

function goTo(register) {
  listOpen(false);
  $("search").value = "";
  open({ view: "registers", register, cell: "" });
}

function searchKey(event) {
  const options = [...$("found").children];
  if (event.key === "Escape") { listOpen(false); return; }
  if (event.key === "Enter" && options.length) {
    event.preventDefault();
    goTo(options[Math.max(active, 0)].dataset.register);
    return;
  }
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!way || !options.length) return;
  event.preventDefault();
  active = (active + way + options.length) % options.length;
  options.forEach((option, at) => option.setAttribute("aria-selected", at === active ? "true" : "false"));
  $("search").setAttribute("aria-activedescendant", options[active].id);
  options[active].scrollIntoView({ block: "nearest" });
}

$("search").addEventListener("input", suggest);
$("search").addEventListener("keydown", searchKey);
$("search").addEventListener("blur", () => listOpen(false));
$("search").closest(".search").hidden = !DATA.registers.length;
