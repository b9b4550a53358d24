//! Examples that contradict or repeat each other, and intents with too few of them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use rustc_hash::FxHashMap;

use super::{Subject, problem};
use crate::{
    data::{Example, TrainingData},
    diagnostic::{Diagnostic, Origin},
};

/// Fewest examples that an intent should have.
const FEW: usize = 2;
/// An intent this many times smaller than the largest is named.
const IMBALANCE: usize = 30;
/// Share of common three-letter pieces from which two texts are nearly the same.
const NEAR: f64 = 0.85;

/// Checks training examples, and test messages against them.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let training = &subject.assistant.training;
    let mut findings = few(training);
    findings.extend(imbalance(training));
    findings.extend(repetitions(&training.examples));
    findings.extend(synonyms(training));
    findings.extend(lookups(training));
    findings.extend(leaks(&training.examples, subject.test_examples));
    findings
}

/// Intents with hardly any example.
pub(super) fn few(training: &TrainingData) -> Vec<Diagnostic> {
    sizes(training)
        .iter()
        .filter(|(_, (n, _))| *n < FEW)
        .map(|(intent, (n, origin))| problem::few_examples(*origin, intent, *n))
        .collect()
}

/// Returns each intent's number of examples with the place of the first.
fn sizes(training: &TrainingData) -> BTreeMap<&str, (usize, Origin)> {
    let mut intents: FxHashMap<&str, (usize, Origin)> = FxHashMap::default();
    for example in &training.examples {
        let intent = intents
            .entry(&example.intent)
            .or_insert((0, example.origin));
        intent.0 += 1;
    }
    intents.into_iter().collect()
}

fn imbalance(training: &TrainingData) -> Option<Diagnostic> {
    let intents = sizes(training);
    let by_size = |(_, (n, _)): &(&&str, &(usize, Origin))| *n;
    let (small, (few, at)) = intents.iter().min_by_key(by_size)?;
    let (large, (many, _)) = intents.iter().max_by_key(by_size)?;
    (*many >= IMBALANCE * few).then(|| problem::imbalance(*at, (small, *few), (large, *many)))
}

/// Returns the intent of an example, with the key of a retrieval intent.
fn name(example: &Example) -> &str {
    example.response_key.as_deref().unwrap_or(&example.intent)
}

/// The same text twice: under one intent it is only of no use, under two it contradicts itself.
fn repetitions(examples: &[Example]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut seen: FxHashMap<Cow<'_, str>, &Example> = FxHashMap::default();
    seen.reserve(examples.len());
    // Examples of a text under further intents: few.
    let mut more: FxHashMap<Cow<'_, str>, Vec<&Example>> = FxHashMap::default();
    for example in examples {
        let text = lower(&example.text);
        let Some(first) = seen.get(&text).copied() else {
            seen.insert(text, example);
            continue;
        };
        let others = more.get(&text).into_iter().flatten().copied();
        let of_intent = std::iter::once(first)
            .chain(others)
            .find(|other| name(other) == name(example));
        if let Some(same) = of_intent {
            if same.text == example.text && same.entities == example.entities {
                let (at, again) = (same.origin, example.origin);
                findings.push(problem::repeated(name(example), at, again));
            }
        } else {
            findings.push(problem::several_intents(
                &example.text,
                (name(first), first.origin),
                (name(example), example.origin),
            ));
            more.entry(text).or_default().push(example);
        }
    }
    findings
}

/// Returns the text in lower case.
pub(super) fn lower(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) {
        text.to_lowercase().into()
    } else {
        text.into()
    }
}

/// Returns the spellings that stand for two values.
pub(super) fn synonyms(training: &TrainingData) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, (&str, Origin)> = HashMap::new();
    let written = training.synonyms.iter().map(|synonym| {
        (
            synonym.spelling.as_str(),
            synonym.value.as_str(),
            synonym.origin,
        )
    });
    let marked = training.examples.iter().flat_map(|example| {
        example.entities.iter().filter_map(|entity| {
            let value = entity.value.as_deref()?;
            Some((entity.span.of(&example.text), value, entity.origin))
        })
    });
    let mut findings = Vec::new();
    for (spelling, value, at) in written.chain(marked) {
        match seen.get(spelling) {
            Some((known, first)) if *known != value => findings.push(problem::synonym_conflict(
                spelling,
                (known, *first),
                (value, at),
            )),
            Some(_) => {}
            None => {
                seen.insert(spelling, (value, at));
            }
        }
    }
    findings
}

fn lookups(training: &TrainingData) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for lookup in &training.lookups {
        let mut seen = std::collections::HashSet::with_capacity(lookup.entries.len());
        for entry in &lookup.entries {
            if !seen.insert(entry.value.as_str()) {
                findings.push(problem::repeated_entry(
                    entry.origin,
                    &lookup.name,
                    &entry.value,
                ));
            }
        }
    }
    findings
}

/// Test messages that are, or nearly are, training examples.
///
/// Candidates share one of the test message's two rarest words, so that the work grows with the number of tests and
/// not with tests times examples.
fn leaks(training: &[Example], tests: &[Example]) -> Vec<Diagnostic> {
    if tests.is_empty() {
        return Vec::new();
    }
    let plain: Vec<String> = training
        .iter()
        .map(|example| plain(&example.text))
        .collect();
    let mut whole: HashMap<&str, usize> = HashMap::new();
    let mut words: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, text) in plain.iter().enumerate() {
        whole.entry(text).or_insert(i);
        for word in text.split(' ') {
            let places = words.entry(word).or_default();
            if places.last() != Some(&i) {
                places.push(i);
            }
        }
    }
    let mut findings = Vec::new();
    for test in tests {
        let text = self::plain(&test.text);
        let found = match whole.get(text.as_str()) {
            Some(i) => Some((*i, true)),
            None => nearest(&text, &plain, &words).map(|i| (i, false)),
        };
        if let Some((i, is_same)) = found
            && let Some(example) = training.get(i)
        {
            findings.push(problem::seen_in_training(
                test.origin,
                example.origin,
                is_same,
            ));
        }
    }
    findings
}

/// Most training examples looked at for one word of a test message.
const CANDIDATES: usize = 200;

fn nearest(text: &str, plain: &[String], words: &HashMap<&str, Vec<usize>>) -> Option<usize> {
    // A text of one or two words is near to many by chance.
    if text.split(' ').count() < 3 {
        return None;
    }
    let mut rare: Vec<&Vec<usize>> = text.split(' ').filter_map(|word| words.get(word)).collect();
    rare.sort_by_key(|places| places.len());
    let pieces = trigrams(text);
    rare.iter()
        .take(2)
        .flat_map(|places| places.iter().take(CANDIDATES))
        .copied()
        .find(|i| {
            plain
                .get(*i)
                .is_some_and(|other| similarity(&pieces, &trigrams(other)) >= NEAR)
        })
}

/// Returns the text in lower case with one blank between words and nothing else.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    if out.is_empty() {
        text.clone_into(&mut out);
    }
    out
}

/// Returns the three-letter pieces of a text, sorted, each once.
fn trigrams(text: &str) -> Vec<[char; 3]> {
    let chars: Vec<char> = format!("  {text} ").chars().collect();
    let mut pieces: Vec<[char; 3]> = chars
        .windows(3)
        .filter_map(|window| window.try_into().ok())
        .collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// Returns Jaccard's similarity of two sorted sets.
fn similarity(a: &[[char; 3]], b: &[[char; 3]]) -> f64 {
    let common = a
        .iter()
        .filter(|piece| b.binary_search(piece).is_ok())
        .count();
    common as f64 / (a.len() + b.len() - common).max(1) as f64
}
