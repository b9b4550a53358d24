//! What parts the cells of a table.

use rustc_hash::FxHashMap;

use super::{
    cells::{OpenQuote, Quotes, Row, split},
    encoding::Found,
    header,
};

/// What parts the cells of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// One character.
    Byte(u8),
    /// The first blank of the line: a label, then a text.
    FirstBlank,
}

impl Delimiter {
    /// Returns how it is shown to people.
    pub fn show(self) -> String {
        match self {
            Self::Byte(b'\t') => "tab".to_owned(),
            Self::Byte(byte) => format!("`{}`", char::from(byte)),
            Self::FirstBlank => "first blank".to_owned(),
        }
    }
}

/// Rows that are looked at.
const SAMPLE: usize = 400;
/// Share of rows that must have the usual number of cells for a delimiter to be believed at once.
const CONSISTENT: f64 = 0.6;

/// A table split into rows.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) rows: Vec<Row>,
    pub(super) delimiter: Delimiter,
    pub(super) reason: Found,
    /// A quote that is not closed; rows end before it.
    pub(super) open: Option<OpenQuote>,
}

/// Splits a table, by the delimiter that was asked for, that the file names, or that fits best.
pub(super) fn read(text: &str, wanted: Option<Delimiter>) -> Split {
    let named = named_in_file(text);
    let from = named.map_or(0, |(_, end)| end);
    let (delimiter, why) = match (wanted, named) {
        (Some(wanted), _) => (wanted, "`--delimiter`".to_owned()),
        (None, Some((byte, _))) => (Delimiter::Byte(byte), "the `sep=` line".to_owned()),
        (None, None) => guess(text),
    };
    let (rows, open, quotes) = with_quotes(text, from, delimiter);
    let why = match quotes {
        Some(remark) => format!("{why}; {remark}"),
        None => why,
    };
    Split {
        rows,
        delimiter,
        reason: Found::new(delimiter.show(), why),
        open,
    }
}

/// Returns the delimiter that an Excel `sep=;` line names, and where the table starts.
fn named_in_file(text: &str) -> Option<(u8, usize)> {
    let end = text.find('\n').unwrap_or(text.len());
    let line = text.get(..end)?.trim_end_matches('\r').trim_matches('"');
    let rest = line
        .get(..4)
        .filter(|head| head.eq_ignore_ascii_case("sep="))
        .and(line.get(4..))?;
    match rest.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => {
            Some((*byte, (end + 1).min(text.len())))
        }
        _ => None,
    }
}

/// Splits with quotes as spreadsheets write them, unless a table with tabs shows that its quotes are just characters.
fn with_quotes(
    text: &str,
    from: usize,
    delimiter: Delimiter,
) -> (Vec<Row>, Option<OpenQuote>, Option<&'static str>) {
    let (rows, open) = split(text, from, delimiter, Quotes::AcrossLines, usize::MAX);
    let spans_lines = || {
        rows.iter()
            .any(|row| row.cells.iter().any(|cell| cell.text.contains('\n')))
    };
    if delimiter != Delimiter::Byte(b',') && (open.is_some() || spans_lines()) {
        let (plain, _) = split(text, from, delimiter, Quotes::WithinLine, usize::MAX);
        let (width, share) = usual_width(&plain);
        if width > 1
            && (share > 0.98 && delimiter == Delimiter::Byte(b'\t')
                || share >= 1.0 && open.is_some())
        {
            return (plain, None, Some("quotes are just characters here"));
        }
    }
    (rows, open, None)
}

