//! A file's bytes to a table in which every row keeps its line and every cell its place.

use super::{
    cells::Row,
    delimiter::{self, Delimiter},
    encoding::{Found, decode},
    header,
    options::Options,
    problem::Problem,
};
use crate::{
    diagnostic::{Origin, Result, SourceId, Sources},
    text::Span,
};

/// A table as it was read.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its file, as shown to people.
    pub name: String,
    /// Its text among the sources.
    pub source: SourceId,
    /// How bytes became text.
    pub encoding: Found,
    /// What parts the cells.
    pub delimiter: Found,
    /// Whether the first row is a header.
    pub header: Found,
    /// What stands between two cells.
    pub(super) separator: char,
    /// How lines end.
    pub line_ends: &'static str,
    /// Names of the columns.
    pub columns: Vec<Column>,
    /// Where the names stand; the first row where there are none.
    pub header_at: Origin,
    /// Rows after the header; blank lines have no cells.
    pub(super) rows: Vec<Row>,
    /// The header, if there is one.
    pub(super) header_row: Option<Row>,
    /// What a person should know about the file.
    pub(super) warnings: Vec<Problem>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; made up where the header gives none.
    pub name: String,
    /// Whether the header names it.
    pub named: bool,
}

impl Table {
    /// Returns the number of rows, without blank lines.
    pub fn len(&self) -> usize {
        self.rows.iter().filter(|row| !row.cells.is_empty()).count()
    }

    /// Tells whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the messages of a table, labelled or not, without empty ones.
    pub fn messages(&self) -> Vec<&str> {
        let column = super::columns::messages(self);
        let cells = self.rows.iter().filter_map(|row| row.cells.get(column));
        let texts = cells.map(|cell| cell.text.trim());
        texts.filter(|text| !text.is_empty()).collect()
    }

    pub(super) fn origin(&self, row: &Row) -> Origin {
        Origin::new(self.source, row.span())
    }

    pub(super) fn column_names(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    }
}

/// Reads a table; finds out what was not said.
pub fn read(name: &str, bytes: &[u8], options: &Options, sources: &mut Sources) -> Result<Table> {
    let mut decoded = decode(name, bytes, options.encoding.as_deref())?;
    let mut warnings = Vec::new();
    let line_ends = line_ends(&mut decoded.text);
    if !decoded.stray.is_empty() {
        warnings.push(stray(name, bytes, &decoded.stray, &decoded.encoding.value));
    }
    remove_nul(name, &mut decoded.text, &mut warnings);
    if let Some(kind) = other_format(&decoded.text) {
        return Err(Problem::NotText {
            file: name.to_owned(),
            kind,
        }
        .into());
    }
    let split = delimiter::read(&decoded.text, options.delimiter);
    let source = sources.add(name, decoded.text.as_str());
    let all = Origin::new(source, Span::new(0, 0));
    if let Some(open) = split.open {
        return Err(Problem::OpenQuote {
            at: Origin::new(source, Span::new(open.at, open.at + 1)),
            line: open.line,
            closed_in: open.closed_in,
        }
        .into());
    }
    let filled: Vec<&Row> = split.rows.iter().filter(|row| !is_blank(row)).collect();
    let Some(first) = filled.first() else {
        return Err(Problem::Empty {
            file: name.to_owned(),
            at: all,
        }
        .into());
    };
    let asked: Vec<&str> = [&options.text, &options.intent, &options.response]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|name| name.parse::<usize>().is_err())
        .collect();
    let (has_header, header) = header::detect(&filled, options.header, &asked);
    let header_at = Origin::new(source, first.span());
    let width = if has_header {
        first.cells.len()
    } else {
        delimiter::usual_width(&split.rows).0
    };
    let columns: Vec<Column> = (0..width)
        .map(|i| {
            let name = first.cells.get(i).map_or("", |cell| cell.text.trim());
            let named = has_header && !name.is_empty();
            Column {
                name: if named {
                    name.to_owned()
                } else {
                    format!("column {}", i + 1)
                },
                named,
            }
        })
        .collect();
    let header_row = has_header.then(|| (*first).clone());
    let skip = split
        .rows
        .iter()
        .position(|row| !is_blank(row))
        .map_or(0, |at| if has_header { at + 1 } else { at });
    let mut rows = split.rows;
    rows.drain(..skip);
    // Blank lines at the end are how files end.
    while rows.last().is_some_and(|row| row.cells.is_empty()) {
        rows.pop();
    }
    if rows.is_empty() {
        return Err(Problem::HeaderOnly {
            file: name.to_owned(),
            at: header_at,
        }
        .into());
    }
    if columns.len() < 2 {
        return Err(Problem::OneColumn { at: header_at }.into());
    }
    Ok(Table {
        name: name.to_owned(),
        source,
        encoding: decoded.encoding,
        delimiter: split.reason,
        header,
        separator: match split.delimiter {
            Delimiter::Byte(byte) => char::from(byte),
            Delimiter::FirstBlank => ' ',
        },
        line_ends,
        columns,
        header_at,
        rows,
        header_row,
        warnings,
    })
}

