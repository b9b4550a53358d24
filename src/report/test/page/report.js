// The page: what was tested, then a section for each part of the report.
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
const links = make("nav", { "aria-label": "Sections" });
const section = (id, title) => {
  const element = make("section", { id, "aria-label": title }, make("h2", {}, title));
  page.append(element);
  links.append(make("a", { href: `#${id}` }, title));
  return element;
};
const { intents, entities, selectors, stories, coverage, comparison, out_of_scope: outside, learning_curve: curve } = data;

const refused = intents ? intents.predictions.filter((one) => one.refused) : [];

const head = () => {
  const theme = make("button", { type: "button", id: "theme", onclick: () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
  } }, "Light or dark");
  const about = [data.model, data.folds && `${data.folds}-fold cross-validation`, data.share && `${data.share} held out`, `seed ${data.seed}`];
  page.append(make("header", {}, make("h1", {}, "bot test: ", make("span", { class: data.verdict }, data.verdict)),
    make("span", { class: "soft" }, about.filter(Boolean).join(" · ")), theme), links);
  for (const words of data.nothing ? [data.nothing] : data.missed || []) page.append(make("p", { class: "bad" }, coded(words)));
  const tiles = make("div", { class: "tiles" });
  const tile = (value, title, note) => tiles.append(make("div", { class: "tile" }, make("b", {}, value), make("span", {}, title, note ? ` · ${note}` : "")));
  if (intents && intents.examples) {
    tile(share(intents.accuracy), "accuracy", `95 % ${between(intents.intervals.accuracy)}`);
    tile(share(intents.macro_f1), "macro F1");
    tile(share(intents.weighted_f1), "weighted F1");
    tile(share(intents.ece), "calibration error");
    tile(`${intents.right} / ${intents.examples}`, "messages right");
  }
  if (entities) tile(share(entities.micro_f1), "entity F1");
  if (selectors) tile(share(selectors.accuracy), "answers right");
  if (stories) tile(`${stories.passed} / ${stories.total}`, "conversations right");
  if (coverage) tile(`${(coverage.share * 100).toFixed(0)} %`, "touched by tests");
  if (outside && outside.auroc !== null) tile(share(outside.auroc), "out-of-scope AUROC");
  page.append(tiles);
};

const conversations = () => {
  const part = section("stories", "Conversations");
  const failure = (row) => (row.failure === null ? null : stories.failures[row.failure]);
  const why = (one) => make("div", { class: "why" },
    one.text ? make("div", {}, `the user said “${one.text}”`) : null,
    one.ranking.length ? make("div", {}, `understood as ${one.ranking.map((score) => `${score.name} ${score.confidence.toFixed(2)}`).join(", ")}`)
      : one.label ? make("div", {}, coded(one.label)) : null,
    one.words.length ? make("div", {}, `deciding words: ${deciding(one.words)}`) : null,
    one.help ? make("div", {}, coded(one.help)) : null);
  if (stories.failures.length) {
    part.append(make("h3", {}, "What went wrong"), filtered("failure-table", [
      ["story", (row) => row.story], ["turn", (row) => row.turn],
      ["mistake", (row) => row.message, (row) => make("span", { class: row.known ? undefined : "bad" }, coded(row.message.slice(row.story.length + 2)), row.known ? " (known)" : "")],
      ["why", (row) => [row.text, row.label, row.help].join(" "), why], where,
    ], stories.failures));
  }
  part.append(make("h3", {}, "Every conversation"), filtered("story-table", [
    ["story", (row) => row.story],
    ["result", (row) => (row.passed ? "passed" : "failed"), (row) => make("span", { class: row.passed ? "good" : "bad" }, row.passed ? "passed" : "failed")],
    ["turns", (row) => row.turns], ["actions right", (row) => row.actions_right / (row.actions || 1), (row) => `${row.actions_right} / ${row.actions}`],
    ["mistake", (row) => (failure(row) ? failure(row).message : ""), (row) => (failure(row) ? coded(failure(row).message.slice(row.story.length + 2)) : "")],
    ["where", (row) => `${row.file}:${row.line}`, (row) => place(failure(row) || row)],
  ], stories.results));
  part.append(make("h3", {}, `Actions: ${stories.actions.right} of ${stories.actions.examples} right`), sortable("action-table", scoreColumns("action"), scores(stories.actions.per_action)));
  const moves = [["expected", (row) => row.expected], ["instead", (row) => row.predicted], ["times", (row) => row.count]];
  if (stories.actions.confusions.length) part.append(make("h3", {}, "Wrong actions"), sortable("action-confusions", moves, stories.actions.confusions));
  if (stories.intents.examples) {
    part.append(make("h3", {}, `What users say: ${stories.intents.right} of ${stories.intents.examples} understood`),
      sortable("story-intents", scoreColumns("intent"), scores(stories.intents.per_intent)));
  }
};

