// Hosts by class: those that neither a guest nor a VMM can tell apart are one.

function hostsView() {
  const order = DATA.classes.map((_, number) => number);
  return el("section", { "aria-labelledby": "hosts-title" },
    el("h1", { id: "hosts-title" },
      `${plural(HOSTS.length, "host")}, ${plural(order.length, "class")}${order.length === 1 ? "" : "es"}`.replace("classs", "class")),
    el("p", { class: "lead" }, "Hosts of one class were measured alike in every register, default, accepted value and answer."),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Classes of hosts" },
      el("table", { class: "plain" },
        el("thead", {}, el("tr", {}, ["class", "CPU", "hosts", "kernels", "registers"].map((each) => el("th", { scope: "col" }, each)))),
        el("tbody", {}, order.map(classRow)))));
}

function classRow(number) {
  const row = DATA.classes[number];
  const members = row.hosts.map((each) => HOSTS[each]);
  return el("tr", {}, el("th", { scope: "row" }, code(row.digest)), el("td", {}, members[0].cpu),
    el("td", {}, members.map((host, at) => [at ? ", " : null, name(host.name)])),
    el("td", {}, [...new Set(members.map((host) => host.kernel))].map((each, at) => [at ? ", " : null, name(each)])),
    el("td", { class: "number" }, String(row.variants.filter((each) => each >= 0).length)));
}
