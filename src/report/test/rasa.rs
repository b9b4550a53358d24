//! The files that `rasa test` leaves in `results/`: the same names and shapes, plots as SVG.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::svg;
use crate::eval::{
    entities::{NO_ENTITY, token_labels},
    figures::{Figures, Scores},
    message::{Heard, Mark},
    nlu::NluReport,
    run::TestReport,
    story::{Held, StoryReport},
};

/// Cells of a label's row in the confusion matrix that a report looks at, its own among them.
const CONFUSED: usize = 3;

/// How the names of result files end, ours and Rasa's plots.
pub const ENDS: [&str; 8] = [
    "_report.json",
    "_errors.json",
    "_successes.json",
    "_confusion_matrix.svg",
    "_histogram.svg",
    "failed_test_stories.yml",
    "successful_test_stories.yml",
    "stories_with_warnings.yml",
];

/// Which files to write; as in Rasa errors, warnings and plots are, successes are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own, as in Rasa"
)]
pub struct Options {
    /// Also what was predicted rightly.
    pub successes: bool,
    /// Not what was predicted wrongly.
    pub no_errors: bool,
    /// No stories with warnings.
    pub no_warnings: bool,
    /// No plots.
    pub no_plot: bool,
}

/// Returns the files, name and text, in order.
pub fn files(report: &TestReport, options: Options) -> Vec<(String, String)> {
    let mut files = Files {
        options,
        found: Vec::new(),
    };
    if let Some(nlu) = &report.nlu {
        files.intents(nlu);
        files.extractors(nlu);
        files.selectors(nlu);
    }
    if let Some(stories) = &report.stories {
        files.stories(stories);
    }
    files.found
}

struct Files {
    options: Options,
    found: Vec<(String, String)>,
}

impl Files {
    fn json(&mut self, name: impl Into<String>, value: &Value) {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        self.found.push((name.into(), text));
    }

    fn plot(&mut self, name: impl Into<String>, svg: String) {
        if !self.options.no_plot {
            self.found.push((name.into(), svg));
        }
    }

    /// Writes what went wrong, if anything did, and what went right, if wanted.
    fn both(&mut self, stem: &str, errors: Vec<Value>, successes: Vec<Value>) {
        if !self.options.no_errors && !errors.is_empty() {
            self.json(format!("{stem}_errors.json"), &errors.into());
        }
        if self.options.successes && !successes.is_empty() {
            self.json(format!("{stem}_successes.json"), &successes.into());
        }
    }

    /// Writes what the classifier took messages for: as in Rasa every fallback is undone.
    fn intents(&mut self, nlu: &NluReport) {
        let pairs: Vec<(&str, &str)> = nlu
            .messages
            .iter()
            .map(|message| (message.expected.as_str(), message.classified.0.as_str()))
            .collect();
        let labels = pairs.iter().map(|(expected, _)| expected);
        if labels.collect::<std::collections::BTreeSet<_>>().len() < 2 {
            return;
        }
        self.json("intent_report.json", &table(&pairs, None, true).into());
        let shown = |right: bool| -> Vec<Value> {
            nlu.messages
                .iter()
                .filter(|message| (message.expected == message.classified.0) == right)
                .map(|message| {
                    let (name, confidence) = &message.classified;
                    json!({
                        "text": message.text, "intent": message.expected,
                        "intent_prediction": {"name": name, "confidence": confidence},
                    })
                })
                .collect()
        };
        self.both("intent", shown(false), shown(true));
        self.plot(
            "intent_confusion_matrix.svg",
            svg::matrix("Intent confusion matrix", &pairs),
        );
        let sure: Vec<(f64, bool)> = nlu
            .messages
            .iter()
            .map(|message| {
                let (name, confidence) = &message.classified;
                (*confidence, *name == message.expected)
            })
            .collect();
        self.plot(
            "intent_histogram.svg",
            svg::histogram("Intent prediction confidence", &sure),
        );
    }

    fn extractors(&mut self, nlu: &NluReport) {
        let has_marks = nlu
            .messages
            .iter()
            .any(|message| !message.entities.is_empty());
        let names: std::collections::BTreeSet<&str> = nlu
            .messages
            .iter()
            .flat_map(|message| &message.found)
            .filter_map(|mark| mark.extractor.as_deref())
            .filter(|name| is_judged(name))
            .collect();
        for name in names.into_iter().filter(|_| has_marks) {
            let sure: Vec<(f64, bool)> = nlu
                .messages
                .iter()
                .flat_map(|message| {
                    let found = message.found.iter();
                    let own = found.filter(|mark| mark.extractor.as_deref() == Some(name));
                    own.filter_map(|mark| {
                        let right = message.entities.iter().any(|wanted| wanted.is_same(mark));
                        Some((mark.confidence?, right))
                    })
                })
                .collect();
            self.labels(name, &nlu.messages, &sure);
        }
    }

