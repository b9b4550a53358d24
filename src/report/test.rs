//! The verdict of `bot test`: for people, and as JSON (schema 1).

use serde_json::{Map, Value, json};

use crate::{
    console::{Console, Role},
    diagnostic::{Diagnostic, Result, count},
    eval::{
        nlu::{NluReport, Scores},
        story::{Failure, Mistake, StoryReport},
    },
};

/// Everything that one run of `bot test` found.
#[derive(Clone, Debug, Default)]
pub struct TestReport {
    /// File of the model.
    pub model: String,
    /// Seed of the run.
    pub seed: u64,
    /// Single messages.
    pub nlu: Option<NluReport>,
    /// Conversations.
    pub stories: Option<StoryReport>,
    /// Thresholds that were missed, in words.
    pub missed: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

impl TestReport {
    /// Tells whether everything went well enough.
    pub fn passed(&self) -> bool {
        self.missed.is_empty()
            && self
                .stories
                .as_ref()
                .is_none_or(|stories| stories.failures.is_empty())
    }
}

/// Returns the report as JSON; fields are only added within a schema.
pub fn json(report: &TestReport) -> Value {
    let mut out = Map::new();
    out.insert("bot".into(), env!("CARGO_PKG_VERSION").into());
    out.insert("schema".into(), 1.into());
    out.insert("model".into(), report.model.clone().into());
    out.insert("seed".into(), report.seed.into());
    if let Some(nlu) = &report.nlu {
        let per_intent: Map<String, Value> = nlu
            .per_intent
            .iter()
            .map(|(name, scores)| (name.clone(), scores_json(scores)))
            .collect();
        let confusions: Vec<Value> = nlu
            .confusions
            .iter()
            .map(|(expected, predicted, count)| json!({"expected": expected, "predicted": predicted, "count": count}))
            .collect();
        let errors: Vec<Value> = nlu
            .errors
            .iter()
            .map(|error| {
                json!({
                    "text": error.text, "expected": error.expected, "predicted": error.predicted,
                    "confidence": rounded(error.confidence), "file": error.place.file, "line": error.place.line,
                })
            })
            .collect();
        out.insert(
            "intents".into(),
            json!({
                "examples": nlu.examples, "accuracy": rounded(nlu.accuracy), "macro_f1": rounded(nlu.macro_f1),
                "weighted_f1": rounded(nlu.weighted_f1), "ece": rounded(nlu.ece), "per_intent": per_intent,
                "confusions": confusions, "errors": errors,
            }),
        );
        if let Some(entities) = &nlu.entities {
            let per_type: Map<String, Value> = entities
                .per_type
                .iter()
                .map(|(name, scores)| (name.clone(), scores_json(scores)))
                .collect();
            out.insert(
                "entities".into(),
                json!({
                    "micro_precision": rounded(entities.micro.precision), "micro_recall": rounded(entities.micro.recall),
                    "micro_f1": rounded(entities.micro.f1), "per_type": per_type,
                }),
            );
        }
    }
    if let Some(stories) = &report.stories {
        let failures: Vec<Value> = stories
            .failures
            .iter()
            .map(|failure| {
                json!({
                    "story": failure.story, "turn": failure.turn, "message": message(failure),
                    "file": failure.place.file, "line": failure.place.line,
                })
            })
            .collect();
        out.insert(
            "stories".into(),
            json!({"total": stories.total, "passed": stories.passed, "failures": failures}),
        );
    }
    if !report.missed.is_empty() {
        out.insert("missed".into(), report.missed.clone().into());
    }
    out.insert(
        "verdict".into(),
        if report.passed() { "passed" } else { "failed" }.into(),
    );
    Value::Object(out)
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn scores_json(scores: &Scores) -> Value {
    json!({
        "precision": rounded(scores.precision), "recall": rounded(scores.recall), "f1": rounded(scores.f1),
        "support": scores.support,
    })
}

/// Most wrong messages listed for people.
const LISTED: usize = 10;

/// Prints the figures and the verdict.
pub fn print(console: &mut Console, report: &TestReport) -> Result<()> {
    let quality = if report.nlu.is_some() {
        format!("{:>11}{:>11}", "accuracy", "macro F1")
    } else {
        String::new()
    };
    console.result(format!("{:14}{:>7}{:>7}{quality}", "", "right", "of"))?;
    if let Some(nlu) = &report.nlu {
        console.result(format!(
            "{:14}{:>7}{:>7}{:>11.3}{:>11.3}",
            "intents", nlu.right, nlu.examples, nlu.accuracy, nlu.macro_f1
        ))?;
        if let Some(entities) = &nlu.entities {
            let right = (entities.micro.recall * entities.micro.support as f64).round();
            console.result(format!(
                "{:14}{:>7}{:>7}{:>11.3}{:>11.3}",
                "entities", right, entities.micro.support, entities.micro.recall, entities.micro.f1
            ))?;
        }
    }
    if let Some(stories) = &report.stories {
        console.result(format!(
            "{:14}{:>7}{:>7}",
            "stories", stories.passed, stories.total
        ))?;
    }
    if let Some(nlu) = &report.nlu {
        errors(console, nlu)?;
    }
    console.result(if console.ascii() {
        "-".repeat(12)
    } else {
        "─".repeat(12)
    })?;
    let mut tested = Vec::new();
    if let Some(stories) = &report.stories {
        tested.push(count(stories.total, "conversation"));
    }
    if let Some(nlu) = &report.nlu {
        tested.push(count(nlu.examples, "message"));
    }
    let time = format!("{:.2} s", report.seconds);
    if report.passed() {
        let word = console.paint_result(Role::Good, "Passed");
        console.result(format!("{word} in {time}: {}", tested.join(", ")))
    } else {
        let mut reasons = Vec::new();
        if let Some(stories) = report
            .stories
            .as_ref()
            .filter(|stories| !stories.failures.is_empty())
        {
            reasons.push(format!(
                "{} of {}",
                stories.failures.len(),
                count(stories.total, "conversation")
            ));
        }
        reasons.extend(report.missed.iter().cloned());
        let word = console.paint_result(Role::Bad, "Failed");
        console.result(format!("{word} in {time}: {}", reasons.join("; ")))
    }
}

fn errors(console: &mut Console, nlu: &NluReport) -> Result<()> {
    if nlu.errors.is_empty() {
        return Ok(());
    }
    let arrow = if console.ascii() { "->" } else { "→" };
    let dot = if console.ascii() { "-" } else { "·" };
    let most: Vec<String> = nlu
        .confusions
        .iter()
        .take(3)
        .map(|(a, b, n)| format!("{a} {arrow} {b} {n}"))
        .collect();
    console.result("")?;
    console.result(format!(
        "Most confused   {}",
        most.join(&format!(" {dot} "))
    ))?;
    let mut weakest: Vec<_> = nlu
        .per_intent
        .iter()
        .filter(|(_, scores)| scores.support > 0 && scores.f1 < 1.0)
        .collect();
    weakest.sort_by(|a, b| a.1.f1.total_cmp(&b.1.f1));
    let weakest: Vec<String> = weakest
        .iter()
        .take(3)
        .map(|(name, scores)| format!("{name} {:.2} of {}", scores.f1, scores.support))
        .collect();
    console.result(format!(
        "Lowest F1       {}",
        weakest.join(&format!(" {dot} "))
    ))?;
    console.result("")?;
    for error in nlu.errors.iter().take(LISTED) {
        let text: String = error.text.chars().take(48).collect();
        let text = if text.len() < error.text.len() {
            format!("{text}…")
        } else {
            text
        };
        let line = format!(
            "wrong  \"{text}\"  {} {arrow} {} {:.2}  {}",
            error.expected, error.predicted, error.confidence, error.place
        );
        console.result(line)?;
    }
    if nlu.errors.len() > LISTED {
        console.result(format!(
            "       and {} more, all in `--format json`",
            nlu.errors.len() - LISTED
        ))?;
    }
    Ok(())
}

/// Returns what failed, in one sentence.
fn message(failure: &Failure) -> String {
    let Failure {
        story,
        turn,
        mistake,
        ..
    } = failure;
    match mistake {
        Mistake::Intent {
            expected, ranking, ..
        } => {
            let found = ranking.first().map_or("nothing", |(name, _)| name.as_str());
            format!("{story}: turn {turn} was understood as `{found}`, expected `{expected}`")
        }
        Mistake::Entity { expected, .. } => {
            format!("{story}: turn {turn} has no entity `{expected}`")
        }
        Mistake::Action {
            expected,
            found: Some(found),
            ..
        } => {
            format!("{story}: after turn {turn} the bot ran `{found}`, expected `{expected}`")
        }
        Mistake::Action {
            expected,
            found: None,
            ..
        } => {
            format!("{story}: after turn {turn} the bot listened, expected `{expected}`")
        }
        Mistake::Surplus { found, .. } => {
            format!("{story}: after turn {turn} the bot ran `{found}` too")
        }
        Mistake::Slot {
            name,
            expected,
            found,
        } => {
            format!("{story}: after turn {turn} the slot `{name}` is {found}, expected {expected}")
        }
    }
}

/// Returns a failed story as a finding at its line.
pub fn failure(failure: &Failure) -> Diagnostic {
    let (code, label, help) = match &failure.mistake {
        Mistake::Intent {
            text,
            expected,
            ranking,
        } => {
            let best: Vec<String> = ranking
                .iter()
                .take(2)
                .map(|(name, confidence)| format!("{name} {confidence:.2}"))
                .collect();
            let help = format!(
                "add a similar message under `{expected}` in data/nlu.yml\n`bot parse \"{text}\" --explain` shows which words decided"
            );
            ("test::intent", best.join(", "), help)
        }
        Mistake::Entity { found, .. } => {
            let found = if found.is_empty() {
                "none were found".to_owned()
            } else {
                format!("found: {}", found.join(", "))
            };
            (
                "test::entity",
                found,
                "add the value to a lookup table or a regex of that name".to_owned(),
            )
        }
        Mistake::Action { found, why, .. } => (
            "test::action",
            found
                .as_ref()
                .map_or("the bot listened".to_owned(), |found| {
                    format!("the bot ran `{found}`")
                }),
            why.as_ref().map_or(
                "add a rule or a story that goes on like this".to_owned(),
                |why| format!("chosen by {why}"),
            ),
        ),
        Mistake::Surplus { found, why } => (
            "test::action",
            format!("after this the bot ran `{found}`"),
            why.as_ref()
                .map_or("add the action to the test".to_owned(), |why| {
                    format!("chosen by {why}")
                }),
        ),
        Mistake::Slot { found, .. } => (
            "test::slot",
            format!("it is {found}"),
            "check the slot's mappings".to_owned(),
        ),
    };
    Diagnostic::error(code, message(failure))
        .label(failure.origin, label)
        .help(help)
}