/// Recognises texts that are no tables.
fn other_format(text: &str) -> Option<&'static str> {
    let start = text.trim_start();
    let head: String = start
        .chars()
        .take(200)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let formats = [
        ("{\"", "JSON"),
        ("[{\"", "JSON"),
        ("[[\"", "JSON"),
        ("<?xml", "XML"),
        ("<!doctypehtml", "a web page"),
        ("<html", "a web page"),
    ];
    formats
        .into_iter()
        .find(|(mark, _)| head.starts_with(mark))
        .map(|(_, kind)| kind)
}

fn is_blank(row: &Row) -> bool {
    row.cells.iter().all(|cell| cell.text.trim().is_empty())
}

/// Tells how lines end; those of old Macs (CR alone) become LF, which takes as many bytes.
fn line_ends(text: &mut String) -> &'static str {
    let crlf = text.matches("\r\n").count();
    let lf = text.matches('\n').count() - crlf;
    match (crlf, lf) {
        (0, 0) if text.contains('\r') => {
            *text = text.replace('\r', "\n");
            "CR"
        }
        (0, _) => "LF",
        (_, 0) => "CRLF",
        // Cells of several lines hold LF also where rows end with CRLF.
        _ => "CRLF and LF",
    }
}

fn stray(name: &str, bytes: &[u8], lines: &[usize], encoding: &str) -> Problem {
    let mut unique = lines.to_vec();
    unique.dedup();
    // In a file that is otherwise ASCII, these bytes are the reason for the encoding that was chosen.
    let utf8 = encoding.starts_with("UTF-8")
        || bytes.iter().filter(|byte| **byte >= 0x80).count() == lines.len();
    Problem::StrayBytes {
        bytes: lines.len(),
        lines: unique,
        file: name.to_owned(),
        encoding: if utf8 {
            "UTF-8".to_owned()
        } else {
            encoding.to_owned()
        },
        read_as: if utf8 { "Windows-1252" } else { "`\u{fffd}`" },
    }
}

fn remove_nul(name: &str, text: &mut String, warnings: &mut Vec<Problem>) {
    if !text.contains('\0') {
        return;
    }
    let mut lines: Vec<usize> = text
        .split('\n')
        .enumerate()
        .filter(|(_, line)| line.contains('\0'))
        .map(|(i, _)| i + 1)
        .collect();
    lines.dedup();
    text.retain(|c| c != '\0');
    warnings.push(Problem::Nul {
        file: name.to_owned(),
        lines,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        read(
            "a.csv",
            text.as_bytes(),
            &Options::default(),
            &mut Sources::new(),
        )
        .unwrap()
    }

    #[test]
    fn old_mac_line_ends_are_lines() {
        let table = table("text,intent\rhi,greet\rbye,bye\r");
        assert_eq!((table.len(), table.line_ends), (2, "CR"));
        assert_eq!(table.rows[1].line, 3);
    }

    #[test]
    fn tables_that_say_nothing_are_refused() {
        let code = |text: &str| {
            let wrong = read(
                "a.csv",
                text.as_bytes(),
                &Options::default(),
                &mut Sources::new(),
            )
            .unwrap_err();
            wrong.diagnostics()[0].code
        };
        assert_eq!(code(""), "csv::empty");
        assert_eq!(code("\n \n"), "csv::empty");
        assert_eq!(code("text,intent\n"), "csv::no-rows");
        assert_eq!(code("text\nhi\nbye\n"), "csv::one-column");
        assert_eq!(
            code("text,intent\n\"hi,greet\nbye,bye\n"),
            "csv::open-quote"
        );
        assert_eq!(code("PK\u{3}\u{4}"), "csv::not-text");
        assert_eq!(
            code("{\"text\": \"hi\", \"intent\": \"greet\"}\n"),
            "csv::not-text"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read("a.csv", &bytes, &Options::default(), &mut Sources::new());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[a-z\",;\t|\r\n é\u{0}]{0,200}") {
            let _ = read("a.csv", text.as_bytes(), &Options::default(), &mut Sources::new());
        }
    }
}