const compared = () => {
  const part = section("comparison", `Compared with ${comparison.with}`);
  const { messages, stories: held } = comparison;
  const said = { better: "Better.", worse: "Worse.", unclear: "Different, perhaps by chance.", same: "Everything is as before." };
  const role = { better: "good", worse: "bad" }[comparison.verdict];
  part.append(make("p", {}, make("b", { class: role }, said[comparison.verdict])));
  const luck = (chance) => (chance < 0.001 ? "< 0.001" : share(chance));
  const rows = [];
  for (const [name, one] of [["intents", messages], ["entities", comparison.entities], ["answers", comparison.answers], ["refusals", comparison.refusals]]) {
    if (!one.shared) continue;
    const was = one.right_before / one.shared, is = one.right_now / one.shared;
    rows.push([name, one.shared, share(was), share(is), signed(is - was), one.interval ? `${signed(one.interval[0])} … ${signed(one.interval[1])}` : "", luck(one.chance), one.fixed.length, one.broken.length, one.changed.length]);
  }
  if (messages.shared) rows.splice(1, 0, ["macro F1 of intents", messages.shared, share(messages.macro_f1_before), share(messages.macro_f1_now), signed(messages.macro_f1_now - messages.macro_f1_before), "", "", "", "", ""]);
  if (held.shared) rows.push(["conversations", held.shared, `${held.passed_before}`, `${held.passed_now}`, signed(held.passed_now - held.passed_before, 0), "", "", held.fixed.length, held.broken.length, ""]);
  if (rows.length) {
    part.append(plain("comparison-figures", ["right", "compared", "before", "now", "change", "95 % of the change", "chance", "fixed", "broken", "changed"], rows),
      soft("Chance: of so large a difference between equally good models. Changed: wrong before and now, in another way."));
  }
  const apart = [["message", messages], ["conversation", held]].filter(([, one]) => one.added + one.removed);
  if (apart.length) part.append(soft(`Not compared: ${apart.map(([what, one]) => `${one.added} ${what}${one.added === 1 ? "" : "s"} only here, ${one.removed} only there`).join("; ")}.`));
  const changes = [["intent", messages], ["entities", comparison.entities], ["answer", comparison.answers], ["refusal", comparison.refusals]].flatMap(([of, one]) =>
    ["broken", "fixed", "changed"].flatMap((kind) => one[kind].map((change) => ({ kind, of, ...change }))));
  const sure = (side) => `${side.predicted || "nothing"}${side.confidence === null ? "" : ` ${side.confidence.toFixed(2)}`}`;
  const kind = (row) => make("span", { class: { broken: "bad", fixed: "good" }[row.kind] }, row.kind);
  if (intents) part.append(make("h3", {}, "Messages"), filtered("changes", [
    ["what", (row) => row.kind, kind], ["of", (row) => row.of], ["message", (row) => row.text], ["expected", (row) => row.expected || "nothing"],
    ["before", (row) => sure(row.before)], ["now", (row) => sure(row.now)], where,
  ], changes, "Every message is understood as before."));
  const moved = ["broken", "fixed"].flatMap((what) => held[what].map((one) => ({ kind: what, ...one })));
  if (held.shared) part.append(make("h3", {}, "Conversations"), sortable("changed-stories", [["what", (row) => row.kind, kind], ["story", (row) => row.story], where], moved, "Every conversation goes as before."));
};

