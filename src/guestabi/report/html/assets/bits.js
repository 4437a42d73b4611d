// Two values as aligned bits, those that differ marked, and the fields that they are in.

const ROW = 32;

function parsed(hex) {
  return hex === undefined || hex === null ? null : BigInt(hex);
}

function digits(value, size) {
  return value.toString(2).padStart(size, "0");
}

function alignedBits(before, after, bits, differing, words) {
  const a = parsed(before);
  const b = parsed(after);
  const marks = differing === null ? (a === null || b === null ? 0n : a ^ b) : differing;
  if (a === null && b === null) return null;
  const rows = [];
  for (let low = bits - (bits % ROW || ROW); low >= 0; low -= ROW) {
    const size = Math.min(ROW, bits - low);
    const mask = (1n << BigInt(size)) - 1n;
    const part = (value) => (value === null ? null : (value >> BigInt(low)) & mask);
    const marked = part(marks);
    if (marked === 0n && bits > ROW && !(low === 0 && marks === 0n)) continue;
    rows.push(el("div", { class: "bits" },
      el("div", { class: "scale" }, el("span", {}, `${low + size - 1}`), el("span", {}, `${low}`)),
      bitLine(words[0], part(a), marked, size), bitLine(words[1], part(b), marked, size)));
  }
  return el("div", { class: "bitrows scroll", tabindex: "0", role: "group", "aria-label": "Bits" },
    rows);
}

function bitLine(word, value, marks, size) {
  const line = el("div", { class: "bitline" }, el("span", { class: "who" }, word));
  if (value === null) {
    line.append(el("span", { class: "none" }, "no value"));
    return line;
  }
  const text = digits(value, size);
  const marked = digits(marks, size);
  let at = 0;
  while (at < size) {
    let end = at + 1;
    while (end < size && marked[end] === marked[at] && (size - end) % 4) end += 1;
    const gap = (size - end) % 4 === 0 && end < size;
    line.append(el(marked[at] === "1" ? "mark" : "span", { class: gap ? "nibble" : null },
      text.slice(at, end)));
    at = end;
  }
  return line;
}

function inField(value, [, low, width]) {
  return value === null ? null : (value >> BigInt(low)) & ((1n << BigInt(width)) - 1n);
}

const maskOf = ([, low, width]) => ((1n << BigInt(width)) - 1n) << BigInt(low);

function meaning(field, value) {
  if (value === null) return "–";
  const said = (field[3] || []).find(([known]) => BigInt(known) === value);
  const shown = value > 9n ? `0x${value.toString(16)}` : `${value}`;
  return said ? `${shown} ${said[1]}` : shown;
}

function place([, low, width]) {
  return width === 1 ? `[${low}]` : `[${low + width - 1}:${low}]`;
}
