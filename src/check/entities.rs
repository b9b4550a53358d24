//! Marked entities that cannot be learnt as they stand.

use std::{cell::LazyCell, collections::BTreeMap};

use rustc_hash::FxHashMap;

use super::problem;
use crate::{
    data::{Example, TrainingData},
    diagnostic::{Diagnostic, Origin},
    text::{Span, whitespace_tokens},
};

/// Longest spelling, in words, that is looked for where it is not marked.
const LONGEST: usize = 5;

/// Checks the marks of all examples.
pub(super) fn check(training: &TrainingData) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut labels: BTreeMap<String, (usize, Origin)> = BTreeMap::new();
    for example in &training.examples {
        boundaries(example, &mut findings);
        for (i, entity) in example.entities.iter().enumerate() {
            let label = entity.entity.clone();
            labels.entry(label).or_insert((0, entity.origin)).0 += 1;
            let twice = example
                .entities
                .get(..i)
                .into_iter()
                .flatten()
                .any(|other| other.span == entity.span && other.entity == entity.entity);
            if twice {
                findings.push(problem::overlapping(entity.origin, &entity.entity));
            }
        }
    }
    for (label, (n, at)) in labels {
        if n == 1 {
            findings.push(problem::few_annotations(at, &label));
        }
    }
    findings.extend(unmarked(&training.examples));
    findings
}

/// Entities must begin and end where words do; scripts without blanks are left to their tokenizers.
fn boundaries(example: &Example, findings: &mut Vec<Diagnostic>) {
    if example.entities.is_empty() || example.text.chars().any(has_no_blanks) {
        return;
    }
    let tokens = LazyCell::new(|| whitespace_tokens(&example.text));
    for entity in &example.entities {
        // Punctuation at the edge belongs to no token, and does no harm.
        let edge = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let Span { start, end } = entity.span;
        let covered = entity.span.of(&example.text);
        let before = example.text.get(..start).unwrap_or_default();
        let after = example.text.get(end..).unwrap_or_default();
        let cuts_start = edge(covered.chars().next())
            && edge(before.chars().next_back())
            && !tokens.iter().any(|token| token.start == start);
        let cuts_end = edge(covered.chars().next_back())
            && after.starts_with(|c: char| !c.is_whitespace())
            && !tokens.iter().any(|token| token.end == end)
            && tokens
                .iter()
                .any(|token| token.start < end && end < token.end);
        if cuts_start || cuts_end {
            findings.push(problem::misaligned(
                entity.origin,
                &entity.entity,
                cuts_start,
            ));
        }
    }
}

/// Tells whether a character belongs to a script that puts no blanks between words.
fn has_no_blanks(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}

/// How often a spelling is marked, as what and where first.
struct Marked<'a> {
    entity: &'a str,
    n: usize,
    first: Origin,
    bare: usize,
    bare_at: Option<Origin>,
}

/// Spellings that are marked more often than not, at the first place where they are not.
fn unmarked(examples: &[Example]) -> Vec<Diagnostic> {
    let mut spellings: FxHashMap<String, Marked<'_>> = FxHashMap::default();
    // Words that a spelling begins with, and how many words such a spelling has at most.
    let mut begins: FxHashMap<String, usize> = FxHashMap::default();
    for example in examples {
        for entity in &example.entities {
            let text = entity.span.of(&example.text).to_lowercase();
            let words = words(&text);
            let Some(first) = words.first().filter(|_| words.len() <= LONGEST) else {
                continue;
            };
            if text.chars().count() < 3 {
                continue;
            }
            let longest = begins.entry(first.of(&text).to_owned()).or_default();
            *longest = words.len().max(*longest);
            let marked = spellings.entry(text).or_insert(Marked {
                entity: &entity.entity,
                n: 0,
                first: entity.origin,
                bare: 0,
                bare_at: None,
            });
            marked.n += 1;
        }
    }
    if spellings.is_empty() {
        return Vec::new();
    }
    for example in examples {
        let lower = example.text.to_lowercase();
        // Lower-casing may move bytes; such texts are passed over.
        if lower.len() != example.text.len() {
            continue;
        }
        let words = words(&lower);
        for (i, first) in words.iter().enumerate() {
            let longest = begins.get(first.of(&lower)).copied().unwrap_or_default();
            for last in words.iter().skip(i).take(longest) {
                let span = Span::new(first.start, last.end);
                let covered = example
                    .entities
                    .iter()
                    .any(|entity| entity.span.start < span.end && span.start < entity.span.end);
                if covered {
                    continue;
                }
                if let Some(marked) = spellings.get_mut(span.of(&lower)) {
                    marked.bare += 1;
                    marked.bare_at.get_or_insert(example.origin);
                }
            }
        }
    }
    let mut findings: Vec<Diagnostic> = spellings
        .iter()
        .filter(|(_, marked)| marked.n >= 2 && marked.n >= marked.bare)
        .filter_map(|(spelling, marked)| {
            Some(problem::inconsistent(
                spelling,
                marked.entity,
                (marked.n, marked.first),
                (marked.bare, marked.bare_at?),
            ))
        })
        .collect();
    findings.sort_by_key(Diagnostic::origin);
    findings
}

/// Returns the runs of letters and digits of a text.
fn words(text: &str) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let mut start = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, c.is_alphanumeric()) {
            (None, true) => start = Some(i),
            (Some(from), false) => {
                found.push(Span::new(from, i));
                start = None;
            }
            _ => {}
        }
    }
    found
}