    /// Writes how the words of messages were labelled by one extractor, with a histogram of confidences where it has
    /// any.
    fn labels(&mut self, name: &str, messages: &[Heard], sure: &[(f64, bool)]) {
        let labels: Vec<Vec<(String, String)>> = messages
            .iter()
            .map(|message| token_labels(message, Some(name)))
            .collect();
        let pairs: Vec<(&str, &str)> = labels
            .iter()
            .flatten()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        self.json(
            format!("{name}_report.json"),
            &table(&pairs, Some(NO_ENTITY), true).into(),
        );
        // One that is right in part is both, as in Rasa; what is shown is what all extractors found.
        let shown = |right: bool| -> Vec<Value> {
            messages
                .iter()
                .zip(&labels)
                .filter(|(_, labels)| {
                    let mut found = labels.iter().filter(|(a, b)| a != NO_ENTITY || b != NO_ENTITY);
                    found.any(|(a, b)| (a == b) == right)
                })
                .map(|(message, _)| {
                    let expected: Vec<Value> = message.entities.iter().map(entity).collect();
                    let found = message.found.iter();
                    let judged = found.filter(|mark| mark.extractor.as_deref().is_none_or(is_judged));
                    let predicted: Vec<Value> = judged.map(entity).collect();
                    json!({"text": message.text, "entities": expected, "predicted_entities": predicted})
                })
                .collect()
        };
        self.both(name, shown(false), shown(true));
        self.plot(
            format!("{name}_confusion_matrix.svg"),
            svg::matrix(&format!("{name} confusion matrix"), &pairs),
        );
        if !sure.is_empty() {
            self.plot(
                format!("{name}_histogram.svg"),
                svg::histogram(&format!("{name} prediction confidence"), sure),
            );
        }
    }

    fn selectors(&mut self, nlu: &NluReport) {
        let rows: Vec<(&Heard, &str, &str, f64)> = nlu
            .messages
            .iter()
            .filter_map(|message| {
                let expected = message.key.as_deref()?;
                let selected = message.selected.as_ref();
                let (name, sure) =
                    selected.map_or(("", 0.0), |(name, sure)| (name.as_str(), *sure));
                Some((message, expected, name, sure))
            })
            .collect();
        let pairs: Vec<(&str, &str)> = rows.iter().map(|(_, a, b, _)| (*a, *b)).collect();
        let keys: std::collections::BTreeSet<&str> = pairs.iter().map(|(key, _)| *key).collect();
        if keys.len() < 2 {
            return;
        }
        self.json(
            "response_selection_report.json",
            &table(&pairs, None, true).into(),
        );
        let shown = |right: bool| -> Vec<Value> {
            rows.iter()
                .filter(|(_, a, b, _)| (a == b) == right)
                .map(|(message, expected, predicted, sure)| {
                    json!({
                        "text": message.text, "intent_response_key_target": expected,
                        "intent_response_key_prediction": {"name": predicted, "confidence": sure},
                    })
                })
                .collect()
        };
        self.both("response_selection", shown(false), shown(true));
        self.plot(
            "response_selection_confusion_matrix.svg",
            svg::matrix("Response selection confusion matrix", &pairs),
        );
        let sure: Vec<(f64, bool)> = rows.iter().map(|(_, a, b, sure)| (*sure, a == b)).collect();
        self.plot(
            "response_selection_histogram.svg",
            svg::histogram("Response selection prediction confidence", &sure),
        );
    }

    fn stories(&mut self, stories: &StoryReport) {
        let labels = story_labels(stories);
        let pairs: Vec<(&str, &str)> = labels
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let warned = |held: &&Held| held.passed() && held.is_unlikely;
        let mut report = table(&pairs, None, false);
        report.insert(
            "conversation_accuracy".to_owned(),
            json!({
                "accuracy": stories.accuracy(), "correct": stories.passed,
                "with_warnings": stories.held.iter().filter(warned).count(), "total": stories.total,
            }),
        );
        self.json("story_report.json", &report.into());
        if !self.options.no_errors {
            let text = written(stories, &|held| !held.passed(), FAILED_NONE);
            self.found
                .push(("failed_test_stories.yml".to_owned(), text));
        }
        if self.options.successes {
            let text = written(stories, &Held::passed, SUCCESSFUL_NONE);
            self.found
                .push(("successful_test_stories.yml".to_owned(), text));
        }
        if !self.options.no_warnings {
            let text = written(stories, &|held| warned(&held), WARNINGS_NONE);
            self.found
                .push(("stories_with_warnings.yml".to_owned(), text));
        }
        self.plot(
            "story_confusion_matrix.svg",
            svg::matrix("Action confusion matrix", &pairs),
        );
        self.policy(stories);
    }

