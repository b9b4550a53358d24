//! Changes of files as people read them: each file under its name, each line with its number.

use ratatui::text::Line;

use super::{clean, clip};
use crate::{tui::App, workbench::Plan};

/// Returns the changed lines of a plan with so many lines around them.
pub(super) fn lines(app: &App, plan: &Plan, width: usize, around: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for change in &plan.changes {
        let head = format!("{} {}", change.shown, change.status());
        lines.push(Line::styled(clip(&clean(&head), width), app.theme.name()));
        let rows = rows(&change.diff());
        let near = |at: usize| {
            let from = at.saturating_sub(around);
            let near = rows.get(from..=(at + around).min(rows.len().saturating_sub(1)));
            near.is_some_and(|near| near.iter().any(|row| row.sign != ' '))
        };
        let columns = rows.iter().map(|row| row.number).max().unwrap_or_default();
        let columns = columns.to_string().len().max(4);
        let mut last = None;
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| near(*at)) {
            let follows = last.is_none_or(|last| last + 1 == at && !row.starts);
            if !follows {
                let gap = format!("{:>columns$}", app.theme.pick("⋯", ".."));
                lines.push(Line::styled(format!("  {gap}"), app.theme.dim()));
            }
            last = Some(at);
            let style = match row.sign {
                '+' => app.theme.good(),
                '-' => app.theme.bad(),
                _ => app.theme.dim(),
            };
            let text = format!(
                "{} {:>columns$} {} {}",
                row.sign,
                row.number,
                app.theme.pick("│", "|"),
                row.text
            );
            lines.push(Line::styled(clip(&clean(&text), width), style));
        }
    }
    if plan.changes.is_empty() {
        lines.push(Line::styled("the files say that already", app.theme.dim()));
    }
    for note in &plan.notes {
        let note = super::wrap(&clean(note), width);
        lines.extend(
            note.into_iter()
                .map(|line| Line::styled(line, app.theme.warn())),
        );
    }
    lines
}

/// A line of a file before or after a change.
struct Row {
    sign: char,
    /// Its number in the file, from 1: in the new one, but for lines that go.
    number: usize,
    text: String,
    /// Whether lines before it are left out.
    starts: bool,
}

/// Reads the form of `diff -u`.
fn rows(diff: &str) -> Vec<Row> {
    let (mut old, mut new, mut starts) = (0, 0, false);
    let mut rows = Vec::new();
    for line in diff.lines().skip(2) {
        if let Some(places) = line.strip_prefix("@@ -") {
            let mut places = places.split(" +");
            let mut first = || -> usize {
                let place = places.next().unwrap_or_default();
                let number = place.split([',', ' ']).next().unwrap_or_default();
                number.parse().unwrap_or_default()
            };
            (old, new) = (first(), first());
            starts = !rows.is_empty();
            continue;
        }
        let sign = line.chars().next().unwrap_or(' ');
        if sign == '\\' {
            continue;
        }
        rows.push(Row {
            sign,
            number: if sign == '-' { old } else { new },
            text: line.get(1..).unwrap_or_default().to_owned(),
            starts: std::mem::take(&mut starts),
        });
        old += usize::from(sign != '+');
        new += usize::from(sign != '-');
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_numbers_of_their_file() {
        let diff = "--- a\n+++ a\n@@ -3,3 +3,4 @@\n c\n-d\n+D\n+E\n e\n\\ No newline at end of file\n@@ -90 +91,2 @@\n x\n+y\n";
        let shown: Vec<String> = rows(diff)
            .iter()
            .map(|row| format!("{}{}{}{}", row.sign, row.number, row.text, row.starts))
            .collect();
        assert_eq!(
            shown,
            [
                " 3cfalse",
                "-4dfalse",
                "+4Dfalse",
                "+5Efalse",
                " 6efalse",
                " 91xtrue",
                "+92yfalse"
            ]
        );
    }
}
