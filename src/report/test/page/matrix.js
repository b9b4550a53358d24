// The confusion matrix: arrows move, Enter or a click lists the messages of a cell.
const matrix = (part, predictions) => {
  const key = (expected, predicted) => JSON.stringify([expected, predicted]);
  const counts = new Map(), missed = new Map(), totals = new Map();
  for (const one of predictions) {
    counts.set(key(one.expected, one.predicted), (counts.get(key(one.expected, one.predicted)) || 0) + 1);
    totals.set(one.expected, (totals.get(one.expected) || 0) + 1);
    for (const name of [one.expected, one.predicted]) missed.set(name, (missed.get(name) || 0) + (one.expected === one.predicted ? 0 : 1));
  }
  // Both intents of the pairs that are most often confused, as long as there is room.
  const pairs = [...counts].map(([pair, count]) => [...JSON.parse(pair), count]).filter(([expected, predicted]) => expected !== predicted);
  const most = new Set();
  for (const [expected, predicted] of pairs.sort((a, b) => b[2] - a[2])) {
    if (new Set([...most, expected, predicted]).size <= 25) most.add(expected).add(predicted);
  }
  const confused = [...missed].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const every = [...missed.keys()].sort();
  const holder = make("div", { class: "scroll" });
  const list = make("div", { id: "cell", "aria-live": "polite" });
  const choice = make("select", { id: "matrix-labels", onchange: () => show() },
    make("option", { value: "most" }, `the most confused (${most.size})`),
    make("option", { value: "confused" }, `all that are confused (${confused.length})`),
    make("option", { value: "every" }, `every intent (${every.length})`));
  if (confused.length === 0) choice.value = "every";
  const open = (expected, predicted, cell) => {
    holder.querySelectorAll("[aria-selected=true]").forEach((other) => other.setAttribute("aria-selected", "false"));
    cell.setAttribute("aria-selected", "true");
    const rows = predictions.filter((one) => one.expected === expected && one.predicted === predicted);
    list.replaceChildren(make("h3", {}, `${expected} → ${predicted || "nothing"}: ${rows.length}`), sortable("cell-table", [
      ["message", (row) => row.text], ["confidence", (row) => row.confidence, (row) => row.confidence.toFixed(2)], where,
    ], rows, "No message."));
  };
  const focus = (row, column) => {
    const cell = holder.querySelector(`td[data-row="${row}"][data-column="${column}"]`);
    if (!cell) return;
    holder.querySelectorAll("td[tabindex='0']").forEach((other) => other.setAttribute("tabindex", "-1"));
    cell.setAttribute("tabindex", "0");
    cell.focus();
  };
  const show = () => {
    const labels = choice.value === "every" ? every : [...(choice.value === "most" ? most : confused)].sort();
    if (labels.length === 0) { holder.replaceChildren(soft("Nothing is confused.")); return; }
    const body = make("tbody");
    labels.forEach((expected, row) => {
      const line = make("tr", {}, make("th", { scope: "row", title: expected }, expected || "nothing"));
      labels.forEach((predicted, column) => {
        const count = counts.get(key(expected, predicted)) || 0;
        // Five steps of the row's share, each with a colour of its own for the number.
        const level = Math.min(5, Math.ceil((5 * count) / (totals.get(expected) || 1)));
        const cell = make("td", { class: count ? `${expected === predicted ? "good" : "bad"}-${level}` : undefined, role: "gridcell",
          tabindex: row === 0 && column === 0 ? "0" : "-1", "aria-selected": "false",
          "aria-label": `${expected} taken for ${predicted}: ${count}`, title: `${expected} → ${predicted}: ${count}`,
          "data-row": row, "data-column": column, "data-count": count, onclick: () => { focus(row, column); open(expected, predicted, cell); } }, count ? String(count) : "");
        line.append(cell);
      });
      body.append(line);
    });
    const heads = labels.map((name) => make("th", { scope: "col", title: name }, make("span", {}, name || "nothing")));
    const grid = make("table", { class: "matrix", role: "grid", id: "matrix", "aria-label": "Confusion matrix: rows expected, columns understood" },
      make("thead", {}, make("tr", {}, make("th", { class: "corner" }, "expected ↓  understood as →"), ...heads)), body);
    grid.addEventListener("keydown", (event) => {
      const cell = event.target.closest("td");
      if (!cell) return;
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (step) { event.preventDefault(); focus(Number(cell.dataset.row) + step[0], Number(cell.dataset.column) + step[1]); }
      const end = { Home: 0, End: labels.length - 1 }[event.key];
      if (end !== undefined) { event.preventDefault(); focus(Number(cell.dataset.row), end); }
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); cell.click(); }
    });
    holder.replaceChildren(grid);
    // No cell is focused behind the names, which stay where they are.
    holder.style.scrollPadding = `${grid.tHead.offsetHeight}px 0 0 ${grid.tHead.rows[0].cells[0].offsetWidth}px`;
    list.replaceChildren(soft("Rows are expected, columns understood; the fuller the colour, the larger the part of its row. A cell lists its messages; arrows, Home and End move between cells, Enter opens one."));
  };
  part.append(make("div", { class: "tools" }, make("label", { for: "matrix-labels" }, "Show "), choice), holder, list);
  show();
};