    /// Writes what Rasa writes of entities that a policy finds. None of ours looks for any, so every one that is marked
    /// in what users say is missed.
    fn policy(&mut self, stories: &StoryReport) {
        let marked: Vec<Heard> = stories
            .messages()
            .filter(|message| !message.entities.is_empty())
            .map(|message| Heard {
                found: Vec::new(),
                ..message.clone()
            })
            .collect();
        if marked.is_empty() {
            self.json("TEDPolicy_report.json", &json!({}));
            return;
        }
        self.labels("TEDPolicy", &marked, &[]);
    }
}

/// Tells whether an extractor's finds are judged: as in Rasa not what is found by rule.
fn is_judged(name: &str) -> bool {
    !name.contains("Duckling") && !name.contains("Spacy")
}

const FAILED_NONE: &str = "# None of the test stories failed - all good!";
const SUCCESSFUL_NONE: &str = "# None of the test stories succeeded :(";
const WARNINGS_NONE: &str = "# No warnings for test stories";

/// Returns the stories that failed, as `failed_test_stories.yml` has them.
pub fn failed(stories: &StoryReport) -> String {
    written(stories, &|held| !held.passed(), FAILED_NONE)
}

fn written(stories: &StoryReport, keep: &dyn Fn(&Held) -> bool, none: &str) -> String {
    let texts: Vec<&str> = stories
        .held
        .iter()
        .filter(|held| keep(held))
        .map(|held| held.text.as_str())
        .collect();
    if texts.is_empty() {
        return none.to_owned();
    }
    format!("version: \"3.1\"\nstories:\n{}", texts.concat())
}

/// Returns what a story report counts together: actions, then intents, then entities.
///
/// As in Rasa the entities of one text are laid side by side by where they stand, in whichever stories it is said: two
/// at the same place are a pair whatever they are, and one that has no partner stands beside `None`.
fn story_labels(stories: &StoryReport) -> Vec<(String, String)> {
    let held = &stories.held;
    let mut labels: Vec<(String, String)> =
        held.iter().flat_map(|held| held.actions.clone()).collect();
    labels.extend(held.iter().flat_map(|held| held.intents.clone()));
    let mut texts: BTreeMap<&str, [Vec<&Mark>; 2]> = BTreeMap::new();
    for message in stories.messages() {
        let [wanted, found] = texts.entry(&message.text).or_default();
        wanted.extend(&message.entities);
        found.extend(&message.found);
    }
    for (text, [mut wanted, mut found]) in texts {
        for side in [&mut wanted, &mut found] {
            side.sort_by_key(|mark| mark.start);
        }
        let (mut wanted, mut found) = (wanted.iter().peekable(), found.iter().peekable());
        loop {
            let place = |mark: &&&Mark| (mark.start, mark.end);
            let (left, right) = (wanted.peek().map(place), found.peek().map(place));
            let is_next = |own: Option<_>, other: Option<_>| match (own, other) {
                (Some(own), Some(other)) => own <= other,
                (own, _) => own.is_some(),
            };
            if left.is_none() && right.is_none() {
                break;
            }
            let shown = |mark: Option<&&Mark>| {
                mark.map_or_else(|| "None".to_owned(), |mark| in_text(text, mark))
            };
            let expected = shown(wanted.next_if(|_| is_next(left, right)));
            let predicted = shown(found.next_if(|_| is_next(right, left)));
            labels.push((expected, predicted));
        }
    }
    labels
}

/// Returns an entity as it is marked in a text, without role and group, which these labels leave out.
fn in_text(text: &str, mark: &Mark) -> String {
    let length = mark.end.saturating_sub(mark.start);
    let own: String = text.chars().skip(mark.start).take(length).collect();
    if mark.value.as_str() == Some(&own) {
        return format!("[{own}]({})", mark.entity);
    }
    let written = match &mark.value {
        Value::String(_) => mark.value.clone(),
        other => other.to_string().into(),
    };
    format!(
        "[{own}]{}",
        json!({"entity": mark.entity, "value": written})
    )
}

