//! Rows to messages: what is missing, repeated or contradicted is left out, each time with its reason.

use rustc_hash::FxHashMap;

use super::{
    annotate,
    cells::Row,
    columns::Roles,
    header,
    left_out::{LeftOut, Why},
    options::{OnConflict, Options},
    problem::Problem,
    table::Table,
};
use crate::{
    data::Annotation,
    diagnostic::{Diagnostic, Origin},
};

/// Longest message in characters; what is longer is a document.
pub const LONGEST_TEXT: usize = 10_000;

/// A row with a text and what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    /// Its file.
    pub(super) file: String,
    /// Its line.
    pub(super) line: usize,
    /// Its place.
    pub(super) origin: Origin,
    /// The text without marks.
    pub(super) text: String,
    /// Marked entities.
    pub(super) entities: Vec<Annotation>,
    /// The label as written; empty where only the answer is given.
    pub(super) label: String,
    /// The answer.
    pub(super) answer: Option<String>,
    /// Number of what it stands for; set once the labels are known.
    pub(super) target: usize,
}

impl Message {
    /// Returns where another message stands, as seen from this one.
    fn place_of(&self, other: &Self) -> String {
        if self.file == other.file {
            format!("line {}", other.line)
        } else {
            format!("line {} of {}", other.line, other.file)
        }
    }

    pub(super) fn left_out(&self, why: Why) -> LeftOut {
        LeftOut {
            file: self.file.clone(),
            line: self.line,
            why,
            text: self.text.clone(),
            intent: self.label.clone(),
            response: self.answer.clone().unwrap_or_default(),
        }
    }
}

/// Tells whether a cell says that its value is missing.
pub(super) fn is_missing(text: &str) -> bool {
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}')
    });
    text.is_empty()
        || matches!(
            text,
            "NA" | "N/A"
                | "n/a"
                | "#N/A"
                | "<NA>"
                | "NaN"
                | "nan"
                | "NAN"
                | "null"
                | "NULL"
                | "Null"
        )
}

/// Takes the messages of a table.
pub(super) fn messages(
    table: &Table,
    roles: &Roles,
    options: &Options,
    left: &mut Vec<LeftOut>,
    warnings: &mut Vec<Problem>,
) -> Vec<Message> {
    let mut found = Vec::with_capacity(table.rows.len());
    let mut joined = Vec::new();
    let reader = RowReader {
        table,
        roles,
        spills: spills(table, roles),
        entities: options.entities,
    };
    for row in &table.rows {
        match reader.message(row, &mut joined) {
            Ok(message) => found.push(message),
            Err(row) => left.push(*row),
        }
    }
    if !joined.is_empty() {
        warnings.push(Problem::Joined {
            file: table.name.clone(),
            lines: joined,
        });
    }
    found
}

/// Tells whether nothing with a name follows the text: what stands there belongs to it.
fn spills(table: &Table, roles: &Roles) -> bool {
    let mut beyond = table.columns.iter().skip(roles.text + 1);
    let others = roles.intent.iter().chain(&roles.response);
    roles.text + 1 == table.columns.len()
        || table.header_row.is_some()
            && beyond.all(|column| !column.named)
            && others.into_iter().all(|column| *column < roles.text)
}

/// Rows of one table to messages.
struct RowReader<'a> {
    table: &'a Table,
    roles: &'a Roles,
    spills: bool,
    entities: bool,
}

