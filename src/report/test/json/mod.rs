//! The verdict as JSON, schema 1: `docs/test-report.md` says what each key holds. Fields are only added within a
//! schema.
//!
//! Nothing in it depends on when it was made or how long that took: the same tests give the same bytes.

use std::collections::BTreeMap;

mod messages;
mod stories;

use serde_json::{Map, Value, json};

pub(super) use self::messages::heard;

use self::{
    messages::{entities, intents, selectors},
    stories::{conversations, covered},
};
use crate::eval::{
    compare::{Change, Comparison, Earlier, EarlierMessage, EarlierStory, Part},
    curve::{Curve, Point},
    figures::{Figures, Scores},
    nearest::Near,
    run::{How, TestReport},
    verdict::Missed,
};

/// Returns the report as JSON.
pub fn json(report: &TestReport) -> Value {
    let mut out = Map::new();
    let mut add = |key: &str, value: Value| out.insert(key.to_owned(), value);
    add("bot", env!("CARGO_PKG_VERSION").into());
    add("schema", 1.into());
    if let Some(model) = &report.model {
        add("model", model.clone().into());
    }
    add("seed", report.seed.into());
    match report.how {
        How::Files => {
            add("tested", "files".into());
        }
        How::CrossValidation { folds } => {
            add("tested", "cross-validation".into());
            add("folds", folds.into());
        }
        How::HoldOut { share } => {
            add("tested", "hold-out".into());
            add("share", share.into());
        }
    }
    if let Some(nothing) = &report.nothing {
        add("nothing", nothing.clone().into());
    }
    if let Some(nlu) = &report.nlu {
        add("intents", intents(nlu));
        if let Some(outside) = &nlu.outside {
            let value = json!({
                "outside": outside.outside, "inside": outside.inside, "recall": rounded(outside.recall),
                "precision": rounded(outside.precision), "f1": rounded(outside.f1),
                "accuracy_inside": rounded(outside.accuracy_inside),
                "auroc": outside.auroc.map(rounded),
                "false_refusals_at_95": outside.false_refusals_at_95.map(rounded),
            });
            add("out_of_scope", value);
        }
        if let Some(report) = &nlu.entities {
            add("entities", entities(report, &nlu.messages));
        }
        if let Some(figures) = &nlu.selectors {
            add("selectors", selectors(figures, &nlu.messages));
        }
    }
    if let Some(stories) = &report.stories {
        add("stories", conversations(stories, report));
    }
    if let Some(coverage) = &report.coverage {
        add("coverage", covered(coverage));
    }
    if let Some(comparison) = &report.comparison {
        add("comparison", compared(comparison));
    }
    if let Some(curve) = &report.curve {
        add("learning_curve", learning(curve));
    }
    if !report.missed.is_empty() {
        let words: Vec<String> = report.missed.iter().map(Missed::words).collect();
        add("missed", words.into());
    }
    add(
        "verdict",
        if report.passed() { "passed" } else { "failed" }.into(),
    );
    Value::Object(out)
}

/// Rounds to six digits: more say nothing about a model, and with fewer what is shown with three could be rounded
/// twice.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn scores(scores: &Scores) -> Value {
    json!({
        "precision": rounded(scores.precision), "recall": rounded(scores.recall), "f1": rounded(scores.f1),
        "support": scores.support,
    })
}

fn each(all: &BTreeMap<String, Scores>) -> Map<String, Value> {
    all.iter()
        .map(|(name, own)| (name.clone(), scores(own)))
        .collect()
}

fn confusions(figures: &Figures) -> Vec<Value> {
    figures
        .confusions
        .iter()
        .map(|c| json!({"expected": c.expected, "predicted": c.predicted, "count": c.count}))
        .collect()
}

fn pair((low, high): (f64, f64)) -> Value {
    json!([rounded(low), rounded(high)])
}

fn nearest(near: &Near) -> Value {
    json!({
        "text": near.text, "intent": near.intent, "file": near.place.file, "line": near.place.line,
    })
}

fn words(words: &[(String, f64)]) -> Vec<Value> {
    words
        .iter()
        .map(|(word, share)| json!({"word": word, "share": rounded(*share)}))
        .collect()
}

