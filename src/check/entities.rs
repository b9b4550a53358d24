//! Marked entities that cannot be learnt as they stand.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{examples::lower, problem};
use crate::{
    data::{Assistant, Example},
    diagnostic::{Diagnostic, Origin},
    nlu::Tokenizer,
    text::{Span, has_no_blanks},
};

/// Longest spelling, in words, that is looked for where it is not marked.
const LONGEST: usize = 5;

/// Checks the marks of all examples.
pub(super) fn check(assistant: &Assistant) -> Vec<Diagnostic> {
    let training = &assistant.training;
    let mut findings = misaligned(assistant);
    let mut labels: BTreeMap<String, (usize, Origin)> = BTreeMap::new();
    for example in &training.examples {
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

/// Returns the entities that do not begin and end where words do.
pub(super) fn misaligned(assistant: &Assistant) -> Vec<Diagnostic> {
    let tokenizer = Tokenizer::of(&assistant.config);
    let mut findings = Vec::new();
    for example in &assistant.training.examples {
        boundaries(example, &tokenizer, &mut findings);
    }
    findings
}

/// Entities must begin and end where the words of the pipeline's tokenizer do.
fn boundaries(example: &Example, tokenizer: &Tokenizer, findings: &mut Vec<Diagnostic>) {
    if example.entities.is_empty() {
        return;
    }
    let tokens = tokenizer.tokens(&example.text);
    for entity in &example.entities {
        let Span { start, end } = entity.span;
        let covered = entity.span.of(&example.text);
        // What has no letter or digit is no word to any tokenizer, and learnt as it stands.
        if !covered.contains(char::is_alphanumeric) {
            continue;
        }
        let starts = tokens.iter().any(|token| token.start == start);
        let ends = tokens.iter().any(|token| token.end == end);
        if starts && ends {
            continue;
        }
        let cuts = |at: usize| {
            let mut tokens = tokens.iter();
            tokens.any(|token| token.start < at && at < token.end)
        };
        let (at, name) = (entity.origin, entity.entity.as_str());
        let (cuts_start, cuts_end) = (cuts(start), cuts(end));
        let is_joined = |token: &Span| {
            let is_cut =
                token.start < start && start < token.end || token.start < end && end < token.end;
            is_cut && token.of(&example.text).contains(has_no_blanks)
        };
        let overlaps = |token: &Span| token.start < end && start < token.end;
        if !tokens.iter().any(overlaps) {
            findings.push(problem::no_word(at, name));
        } else if tokens.iter().any(is_joined) {
            findings.push(problem::joined_words(at, name));
        } else if cuts_start || cuts_end {
            findings.push(problem::misaligned(at, name, cuts_start));
        } else {
            findings.push(problem::loose_edge(at, name, covered));
        }
    }
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
