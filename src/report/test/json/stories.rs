//! Conversations, with what explains each failure; and what tests touch.

use serde_json::{Map, Value, json};

use super::{
    super::failure::{failure as finding, message},
    confusions, each, nearest, rounded, words,
};
use crate::eval::{
    coverage::Coverage,
    figures::Figures,
    run::{Excuse, TestReport},
    story::{Failure, Mistake, StoryReport},
};

/// Returns a failure with everything that explains it; a key that its kind has nothing for is null.
fn told(failure: &Failure, report: &TestReport) -> Value {
    let finding = finding(failure, report.project.as_deref());
    let is_known = report.excuse(failure) == Some(Excuse::Known);
    let label = finding.labels.first().map(|label| label.text.as_str());
    let mut value = json!({
        "story": failure.story, "turn": failure.turn, "message": message(failure),
        "file": failure.place.file, "line": failure.place.line,
        "code": finding.code, "label": label, "help": finding.help, "known": is_known,
        "text": null, "slot": null, "expected": null, "predicted": null, "ranking": [], "words": [], "nearest": null, "why": null,
    });
    let Value::Object(map) = &mut value else {
        return value;
    };
    let mut set = |key: &str, value: Value| map.insert(key.to_owned(), value);
    match &failure.mistake {
        Mistake::Intent {
            text,
            expected,
            ranking,
            words: deciding,
            nearest: near,
            ..
        } => {
            let scores: Vec<Value> = ranking
                .iter()
                .map(|(name, sure)| json!({"name": name, "confidence": rounded(*sure)}))
                .collect();
            set("text", json!(text));
            set("expected", json!(expected));
            set("predicted", json!(ranking.first().map(|(name, _)| name)));
            set("ranking", scores.into());
            set("words", words(deciding).into());
            set("nearest", json!(near.as_ref().map(nearest)));
        }
        Mistake::Entity {
            text,
            expected,
            found,
        } => {
            set("text", json!(text));
            set("expected", json!(expected));
            set("predicted", json!(found));
        }
        Mistake::SurplusEntity { text, found, .. } => {
            set("text", json!(text));
            set("predicted", json!(found));
        }
        Mistake::Action {
            expected,
            found,
            why,
        } => {
            set("expected", json!(expected));
            set("predicted", json!(found));
            set("why", json!(why));
        }
        Mistake::Surplus { found, why } => {
            set("predicted", json!(found));
            set("why", json!(why));
        }
        Mistake::Slot {
            name,
            expected,
            found,
        } => {
            set("slot", json!(name));
            set("expected", expected.clone());
            set("predicted", found.clone());
        }
    }
    value
}

pub(super) fn conversations(stories: &StoryReport, report: &TestReport) -> Value {
    let failures: Vec<Value> = stories
        .failures
        .iter()
        .map(|failure| told(failure, report))
        .collect();
    let mut failed = 0_usize..;
    let results: Vec<Value> = stories
        .held
        .iter()
        .map(|held| {
            // Failures stand in the order of the stories.
            let failure = if held.passed() { None } else { failed.next() };
            let right = held.actions.iter().filter(|(a, b)| a == b).count();
            json!({
                "story": held.name, "file": held.place.file, "line": held.place.line, "passed": held.passed(),
                "turns": held.turns, "actions": held.actions.len(), "actions_right": right, "failure": failure,
            })
        })
        .collect();
    let figures = |figures: &Figures, key: &str| {
        json!({
            "examples": figures.examples, "right": figures.right, "accuracy": rounded(figures.accuracy),
            "macro_f1": rounded(figures.macro_average.f1), "weighted_f1": rounded(figures.weighted_average.f1),
            key: each(&figures.classes), "confusions": confusions(figures),
        })
    };
    json!({
        "total": stories.total, "passed": stories.passed, "failures": failures, "results": results,
        "actions": figures(&stories.actions, "per_action"),
        "intents": figures(&stories.intents, "per_intent"),
    })
}

pub(super) fn covered(coverage: &Coverage) -> Value {
    let parts: Map<String, Value> = coverage
        .parts
        .iter()
        .map(|part| {
            let untouched: Vec<Value> = part
                .untouched
                .iter()
                .map(|(name, place)| json!({"name": name, "file": place.file, "line": place.line}))
                .collect();
            let value = json!({"touched": part.touched, "of": part.of, "untouched": untouched});
            (part.what.replace(' ', "_"), value)
        })
        .collect();
    json!({"share": rounded(coverage.share()), "parts": parts})
}