fn compared(comparison: &Comparison) -> Value {
    let changes = |changes: &[Change]| -> Vec<Value> {
        changes
            .iter()
            .map(|change| {
                json!({
                    "text": change.text, "expected": change.expected,
                    "before": {"predicted": change.before.0, "confidence": change.before.1.map(rounded)},
                    "now": {"predicted": change.now.0, "confidence": change.now.1.map(rounded)},
                    "file": change.place.file, "line": change.place.line,
                })
            })
            .collect()
    };
    let stories = |stories: &[(String, crate::diagnostic::Place)]| -> Vec<Value> {
        stories
            .iter()
            .map(|(name, place)| json!({"story": name, "file": place.file, "line": place.line}))
            .collect()
    };
    let part = |part: &Part| {
        json!({
            "shared": part.shared, "right_before": part.right_before, "right_now": part.right_now,
            "chance": rounded(part.chance()), "fixed": changes(&part.fixed), "broken": changes(&part.broken),
            "changed": changes(&part.changed),
        })
    };
    let mut messages = part(&comparison.intents);
    if let Value::Object(map) = &mut messages {
        let (before, now) = comparison.macro_f1;
        map.insert("macro_f1_before".to_owned(), rounded(before).into());
        map.insert("macro_f1_now".to_owned(), rounded(now).into());
        map.insert("interval".to_owned(), json!(comparison.interval.map(pair)));
        map.insert("added".to_owned(), comparison.added.into());
        map.insert("removed".to_owned(), comparison.removed.into());
    }
    json!({
        "with": comparison.name, "verdict": comparison.verdict.word(),
        "messages": messages, "entities": part(&comparison.entities), "answers": part(&comparison.answers),
        "refusals": part(&comparison.refusals),
        "stories": {
            "shared": comparison.stories.0, "passed_before": comparison.stories.1,
            "passed_now": comparison.stories.2, "fixed": stories(&comparison.stories_fixed),
            "broken": stories(&comparison.stories_broken),
            "added": comparison.stories_apart.0, "removed": comparison.stories_apart.1,
        },
    })
}

fn learning(curve: &Curve) -> Value {
    let points = |points: &[Point]| -> Vec<Value> {
        points
            .iter()
            .map(|point| {
                #[expect(
                    clippy::cast_sign_loss,
                    reason = "a number of examples is not negative"
                )]
                let examples = point.examples.round() as u64;
                let mut value = json!({
                    "share": rounded(point.share), "examples": examples,
                    "accuracy": rounded(point.accuracy), "spread": rounded(point.spread),
                });
                if let (Value::Object(map), Some(interval)) = (&mut value, point.interval) {
                    map.insert("interval".to_owned(), pair(interval));
                }
                value
            })
            .collect()
    };
    json!({
        "points": points(&curve.points), "forecast": points(&curve.forecast),
        "limit": curve.limit.map(|limit| rounded(limit.accuracy)),
        "limit_interval": curve.limit.map(|limit| pair(limit.interval)),
    })
}

/// Reads of an earlier report what a comparison needs; `None` where it is none of schema 1.
pub fn read(name: &str, value: &Value) -> Option<Earlier> {
    if value.get("schema")?.as_u64()? != 1 || value.get("verdict").is_none() {
        return None;
    }
    let text =
        |value: &Value, key: &str| -> Option<String> { Some(value.get(key)?.as_str()?.to_owned()) };
    let list = |section: &str, key: &str| -> Vec<Value> {
        value
            .get(section)
            .and_then(|section| section.get(key))
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let messages = list("intents", "predictions")
        .iter()
        .filter_map(|one| {
            Some(EarlierMessage {
                text: text(one, "text")?,
                expected: text(one, "expected")?,
                predicted: text(one, "predicted")?,
                confidence: one.get("confidence").and_then(Value::as_f64),
                entities: text(one, "entities"),
                answer: text(one, "answer"),
                refused: one.get("refused").and_then(Value::as_bool),
            })
        })
        .collect();
    let stories = list("stories", "results")
        .iter()
        .filter_map(|one| {
            Some(EarlierStory {
                name: text(one, "story")?,
                file: text(one, "file")?,
                passed: one.get("passed")?.as_bool()?,
            })
        })
        .collect();
    Some(Earlier {
        name: name.to_owned(),
        messages,
        stories,
    })
}
