//! Intents, entities and answers of single messages, with what explains each error.

use serde_json::{Value, json};

use super::{confusions, each, nearest, pair, rounded, words};
use crate::eval::{
    compare::{answer, found_entities},
    differences::Difference,
    entities::EntityReport,
    figures::Figures,
    message::{Heard, Mark},
    nlu::NluReport,
};

pub(super) fn intents(nlu: &NluReport) -> Value {
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
    let rest = json!({
        "micro_precision": rounded(figures.accuracy), "micro_recall": rounded(figures.accuracy),
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
    });
    let counts =
        json!({"examples": figures.examples, "right": figures.right, "refused": nlu.refused});
    joined([counts, means(figures), rest])
}

/// Returns the accuracy, and the means over labels.
fn means(figures: &Figures) -> Value {
    json!({
        "accuracy": rounded(figures.accuracy),
        "macro_precision": rounded(figures.macro_average.precision),
        "macro_recall": rounded(figures.macro_average.recall),
        "macro_f1": rounded(figures.macro_average.f1),
        "weighted_precision": rounded(figures.weighted_average.precision),
        "weighted_recall": rounded(figures.weighted_average.recall),
        "weighted_f1": rounded(figures.weighted_average.f1),
    })
}

/// Returns objects as one, in order.
fn joined(parts: [Value; 3]) -> Value {
    let parts = parts.into_iter().filter_map(|part| match part {
        Value::Object(map) => Some(map),
        _ => None,
    });
    Value::Object(parts.flatten().collect())
}

/// Returns what was understood of one message.
pub(in crate::report::test) fn heard(message: &Heard) -> Value {
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
        map.insert("refused".to_owned(), message.is_kept_back().into());
    }
    value
}

fn error(message: &Heard) -> Value {
    let mut value = heard(message);
    if let Value::Object(map) = &mut value {
        if let Some(next) = &message.second {
            map.insert("second".to_owned(), second(next));
        }
        map.insert("words".to_owned(), words(&message.words).into());
        if let Some(near) = &message.nearest {
            map.insert("nearest".to_owned(), nearest(near));
        }
    }
    value
}

/// Returns the next best intent or answer.
fn second((name, confidence): &(String, f64)) -> Value {
    json!({"name": name, "confidence": rounded(*confidence)})
}

/// Returns what is wrong with an entity, in words too.
fn difference(message: &Heard, one: &Difference<'_>) -> Value {
    let said = |mark: &Mark| format!("{} \"{}\"", mark.label(), message.words_of(mark));
    let by = |mark: &Mark| {
        let by = mark.extractor.as_ref();
        let by = by.map_or_else(String::new, |name| format!(" by {name}"));
        let sure = mark.confidence.map(|sure| format!(", {sure:.2} sure"));
        by + &sure.unwrap_or_default()
    };
    let told = match (one.expected, one.found) {
        (Some(wanted), Some(found)) => {
            format!("{} was found as {}{}", said(wanted), said(found), by(found))
        }
        (Some(wanted), None) => format!("{} was not found", said(wanted)),
        (None, Some(found)) => format!("{} was found{}, not marked", said(found), by(found)),
        (None, None) => String::new(),
    };
    json!({
        "kind": one.kind.word(), "expected": one.expected.map(mark), "predicted": one.found.map(mark),
        "told": told,
    })
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

pub(super) fn entities(report: &EntityReport, messages: &[Heard]) -> Value {
    let errors: Vec<Value> = report
        .wrong
        .iter()
        .filter_map(|number| messages.get(*number))
        .map(|message| {
            let expected: Vec<Value> = message.entities.iter().map(mark).collect();
            let predicted: Vec<Value> = message.found.iter().map(mark).collect();
            let differences: Vec<Value> = message
                .differences()
                .iter()
                .map(|one| difference(message, one))
                .collect();
            json!({
                "text": message.text, "intent": message.expected, "expected": expected, "predicted": predicted,
                "differences": differences, "nearest": message.nearest.as_ref().map(nearest),
                "file": message.place.file, "line": message.place.line,
            })
        })
        .collect();
    json!({
        "right": report.right, "expected": report.expected,
        "micro_precision": rounded(report.micro.precision), "micro_recall": rounded(report.micro.recall),
        "micro_f1": rounded(report.micro.f1),
        "macro_precision": rounded(report.macro_average.precision),
        "macro_recall": rounded(report.macro_average.recall),
        "macro_f1": rounded(report.macro_average.f1),
        "weighted_precision": rounded(report.weighted_average.precision),
        "weighted_recall": rounded(report.weighted_average.recall),
        "weighted_f1": rounded(report.weighted_average.f1),
        "per_type": each(&report.per_type), "per_role": each(&report.per_role),
        "per_group": each(&report.per_group),
        "tokens": {
            "accuracy": rounded(report.tokens.accuracy), "micro_precision": rounded(report.tokens.micro.precision),
            "micro_recall": rounded(report.tokens.micro.recall), "micro_f1": rounded(report.tokens.micro.f1),
            "macro_precision": rounded(report.tokens.macro_average.precision),
            "macro_recall": rounded(report.tokens.macro_average.recall),
            "macro_f1": rounded(report.tokens.macro_average.f1),
            "weighted_precision": rounded(report.tokens.weighted_average.precision),
            "weighted_recall": rounded(report.tokens.weighted_average.recall),
            "weighted_f1": rounded(report.tokens.weighted_average.f1), "per_label": each(&report.tokens.per_label),
        },
        "errors": errors,
    })
}

pub(super) fn selectors(figures: &Figures, messages: &[Heard]) -> Value {
    let errors: Vec<Value> = messages
        .iter()
        .filter_map(|message| {
            let expected = message.key.as_ref()?;
            let (predicted, confidence) = message.selected.clone().unwrap_or_default();
            (*expected != predicted).then(|| {
                json!({
                    "text": message.text, "expected": expected, "predicted": predicted,
                    "confidence": rounded(confidence), "second": message.selected_second.as_ref().map(second),
                    "words": words(&message.answer_words), "nearest": message.nearest.as_ref().map(nearest),
                    "understood_as": message.predicted, "file": message.place.file, "line": message.place.line,
                })
            })
        })
        .collect();
    let counts = json!({"examples": figures.examples, "right": figures.right});
    let rest = json!({
        "per_answer": each(&figures.classes), "confusions": confusions(figures), "errors": errors,
    });
    joined([counts, means(figures), rest])
}
