//! What was left out, with its line and the reason.

use crate::diagnostic::Result;

/// A row that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its file.
    pub file: String,
    /// Its line.
    pub line: usize,
    /// Why.
    pub why: Why,
    /// Its text.
    pub text: String,
    /// Its label.
    pub intent: String,
    /// Its answer.
    pub response: String,
}

/// Why a row was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is a blank line.
    Blank,
    /// It is the header once more.
    HeaderAgain,
    /// It has no text.
    NoText,
    /// It has no intent.
    NoIntent,
    /// It has neither intent nor answer.
    NoAnswer,
    /// Its text is a document.
    TooLong {
        /// Characters.
        chars: usize,
    },
    /// It has more cells than there are columns.
    TooManyCells {
        /// Cells.
        cells: usize,
        /// Columns.
        columns: usize,
    },
    /// The text stands in an earlier line.
    Repeated {
        /// That line.
        place: String,
    },
    /// The text stands in an earlier line with another answer; that answer is kept.
    Variation {
        /// That line.
        place: String,
    },
    /// The text stands in an earlier line with other case or blanks.
    RepeatedLoosely {
        /// That line.
        place: String,
    },
    /// Another label won.
    Conflict {
        /// The label that is kept.
        kept: String,
        /// A line with that label.
        place: String,
    },
    /// Another line has another label, and none may win.
    Contradicted {
        /// The other label.
        other: String,
        /// Its line.
        place: String,
    },
    /// Its intent has too few examples.
    FewExamples {
        /// The intent.
        intent: String,
        /// Its examples.
        examples: usize,
    },
    /// No annotated form gives the text back.
    NotWritable,
    /// The project has the example already.
    InProject {
        /// Where, as `file:line`.
        place: String,
        /// The intent it has there, if another one.
        other: Option<String>,
    },
}

impl Why {
    /// Returns the reason in the words of the summary: `21 repeated`.
    pub fn short(&self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::HeaderAgain => "repeating the header",
            Self::NoText => "without text",
            Self::NoIntent => "without intent",
            Self::NoAnswer => "without answer",
            Self::TooLong { .. } => "too long",
            Self::TooManyCells { .. } => "with too many cells",
            Self::Repeated { .. } => "repeated",
            Self::Variation { .. } => "repeated with another answer, which is kept",
            Self::RepeatedLoosely { .. } => "repeated but for case or blanks",
            Self::Conflict { .. } | Self::Contradicted { .. } => "with conflicting labels",
            Self::FewExamples { .. } => "of intents with too few examples",
            Self::NotWritable => "with marks that cannot be written",
            Self::InProject { other: None, .. } => "already in the project",
            Self::InProject { .. } => "in the project with another intent",
        }
    }

    /// Returns the reason in a sentence.
    pub fn long(&self) -> String {
        match self {
            Self::Blank => "blank line".to_owned(),
            Self::HeaderAgain => "repeats the header".to_owned(),
            Self::NoText => "no text".to_owned(),
            Self::NoIntent => "no intent".to_owned(),
            Self::NoAnswer => "no answer".to_owned(),
            Self::TooLong { chars } => {
                format!(
                    "{chars} characters are more than {} for a message",
                    super::LONGEST_TEXT
                )
            }
            Self::TooManyCells { cells, columns } => {
                format!(
                    "{cells} cells for {columns} columns; a text that holds the delimiter needs quotes"
                )
            }
            Self::Repeated { place } => format!("repeats {place}"),
            Self::Variation { place } => {
                format!("repeats the text of {place}; its answer is kept as a variation")
            }
            Self::RepeatedLoosely { place } => format!("repeats {place} but for case or blanks"),
            Self::Conflict { kept, place } => {
                format!("{place} has the same text as `{kept}`, which is kept")
            }
            Self::Contradicted { other, place } => {
                format!("{place} has the same text as `{other}`")
            }
            Self::FewExamples { intent, examples } => {
                format!(
                    "`{intent}` has only {}",
                    crate::diagnostic::count(*examples, "example")
                )
            }
            Self::NotWritable => {
                "its brackets cannot be written so that Rasa reads them back".to_owned()
            }
            Self::InProject { place, other: None } => format!("stands in {place} already"),
            Self::InProject {
                place,
                other: Some(other),
            } => format!("stands in {place} as `{other}`"),
        }
    }
}

/// Counts what was left out by reason, most frequent first.
pub fn summary(left: &[LeftOut]) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for row in left {
        let short = row.why.short();
        match counts.iter_mut().find(|(known, _)| *known == short) {
            Some((_, n)) => *n += 1,
            None => counts.push((short, 1)),
        }
    }
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}

/// Returns the list as CSV, by file and line.
pub fn to_csv(left: &[LeftOut]) -> Result<Vec<u8>> {
    let mut rows: Vec<&LeftOut> = left.iter().collect();
    rows.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    let mut cells =
        vec![["file", "line", "reason", "text", "intent", "response"].map(str::to_owned)];
    cells.extend(rows.into_iter().map(|row| {
        [
            row.file.clone(),
            row.line.to_string(),
            row.why.long(),
            row.text.clone(),
            row.intent.clone(),
            row.response.clone(),
        ]
    }));
    super::write::rows(&cells)
}