/// Returns a report as scikit-learn makes it: a row for each label that is expected, but for `without`, then averages.
fn table(pairs: &[(&str, &str)], without: Option<&str>, confused: bool) -> Map<String, Value> {
    let figures = Figures::of(pairs);
    let is_expected = |name: &str| {
        Some(name) != without && figures.classes.get(name).is_some_and(|own| own.support > 0)
    };
    let rows: BTreeMap<&String, &Scores> = figures
        .classes
        .iter()
        .filter(|(name, _)| is_expected(name))
        .collect();
    let mut out = Map::new();
    for (name, scores) in &rows {
        let mut row = row(scores);
        if confused {
            let with = confused_with(pairs, name, without);
            row.insert("confused_with".to_owned(), with.into());
        }
        out.insert((*name).clone(), row.into());
    }
    let support: usize = rows.values().map(|scores| scores.support).sum();
    let is_whole = rows.len() == figures.classes.len();
    let micro = if is_whole {
        let share = figures.accuracy;
        Scores {
            precision: share,
            recall: share,
            f1: share,
            support,
        }
    } else {
        let right = pairs
            .iter()
            .filter(|(a, b)| a == b && is_expected(a))
            .count();
        let found = pairs.iter().filter(|(_, b)| is_expected(b)).count();
        Scores::new(right, found, support)
    };
    let average = |weighted: bool| Scores::mean(rows.values().copied(), weighted);
    out.insert("micro avg".to_owned(), row(&micro).into());
    out.insert("macro avg".to_owned(), row(&average(false)).into());
    out.insert("weighted avg".to_owned(), row(&average(true)).into());
    out.insert("accuracy".to_owned(), figures.accuracy.into());
    out
}

/// Returns what a label is taken for, of the largest cells of its row, those of what is right and of what has no rows
/// being such cells, too; the last label first among equals, as in Rasa.
fn confused_with(pairs: &[(&str, &str)], name: &str, without: Option<&str>) -> Map<String, Value> {
    let mut cells: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, predicted) in pairs.iter().filter(|(expected, _)| *expected == name) {
        *cells.entry(predicted).or_default() += 1;
    }
    let mut cells: Vec<(&str, usize)> = cells.into_iter().rev().collect();
    cells.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    cells
        .into_iter()
        .take(CONFUSED)
        .filter(|(label, _)| *label != name && Some(*label) != without)
        .map(|(label, count)| (label.to_owned(), count.into()))
        .collect()
}

fn row(scores: &Scores) -> Map<String, Value> {
    let pairs: [(&str, Value); 4] = [
        ("precision", scores.precision.into()),
        ("recall", scores.recall.into()),
        ("f1-score", scores.f1.into()),
        ("support", scores.support.into()),
    ];
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn entity(mark: &Mark) -> Value {
    let mut out = Map::new();
    out.insert("start".to_owned(), mark.start.into());
    out.insert("end".to_owned(), mark.end.into());
    out.insert("value".to_owned(), mark.value.clone());
    out.insert("entity".to_owned(), mark.entity.clone().into());
    for (key, part) in [
        ("role", &mark.role),
        ("group", &mark.group),
        ("extractor", &mark.extractor),
    ] {
        if let Some(part) = part {
            out.insert(key.to_owned(), part.clone().into());
        }
    }
    if let Some(confidence) = mark.confidence {
        out.insert("confidence_entity".to_owned(), confidence.into());
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_rows_for_what_is_expected_only() {
        // Rasa 3.6 on the same pairs, `thankyou` being predicted but never expected.
        let pairs = [
            ("greet", "greet"),
            ("greet", "goodbye"),
            ("goodbye", "thankyou"),
            ("goodbye", "goodbye"),
        ];
        let report = table(&pairs, None, true);
        assert!(!report.contains_key("thankyou"));
        assert_eq!(report["greet"]["confused_with"], json!({"goodbye": 1}));
        assert_eq!(report["micro avg"]["support"], 4);
        assert_eq!(report["micro avg"]["precision"], json!(2.0 / 3.0));
        assert_eq!(report["accuracy"], json!(0.5));
        let many = ["a", "a", "b", "b", "c", "c", "d"].map(|taken| ("a", taken));
        // The three largest cells of the row are those of a, b and c, and a is what is right.
        let report = table(&many, None, true);
        assert_eq!(report["a"]["confused_with"], json!({"b": 2, "c": 2}));
        let whole = table(&pairs[..2], None, false);
        assert!(whole["greet"].get("confused_with").is_none());
    }
}
