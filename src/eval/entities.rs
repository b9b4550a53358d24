//! Entities: how many are found, as exact spans and word by word; of each type, role and group.

use std::collections::BTreeMap;

use super::{
    figures::{Figures, Scores},
    message::{Heard, Mark},
};

/// A word that belongs to no entity.
pub const NO_ENTITY: &str = "no_entity";

/// How entities were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityReport {
    /// Number of entities found exactly.
    pub right: usize,
    /// Number wanted.
    pub expected: usize,
    /// All types together.
    pub micro: Scores,
    /// Mean over types.
    pub macro_average: Scores,
    /// Mean over types weighted by support.
    pub weighted_average: Scores,
    /// Each type; a span counts only with the right ends, role and group.
    pub per_type: BTreeMap<String, Scores>,
    /// Each role, as `type.role`.
    pub per_role: BTreeMap<String, Scores>,
    /// Each group, as `type.group`.
    pub per_group: BTreeMap<String, Scores>,
    /// Word by word.
    pub tokens: TokenReport,
    /// Messages where something else was found than wanted.
    pub wrong: Vec<usize>,
}

/// Entities word by word, as in Rasa's reports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenReport {
    /// Share of all words with the right label, those of no entity included.
    pub accuracy: f64,
    /// All labels together, `no_entity` left out.
    pub micro: Scores,
    /// Mean over labels.
    pub macro_average: Scores,
    /// Mean over labels weighted by support.
    pub weighted_average: Scores,
    /// Each label: type, group and role.
    pub per_label: BTreeMap<String, Scores>,
}

/// Right, found and expected ones of each name.
type Counts = BTreeMap<String, [usize; 3]>;

/// Compares the entities of all messages; `None` where none was wanted or found.
pub fn report(messages: &[Heard]) -> Option<EntityReport> {
    let (mut types, mut roles, mut groups) = (Counts::new(), Counts::new(), Counts::new());
    let mut wrong = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        for mark in &message.entities {
            let hit = usize::from(message.found.iter().any(|found| found.is_same(mark)));
            for counts in names(mark, &mut types, &mut roles, &mut groups) {
                counts[0] += hit;
                counts[2] += 1;
            }
        }
        for (number, mark) in message.found.iter().enumerate() {
            // What several extractors find is found once.
            let before = message.found.iter().take(number);
            if before.clone().any(|other| other.is_same(mark)) {
                continue;
            }
            for counts in names(mark, &mut types, &mut roles, &mut groups) {
                counts[1] += 1;
            }
        }
        if !message.entities_right() {
            wrong.push(number);
        }
    }
    if types.is_empty() {
        return None;
    }
    let all = types
        .values()
        .fold([0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z]);
    let scores = |counts: &Counts| -> BTreeMap<String, Scores> {
        counts
            .iter()
            .map(|(name, [right, found, expected])| {
                (name.clone(), Scores::new(*right, *found, *expected))
            })
            .collect()
    };
    let per_type = scores(&types);
    // As in Rasa the mean is that over labels that are expected.
    Some(EntityReport {
        right: all[0],
        expected: all[2],
        micro: Scores::new(all[0], all[1], all[2]),
        macro_average: Scores::mean(per_type.values().filter(|own| own.support > 0), false),
        weighted_average: Scores::mean(per_type.values(), true),
        per_type,
        per_role: scores(&roles),
        per_group: scores(&groups),
        tokens: by_token(messages),
        wrong,
    })
}

/// Returns the counts of everything that an entity is one of.
fn names<'c>(
    mark: &Mark,
    types: &'c mut Counts,
    roles: &'c mut Counts,
    groups: &'c mut Counts,
) -> impl Iterator<Item = &'c mut [usize; 3]> {
    let role = mark.role.as_ref().map(|role| {
        let name = format!("{}.{role}", mark.entity);
        roles.entry(name).or_default()
    });
    let group = mark.group.as_ref().map(|group| {
        let name = format!("{}.{group}", mark.entity);
        groups.entry(name).or_default()
    });
    let own = types.entry(mark.entity.clone()).or_default();
    [Some(own), role, group].into_iter().flatten()
}

