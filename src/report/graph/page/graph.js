"use strict";
(() => {
  const { nodes, edges } = JSON.parse(document.getElementById("data").textContent);
  const view = document.getElementById("view");
  const svg = view.querySelector("svg");
  const told = document.getElementById("told");
  const make = (name, options = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(options)) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  };

  // The part of the picture that is seen: its corner, and how large a unit is drawn. ---------------------------------
  const whole = svg.viewBox.baseVal;
  const size = { width: whole.width, height: whole.height };
  const seen = { x: 0, y: 0, zoom: 1 };
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.setAttribute("preserveAspectRatio", "xMinYMin meet");
  svg.setAttribute("role", "group");
  const show = () => {
    svg.setAttribute("viewBox", `${seen.x} ${seen.y} ${view.clientWidth / seen.zoom} ${view.clientHeight / seen.zoom}`);
    document.getElementById("zoom").textContent = `${Math.round(seen.zoom * 100)} %`;
  };
  const middle = () => [view.clientWidth / 2, view.clientHeight / 2];
  const enlarge = (factor, [x, y] = middle()) => {
    const zoom = Math.min(4, Math.max(0.05, seen.zoom * factor));
    seen.x += x / seen.zoom - x / zoom;
    seen.y += y / seen.zoom - y / zoom;
    seen.zoom = zoom;
    show();
  };
  const fit = () => {
    seen.zoom = Math.min(1.5, view.clientWidth / size.width, view.clientHeight / size.height);
    seen.x = (size.width - view.clientWidth / seen.zoom) / 2;
    seen.y = (size.height - view.clientHeight / seen.zoom) / 2;
    show();
  };
  const move = (dx, dy) => {
    seen.x += dx / seen.zoom;
    seen.y += dy / seen.zoom;
    show();
  };
  // Brings a part of the picture into sight, large enough to be read.
  const bring = (element) => {
    const box = element.getBBox();
    if (seen.zoom < 0.6) seen.zoom = 0.8;
    const [wide, high] = [view.clientWidth / seen.zoom, view.clientHeight / seen.zoom];
    const inside = box.x > seen.x && box.y > seen.y && box.x + box.width < seen.x + wide && box.y + box.height < seen.y + high;
    if (!inside) {
      seen.x = box.x + box.width / 2 - wide / 2;
      seen.y = box.y + box.height / 2 - high / 2;
    }
    show();
  };
  document.getElementById("fit").addEventListener("click", fit);
  document.getElementById("full").addEventListener("click", () => enlarge(1 / seen.zoom));
  document.getElementById("larger").addEventListener("click", () => enlarge(1.25));
  document.getElementById("smaller").addEventListener("click", () => enlarge(0.8));
  addEventListener("resize", show);
  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = view.getBoundingClientRect();
    enlarge(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), [event.clientX - box.x, event.clientY - box.y]);
  }, { passive: false });
  let held = null;
  view.addEventListener("pointerdown", (event) => { if (event.button === 0) held = { x: event.clientX, y: event.clientY, moved: false }; });
  view.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [dx, dy] = [held.x - event.clientX, held.y - event.clientY];
    if (!held.moved && Math.hypot(dx, dy) < 4) return;
    if (!held.moved) view.setPointerCapture(event.pointerId);
    Object.assign(held, { x: event.clientX, y: event.clientY, moved: true });
    view.classList.add("moving");
    move(dx, dy);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    view.addEventListener(end, () => { held = null; view.classList.remove("moving"); });
  }
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      ArrowLeft: () => move(-60, 0), ArrowRight: () => move(60, 0), ArrowUp: () => move(0, -60), ArrowDown: () => move(0, 60),
      "+": () => enlarge(1.25), "=": () => enlarge(1.25), "-": () => enlarge(0.8), 0: fit, 1: () => enlarge(1 / seen.zoom),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  // What is chosen: a point with the ways to and from it, or a way. ---------------------------------------------------
  const label = (number) => nodes[number].label + (nodes[number].form && nodes[number].form !== nodes[number].label ? ` (in ${nodes[number].form})` : "");
  const elements = (kind, number) => [...svg.querySelectorAll(`[data-${kind}~="${number}"]`)];
  // Marks what is chosen, and what it leads from and to.
  const mark = (chosen, near) => {
    svg.querySelectorAll(".chosen, .near").forEach((other) => other.classList.remove("chosen", "near"));
    near.forEach((element) => element.classList.add("near"));
    chosen.forEach((element) => element.classList.add("chosen"));
  };
  const list = (items) => make("ul", {}, ...items.map((item) => make("li", {}, item)));
  const link = (text, action) => make("button", { type: "button", class: "link", onclick: action }, text);
  const stories = (number) => [...new Set(edges.filter((edge) => edge.from === number || edge.to === number).flatMap((edge) => edge.stories))].sort();
  const tested = (edge) => make("span", { class: edge.tested ? "good" : "bad" }, edge.tested ? "tested" : "not tested");
  const chooseNode = (number) => {
    const numbers = edges.map((_, way) => way).filter((way) => edges[way].from === number || edges[way].to === number);
    mark(elements("node", number), numbers.flatMap((way) => elements("edges", way)));
    const ways = (here, there) => numbers.map((way) => [way, edges[way]]).filter(([, edge]) => edge[here] === number).map(([way, edge]) =>
      make("span", {}, link(edge.label || "–", () => goWay(way)), here === "to" ? " from " : " to ", link(label(edge[there]), () => go(edge[there])), " ", tested(edge)));
    const own = stories(number), before = ways("to", "from"), after = ways("from", "to");
    told.replaceChildren(make("h3", {}, label(number)), make("p", {}, `${own.length} stories and rules`), list(own));
    if (before.length) told.append(make("h3", {}, "Before it"), list(before));
    if (after.length) told.append(make("h3", {}, "After it"), list(after));
  };
  // Several, where ways side by side are drawn as one.
  const chooseEdges = (numbers) => {
    const { from, to } = edges[numbers[0]];
    mark(elements("edges", numbers[0]), [...elements("node", from), ...elements("node", to)]);
    told.replaceChildren(make("p", {}, "from ", link(label(from), () => go(from)), " to ", link(label(to), () => go(to))));
    for (const edge of numbers.map((number) => edges[number])) {
      told.append(make("h3", {}, edge.label || "without a word", " ", tested(edge)), make("p", {}, `${edge.stories.length} stories and rules`), list(edge.stories));
    }
  };
  const go = (number) => {
    const [first] = elements("node", number);
    chooseNode(number);
    if (first) { bring(first); first.focus({ preventScroll: true }); }
  };
  const goWay = (number) => {
    const [first] = elements("edges", number);
    chooseEdges([number]);
    if (first) { bring(first); first.focus({ preventScroll: true }); }
  };
  // Points are one stop of Tab, and ways another; arrow keys go on from one to the next as they are read. Returns what
  // makes another one the stop.
  const rove = (found, choose) => {
    const at = new Map(found.map((element) => [element, element.getBBox()]));
    const all = found.sort((a, b) => at.get(a).y - at.get(b).y || at.get(a).x - at.get(b).x);
    const stop = (element) => all.forEach((other) => other.setAttribute("tabindex", other === element ? "0" : "-1"));
    stop(all[0]);
    all.forEach((element, place) => {
      element.setAttribute("role", "button");
      element.addEventListener("focus", () => {
        stop(element);
        if (element.matches(":focus-visible")) { bring(element); choose(element); }
      });
      element.addEventListener("click", () => choose(element));
      element.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const chosen = event.key === "Enter" || event.key === " ";
        const next = { ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1, ArrowUp: place - 1, Home: 0, End: all.length - 1 }[event.key];
        if (!chosen && next === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        if (chosen) choose(element);
        else all[next]?.focus({ preventScroll: true });
      });
    });
    return stop;
  };
  const numbersOf = (element) => element.dataset.edges.split(" ").map(Number);
  const lines = [...svg.querySelectorAll("[data-edges]")].filter((element) => element.querySelector("path"));
  const stopAtWay = rove(lines, (element) => chooseEdges(numbersOf(element)));
  lines.forEach((element) => {
    const numbers = numbersOf(element), { from, to } = edges[numbers[0]];
    const said = numbers.map((number) => `${edges[number].label || "without a word"}, ${edges[number].tested ? "tested" : "not tested"}`);
    element.setAttribute("aria-label", `way from ${label(from)} to ${label(to)}: ${said.join("; ")}`);
    // A line is thin: beside it counts, too.
    const wide = element.querySelector("path").cloneNode();
    wide.setAttribute("class", "wide");
    wide.removeAttribute("marker-end");
    element.append(wide);
  });
  // What is written on a way is a part of it.
  svg.querySelectorAll("[data-edges]").forEach((element) => {
    if (element.querySelector("path")) return;
    element.setAttribute("aria-hidden", "true");
    element.addEventListener("click", () => chooseEdges(numbersOf(element)));
  });
  const points = [...svg.querySelectorAll("[data-node]")];
  rove(points, (element) => chooseNode(Number(element.dataset.node)));
  points.forEach((element) => {
    const number = Number(element.dataset.node), own = stories(number);
    element.setAttribute("aria-label", `${label(number)}, in ${own.length} stories and rules: ${own.join(", ")}`);
    // The next stop is a way on from it.
    element.addEventListener("focus", () => {
      const on = lines.find((line) => edges[numbersOf(line)[0]].from === number);
      if (on) stopAtWay(on);
    });
  });

  // All ways, for who cannot see the picture, and for searching. ------------------------------------------------------
  const body = document.querySelector("#ways tbody");
  const rows = edges.map((edge, number) => {
    const row = make("tr", {}, make("td", {}, link(label(edge.from), () => go(edge.from))),
      make("td", {}, link(edge.label || "–", () => { goWay(number); view.scrollIntoView({ block: "nearest" }); })),
      make("td", {}, link(label(edge.to), () => go(edge.to))), make("td", {}, tested(edge)), make("td", {}, edge.stories.join(", ")));
    return [row, `${label(edge.from)} ${edge.label} ${label(edge.to)} ${edge.tested ? "tested" : "not tested"} ${edge.stories.join(" ")}`.toLowerCase()];
  });
  const filter = document.getElementById("filter");
  const search = () => {
    const kept = rows.filter(([, text]) => text.includes(filter.value.toLowerCase()));
    body.replaceChildren(...kept.map(([row]) => row));
    document.getElementById("count").textContent = `${kept.length} of ${rows.length}`;
  };
  filter.addEventListener("input", search);
  search();
  fit();
  document.documentElement.dataset.ready = "yes";
})();