// Which words decided between the two best intents or answers.
const decided = (row) => (row.words.length
  ? make("div", {}, `for ${row.predicted}${row.second ? ` over ${row.second.name} ${row.second.confidence.toFixed(2)}` : ""}: ${deciding(row.words)}`) : null);
const decidedBy = (row) => row.words.map((one) => one.word).join(" ");

const understood = () => {
  const part = section("intents", "Intents");
  part.append(averages("intent-averages", [["micro", intents, "micro"], ["macro", intents, "macro"], ["weighted", intents, "weighted"]]),
    soft(`95 % intervals: accuracy ${between(intents.intervals.accuracy)}, macro F1 ${between(intents.intervals.macro_f1)}, weighted F1 ${between(intents.intervals.weighted_f1)}.`),
    filtered("intent-table", scoreColumns("intent"), scores(intents.per_intent)));
  matrix(section("confusions", "Confusion matrix"), intents.predictions);
};

const wrong = () => {
  const why = (row) => make("div", { class: "why" }, decided(row), nearest(row.nearest));
  section("errors", "Messages understood wrongly").append(filtered("error-table", [
    ["message", (row) => row.text], ["expected", (row) => row.expected], ["understood as", (row) => row.predicted || "nothing"],
    ["confidence", (row) => row.confidence, (row) => row.confidence.toFixed(2)],
    ["why", (row) => `${decidedBy(row)} ${told(row.nearest)}`, why], where,
  ], intents.errors, "Every message is understood rightly."));
};

const confident = () => {
  const sure = section("confidence", "Confidence");
  sure.append(make("div", { class: "sides" }, plots.histogram(intents.histogram), plots.reliability(intents.reliability, intents.ece)),
    make("h3", {}, "Reliability"),
    plain("reliability-table", ["confidence", "messages", "mean", "share right", "difference"], intents.reliability.map((bin) =>
      [range(bin.from.toFixed(2), bin.to.toFixed(2)), bin.count, share(bin.confidence), share(bin.accuracy), signed(bin.accuracy - bin.confidence)])));
};

const fallen = () => section("refused", "Refused").append(
  soft(`${refused.length} of ${intents.predictions.length} messages fall back, whatever the classifier took them for.`),
  filtered("refused-table", [["message", (row) => row.text], ["expected", (row) => row.expected], ["understood as", (row) => row.predicted || "nothing"],
    ["confidence", (row) => row.confidence, (row) => row.confidence.toFixed(2)], where], refused));

const refusals = () => section("scope", "Out of scope").append(plain("scope-table", ["", "value"], [
  ["messages out of scope", outside.outside], ["other messages", outside.inside], ["recall: of those out of scope refused", share(outside.recall)],
  ["precision: of those refused out of scope", share(outside.precision)], ["F1", share(outside.f1)], ["others answered rightly", outside.inside ? share(outside.accuracy_inside) : "–"],
  ["AUROC: chance that one of them looks less in scope than another", share(outside.auroc)], ["others refused where 95 % of those out of scope are", share(outside.false_refusals_at_95)],
]));

