//! One random field of the extractor with what its numbers mean: types, roles or groups.

use serde::{Deserialize, Serialize};

use super::{
    Failure,
    hash::{Table, hash, join},
    rows::Rows,
    tags::{self, Label, Part, Scheme, Tag},
};
use crate::{
    data::Annotation,
    ml::{
        self, Control, Crf, Sequences,
        crf::{CrfValidParams, Memory},
    },
};

/// Weights too small to keep.
const NEGLIGIBLE: f32 = 1e-3;

/// What is told apart: types, roles or groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    Entity,
    Role,
    Group,
}

impl What {
    pub(super) fn of(self, mark: &Annotation) -> Option<&str> {
        match self {
            Self::Entity => Some(&mark.entity),
            Self::Role => mark.role.as_deref(),
            Self::Group => mark.group.as_deref(),
        }
    }
}

/// One random field with what its numbers mean.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) what: What,
    pub(super) labels: Vec<Label>,
    /// For each label those with its name, itself included, ascending.
    alike: Vec<Vec<u16>>,
    pub(super) table: Table,
    pub(super) field: Crf,
}

impl Level {
    pub(super) fn new(what: What, labels: Vec<Label>, table: Table, field: Crf) -> Self {
        let same = |name: &String| {
            let numbered = (0..).zip(&labels);
            numbered
                .filter_map(|(number, other)| (other.1 == *name).then_some(number))
                .collect()
        };
        let alike = labels.iter().map(|(_, name)| same(name)).collect();
        Self {
            what,
            labels,
            alike,
            table,
            field,
        }
    }

    pub(super) fn learn(
        what: What,
        rows: &[Rows],
        types: &[Vec<Label>],
        tags: &[Vec<Label>],
        params: &CrfValidParams,
        control: &Control<'_>,
    ) -> Result<Self, Failure> {
        let mut labels: Vec<Label> = tags.iter().flatten().cloned().collect();
        labels.sort();
        labels.dedup();
        let around: Vec<Rows> = types.iter().map(|types| neighbours(types)).collect();
        let all = rows.iter().chain(&around).flat_map(Rows::all);
        let mut found: Vec<u64> = all.copied().collect();
        found.sort_unstable();
        found.dedup();
        let table = Table::new(found);
        let mut sequences = Sequences::default();
        let mut targets = Vec::new();
        for (sentence, (rows, tags)) in rows.iter().zip(tags).enumerate() {
            fill(&mut sequences, &table, rows, around.get(sentence));
            for tag in tags {
                targets.push(labels.binary_search(tag).unwrap_or_default() as u16);
            }
        }
        let mut field = params.fit_sequences(&sequences, &targets, control)?;
        let kept = field.prune(NEGLIGIBLE);
        let hashes = table.hashes();
        let kept = kept
            .iter()
            .filter_map(|&at| hashes.get(at as usize).copied());
        Ok(Self::new(what, labels, Table::new(kept.collect()), field))
    }

    /// Returns the tag of every token, with its confidence; nothing where all are outside.
    ///
    /// Tokens that are `barred` begin nothing, in the scheme of our own.
    pub(super) fn tags(
        &self,
        rows: &Rows,
        types: &[Label],
        scheme: Scheme,
        barred: &[bool],
    ) -> Vec<Tag> {
        let mut sequences = Sequences::default();
        let around = (!types.is_empty()).then(|| neighbours(types));
        fill(&mut sequences, &self.table, rows, around.as_ref());
        let mut memory = Memory::default();
        let best = match scheme {
            // As Rasa: every token by itself.
            Scheme::Plain | Scheme::Bilou => {
                self.field.marginals(&sequences, 0, &mut memory);
                let each = (0..rows.len()).map(|token| ml::argmax(memory.marginals(token)) as u16);
                each.collect()
            }
            Scheme::Begin => {
                let may = |token: usize, number: u16| {
                    let label = self.labels.get(usize::from(number));
                    let begins = label.is_some_and(|label| label.0 == Part::Begin);
                    !begins || barred.get(token) != Some(&true)
                };
                self.field.best_where(&sequences, 0, &mut memory, &may)
            }
        };
        let label = |number: u16| self.labels.get(usize::from(number));
        let is_outside = |number: u16| label(number).is_none_or(|label| label.0 == Part::Outside);
        if best.iter().all(|&number| is_outside(number)) {
            return Vec::new();
        }
        if scheme == Scheme::Begin {
            self.field.look_ahead(&mut memory);
        }
        let mut tags: Vec<Tag> = (0..)
            .zip(best)
            .map(|(token, number)| {
                let (part, name) = match label(number) {
                    Some((part, name)) => (*part, name.clone()),
                    None => (Part::Outside, String::new()),
                };
                let alike = self.alike.get(usize::from(number));
                let alike = alike.map_or(&[][..], Vec::as_slice);
                let confidence = f64::from(memory.probability(token, alike));
                Tag {
                    part,
                    name,
                    confidence: confidence.min(1.0),
                }
            })
            .collect();
        if scheme == Scheme::Bilou {
            tags::repair(&mut tags);
        }
        tags
    }
}

/// Appends a sentence; features that the table does not know are left out.
fn fill(sequences: &mut Sequences, table: &Table, rows: &Rows, around: Option<&Rows>) {
    for token in 0..rows.len() {
        let around = around.map_or(&[][..], |around| around.get(token));
        for hash in rows.get(token).iter().chain(around) {
            if let Some(feature) = table.get(*hash) {
                sequences.push_feature(feature);
            }
        }
        sequences.end_token();
    }
    sequences.end_sentence();
}

/// Returns for every token hashes of the types of the tokens around it.
fn neighbours(types: &[Label]) -> Rows {
    let names: Vec<u64> = types.iter().map(|(_, name)| hash(name.chars())).collect();
    let mut rows = Rows::default();
    for token in 0..names.len() {
        let window = [token.checked_sub(1), Some(token), Some(token + 1)];
        for (kind, at) in (200..).zip(window) {
            if let Some(name) = at.and_then(|at| names.get(at)) {
                rows.push(token, join(kind, *name));
            }
        }
    }
    rows.finish(names.len());
    rows
}
