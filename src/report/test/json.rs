//! The verdict as JSON, schema 1: `docs/test-report.md` says what each key holds. Fields are only added within a schema.
//!
//! Nothing in it depends on when it was made or how long that took: the same tests give the same bytes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::failure::message;
use crate::eval::{
    compare::{
        Change, Comparison, Earlier, EarlierMessage, EarlierStory, Part, answer, found_entities,
    },
    coverage::Coverage,
    curve::{Curve, Point},
    entities::EntityReport,
    figures::{Figures, Scores},
    message::{Heard, Mark},
    nlu::NluReport,
    run::{How, TestReport},
    story::StoryReport,
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
        add("stories", conversations(stories));
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

/// Rounds to four digits: more say nothing about a model.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
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

fn intents(nlu: &NluReport) -> Value {
    let figures = &nlu.intents;
    let errors: Vec<Value> = nlu.errors().map(error).collect();
    let predictions: Vec<Value> = nlu.messages.iter().map(prediction).collect();
    let reliability: Vec<Value> = nlu
        .reliability
        .iter()
        .map(|bin| {
            json!({
                "from": rounded(bin.from), "to": rounded(bin.to), "count": bin.count,
                "confidence": rounded(bin.confidence), "accuracy": rounded(bin.accuracy),
            })
        })
        .collect();
    json!({
        "examples": figures.examples, "right": figures.right, "accuracy": rounded(figures.accuracy),
        "macro_precision": rounded(figures.macro_average.precision),
        "macro_recall": rounded(figures.macro_average.recall),
        "macro_f1": rounded(figures.macro_average.f1),
        "weighted_precision": rounded(figures.weighted_average.precision),
        "weighted_recall": rounded(figures.weighted_average.recall),
        "weighted_f1": rounded(figures.weighted_average.f1),
        "micro_f1": rounded(figures.accuracy),
        "intervals": {
            "accuracy": pair(nlu.intervals.accuracy), "macro_f1": pair(nlu.intervals.macro_f1),
            "weighted_f1": pair(nlu.intervals.weighted_f1),
        },
        "ece": rounded(nlu.ece),
        "reliability": reliability,
        "histogram": {"right": nlu.histogram.right, "wrong": nlu.histogram.wrong},
        "per_intent": each(&figures.classes),
        "confusions": confusions(figures),
        "errors": errors,
        "predictions": predictions,
    })
}

/// Returns what was understood of one message.
pub(super) fn heard(message: &Heard) -> Value {
    json!({
        "text": message.text, "expected": message.expected, "predicted": message.predicted,
        "confidence": rounded(message.confidence), "file": message.place.file, "line": message.place.line,
    })
}

/// Returns what `--compare` reads of one message.
fn prediction(message: &Heard) -> Value {
    let mut value = heard(message);
    if let Value::Object(map) = &mut value {
        map.insert("entities".to_owned(), json!(found_entities(message)));
        let selected = answer(message).map(|(_, selected)| selected);
        map.insert("answer".to_owned(), json!(selected));
    }
    value
}

fn error(message: &Heard) -> Value {
    let mut value = heard(message);
    if let Value::Object(map) = &mut value {
        if let Some((name, confidence)) = &message.second {
            map.insert(
                "second".to_owned(),
                json!({"name": name, "confidence": rounded(*confidence)}),
            );
        }
        let words: Vec<Value> = message
            .words
            .iter()
            .map(|(word, share)| json!({"word": word, "share": rounded(*share)}))
            .collect();
        map.insert("words".to_owned(), words.into());
        if let Some(near) = &message.nearest {
            map.insert(
                "nearest".to_owned(),
                json!({
                    "text": near.text, "intent": near.intent, "file": near.place.file, "line": near.place.line,
                }),
            );
        }
    }
    value
}

fn mark(mark: &Mark) -> Value {
    let mut value = json!({
        "start": mark.start, "end": mark.end, "entity": mark.entity, "value": mark.value,
    });
    if let Value::Object(map) = &mut value {
        for (key, part) in [("role", &mark.role), ("group", &mark.group)] {
            if let Some(part) = part {
                map.insert(key.to_owned(), part.clone().into());
            }
        }
    }
    value
}

fn entities(report: &EntityReport, messages: &[Heard]) -> Value {
    let errors: Vec<Value> = report
        .wrong
        .iter()
        .filter_map(|number| messages.get(*number))
        .map(|message| {
            let expected: Vec<Value> = message.entities.iter().map(mark).collect();
            let predicted: Vec<Value> = message.found.iter().map(mark).collect();
            json!({
                "text": message.text, "expected": expected, "predicted": predicted,
                "file": message.place.file, "line": message.place.line,
            })
        })
        .collect();
    json!({
        "right": report.right, "expected": report.expected,
        "micro_precision": rounded(report.micro.precision), "micro_recall": rounded(report.micro.recall),
        "micro_f1": rounded(report.micro.f1),
        "macro_f1": rounded(report.macro_average.f1),
        "weighted_f1": rounded(report.weighted_average.f1),
        "per_type": each(&report.per_type), "per_role": each(&report.per_role),
        "per_group": each(&report.per_group),
        "tokens": {
            "accuracy": rounded(report.tokens.accuracy), "micro_precision": rounded(report.tokens.micro.precision),
            "micro_recall": rounded(report.tokens.micro.recall), "micro_f1": rounded(report.tokens.micro.f1),
            "macro_f1": rounded(report.tokens.macro_average.f1), "per_label": each(&report.tokens.per_label),
        },
        "errors": errors,
    })
}

fn selectors(figures: &Figures, messages: &[Heard]) -> Value {
    let errors: Vec<Value> = messages
        .iter()
        .filter_map(|message| {
            let expected = message.key.as_ref()?;
            let (predicted, confidence) = message.selected.clone().unwrap_or_default();
            (*expected != predicted).then(|| {
                json!({
                    "text": message.text, "expected": expected, "predicted": predicted,
                    "confidence": rounded(confidence), "file": message.place.file, "line": message.place.line,
                })
            })
        })
        .collect();
    json!({
        "examples": figures.examples, "right": figures.right, "accuracy": rounded(figures.accuracy),
        "macro_f1": rounded(figures.macro_average.f1), "weighted_f1": rounded(figures.weighted_average.f1),
        "per_answer": each(&figures.classes), "confusions": confusions(figures), "errors": errors,
    })
}

fn conversations(stories: &StoryReport) -> Value {
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
    let results: Vec<Value> = stories
        .held
        .iter()
        .map(|held| {
            let right = held.actions.iter().filter(|(a, b)| a == b).count();
            json!({
                "story": held.name, "file": held.place.file, "line": held.place.line, "passed": held.passed(),
                "turns": held.turns, "actions": held.actions.len(), "actions_right": right,
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

fn covered(coverage: &Coverage) -> Value {
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
        "stories": {
            "shared": comparison.stories.0, "passed_before": comparison.stories.1,
            "passed_now": comparison.stories.2, "fixed": stories(&comparison.stories_fixed),
            "broken": stories(&comparison.stories_broken),
        },
    })
}

fn learning(curve: &Curve) -> Value {
    let points = |points: &[Point]| -> Vec<Value> {
        points
            .iter()
            .map(|point| {
                json!({
                    "share": rounded(point.share), "examples": rounded(point.examples),
                    "accuracy": rounded(point.accuracy), "spread": rounded(point.spread),
                })
            })
            .collect()
    };
    json!({
        "points": points(&curve.points), "forecast": points(&curve.forecast), "limit": curve.limit.map(rounded),
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