impl RowReader<'_> {
    /// Returns the message of a row, or why it is left out.
    fn message(&self, row: &Row, joined: &mut Vec<usize>) -> Result<Message, Box<LeftOut>> {
        let (table, roles) = (self.table, self.roles);
        let cell = |i: usize| row.cells.get(i).map_or("", |cell| cell.text.as_str());
        let value = |i: usize| Some(strip(cell(i))).filter(|text| !is_missing(text));
        let mut text = value(roles.text).map(str::to_owned);
        let labels: Vec<&str> = roles
            .intent
            .iter()
            .filter_map(|i| value(*i))
            .filter(|label| *label != "None")
            .collect();
        let joined_label = labels.join("_");
        let label = joined_label
            .strip_prefix("__label__")
            .unwrap_or(&joined_label);
        let answer = roles.response.and_then(value).map(str::to_owned);
        let left_out = |why: Why, text: &str| {
            Box::new(LeftOut {
                file: table.name.clone(),
                line: row.line,
                why,
                text: text.to_owned(),
                intent: label.to_owned(),
                response: answer.clone().unwrap_or_default(),
            })
        };
        let raw = cell(roles.text);
        if row.cells.is_empty() {
            return Err(left_out(Why::Blank, raw));
        }
        if table
            .header_row
            .as_ref()
            .is_some_and(|header| header::same(header, row))
        {
            return Err(left_out(Why::HeaderAgain, raw));
        }
        let known = if self.spills {
            roles.text + 1
        } else {
            table.columns.len()
        };
        let mut extra = row.cells.iter().skip(known);
        if let Some(last) = extra.rposition(|cell| !cell.text.trim().is_empty()) {
            if !self.spills {
                let (cells, columns) = (row.cells.len(), table.columns.len());
                return Err(left_out(Why::TooManyCells { cells, columns }, raw));
            }
            let pieces: Vec<&str> = (roles.text..=known + last).map(cell).collect();
            text = Some(strip(&pieces.join(&table.separator.to_string())).to_owned());
            joined.push(row.line);
        }
        let Some(text) = text else {
            return Err(left_out(Why::NoText, raw));
        };
        if labels.len() < roles.intent.len() {
            return Err(left_out(Why::NoIntent, &text));
        }
        if labels.is_empty() && answer.is_none() {
            return Err(left_out(Why::NoAnswer, &text));
        }
        let chars = text.chars().count();
        if chars > LONGEST_TEXT {
            let start: String = text.chars().take(60).collect();
            return Err(left_out(Why::TooLong { chars }, &format!("{start}…")));
        }
        let (text, entities) = if self.entities {
            annotate::read(&text)
        } else {
            (text, Vec::new())
        };
        Ok(Message {
            file: table.name.clone(),
            line: row.line,
            origin: table.origin(row),
            text,
            entities,
            label: label.to_owned(),
            answer,
            target: 0,
        })
    }
}

/// Strips what Rasa strips from an example, and no more.
fn strip(text: &str) -> &str {
    text.trim_matches([' ', '\n', '\r'])
}

/// Returns what two texts must share to count as the same: case and blanks do not matter.
pub fn text_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.extend(word.chars().flat_map(char::to_lowercase));
    }
    key
}

/// What is left once every text has one label.
#[derive(Clone, Debug, Default)]
pub(super) struct Decided {
    /// The messages to keep.
    pub(super) kept: Vec<Message>,
    /// Targets with an answer each, in the order of the rows.
    pub(super) answers: Vec<(usize, String)>,
}

