//! How the entities found in a message differ from those wanted: which are missed, surplus, or found otherwise.

use super::message::{Heard, Mark};

/// What is wrong with an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing was found there.
    Missed,
    /// Nothing was wanted there.
    Surplus,
    /// The same words have another type, role or group.
    Label,
    /// The same label has other words.
    Span,
    /// Label and words differ, but the words overlap.
    Both,
}

impl Kind {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Surplus => "surplus",
            Self::Label => "other label",
            Self::Span => "other words",
            Self::Both => "other label and words",
        }
    }
}

/// One entity that is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference<'m> {
    /// What is wrong with it.
    pub kind: Kind,
    /// What was wanted, if anything.
    pub expected: Option<&'m Mark>,
    /// What was found, if anything.
    pub found: Option<&'m Mark>,
}

impl Heard {
    /// Returns each wrong entity, in the order of the message: what is found in the place of something wanted stands
    /// beside that.
    pub fn differences(&self) -> Vec<Difference<'_>> {
        let mut surplus: Vec<&Mark> = Vec::new();
        for mark in &self.found {
            let is_wanted = self.entities.iter().any(|wanted| wanted.is_same(mark));
            // What several extractors find is found once.
            if !is_wanted && !surplus.iter().any(|other| other.is_same(mark)) {
                surplus.push(mark);
            }
        }
        let missed = self.entities.iter();
        let mut missed: Vec<&Mark> = missed
            .filter(|wanted| !self.found.iter().any(|found| found.is_same(wanted)))
            .collect();
        let mut differences = Vec::new();
        for kind in [Kind::Label, Kind::Span, Kind::Both] {
            missed.retain(|wanted| {
                let Some(at) = surplus.iter().position(|found| kind.is(wanted, found)) else {
                    return true;
                };
                differences.push(Difference {
                    kind,
                    expected: Some(wanted),
                    found: Some(surplus.remove(at)),
                });
                false
            });
        }
        differences.extend(missed.into_iter().map(|wanted| Difference {
            kind: Kind::Missed,
            expected: Some(wanted),
            found: None,
        }));
        differences.extend(surplus.into_iter().map(|found| Difference {
            kind: Kind::Surplus,
            expected: None,
            found: Some(found),
        }));
        let start = |one: &Difference<'_>| one.expected.or(one.found).map(|mark| mark.start);
        differences.sort_by_key(start);
        differences
    }

    /// Returns the words of the message that a mark covers.
    pub fn words_of(&self, mark: &Mark) -> String {
        let letters = self.text.chars().skip(mark.start);
        letters.take(mark.end.saturating_sub(mark.start)).collect()
    }
}

impl Kind {
    /// Tells whether a wanted and a found entity differ in this way.
    fn is(self, wanted: &Mark, found: &Mark) -> bool {
        let same_span = (wanted.start, wanted.end) == (found.start, found.end);
        let same_label = wanted.label() == found.label();
        let overlaps = wanted.start < found.end && found.start < wanted.end;
        match self {
            Self::Label => same_span && !same_label,
            Self::Span => same_label && overlaps && !same_span,
            Self::Both => !same_label && overlaps && !same_span,
            Self::Missed | Self::Surplus => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(start: usize, end: usize, entity: &str) -> Mark {
        Mark {
            start,
            end,
            entity: entity.to_owned(),
            ..Mark::default()
        }
    }

    #[test]
    fn what_is_found_instead_stands_beside_what_was_wanted() {
        let message = Heard {
            text: "fly from New York to Rome on Monday at noon".to_owned(),
            entities: vec![
                mark(9, 17, "city"),
                mark(21, 25, "city"),
                mark(29, 35, "day"),
                mark(39, 43, "time"),
            ],
            found: vec![
                mark(0, 3, "verb"),
                mark(0, 3, "verb"),
                mark(13, 17, "city"),
                mark(21, 25, "name"),
                mark(39, 43, "time"),
            ],
            ..Heard::default()
        };
        let differences = message.differences();
        let kinds: Vec<Kind> = differences.iter().map(|one| one.kind).collect();
        assert_eq!(
            kinds,
            [Kind::Surplus, Kind::Span, Kind::Label, Kind::Missed]
        );
        assert_eq!(message.words_of(differences[1].found.unwrap()), "York");
        assert!(Heard::default().differences().is_empty());
        assert_eq!(message.words_of(&mark(50, 40, "x")), "");
    }
}