const marked = () => {
  const part = section("entities", "Entities");
  part.append(soft(`${entities.right} of ${entities.expected} found exactly. Of all words ${share(entities.tokens.accuracy)} have the right label.`),
    averages("entity-averages", [
      ["exact spans, micro", entities, "micro"], ["exact spans, macro", entities, "macro"], ["exact spans, weighted", entities, "weighted"],
      ["word by word, micro", entities.tokens, "micro"], ["word by word, macro", entities.tokens, "macro"], ["word by word, weighted", entities.tokens, "weighted"],
    ]),
    make("h3", {}, "Types, as exact spans"), sortable("entity-table", scoreColumns("type"), scores(entities.per_type)));
  const fine = [...scores(entities.per_role), ...scores(entities.per_group)];
  if (fine.length) part.append(make("h3", {}, "Roles and groups, as exact spans"), sortable("role-table", scoreColumns("role or group"), fine));
  part.append(make("h3", {}, "Labels, word by word"), sortable("token-table", scoreColumns("label"), scores(entities.tokens.per_label)));
  const wrong = entities.errors.flatMap((error) => error.differences.map((one) => ({ ...error, ...one })));
  part.append(make("h3", {}, "Wrong, missed and surplus ones"), filtered("entity-errors", [
    ["message", (row) => row.text], ["what", (row) => row.kind],
    ["why", (row) => `${row.told} ${told(row.nearest)}`, (row) => make("div", {}, row.told, make("div", { class: "why" }, nearest(row.nearest)))], where,
  ], wrong, "All are found."));
};

const answered = () => {
  const part = section("selectors", "Answers");
  part.append(soft(`${selectors.right} of ${selectors.examples} right.`), averages("answer-averages", [["macro", selectors, "macro"], ["weighted", selectors, "weighted"]]),
    sortable("selector-table", scoreColumns("answer"), scores(selectors.per_answer)),
    make("h3", {}, "Wrong answers"), filtered("answer-errors", [
      ["message", (row) => row.text], ["expected", (row) => row.expected], ["selected", (row) => row.predicted || "nothing"],
      ["confidence", (row) => row.confidence, (row) => row.confidence.toFixed(2)],
      ["why", (row) => `${row.understood_as} ${decidedBy(row)} ${told(row.nearest)}`,
        (row) => make("div", { class: "why" }, make("div", {}, `understood as ${row.understood_as || "nothing"}`), decided(row), nearest(row.nearest))], where,
    ], selectors.errors, "Every answer is right."));
};

const learnt = () => {
  const part = section("learning", "Learning curve");
  const row = (point, is) => [percent((point.share * 100).toFixed(0)), point.examples, `${is ? "perhaps " : ""}${share(point.accuracy)}`, point.spread.toFixed(3), point.interval ? between(point.interval) : ""];
  part.append(make("div", { class: "sides" }, plots.learning(curve), make("div", {},
    plain("curve-table", ["data", "examples", "accuracy", "spread", "95 %"], [...curve.points.map((one) => row(one, false)), ...curve.forecast.map((one) => row(one, true))]),
    curve.limit === null ? null : soft(`If it goes on like this, more data lead towards ${share(curve.limit)} (95 % of refits: ${between(curve.limit_interval)}).`))));
};

const untouched = () => {
  const part = section("coverage", "What no test touches");
  const name = (what) => what.replaceAll("_", " ");
  const left = Object.entries(coverage.parts).flatMap(([what, one]) => one.untouched.map((item) => ({ what: name(what), ...item })));
  part.append(plain("coverage-parts", ["", "touched", "of"], Object.entries(coverage.parts).map(([what, one]) => [name(what), one.touched, one.of])),
    make("h3", {}, "Untouched"),
    filtered("coverage-table", [["what", (row) => row.what], ["name", (row) => row.name], where], left, "Tests touch everything."));
};

head();
if (comparison) compared();
if (stories) conversations();
if (intents && intents.examples) understood();
if (intents && (intents.examples || intents.errors.length)) wrong();
if (intents && intents.examples) confident();
if (refused.length) fallen();
if (outside) refusals();
if (entities) marked();
if (selectors) answered();
if (curve) learnt();
if (coverage) untouched();
document.documentElement.dataset.ready = "yes";