/// Leaves out repeats and decides between labels.
pub(super) fn deduplicate(
    messages: &[Message],
    names: &dyn Fn(usize) -> String,
    policy: OnConflict,
    left: &mut Vec<LeftOut>,
) -> Result<Decided, Vec<Diagnostic>> {
    if policy == OnConflict::Keep {
        return Ok(Decided {
            kept: messages.to_vec(),
            answers: Vec::new(),
        });
    }
    let (groups, group_of) = group(messages);
    let winners: Vec<Option<Candidate>> =
        groups.iter().map(|group| winner(group, policy)).collect();
    let mut decided = Decided::default();
    let (mut repeats, mut conflicts) = (Vec::new(), Vec::new());
    for (i, (message, group)) in messages.iter().zip(group_of).enumerate() {
        let candidates = groups.get(group).map_or(&[][..], Vec::as_slice);
        let Some(winner) = winners.get(group).copied().flatten() else {
            // Every row of the text contradicts another one.
            let other = candidates
                .iter()
                .find(|other| other.target != message.target);
            let Some(other) = other.and_then(|other| messages.get(other.first)) else {
                continue;
            };
            if policy != OnConflict::Error {
                repeats.push(message.left_out(Why::Contradicted {
                    other: names(other.target),
                    place: message.place_of(other),
                }));
            } else if candidates.first().is_some_and(|first| first.first == i) {
                conflicts.push(Diagnostic::from(Problem::Conflict {
                    first: (message.origin, names(message.target)),
                    second: (other.origin, names(other.target)),
                }));
            }
            continue;
        };
        let Some(first) = messages.get(winner.first) else {
            continue;
        };
        let place = message.place_of(first);
        if message.target != winner.target {
            let kept = names(winner.target);
            repeats.push(message.left_out(Why::Conflict { kept, place }));
            continue;
        }
        if let Some(answer) = &message.answer {
            decided.answers.push((winner.target, answer.clone()));
        }
        if winner.first == i {
            decided.kept.push(message.clone());
        } else if message.answer.is_some() && first.answer != message.answer {
            repeats.push(message.left_out(Why::Variation { place }));
        } else if first.text == message.text {
            repeats.push(message.left_out(Why::Repeated { place }));
        } else {
            repeats.push(message.left_out(Why::RepeatedLoosely { place }));
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    left.append(&mut repeats);
    Ok(decided)
}

/// A label that a text has.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// What it stands for.
    target: usize,
    /// The first message with it.
    first: usize,
    /// How many there are.
    votes: usize,
}

/// Returns for each text its labels in the order of the rows, and for each message the number of its text.
fn group(messages: &[Message]) -> (Vec<Vec<Candidate>>, Vec<usize>) {
    let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
    let mut slots: FxHashMap<(usize, usize), usize> = FxHashMap::default();
    let mut groups: Vec<Vec<Candidate>> = Vec::new();
    let mut group_of = Vec::with_capacity(messages.len());
    for (first, message) in messages.iter().enumerate() {
        let number = *numbers.entry(text_key(&message.text)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        group_of.push(number);
        let Some(group) = groups.get_mut(number) else {
            continue;
        };
        let slot = *slots.entry((number, message.target)).or_insert_with(|| {
            group.push(Candidate {
                target: message.target,
                first,
                votes: 0,
            });
            group.len() - 1
        });
        if let Some(candidate) = group.get_mut(slot) {
            candidate.votes += 1;
        }
    }
    (groups, group_of)
}

/// Returns the label that a text gets, or none if its rows contradict each other and nobody may win.
fn winner(group: &[Candidate], policy: OnConflict) -> Option<Candidate> {
    match (group, policy) {
        ([only], _) => Some(*only),
        (group, OnConflict::First) => group.first().copied(),
        (_, OnConflict::Drop | OnConflict::Error) => None,
        // The first of equally frequent ones: `max_by_key` would take the last.
        (group, OnConflict::Majority | OnConflict::Keep) => {
            group.iter().rev().max_by_key(|one| one.votes).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(line: usize, text: &str, target: usize) -> Message {
        Message {
            file: "a.csv".into(),
            line,
            origin: Origin::default(),
            text: text.into(),
            entities: Vec::new(),
            label: target.to_string(),
            answer: None,
            target,
        }
    }

    fn decide(rows: &[(&str, usize)], policy: OnConflict) -> (Vec<usize>, Vec<Why>) {
        let messages: Vec<Message> = rows
            .iter()
            .enumerate()
            .map(|(i, (text, target))| message(i + 1, text, *target))
            .collect();
        let mut left = Vec::new();
        let kept = deduplicate(&messages, &|target| target.to_string(), policy, &mut left)
            .map_or_else(
                |conflicts| vec![1000 + conflicts.len()],
                |decided| decided.kept.iter().map(|m| m.line).collect(),
            );
        (kept, left.into_iter().map(|left| left.why).collect())
    }

    #[test]
    fn repeats_are_told_apart() {
        assert_eq!(
            decide(
                &[("hi", 1), ("hi", 1), ("HI ", 1), ("bye", 2)],
                OnConflict::Majority
            ),
            (
                vec![1, 4],
                vec![
                    Why::Repeated {
                        place: "line 1".into()
                    },
                    Why::RepeatedLoosely {
                        place: "line 1".into()
                    }
                ]
            )
        );
    }

    #[test]
    fn conflicts_end_as_asked() {
        let rows = [("hi", 1), ("Hi", 2), ("hi", 2), ("yo", 1), ("yo", 2)];
        assert_eq!(decide(&rows, OnConflict::Majority).0, [2, 4]);
        assert_eq!(decide(&rows, OnConflict::First).0, [1, 4]);
        assert_eq!(decide(&rows, OnConflict::Drop).0, Vec::<usize>::new());
        assert_eq!(decide(&rows, OnConflict::Error).0, [1002]);
        assert_eq!(
            decide(&rows, OnConflict::Majority).1,
            [
                Why::Conflict {
                    kept: "2".into(),
                    place: "line 2".into()
                },
                Why::RepeatedLoosely {
                    place: "line 2".into()
                },
                Why::Conflict {
                    kept: "1".into(),
                    place: "line 4".into()
                }
            ]
        );
    }

    #[test]
    fn missing_values_have_many_spellings() {
        for text in ["", " ", "\u{a0}", "NA", "NaN", "null", "NULL", " N/A "] {
            assert!(is_missing(text), "{text:?}");
        }
        assert!(!is_missing("na") && !is_missing("none") && !is_missing("nothing"));
    }
}