/// Returns the label of each word, wanted and found; `only` looks at one extractor's finds.
pub fn token_labels(message: &Heard, only: Option<&str>) -> Vec<(String, String)> {
    let found: Vec<&Mark> = message
        .found
        .iter()
        .filter(|mark| only.is_none() || mark.extractor.as_deref() == only)
        .collect();
    let wanted: Vec<&Mark> = message.entities.iter().collect();
    let label = |marks: &[&Mark], start: usize, end: usize| {
        marks
            .iter()
            .find(|mark| mark.start < end && start < mark.end)
            .map_or_else(|| NO_ENTITY.to_owned(), |mark| mark.label())
    };
    message
        .tokens
        .iter()
        .map(|(start, end)| (label(&wanted, *start, *end), label(&found, *start, *end)))
        .collect()
}

fn by_token(messages: &[Heard]) -> TokenReport {
    let labels: Vec<(String, String)> = messages
        .iter()
        .flat_map(|message| token_labels(message, None))
        .collect();
    let pairs: Vec<(&str, &str)> = labels
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let figures = Figures::of(&pairs);
    let is_entity = |name: &str| name != NO_ENTITY;
    let right = pairs.iter().filter(|(a, b)| a == b && is_entity(a)).count();
    let found = pairs.iter().filter(|(_, b)| is_entity(b)).count();
    let wanted = pairs.iter().filter(|(a, _)| is_entity(a)).count();
    let per_label: BTreeMap<String, Scores> = figures
        .classes
        .into_iter()
        .filter(|(name, _)| is_entity(name))
        .collect();
    TokenReport {
        accuracy: figures.accuracy,
        micro: Scores::new(right, found, wanted),
        macro_average: Scores::mean(per_label.values().filter(|own| own.support > 0), false),
        weighted_average: Scores::mean(per_label.values(), true),
        per_label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(start: usize, end: usize, entity: &str, role: Option<&str>) -> Mark {
        Mark {
            start,
            end,
            entity: entity.to_owned(),
            role: role.map(str::to_owned),
            ..Mark::default()
        }
    }

    /// "fly from New York to Rome"
    fn message(found: Vec<Mark>) -> Heard {
        Heard {
            tokens: vec![(0, 3), (4, 8), (9, 12), (13, 17), (18, 20), (21, 25)],
            entities: vec![
                mark(9, 17, "city", Some("from")),
                mark(21, 25, "city", Some("to")),
            ],
            found,
            ..Heard::default()
        }
    }

    #[test]
    fn a_half_found_span_counts_by_word_but_not_as_a_whole() {
        let messages = [message(vec![
            mark(13, 17, "city", Some("from")),
            mark(21, 25, "city", Some("to")),
        ])];
        let report = report(&messages).unwrap();
        assert_eq!((report.right, report.expected), (1, 2));
        assert!((report.micro.f1 - 0.5).abs() < 1e-12);
        assert!((report.per_role["city.from"].recall).abs() < 1e-12);
        assert!((report.per_role["city.to"].f1 - 1.0).abs() < 1e-12);
        assert!((report.tokens.micro.precision - 1.0).abs() < 1e-12);
        assert!((report.tokens.micro.recall - 2.0 / 3.0).abs() < 1e-12);
        assert!((report.tokens.accuracy - 5.0 / 6.0).abs() < 1e-12);
        assert_eq!(report.wrong, [0]);
    }

    #[test]
    fn another_role_is_another_entity() {
        let messages = [message(vec![
            mark(9, 17, "city", Some("from")),
            mark(21, 25, "city", None),
        ])];
        let report = report(&messages).unwrap();
        assert_eq!(report.right, 1);
        assert_eq!(report.per_type["city"].support, 2);
    }

    #[test]
    fn without_entities_there_is_no_report() {
        assert_eq!(report(&[Heard::default()]), None);
        assert_eq!(report(&[]), None);
    }
}
