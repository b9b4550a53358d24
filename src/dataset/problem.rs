//! Every mistake that a table can have, and the words for it.

use crate::diagnostic::{Diagnostic, Error, Origin, count, did_you_mean};

/// What is wrong with a table, or with what was asked of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The file has no bytes, or only blanks.
    Empty {
        /// The file.
        file: String,
        /// Where it starts.
        at: Origin,
    },
    /// There is a header, but no row.
    HeaderOnly {
        /// The file.
        file: String,
        /// The header.
        at: Origin,
    },
    /// No row has both a text and an intent or answer.
    NothingLeft {
        /// The files.
        files: String,
        /// Rows that were left out.
        rows: usize,
        /// The most frequent reason.
        reason: String,
    },
    /// The bytes are a spreadsheet, an archive or a picture.
    NotText {
        /// The file.
        file: String,
        /// What it seems to be.
        kind: &'static str,
    },
    /// `--encoding` names none.
    UnknownEncoding(String),
    /// `--delimiter` is no single character.
    BadDelimiter(String),
    /// A quote that is never closed.
    OpenQuote {
        /// The quote.
        at: Origin,
        /// Its line.
        line: usize,
        /// Line of the place where a closing quote is followed by other text, if that is how it was noticed.
        closed_in: Option<usize>,
    },
    /// There is only one column.
    OneColumn {
        /// The first line.
        at: Origin,
    },
    /// A flag names a column that is not there.
    UnknownColumn {
        /// The flag.
        flag: &'static str,
        /// What it says.
        name: String,
        /// The columns that are there.
        columns: Vec<String>,
        /// The header.
        at: Origin,
    },
    /// Two flags name one column.
    SameColumn {
        /// The flags.
        flags: [&'static str; 2],
        /// The column.
        column: String,
        /// The header.
        at: Origin,
    },
    /// No column looks like messages.
    NoText {
        /// The columns that are there.
        columns: Vec<String>,
        /// The header.
        at: Origin,
    },
    /// No column looks like intents or answers.
    NoIntent {
        /// The columns that are there.
        columns: Vec<String>,
        /// The header.
        at: Origin,
    },
    /// One text has two labels, and that was to be an error.
    Conflict {
        /// First place, with its label.
        first: (Origin, String),
        /// Second place, with its label.
        second: (Origin, String),
    },
    /// Bytes that are not of the file's encoding.
    StrayBytes {
        /// How many.
        bytes: usize,
        /// Lines they stand in.
        lines: Vec<usize>,
        /// The file.
        file: String,
        /// The encoding of the rest.
        encoding: String,
        /// The encoding they were read as.
        read_as: &'static str,
    },
    /// NUL characters were taken out.
    Nul {
        /// The file.
        file: String,
        /// Lines they stood in.
        lines: Vec<usize>,
    },
    /// Cells beyond the header were added to the text before them.
    Joined {
        /// The file.
        file: String,
        /// Lines they stand in.
        lines: Vec<usize>,
    },
    /// There is one intent only.
    OneIntent(String),
    /// Intents with few examples.
    FewExamples {
        /// Each with its number.
        intents: Vec<(String, usize)>,
        /// What is few.
        limit: usize,
    },
    /// Labels that differ only in case, accents or special characters.
    SimilarLabels(Vec<Vec<String>>),
    /// No intent has enough examples to hold some out.
    NoHoldout {
        /// Examples that the largest intent has.
        largest: usize,
        /// Examples that are needed.
        needed: usize,
    },
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let wrong_argument = matches!(
            problem,
            Problem::UnknownEncoding(_)
                | Problem::BadDelimiter(_)
                | Problem::UnknownColumn { .. }
                | Problem::SameColumn { .. }
                | Problem::NotText { .. }
        );
        let diagnostic = Diagnostic::from(problem);
        if wrong_argument {
            Self::cannot(diagnostic)
        } else {
            diagnostic.into()
        }
    }
}