fn guess(text: &str) -> (Delimiter, String) {
    let mut best: Option<(f64, u8, usize)> = None;
    for byte in *b"\t;|," {
        let (rows, _) = split(text, 0, Delimiter::Byte(byte), Quotes::AcrossLines, SAMPLE);
        let (rows, quotes) = if rows.len() < 3 {
            (
                split(text, 0, Delimiter::Byte(byte), Quotes::WithinLine, SAMPLE).0,
                0.9,
            )
        } else {
            (rows, 1.0)
        };
        let (width, share) = usual_width(&rows);
        if width < 2 {
            continue;
        }
        let known = rows.first().is_some_and(|row| header::knows(row) > 0);
        let score = share * quotes * if known { 1.5 } else { 1.0 };
        if best.is_none_or(|(other, ..)| score > other) {
            best = Some((score, byte, width));
        }
    }
    if let Some((score, byte, width)) = best
        && (score >= CONSISTENT || !labelled_lines(text))
    {
        return (
            Delimiter::Byte(byte),
            format!("gives {width} columns in nearly every row"),
        );
    }
    if labelled_lines(text) {
        return (
            Delimiter::FirstBlank,
            "each line is one of a few labels, a blank, a text".to_owned(),
        );
    }
    (Delimiter::Byte(b','), "the usual one".to_owned())
}

/// Returns the most frequent number of cells (at least two) and the share of rows that have it.
pub(super) fn usual_width(rows: &[Row]) -> (usize, f64) {
    let mut widths: FxHashMap<usize, usize> = FxHashMap::default();
    for row in rows.iter().filter(|row| !row.cells.is_empty()) {
        *widths.entry(row.cells.len()).or_default() += 1;
    }
    let total: usize = widths.values().sum();
    widths
        .into_iter()
        .filter(|(width, _)| *width > 1)
        .max_by_key(|(width, n)| (*n, std::cmp::Reverse(*width)))
        .map_or((1, 0.0), |(width, n)| (width, n as f64 / total as f64))
}

/// Tells whether every line starts with a word that is one of a few.
fn labelled_lines(text: &str) -> bool {
    let mut firsts: FxHashMap<&str, usize> = FxHashMap::default();
    let mut lines = 0_usize;
    for line in text
        .lines()
        .take(SAMPLE * 5)
        .filter(|line| !line.trim().is_empty())
    {
        let Some((first, rest)) = line.split_once([' ', '\t']) else {
            return false;
        };
        if rest.trim().is_empty() {
            return false;
        }
        lines += 1;
        *firsts.entry(first).or_default() += 1;
    }
    lines >= 10 && firsts.len() > 1 && firsts.len() * 5 <= lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        read(text, None).delimiter.show()
    }

    #[test]
    fn the_delimiter_that_gives_even_rows_wins() {
        assert_eq!(found("text,intent\nhi; you,greet\nbye,bye\n"), "`,`");
        assert_eq!(
            found("text;intent\n\"hi, you\";greet\na, b, c;bye\n"),
            "`;`"
        );
        assert_eq!(found("hi, you\tgreet\nbye\tbye\n"), "tab");
        assert_eq!(found("a|b\nhi|greet\n"), "`|`");
    }

    #[test]
    fn excels_line_names_it_and_is_no_row() {
        let split = read("sep=;\r\nintent;text\r\ngreet;hi, you\r\n", None);
        assert_eq!(split.delimiter, Delimiter::Byte(b';'));
        assert_eq!(split.rows.len(), 2);
        assert_eq!(split.rows[0].line, 2);
    }

    #[test]
    fn lone_quotes_between_tabs_are_characters() {
        let split = read("a\t\"quack\nb\tc\"\nd\te\n", None);
        assert_eq!(split.open, None);
        assert_eq!(split.rows.len(), 3);
        assert_eq!(split.rows[0].cells[1].text, "\"quack");
    }

    #[test]
    fn a_label_before_the_first_blank_is_a_column() {
        let line = |i: usize| {
            let label = if i.is_multiple_of(2) { "A:x" } else { "B:y" };
            let more = if i.is_multiple_of(3) { " , then " } else { "" };
            format!("{label} what is {i}{more}?\n")
        };
        let text = (0..20).map(line).collect::<Vec<_>>().concat();
        assert_eq!(found(&text), "first blank");
    }
}
