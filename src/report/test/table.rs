//! A table of figures that drops columns from the right where the line is too narrow.

/// A table; the first column stands to the left, the others to the right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Starts a table with its heads.
    pub(super) fn new(heads: &[&str]) -> Self {
        Self {
            rows: vec![heads.iter().map(|head| (*head).to_owned()).collect()],
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Returns the lines, none wider than `width`. Columns that are empty but for the head are left out, and so is
    /// a table of heads alone.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        if self.rows.len() < 2 {
            return Vec::new();
        }
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let mut kept: Vec<(usize, usize)> = Vec::new();
        let mut used = 0;
        for column in 0..columns {
            let is_empty = self
                .rows
                .iter()
                .skip(1)
                .all(|row| cell(row, column).is_empty());
            if column > 0 && is_empty {
                continue;
            }
            let widest = self
                .rows
                .iter()
                .map(|row| unicode_width::UnicodeWidthStr::width(cell(row, column).as_str()));
            let widest = widest.max().unwrap_or_default();
            let gap = if column == 0 { 0 } else { 3 };
            if used + gap + widest > width && !kept.is_empty() {
                break;
            }
            used += gap + widest;
            kept.push((column, widest));
        }
        self.rows
            .iter()
            .map(|row| {
                let mut line = String::new();
                for (column, widest) in &kept {
                    let text = cell(row, *column);
                    let pad = " ".repeat(
                        widest.saturating_sub(unicode_width::UnicodeWidthStr::width(text.as_str())),
                    );
                    if *column == 0 {
                        line.push_str(&text);
                        line.push_str(&pad);
                    } else {
                        line.push_str("   ");
                        line.push_str(&pad);
                        line.push_str(&text);
                    }
                }
                line.trim_end().to_owned()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_lines_lose_columns_from_the_right() {
        let mut table = Table::new(&["", "right", "of", "before"]);
        table.row(vec![
            "intents".into(),
            "9".into(),
            "10".into(),
            "0.9".into(),
        ]);
        assert_eq!(table.lines(80)[1], "intents       9   10      0.9");
        assert_eq!(table.lines(22)[1], "intents       9   10");
        assert_eq!(table.lines(1)[1], "intents");
        let mut empty = Table::new(&["", "right", "before"]);
        empty.row(vec!["a".into(), "1".into(), String::new()]);
        assert_eq!(empty.lines(80)[0], "    right");
    }
}
