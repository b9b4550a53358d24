//! Text to rows and cells, each with its place. Forgiving where a person would be, exact about where a quote opens.

use super::delimiter::Delimiter;
use crate::text::Span;

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// Bytes of the file's text, with quotes.
    pub(super) span: Span,
    /// What it says.
    pub(super) text: String,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Line it starts in, from 1.
    pub(super) line: usize,
    /// Its cells; a blank line has none.
    pub(super) cells: Vec<Cell>,
}

impl Row {
    /// Returns the bytes from the first cell to the last.
    pub(super) fn span(&self) -> Span {
        match (self.cells.first(), self.cells.last()) {
            (Some(first), Some(last)) => Span::new(first.span.start, last.span.end),
            _ => Span::default(),
        }
    }
}

/// Whether a quoted cell may hold line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// As spreadsheets write them.
    AcrossLines,
    /// A quote that is not closed in its line is just a character.
    WithinLine,
}

/// A quote that is not closed where it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenQuote {
    /// Where it opens.
    pub(super) at: usize,
    /// Its line.
    pub(super) line: usize,
    /// Line in which it is closed in the middle of other text; none if it is never closed.
    pub(super) closed_in: Option<usize>,
}

/// Splits the text into rows; `limit` bounds how many.
///
/// On an open quote the rows before it are returned with it.
pub(super) fn split(
    text: &str,
    from: usize,
    delimiter: Delimiter,
    quotes: Quotes,
    limit: usize,
) -> (Vec<Row>, Option<OpenQuote>) {
    let mut splitter = Splitter {
        text,
        bytes: text.as_bytes(),
        at: from,
        line: 1 + text
            .get(..from)
            .map_or(0, |head| head.matches('\n').count()),
        delimiter,
        quotes,
    };
    let mut rows = Vec::new();
    while splitter.at < text.len() && rows.len() < limit {
        match splitter.row() {
            Ok(row) => rows.push(row),
            Err(open) => return (rows, Some(open)),
        }
    }
    (rows, None)
}

struct Splitter<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: usize,
    delimiter: Delimiter,
    quotes: Quotes,
}

