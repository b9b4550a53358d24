//! Rows to messages: what is missing, repeated or contradicted is left out, each time with its reason.

use rustc_hash::FxHashMap;

use super::{
    annotate,
    columns::Roles,
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
    // Beyond the text there is nothing with a name: what stands there belongs to the text.
    let spills = table
        .columns
        .iter()
        .skip(roles.text + 1)
        .all(|column| !column.named && table.header_row.is_some())
        && roles
            .intent
            .iter()
            .chain(&roles.response)
            .all(|i| *i < roles.text)
        || roles.text + 1 == table.columns.len();
    for row in &table.rows {
        let cell = |i: usize| row.cells.get(i).map_or("", |cell| cell.text.as_str());
        let clean = |text: &str| text.trim_matches([' ', '\n', '\r']).to_owned();
        let value = |i: usize| Some(clean(cell(i))).filter(|text| !is_missing(text));
        let mut text = value(roles.text);
        let mut label: Vec<String> = roles.intent.iter().filter_map(|i| value(*i)).collect();
        label.retain(|label| label != "None");
        let answer = roles.response.and_then(value);
        let wanted = roles.intent.len();
        let mut note = |why: Why, text: Option<&str>| {
            left.push(LeftOut {
                file: table.name.clone(),
                line: row.line,
                why,
                text: text.map_or_else(|| cell(roles.text).to_owned(), str::to_owned),
                intent: label.join("_"),
                response: answer.clone().unwrap_or_default(),
            });
        };
        if row.cells.is_empty() {
            note(Why::Blank, None);
            continue;
        }
        if table
            .header_row
            .as_ref()
            .is_some_and(|header| super::header::same(header, row))
        {
            note(Why::HeaderAgain, None);
            continue;
        }
        let extra = row
            .cells
            .iter()
            .skip(if spills {
                roles.text + 1
            } else {
                table.columns.len()
            })
            .rposition(|cell| !cell.text.trim().is_empty());
        if let Some(last) = extra {
            if !spills {
                note(
                    Why::TooManyCells {
                        cells: row.cells.len(),
                        columns: table.columns.len(),
                    },
                    None,
                );
                continue;
            }
            let pieces: Vec<&str> = (roles.text..=roles.text + 1 + last).map(cell).collect();
            text = Some(clean(&pieces.join(&table.separator.to_string())));
            joined.push(row.line);
        }
        let Some(text) = text else {
            note(Why::NoText, None);
            continue;
        };
        if label.len() < wanted {
            note(Why::NoIntent, Some(&text));
            continue;
        }
        if wanted == 0 && answer.is_none() {
            note(Why::NoAnswer, Some(&text));
            continue;
        }
        let chars = text.chars().count();
        if chars > LONGEST_TEXT {
            let start: String = text.chars().take(60).collect();
            note(Why::TooLong { chars }, Some(&format!("{start}…")));
            continue;
        }
        let (text, entities) = if options.entities {
            annotate::read(&text)
        } else {
            (text, Vec::new())
        };
        let label = label.join("_");
        found.push(Message {
            file: table.name.clone(),
            line: row.line,
            origin: table.origin(row),
            text,
            entities,
            label: label
                .strip_prefix("__label__")
                .map_or(label.clone(), str::to_owned),
            answer,
            target: 0,
        });
    }
    if !joined.is_empty() {
        warnings.push(Problem::Joined {
            file: table.name.clone(),
            lines: joined,
        });
    }
    found
}

/// Returns what two texts must share to count as the same: case and blanks do not matter.
pub(super) fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.extend(word.chars().flat_map(char::to_lowercase));
    }
    key
}

/// Leaves out repeats and decides between labels; returns the messages to keep, and for each target its answers.
pub(super) fn deduplicate(
    messages: Vec<Message>,
    names: &dyn Fn(usize) -> String,
    policy: OnConflict,
    left: &mut Vec<LeftOut>,
) -> Result<(Vec<Message>, Vec<(usize, String)>), Vec<Diagnostic>> {
    let mut groups: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    let keys: Vec<String> = messages.iter().map(|message| key(&message.text)).collect();
    for (i, key) in keys.iter().enumerate() {
        groups.entry(key.clone()).or_default().push(i);
    }
    let (mut kept, mut answers, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
    let mut repeats: Vec<LeftOut> = Vec::new();
    for (i, (message, key)) in messages.iter().zip(&keys).enumerate() {
        let group: Vec<&Message> = groups
            .get(key)
            .into_iter()
            .flatten()
            .filter_map(|i| messages.get(*i))
            .collect();
        let is_first = groups.get(key).and_then(|group| group.first()) == Some(&i);
        let winner = winner(&group, policy);
        let Some(winner) = winner else {
            // Every row of the text contradicts another one.
            if let Some(other) = group.iter().find(|other| other.target != message.target) {
                if policy == OnConflict::Error {
                    if is_first {
                        conflicts.push(Diagnostic::from(Problem::Conflict {
                            first: (message.origin, names(message.target)),
                            second: (other.origin, names(other.target)),
                        }));
                    }
                } else {
                    repeats.push(message.left_out(Why::Contradicted {
                        other: names(other.target),
                        line: other.line,
                    }));
                }
            }
            continue;
        };
        if message.target != winner {
            let line = group
                .iter()
                .find(|other| other.target == winner)
                .map_or(0, |other| other.line);
            repeats.push(message.left_out(Why::Conflict {
                kept: names(winner),
                line,
            }));
            continue;
        }
        if let Some(answer) = &message.answer {
            answers.push((winner, answer.clone()));
        }
        let first = group.iter().find(|other| other.target == winner);
        match first {
            Some(first) if (first.line, &first.file) != (message.line, &message.file) => {
                let why = if first.text == message.text {
                    Why::Repeated { line: first.line }
                } else {
                    Why::RepeatedLoosely { line: first.line }
                };
                repeats.push(message.left_out(why));
            }
            _ => kept.push(message.clone()),
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    left.append(&mut repeats);
    Ok((kept, answers))
}

/// Returns the target that a text gets, or none if its rows contradict each other and nobody may win.
fn winner(group: &[&Message], policy: OnConflict) -> Option<usize> {
    let first = group.first()?;
    if group.iter().all(|other| other.target == first.target) {
        return Some(first.target);
    }
    match policy {
        OnConflict::First => Some(first.target),
        OnConflict::Drop | OnConflict::Error => None,
        OnConflict::Majority => {
            let votes = |target: usize| group.iter().filter(|other| other.target == target).count();
            // The first of equally frequent ones: `max_by_key` would take the last.
            group
                .iter()
                .rev()
                .max_by_key(|message| votes(message.target))
                .map(|message| message.target)
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
        let messages = rows
            .iter()
            .enumerate()
            .map(|(i, (text, target))| message(i + 1, text, *target))
            .collect();
        let mut left = Vec::new();
        let kept = deduplicate(messages, &|target| target.to_string(), policy, &mut left)
            .map_or_else(
                |conflicts| vec![1000 + conflicts.len()],
                |(kept, _)| kept.iter().map(|m| m.line).collect(),
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
                vec![Why::Repeated { line: 1 }, Why::RepeatedLoosely { line: 1 }]
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
                    line: 2
                },
                Why::RepeatedLoosely { line: 2 },
                Why::Conflict {
                    kept: "1".into(),
                    line: 4
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
