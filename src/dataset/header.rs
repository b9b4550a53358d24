//! Whether the first row of a table names its columns.

use super::{
    cells::Row,
    encoding::Found,
    words::{Hint, hint},
};

/// Returns how many cells of a row are words that head columns.
pub(super) fn knows(row: &Row) -> usize {
    row.cells
        .iter()
        .filter(|cell| hint(&cell.text).is_some_and(|(hint, how)| hint != Hint::Other && how > 1))
        .count()
}

/// Decides whether the first row is a header; says why.
///
/// `asked` are the names that flags give to columns.
pub(super) fn detect(rows: &[&Row], wanted: Option<bool>, asked: &[&str]) -> (bool, Found) {
    let Some((first, rest)) = rows.split_first() else {
        return (false, Found::new("none", "there are no rows"));
    };
    let line = first.line;
    let yes = |why: String| (true, Found::new(format!("line {line}"), why));
    let no = |why: String| (false, Found::new("none", why));
    match wanted {
        Some(true) => return yes("`--header`".to_owned()),
        Some(false) => return no("`--no-header`".to_owned()),
        None => {}
    }
    let is_asked = |text: &str| {
        asked
            .iter()
            .any(|name| name.eq_ignore_ascii_case(text.trim()))
    };
    if let Some(cell) = first.cells.iter().find(|cell| is_asked(&cell.text)) {
        return yes(format!("a flag names its column `{}`", cell.text.trim()));
    }
    if let Some(cell) = first.cells.iter().find(|cell| is_sentence(&cell.text)) {
        let short: String = cell.text.chars().take(30).collect();
        return no(format!("line {line} holds a message (`{short}…`)"));
    }
    let known: Vec<&str> = first
        .cells
        .iter()
        .map(|cell| cell.text.trim())
        .filter(|text| hint(text).is_some_and(|(hint, how)| hint != Hint::Other && how > 1))
        .collect();
    let again = first.cells.iter().enumerate().find(|(i, cell)| {
        let text = cell.text.trim();
        !text.is_empty()
            && rest.iter().any(|row| {
                row.cells
                    .get(*i)
                    .is_some_and(|other| other.text.trim() == text)
                    && !same(first, row)
            })
    });
    match (known.as_slice(), again) {
        ([one, ..], None) => yes(format!("`{one}` names a column")),
        ([one, _, ..], Some(_)) => yes(format!("`{one}` and others name columns")),
        (_, Some((i, cell))) => no(format!(
            "`{}` of line {line} comes again in column {}",
            cell.text.trim(),
            i + 1
        )),
        ([], None) => {
            let named = first.cells.iter().all(|cell| is_name(cell.text.trim()));
            let others = rest
                .iter()
                .any(|row| row.cells.iter().any(|cell| is_sentence(&cell.text)));
            if named && others && first.cells.iter().any(|cell| !cell.text.trim().is_empty()) {
                yes("its cells are short names that come nowhere else".to_owned())
            } else {
                no(format!(
                    "nothing in line {line} looks like the name of a column"
                ))
            }
        }
    }
}

/// Tells whether two rows say the same.
pub(super) fn same(a: &Row, b: &Row) -> bool {
    a.cells.len() == b.cells.len()
        && a.cells
            .iter()
            .zip(&b.cells)
            .all(|(a, b)| a.text.trim() == b.text.trim())
}

/// Tells whether a cell is too long, or too much of a sentence, to be a name.
fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    text.chars().count() > 40
        || text.split_whitespace().count() > 4
        || text.ends_with(['?', '!', '？', '！', '。'])
}

fn is_name(text: &str) -> bool {
    let words = text.split_whitespace().count();
    words <= 3 && text.chars().count() <= 30 && text.parse::<f64>().is_err() && !text.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{
        cells::{Quotes, split},
        delimiter::Delimiter,
    };

    fn has(text: &str) -> bool {
        let (rows, _) = split(
            text,
            0,
            Delimiter::Byte(b','),
            Quotes::AcrossLines,
            usize::MAX,
        );
        let rows: Vec<&Row> = rows.iter().collect();
        detect(&rows, None, &[]).0
    }

    #[test]
    fn headers_are_words_that_do_not_come_again() {
        assert!(has("text,intent\nhi there,greet\n"));
        assert!(has(
            "v1,v2,,\nham,Go until jurong point right now\nspam,Free entry in a competition\n"
        ));
        assert!(!has("neg,i cannot believe it\npos,great\nneg,bad\n"));
        assert!(!has("can you help me?,help\nbye,bye\n"));
        assert!(!has("hi,greet\nhello,greet\n"));
        assert!(has("text,intent\nhi,greet\ntext,intent\nbye,bye\n"));
    }
}