impl Splitter<'_> {
    fn row(&mut self) -> Result<Row, OpenQuote> {
        let mut row = Row {
            line: self.line,
            cells: Vec::new(),
        };
        if self.line_end(self.at).is_some() {
            self.next_line();
            return Ok(row);
        }
        loop {
            let cell = match self.delimiter {
                Delimiter::Byte(byte) => self.cell(byte)?,
                Delimiter::FirstBlank => self.word(row.cells.is_empty()),
            };
            row.cells.push(cell);
            if self.at >= self.bytes.len() {
                return Ok(row);
            }
            if self.line_end(self.at).is_some() {
                self.next_line();
                return Ok(row);
            }
            // What ended the cell is the delimiter.
            self.at += 1;
        }
    }

    /// Returns the length of a line end at `at`.
    fn line_end(&self, at: usize) -> Option<usize> {
        match self.bytes.get(at) {
            Some(b'\n') => Some(1),
            Some(b'\r') if self.bytes.get(at + 1) == Some(&b'\n') => Some(2),
            _ => None,
        }
    }

    fn next_line(&mut self) {
        self.at += self.line_end(self.at).unwrap_or(1);
        self.line += 1;
    }

    /// Returns the end of an unquoted cell that starts at `from`.
    fn plain_end(&self, from: usize, delimiter: u8) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter()
            .enumerate()
            .find(|(i, byte)| **byte == delimiter || self.line_end(from + i).is_some())
            .map_or(self.bytes.len(), |(i, _)| from + i)
    }

    fn plain(&mut self, delimiter: u8) -> Cell {
        let start = self.at;
        self.at = self.plain_end(start, delimiter);
        let span = Span::new(start, self.at);
        Cell {
            span,
            text: span.of(self.text).to_owned(),
        }
    }

    fn cell(&mut self, delimiter: u8) -> Result<Cell, OpenQuote> {
        let start = self.at;
        let blanks = self
            .bytes
            .get(start..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| **byte == b' ')
            .count();
        let open = start + blanks;
        if self.bytes.get(open) != Some(&b'"') {
            return Ok(self.plain(delimiter));
        }
        let mut text = String::new();
        let (mut piece, mut lines) = (open + 1, 0);
        loop {
            let rest = self.bytes.get(piece..).unwrap_or_default();
            let quote = rest
                .iter()
                .position(|byte| *byte == b'"')
                .map(|i| piece + i);
            let passed = quote.unwrap_or(self.bytes.len());
            lines += Span::new(piece, passed).of(self.text).matches('\n').count();
            if lines > 0 && self.quotes == Quotes::WithinLine {
                return Ok(self.plain(delimiter));
            }
            let Some(quote) = quote else {
                if self.quotes == Quotes::WithinLine {
                    return Ok(self.plain(delimiter));
                }
                return Err(OpenQuote {
                    at: open,
                    line: self.line,
                    closed_in: None,
                });
            };
            text.push_str(Span::new(piece, quote).of(self.text));
            if self.bytes.get(quote + 1) == Some(&b'"') {
                text.push('"');
                piece = quote + 2;
                continue;
            }
            let after = quote + 1;
            let blanks = self
                .bytes
                .get(after..)
                .unwrap_or_default()
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t') && **byte != delimiter)
                .count();
            let end = after + blanks;
            let closes = end >= self.bytes.len()
                || self.bytes.get(end) == Some(&delimiter)
                || self.line_end(end).is_some();
            if closes {
                self.at = end;
                self.line += lines;
                return Ok(Cell {
                    span: Span::new(start, end),
                    text,
                });
            }
            if text.ends_with('\\') {
                // `\"` is how some programs write a quote inside quotes.
                text.pop();
                text.push('"');
                piece = after;
                continue;
            }
            if lines > 0 {
                return Err(OpenQuote {
                    at: open,
                    line: self.line,
                    closed_in: Some(self.line + lines),
                });
            }
            // `"Duff" Armstrong`: a text that begins with a quotation.
            return Ok(self.plain(delimiter));
        }
    }

    /// Returns the first word of a line, or the rest of it.
    fn word(&mut self, first: bool) -> Cell {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        self.at = rest
            .iter()
            .enumerate()
            .find(|(i, byte)| {
                first && matches!(byte, b' ' | b'\t') || self.line_end(start + i).is_some()
            })
            .map_or(self.bytes.len(), |(i, _)| start + i);
        let span = Span::new(start, self.at);
        Cell {
            span,
            text: span.of(self.text).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, quotes: Quotes) -> Vec<(usize, Vec<String>)> {
        let (rows, open) = split(text, 0, Delimiter::Byte(b','), quotes, usize::MAX);
        assert_eq!(open, None);
        rows.into_iter()
            .map(|row| {
                (
                    row.line,
                    row.cells.into_iter().map(|cell| cell.text).collect(),
                )
            })
            .collect()
    }

    fn of(line: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_know_the_line_they_start_in() {
        assert_eq!(
            rows("a,\"b\nc\"\r\n\nd,\"e \"\"f\"\"\" ,\n", Quotes::AcrossLines),
            [
                of(1, &["a", "b\nc"]),
                of(3, &[]),
                of(4, &["d", "e \"f\"", ""])
            ]
        );
    }

    #[test]
    fn a_quotation_at_the_start_is_part_of_the_text() {
        assert_eq!(
            rows("\"Duff\" Armstrong,a\n", Quotes::AcrossLines),
            [of(1, &["\"Duff\" Armstrong", "a"])]
        );
        assert_eq!(
            rows("\"open,a\nb,\"c d\"\n", Quotes::WithinLine),
            [of(1, &["\"open", "a"]), of(2, &["b", "c d"])]
        );
    }

    #[test]
    fn quotes_may_be_escaped_with_backslashes() {
        assert_eq!(
            rows("\"say \\\"hi, you\\\" now\",a\n", Quotes::AcrossLines),
            [of(1, &["say \"hi, you\" now", "a"])]
        );
    }

    #[test]
    fn an_open_quote_is_told_where_it_opens() {
        let (before, open) = split(
            "a,b\nc,\"d\ne,f\n\"g, h\",i\n",
            0,
            Delimiter::Byte(b','),
            Quotes::AcrossLines,
            usize::MAX,
        );
        assert_eq!(before.len(), 1);
        assert_eq!(
            open,
            Some(OpenQuote {
                at: 6,
                line: 2,
                closed_in: Some(4)
            })
        );
    }

    #[test]
    fn the_first_blank_parts_label_and_text() {
        let (rows, _) = split(
            "LOC:city what is it\n",
            0,
            Delimiter::FirstBlank,
            Quotes::AcrossLines,
            9,
        );
        assert_eq!(rows[0].cells[1].text, "what is it");
    }
}