impl From<Problem> for Diagnostic {
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each mistake, so that all words stand together"
    )]
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Empty { file, at } => Self::error("csv::empty", format!("`{file}` is empty"))
                .label(at, "")
                .help("save the table again; a row needs a text and an intent, such as `good morning,greet`"),
            Problem::HeaderOnly { file, at } => {
                Self::error("csv::no-rows", format!("`{file}` has a header, but no rows"))
                    .label(at, "the header, and nothing after it")
                    .help("add rows below it, or say `--no-header` if this line is a row")
            }
            Problem::NothingLeft { files, rows, reason } => Self::error(
                "csv::nothing-left",
                format!("no row of {files} can be used: {} left out", count(rows, "row")),
            )
            .help(format!(
                "most of them: {reason}; `--text`, `--intent` and `--response` name the columns, `--delimiter` what parts them"
            )),
            Problem::NotText { file, kind } => {
                Self::error("csv::not-text", format!("`{file}` is {kind}, not a table of text"))
                    .help("save it as CSV (in a spreadsheet: `Save as`, `CSV UTF-8`)")
            }
            Problem::UnknownEncoding(name) => {
                const KNOWN: [&str; 8] = [
                    "utf-8", "utf-16le", "utf-16be", "latin1", "windows-1252", "windows-1250", "windows-1251", "shift_jis",
                ];
                let near = did_you_mean(&name, KNOWN).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                Self::error("csv::unknown-encoding", format!("unknown encoding `{name}`"))
                    .help(format!("{near}known are the names of the web: {}, …", KNOWN.join(", ")))
            }
            Problem::BadDelimiter(text) => {
                Self::error("csv::bad-delimiter", format!("`{text}` cannot be a delimiter"))
                    .help("give one ASCII character, or `tab`, `space` (the first blank), `comma`, `semicolon`, `pipe`")
            }
            Problem::OpenQuote { at, line, closed_in } => {
                let help = match closed_in {
                    Some(other) => format!(
                        "close it at the end of its text in line {line}, or remove it; as it stands, the text would go on into line {other}"
                    ),
                    None => format!("close it at the end of its text in line {line}, or remove it"),
                };
                Self::error("csv::open-quote", "a quote is never closed")
                    .label(at, "opens here")
                    .help(help)
            }
            Problem::OneColumn { at } => Self::error("csv::one-column", "the table has only one column")
                .label(at, "nothing parts a text from its intent here")
                .help("a row needs a text and an intent or an answer; name what stands between them with `--delimiter`"),
            Problem::UnknownColumn { flag, name, columns, at } => {
                let near = did_you_mean(&name, columns.iter().map(String::as_str))
                    .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                Self::error("csv::unknown-column", format!("there is no column `{name}` for `{flag}`"))
                    .label(at, "the columns")
                    .help(format!("{near}{}", listed(&columns)))
            }
            Problem::SameColumn { flags: [a, b], column, at } => {
                Self::error("csv::same-column", format!("`{a}` and `{b}` both name the column `{column}`"))
                    .label(at, "the columns")
                    .help("give each its own column")
            }
            Problem::NoText { columns, at } => {
                Self::error("csv::no-text-column", "no column looks like messages of users")
                    .label(at, "the columns")
                    .help(format!("name it with `--text`; {}", listed(&columns)))
            }
            Problem::NoIntent { columns, at } => {
                Self::error("csv::no-intent-column", "no column looks like intents or answers")
                    .label(at, "the columns")
                    .help(format!("name it with `--intent` or `--response`; {}", listed(&columns)))
            }
            Problem::Conflict { first, second } => {
                Self::error("csv::conflicting-label", "the same text is labelled with two intents")
                    .label(first.0, format!("`{}`, first seen here", first.1))
                    .label(second.0, format!("`{}` here", second.1))
                    .help("keep one of them, or let `--on-conflict majority` (the default) decide")
            }
            Problem::StrayBytes { bytes, lines, file, encoding, read_as } => Self::warning(
                "csv::stray-bytes",
                format!(
                    "{} of `{file}` {} not {encoding} ({}); read as {read_as}",
                    count(bytes, "byte"),
                    if bytes == 1 { "is" } else { "are" },
                    in_lines(&lines),
                ),
            )
            .help("look at these lines; `--encoding` says how to read the whole file"),
            Problem::Nul { file, lines } => Self::warning(
                "csv::nul",
                format!("NUL characters in `{file}` were removed ({})", in_lines(&lines)),
            )
            .help("look at these lines; the program that wrote the file may have damaged them"),
            Problem::Joined { file, lines } => Self::warning(
                "csv::joined-cells",
                format!(
                    "in {} of `{file}` the text went on into nameless cells and was joined again ({})",
                    count(lines.len(), "row"),
                    in_lines(&lines)
                ),
            )
            .help("put texts that hold the delimiter in double quotes"),
            Problem::OneIntent(name) => {
                Self::warning("csv::one-intent", format!("every example has the intent `{name}`"))
                    .help("a bot with one intent has nothing to decide; add rows with other intents")
            }
            Problem::FewExamples { intents, limit } => {
                const SHOWN: usize = 6;
                let shown: Vec<String> = intents
                    .iter()
                    .take(SHOWN)
                    .map(|(name, n)| format!("{name} {n}"))
                    .collect();
                let more = intents.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                Self::warning(
                    "csv::few-examples",
                    format!(
                        "{} {} fewer than {limit} examples: {}{more}",
                        count(intents.len(), "intent"),
                        if intents.len() == 1 { "has" } else { "have" },
                        shown.join(", ")
                    ),
                )
                .help("add more ways to say it; `--min-examples N` leaves smaller intents out")
            }
            Problem::SimilarLabels(groups) => {
                const SHOWN: usize = 5;
                let shown: Vec<String> = groups
                    .iter()
                    .take(SHOWN)
                    .map(|group| {
                        let names: Vec<String> = group.iter().map(|label| format!("`{label}`")).collect();
                        names.join(" and ")
                    })
                    .collect();
                let more = groups.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                Self::warning(
                    "csv::similar-labels",
                    format!(
                        "labels that differ only in case, accents or special characters became intents of their own: {}{more}",
                        shown.join(", ")
                    ),
                )
                .help("give them one spelling in the table if they mean the same")
            }
            Problem::NoHoldout { largest, needed } => Self::warning(
                "csv::no-holdout",
                format!(
                    "nothing was held out: no intent has {needed} examples (the largest has {largest})"
                ),
            )
            .help("add examples, or keep some messages in a file of their own for `bot test nlu --nlu FILE`"),
        }
    }
}

fn listed(columns: &[String]) -> String {
    let names: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(i, name)| format!("{} `{name}`", i + 1))
        .collect();
    format!("the columns are {}", names.join(", "))
}

/// Returns `line 4` or `lines 4, 10 and 12 more`.
pub(super) fn in_lines(lines: &[usize]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = lines.iter().take(SHOWN).map(usize::to_string).collect();
    let more = lines.len().saturating_sub(SHOWN);
    let word = if lines.len() == 1 { "line" } else { "lines" };
    if more > 0 {
        format!("{word} {} and {more} more", shown.join(", "))
    } else {
        format!("{word} {}", shown.join(", "))
    }
}
