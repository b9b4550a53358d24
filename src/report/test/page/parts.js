// Elements, numbers, places and tables. Texts only ever become text nodes.
const NS = "http://www.w3.org/2000/svg";
const make = (name, options = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};
const draw = (name, options = {}, ...children) => {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(options)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
// What is not all right must not read so.
const share = (value) => {
  if (value === null || value === undefined) return "–";
  let digits = 3;
  while (digits < 6 && value < 1 && value.toFixed(digits).startsWith("1")) digits += 1;
  return value.toFixed(digits);
};
const signed = (value, digits = 3) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
// Ranges and shares stay in one line.
const range = (from, to) => `${from}\u00a0–\u2060\u00a0${to}`;
const percent = (value) => `${value}\u00a0%`;
const between = (pair) => (pair ? range(share(pair[0]), share(pair[1])) : "–");
const place = (one) => make("code", { class: "place" }, `${one.file}:${one.line}`);
const where = ["where", (row) => `${row.file}:${row.line}`, place];
// Long names may break after what joins their parts.
const broken = (text) => {
  const whole = document.createDocumentFragment();
  text.split(/(?<=[_/])/).forEach((piece, at) => whole.append(...(at ? [document.createElement("wbr"), piece] : [piece])));
  return whole;
};
// What stands between backticks is code.
const coded = (text) => make("span", { class: "lines" }, ...text.split("`").map((piece, at) => (at % 2 ? make("code", {}, piece) : piece)));
const soft = (...children) => make("p", { class: "soft" }, ...children);
const nearest = (near) => (near ? make("div", {}, `nearest: “${near.text}” (${near.intent}) `, make("code", {}, `${near.file}:${near.line}`)) : null);
const told = (near) => (near ? `${near.text} ${near.intent}` : "");
const deciding = (words) => words.map((one) => `${one.word} ${signed(one.share, 2)}`).join(", ");

// A table whose heads sort it. Columns: [title, value(row), show(row)?]; numbers stand to the right. `fill` gives it
// other rows in the order that was chosen.
const table = (id, columns, rows, empty) => {
  const body = make("tbody", { role: "rowgroup" });
  const note = soft(empty || "None.");
  const chosen = { column: -1, up: true };
  const kinds = columns.map(([, value]) => {
    const longest = rows.reduce((most, row) => Math.max(most, String(value(row)).length), 0);
    if (rows.length > 0 && rows.every((row) => typeof value(row) === "number")) return "number";
    return longest <= 12 ? "short" : longest > 60 ? "long" : undefined;
  });
  // What has many words stands under each other where the page is narrow: roles keep it a table there.
  const isWordy = kinds.filter((kind) => kind !== "number").length > 2;
  const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  const heads = columns.map(([title], at) => {
    const head = make("th", { scope: "col", role: "columnheader", class: kinds[at] === "number" ? "number" : undefined, "aria-sort": "none" });
    head.append(make("button", { type: "button", onclick: () => sort(at) }, title));
    return head;
  });
  let shown = rows;
  const fill = (others) => {
    shown = others;
    const sorted = [...shown];
    if (chosen.column >= 0) {
      const value = columns[chosen.column][1];
      sorted.sort((a, b) => (chosen.up ? 1 : -1) * order(value(a), value(b)));
    }
    body.replaceChildren(...sorted.map((row) => make("tr", { role: "row" }, ...columns.map(([title, value, show], at) => {
      const cell = show ? show(row) : value(row);
      return make("td", { class: kinds[at], role: "cell", "data-head": title }, cell instanceof Node ? cell : broken(String(cell)));
    }))));
    holder.hidden = shown.length === 0;
    note.hidden = shown.length > 0;
  };
  const sort = (at) => {
    chosen.up = chosen.column !== at || !chosen.up;
    chosen.column = at;
    heads.forEach((head, other) => head.setAttribute("aria-sort", other !== at ? "none" : chosen.up ? "ascending" : "descending"));
    fill(shown);
  };
  const holder = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": id.replaceAll("-", " ") },
    make("table", { id, role: "table", class: isWordy ? "wordy" : undefined }, make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads)), body));
  fill(rows);
  return { element: make("div", {}, holder, note), fill };
};
const sortable = (id, columns, rows, empty) => table(id, columns, rows, empty).element;

// A table of the rows that hold a word typed into a field.
const filtered = (id, columns, rows, empty) => {
  const own = table(id, columns, rows, empty);
  const field = make("input", { type: "search", id: `${id}-filter`, oninput: () => update() });
  const count = make("span", { class: "soft", role: "status" });
  const update = () => {
    const wanted = field.value.toLowerCase();
    const kept = rows.filter((row) => columns.some(([, value]) => String(value(row)).toLowerCase().includes(wanted)));
    own.fill(kept);
    count.textContent = `${kept.length} of ${rows.length}`;
  };
  update();
  if (rows.length === 0) return own.element;
  return make("div", {}, make("div", { class: "tools" }, make("label", { for: field.id }, "Filter "), field, count), own.element);
};

// A table of few rows, each a list of cells; the first is its head.
const plain = (id, heads, rows) => make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": id.replaceAll("-", " ") }, make("table", { id },
  make("thead", {}, make("tr", {}, ...heads.map((title, at) => make("th", { scope: "col", class: at ? "number" : undefined }, title)))),
  make("tbody", {}, ...rows.map(([head, ...cells]) => make("tr", {}, make("th", { scope: "row" }, head), ...cells.map((cell) => make("td", { class: "number" }, String(cell))))))));
const averages = (id, kinds) => plain(id, ["average", "precision", "recall", "F1"],
  kinds.map(([name, of, key]) => [name, share(of[`${key}_precision`]), share(of[`${key}_recall`]), share(of[`${key}_f1`])]));
const scores = (all) => Object.entries(all).map(([name, one]) => ({ name, ...one }));
const scoreColumns = (what) => [
  [what, (row) => row.name], ["precision", (row) => row.precision, (row) => share(row.precision)],
  ["recall", (row) => row.recall, (row) => share(row.recall)], ["F1", (row) => row.f1, (row) => share(row.f1)], ["support", (row) => row.support],
];
