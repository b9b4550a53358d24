"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const page = document.getElementById("page");
  const NS = "http://www.w3.org/2000/svg";

  // Small helpers: elements, numbers, places. Texts only ever become text nodes.
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
  const share = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
  const place = (one) => make("code", {}, `${one.file}:${one.line}`);
  const section = (id, title) => {
    const element = make("section", { id, "aria-label": title }, make("h2", {}, title));
    page.append(element);
    links.append(make("a", { href: `#${id}` }, title));
    return element;
  };

  // A table whose heads sort it. Columns: [title, value(row), show(row)?]; numbers stand to the right.
  const sortable = (id, columns, rows, empty) => {
    if (rows.length === 0) return make("p", { class: "soft" }, empty || "None.");
    const body = make("tbody");
    const heads = columns.map(([title, value], at) => {
      const isNumber = typeof value(rows[0]) === "number";
      const head = make("th", { scope: "col", class: isNumber ? "number" : undefined, "aria-sort": "none" });
      head.append(make("button", { type: "button", onclick: () => sort(at) }, title));
      return head;
    });
    const fill = (sorted) => {
      body.replaceChildren(...sorted.map((row) => make("tr", {}, ...columns.map(([, value, show]) => {
        const shown = show ? show(row) : value(row);
        const isNumber = typeof value(row) === "number";
        return make("td", { class: isNumber ? "number" : undefined }, shown instanceof Node ? shown : String(shown));
      }))));
    };
    const sort = (at) => {
      const value = columns[at][1];
      const up = heads[at].getAttribute("aria-sort") !== "ascending";
      heads.forEach((head) => head.setAttribute("aria-sort", "none"));
      heads[at].setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
      fill([...rows].sort((a, b) => (up ? 1 : -1) * order(value(a), value(b))));
    };
    fill(rows);
    const table = make("table", { id }, make("thead", {}, make("tr", {}, ...heads)), body);
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": id }, table);
  };

  // Rows that hold a word typed into a field.
  const filtered = (id, columns, rows, empty) => {
    const holder = make("div");
    const field = make("input", { type: "search", id: `${id}-filter`, oninput: () => update() });
    const count = make("span", { class: "soft", role: "status" });
    const update = () => {
      const wanted = field.value.toLowerCase();
      const kept = rows.filter((row) => columns.some(([, value]) => String(value(row)).toLowerCase().includes(wanted)));
      holder.replaceChildren(sortable(id, columns, kept, empty));
      count.textContent = `${kept.length} of ${rows.length}`;
    };
    update();
    return make("div", {}, make("div", { class: "tools" }, make("label", { for: field.id }, "Filter "), field, count), holder);
  };

  const links = make("nav", { "aria-label": "Sections" });
  const theme = make("button", { type: "button", id: "theme", onclick: () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
  } }, "Light or dark");
  page.append(
    make("header", {},
      make("h1", {}, "bot test: ", make("span", { class: data.verdict }, data.verdict)),
      make("span", { class: "soft" }, [data.model, data.folds && `${data.folds}-fold cross-validation`, data.share && `${data.share} held out`, `seed ${data.seed}`].filter(Boolean).join(" · ")),
      theme),
    links);
  for (const words of data.missed || []) page.append(make("p", { class: "bad" }, words));

  const { intents, entities, selectors, stories, coverage, comparison } = data;
  const curve = data.learning_curve;
  const tiles = make("div", { class: "tiles" });
  const tile = (value, title, note) => tiles.append(make("div", { class: "tile" }, make("b", {}, value), make("span", {}, title, note ? ` · ${note}` : "")));
  if (intents) {
    const [low, high] = intents.intervals.accuracy;
    tile(share(intents.accuracy), "accuracy", `95 % ${share(low)} – ${share(high)}`);
    tile(share(intents.macro_f1), "macro F1");
    tile(share(intents.weighted_f1), "weighted F1");
    tile(share(intents.ece), "calibration error");
    tile(`${intents.right} / ${intents.examples}`, "messages right");
  }
  if (entities) tile(share(entities.micro_f1), "entity F1");
  if (selectors) tile(share(selectors.accuracy), "answers right");
  if (stories) tile(`${stories.passed} / ${stories.total}`, "conversations right");
  if (coverage) tile(`${(coverage.share * 100).toFixed(0)} %`, "touched by tests");
  if (data.out_of_scope) tile(share(data.out_of_scope.auroc), "out-of-scope AUROC");
  page.append(tiles);

  // Plots -------------------------------------------------------------------------------------------------------
  const W = 380, H = 260, L = 40, B = 30, T = 10, R = 10;
  const x = (value) => L + value * (W - L - R);
  const y = (value) => H - B - value * (H - B - T);
  const frame = (title, below) => {
    const svg = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title });
    for (const at of [0, 0.25, 0.5, 0.75, 1]) {
      svg.append(draw("line", { x1: L, x2: W - R, y1: y(at), y2: y(at), class: "axis" }));
      svg.append(draw("text", { x: x(at), y: H - B + 15, "text-anchor": "middle" }, String(at)));
    }
    svg.append(draw("text", { x: (W + L) / 2, y: H - 2, "text-anchor": "middle" }, below));
    return svg;
  };
  const figure = (svg, caption) => make("figure", {}, svg, make("figcaption", {}, caption));

  const histogram = () => {
    const { right, wrong } = intents.histogram;
    const most = Math.max(1, ...right.map((count, at) => count + wrong[at]));
    const svg = frame("Confidence histogram", "confidence");
    svg.id = "histogram";
    right.forEach((count, at) => {
      const width = (W - L - R) / right.length - 2, from = x(at / right.length) + 1;
      const tall = (n) => (n / most) * (H - B - T);
      const range = `${(at / right.length).toFixed(2)}–${((at + 1) / right.length).toFixed(2)}`;
      svg.append(draw("rect", { x: from, width, y: H - B - tall(count), height: tall(count), class: "good" }, draw("title", {}, `${range}: ${count} right`)));
      svg.append(draw("rect", { x: from, width, y: H - B - tall(count + wrong[at]), height: tall(wrong[at]), class: "bad" }, draw("title", {}, `${range}: ${wrong[at]} wrong`)));
    });
    svg.append(draw("text", { x: L - 5, y: T + 8, "text-anchor": "end" }, String(most)));
    return figure(svg, "How sure the model was: green right, red wrong.");
  };
  const reliability = () => {
    const svg = frame("Reliability diagram", "confidence");
    svg.id = "reliability";
    for (const at of [0, 0.5, 1]) svg.append(draw("text", { x: L - 5, y: y(at) + 4, "text-anchor": "end" }, String(at)));
    svg.append(draw("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "ideal" }));
    const bins = intents.reliability;
    svg.append(draw("polyline", { class: "curve", points: bins.map((bin) => `${x(bin.confidence)},${y(bin.accuracy)}`).join(" ") }));
    const most = Math.max(1, ...bins.map((bin) => bin.count));
    for (const bin of bins) {
      svg.append(draw("circle", { cx: x(bin.confidence), cy: y(bin.accuracy), r: 3 + 6 * Math.sqrt(bin.count / most), class: "dot" },
        draw("title", {}, `${bin.count} messages, confidence ${share(bin.confidence)}, right ${share(bin.accuracy)}`)));
    }
    return figure(svg, `Share right against confidence; on the dashed line confidences mean what they say. Calibration error ${share(intents.ece)}.`);
  };
  const learning = () => {
    const all = [...curve.points, ...curve.forecast];
    const most = Math.max(...all.map((point) => point.examples));
    const least = Math.max(0, Math.min(...all.map((point) => point.accuracy)) - 0.05);
    const py = (value) => y((value - least) / (1 - least));
    const svg = draw("svg", { id: "curve", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": "Learning curve" });
    for (const at of [0, 0.5, 1]) {
      const value = least + at * (1 - least);
      svg.append(draw("line", { x1: L, x2: W - R, y1: y(at), y2: y(at), class: "axis" }), draw("text", { x: L - 5, y: y(at) + 4, "text-anchor": "end" }, value.toFixed(2)));
    }
    const line = (points) => points.map((point) => `${x(point.examples / most)},${py(point.accuracy)}`).join(" ");
    svg.append(draw("polyline", { class: "curve", points: line(curve.points) }));
    svg.append(draw("polyline", { class: "curve foretold", points: line([curve.points[curve.points.length - 1], ...curve.forecast]) }));
    for (const point of all) svg.append(draw("circle", { cx: x(point.examples / most), cy: py(point.accuracy), r: 4, class: "dot" }, draw("title", {}, `${point.examples.toFixed(0)} examples: ${share(point.accuracy)}`)));
    svg.append(draw("text", { x: (W + L) / 2, y: H - 8, "text-anchor": "middle" }, `examples, up to ${most.toFixed(0)}`));
    return figure(svg, "Accuracy against data; dashed: foretold.");
  };
  if (intents || curve) {
    const plots = make("div", { class: "plots" });
    if (intents) plots.append(histogram(), reliability());
    if (curve) plots.append(learning());
    section("plots", "Confidence").append(plots);
  }

  // Tables ------------------------------------------------------------------------------------------------------
  const scores = (all) => Object.entries(all).map(([name, own]) => ({ name, ...own }));
  const scoreColumns = (title) => [
    [title, (row) => row.name], ["precision", (row) => row.precision, (row) => share(row.precision)],
    ["recall", (row) => row.recall, (row) => share(row.recall)], ["F1", (row) => row.f1, (row) => share(row.f1)],
    ["examples", (row) => row.support],
  ];
  if (comparison) {
    const part = section("comparison", `Compared with ${comparison.with}`);
    const { messages } = comparison;
    part.append(make("p", {}, "Verdict: ", make("b", {}, comparison.verdict),
      ` · ${messages.right_before} → ${messages.right_now} of ${messages.shared} messages right · chance of as much by luck ${share(messages.chance)}`));
    const changes = ["broken", "fixed", "changed"].flatMap((kind) => messages[kind].map((change) => ({ kind, ...change })));
    const sure = (side) => `${side.predicted}${side.confidence === null ? "" : ` ${side.confidence.toFixed(2)}`}`;
    part.append(filtered("changes", [
      ["what", (row) => row.kind], ["message", (row) => row.text], ["expected", (row) => row.expected],
      ["before", (row) => sure(row.before)], ["now", (row) => sure(row.now)], ["where", (row) => `${row.file}:${row.line}`, place],
    ], changes, "Every message is understood as before."));
    const moved = ["broken", "fixed"].flatMap((kind) => comparison.stories[kind].map((one) => ({ kind, ...one })));
    if (moved.length) part.append(sortable("changed-stories", [["what", (row) => row.kind], ["story", (row) => row.story], ["where", (row) => `${row.file}:${row.line}`, place]], moved));
  }
  if (intents) {
    section("intents", "Intents").append(filtered("intent-table", scoreColumns("intent"), scores(intents.per_intent)));
    matrix(section("confusions", "Confusion matrix"));
    section("errors", "Messages understood wrongly").append(filtered("error-table", [
      ["message", (row) => row.text], ["expected", (row) => row.expected], ["understood as", (row) => row.predicted],
      ["confidence", (row) => row.confidence, (row) => row.confidence.toFixed(2)],
      ["why", (row) => `${row.words.map((one) => one.word).join(" ")} ${row.nearest ? row.nearest.text : ""}`, why],
      ["where", (row) => `${row.file}:${row.line}`, place],
    ], intents.errors, "Every message is understood rightly."));
  }
  function why(row) {
    const words = row.words.map((one) => `${one.word} ${one.share >= 0 ? "+" : "−"}${Math.abs(one.share).toFixed(2)}`).join(", ");
    return make("span", { class: "why" },
      words ? `for ${row.predicted}${row.second ? ` over ${row.second.name}` : ""}: ${words}` : "",
      row.nearest ? make("div", {}, `nearest: “${row.nearest.text}” (${row.nearest.intent}) `, place(row.nearest)) : null);
  }
  if (entities) {
    const part = section("entities", "Entities");
    part.append(make("p", { class: "soft" }, `Exact spans: F1 ${share(entities.micro_f1)} · word by word: F1 ${share(entities.tokens.micro_f1)}, accuracy ${share(entities.tokens.accuracy)}`));
    part.append(sortable("entity-table", scoreColumns("type"), scores(entities.per_type)));
    const fine = [...scores(entities.per_role), ...scores(entities.per_group)];
    if (fine.length) part.append(make("h3", {}, "Roles and groups"), sortable("role-table", scoreColumns("role or group"), fine));
    const marks = (list) => list.map((one) => `${one.entity}${one.role ? `.${one.role}` : ""}=${one.value}`).join(", ") || "none";
    part.append(make("h3", {}, "Found otherwise"), filtered("entity-errors", [
      ["message", (row) => row.text], ["expected", (row) => marks(row.expected)], ["found", (row) => marks(row.predicted)], ["where", (row) => `${row.file}:${row.line}`, place],
    ], entities.errors));
  }
  if (selectors) section("selectors", "Answers").append(sortable("selector-table", scoreColumns("answer"), scores(selectors.per_answer)));
  if (stories) {
    const part = section("stories", "Conversations");
    const failures = new Map(stories.failures.map((one) => [one.story, one]));
    part.append(filtered("story-table", [
      ["story", (row) => row.story],
      ["result", (row) => (row.passed ? "passed" : "failed"), (row) => make("span", { class: row.passed ? "good" : "bad" }, row.passed ? "passed" : "failed")],
      ["turns", (row) => row.turns], ["actions right", (row) => row.actions_right, (row) => `${row.actions_right} / ${row.actions}`],
      ["mistake", (row) => (row.passed ? "" : (failures.get(row.story) || {}).message || "")], ["where", (row) => `${row.file}:${row.line}`, (row) => place(row.passed ? row : failures.get(row.story) || row)],
    ], stories.results));
    part.append(make("h3", {}, "Actions"), sortable("action-table", scoreColumns("action"), scores(stories.actions.per_action)));
  }
  if (coverage) {
    const part = section("coverage", "What no test touches");
    const left = Object.entries(coverage.parts).flatMap(([what, one]) => one.untouched.map((item) => ({ what: what.replace("_", " "), ...item })));
    part.append(make("p", { class: "soft" }, Object.entries(coverage.parts).map(([what, one]) => `${what.replace("_", " ")} ${one.touched} of ${one.of}`).join(" · ")));
    part.append(filtered("coverage-table", [["what", (row) => row.what], ["name", (row) => row.name], ["where", (row) => `${row.file}:${row.line}`, place]], left, "Tests touch everything."));
  }

  // The matrix: arrows move, Enter or a click lists the messages of a cell. -----------------------------------------
  function matrix(part) {
    const counts = new Map();
    const missed = new Map();
    for (const one of intents.predictions) {
      const key = JSON.stringify([one.expected, one.predicted]);
      counts.set(key, (counts.get(key) || 0) + 1);
      for (const name of [one.expected, one.predicted]) missed.set(name, (missed.get(name) || 0) + (one.expected === one.predicted ? 0 : 1));
    }
    const confused = [...missed].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]).map(([name]) => name);
    const every = [...missed.keys()].sort();
    const holder = make("div", { class: "scroll" });
    const list = make("div", { id: "cell", "aria-live": "polite" });
    const choice = make("select", { id: "matrix-labels", onchange: () => show() },
      make("option", { value: "most" }, `the most confused (${Math.min(25, confused.length)})`),
      make("option", { value: "confused" }, `all that are confused (${confused.length})`),
      make("option", { value: "every" }, `every intent (${every.length})`));
    const open = (expected, predicted, cell) => {
      holder.querySelectorAll("[aria-selected=true]").forEach((other) => other.setAttribute("aria-selected", "false"));
      cell.setAttribute("aria-selected", "true");
      const rows = intents.predictions.filter((one) => one.expected === expected && one.predicted === predicted);
      list.replaceChildren(make("h3", {}, `${expected} → ${predicted}: ${rows.length}`), sortable("cell-table", [
        ["message", (row) => row.text], ["confidence", (row) => row.confidence, (row) => row.confidence.toFixed(2)], ["where", (row) => `${row.file}:${row.line}`, place],
      ], rows, "No message."));
    };
    const show = () => {
      const labels = choice.value === "every" ? every : (choice.value === "most" ? confused.slice(0, 25) : [...confused]).sort();
      if (labels.length === 0) { holder.replaceChildren(make("p", { class: "soft" }, "Nothing is confused. ")); return; }
      const body = make("tbody");
      labels.forEach((expected, row) => {
        const total = labels.reduce((sum, other) => sum + (counts.get(JSON.stringify([expected, other])) || 0), 0) || 1;
        const line = make("tr", { role: "row" }, make("th", { scope: "row" }, expected));
        labels.forEach((predicted, column) => {
          const count = counts.get(JSON.stringify([expected, predicted])) || 0;
          const cell = make("td", { role: "gridcell", tabindex: row === 0 && column === 0 ? "0" : "-1", "aria-selected": "false",
            "aria-label": `${expected} taken for ${predicted}: ${count}`, title: `${expected} → ${predicted}: ${count}`,
            "data-row": row, "data-column": column, "data-count": count, onclick: () => { focus(row, column); open(expected, predicted, cell); } }, count ? String(count) : "");
          if (count) cell.style.background = `color-mix(in srgb, var(${expected === predicted ? "--good" : "--bad"}) ${Math.round(20 + 70 * count / total)}%, var(--panel))`;
          line.append(cell);
        });
        body.append(line);
      });
      const heads = labels.map((name) => make("th", { scope: "col" }, make("span", {}, name)));
      const table = make("table", { class: "matrix", role: "grid", id: "matrix", "aria-label": "Confusion matrix: rows expected, columns understood" },
        make("thead", {}, make("tr", {}, make("th"), ...heads)), body);
      table.addEventListener("keydown", (event) => {
        const cell = event.target.closest("td");
        if (!cell) return;
        const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
        if (step) { event.preventDefault(); focus(Number(cell.dataset.row) + step[0], Number(cell.dataset.column) + step[1]); }
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); cell.click(); }
      });
      holder.replaceChildren(table);
      list.replaceChildren(make("p", { class: "soft" }, "Rows are expected, columns understood. A cell lists its messages; arrows move between cells, Enter opens one."));
    };
    const focus = (row, column) => {
      const cell = holder.querySelector(`td[data-row="${row}"][data-column="${column}"]`);
      if (!cell) return;
      holder.querySelectorAll("td[tabindex='0']").forEach((other) => other.setAttribute("tabindex", "-1"));
      cell.setAttribute("tabindex", "0");
      cell.focus();
    };
    part.append(make("div", { class: "tools" }, make("label", { for: "matrix-labels" }, "Show "), choice), holder, list);
    show();
  }
  document.documentElement.dataset.ready = "yes";
})();
