//! Marked entities that cannot be learnt as they stand.

use std::{cell::LazyCell, collections::BTreeMap};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{examples::lower, problem};
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

/// Returns the entities that begin or end within a word.
pub(super) fn misaligned(training: &TrainingData) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for example in &training.examples {
        boundaries(example, &mut findings);
    }
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
}

/// Spellings that are marked more often than not, at the first place where they are not.
fn unmarked(examples: &[Example]) -> Vec<Diagnostic> {
    let mut spellings: FxHashMap<String, Marked<'_>> = FxHashMap::default();
    for example in examples {
        for entity in &example.entities {
            let text = entity.span.of(&example.text).to_lowercase();
            if !(1..=LONGEST).contains(&words(&text).len()) || text.chars().count() < 3 {
                continue;
            }
            let marked = spellings.entry(text).or_insert(Marked {
                entity: &entity.entity,
                n: 0,
                first: entity.origin,
            });
            marked.n += 1;
        }
    }
    // What is marked once only may be meant so.
    spellings.retain(|_, marked| marked.n >= 2);
    // Words that a spelling begins with, and how many words such a spelling has at most.
    let mut begins: FxHashMap<&str, usize> = FxHashMap::default();
    for spelling in spellings.keys() {
        let words = words(spelling);
        if let Some(first) = words.first() {
            let longest = begins.entry(first.of(spelling)).or_default();
            *longest = words.len().max(*longest);
        }
    }
    if begins.is_empty() {
        return Vec::new();
    }
    let bare = examples
        .par_iter()
        .fold(Vec::new, |mut found: Vec<(&str, Origin)>, example| {
            bare_places(example, &begins, &spellings, &mut found);
            found
        })
        .collect::<Vec<_>>();
    let mut places: FxHashMap<&str, (usize, Origin)> = FxHashMap::default();
    for (spelling, at) in bare.into_iter().flatten() {
        places.entry(spelling).or_insert((0, at)).0 += 1;
    }
    let mut findings: Vec<Diagnostic> = places
        .into_iter()
        .filter_map(|(spelling, (n, at))| {
            let marked = spellings.get(spelling).filter(|marked| marked.n >= n)?;
            let (entity, marked) = (marked.entity, (marked.n, marked.first));
            Some(problem::inconsistent(spelling, entity, marked, (n, at)))
        })
        .collect();
    findings.sort_by_key(Diagnostic::origin);
    findings
}

/// Adds each spelling that stands in an example without being marked there.
///
/// `begins` has, for the first word of a spelling, how many words such a spelling has at most.
fn bare_places<'a>(
    example: &Example,
    begins: &FxHashMap<&str, usize>,
    spellings: &'a FxHashMap<String, Marked<'_>>,
    found: &mut Vec<(&'a str, Origin)>,
) {
    let lower = lower(&example.text);
    // Lower-casing may move bytes; such texts are passed over.
    if lower.len() != example.text.len() {
        return;
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
            if !covered && let Some((spelling, _)) = spellings.get_key_value(span.of(&lower)) {
                found.push((spelling, example.origin));
            }
        }
    }
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
