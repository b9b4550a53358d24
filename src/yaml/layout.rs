//! The same YAML with its lines in canonical places: two blanks a level, lists not indented below their key.
//!
//! Only white space changes. Columns are worked out from the raw tree, line by line; a line that belongs to a text of
//! several lines or to brackets moves with the line it began on, and a comment moves with what it stands beside.

use super::raw::{self, Raw, RawKind};
use super::tree::Style;

/// Returns the text with canonical white space; none where a line's place cannot be told (`? key`).
///
/// `marked` tells by the keys that lead to it (`-` for an item of a list) whether a block of text is a list of `- `
/// lines whose blanks around the text mean nothing. The text must have been read without complaint.
pub fn lay_out(text: &str, marked: &dyn Fn(&[&str]) -> bool) -> Option<String> {
    let (lead, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let crlf = body.matches("\r\n").count();
    let line_end = if crlf * 2 > body.matches('\n').count() {
        "\r\n"
    } else {
        "\n"
    };
    let mut plan = Plan::new(text, marked);
    if let Some(root) = raw::read(text) {
        let mut path = Vec::new();
        plan.node(&root, lead.len(), 0, 0, None, &mut path)?;
    }
    let lines = plan.write();
    let mut out = lead.to_owned();
    out.push_str(&lines.join(line_end));
    let ends = text.ends_with('\n') || !plan.ends_in_text();
    if ends && !lines.is_empty() {
        out.push_str(line_end);
    }
    Some(out)
}

/// What is known of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    /// Blank, a comment, or a mark between documents.
    Free,
    /// Begins with a dash, a key or a value, which goes to this column.
    Start(usize),
    /// Goes on with a text or brackets that began on an earlier line.
    Rest { by: isize },
    /// A line of a `|` or `>` block whose content moves from one column to another.
    Content {
        from: usize,
        to: usize,
        marked: bool,
    },
}

struct Line<'a> {
    start: usize,
    text: &'a str,
    role: Role,
    /// A quoted text goes on in the next line, so that blanks at the end are part of it.
    open: bool,
    /// Columns of dashes and keys that begin here: where they stood, where they go.
    columns: Vec<(usize, usize)>,
    /// Bytes of the text that become one blank.
    gaps: Vec<(usize, usize)>,
    /// A block begins here, and comments further right than this column would become part of it.
    cap: Option<usize>,
}

struct Plan<'a> {
    text: &'a str,
    lines: Vec<Line<'a>>,
    marked: &'a dyn Fn(&[&str]) -> bool,
}

impl<'a> Plan<'a> {
    fn new(text: &'a str, marked: &'a dyn Fn(&[&str]) -> bool) -> Self {
        let mut lines = Vec::new();
        let mut start = text.len() - text.trim_start_matches('\u{feff}').len();
        for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
            let body = line.strip_suffix('\n').unwrap_or(line);
            lines.push(Line {
                start,
                text: body.strip_suffix('\r').unwrap_or(body),
                role: Role::Free,
                open: false,
                columns: Vec::new(),
                gaps: Vec::new(),
                cap: None,
            });
            start += line.len();
        }
        Self {
            text,
            lines,
            marked,
        }
    }

    /// Returns the number of the line that holds a byte.
    fn line_of(&self, at: usize) -> usize {
        self.lines
            .partition_point(|line| line.start <= at)
            .saturating_sub(1)
    }

    fn column(&self, at: usize) -> usize {
        let line = self.lines.get(self.line_of(at));
        at - line.map_or(0, |line| line.start.min(at))
    }

    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }

    /// Returns the first byte from `at` on that is neither white space nor in a comment.
    fn skip(&self, mut at: usize) -> usize {
        loop {
            let rest = self.rest(at);
            at += rest.len() - rest.trim_start().len();
            if !self.rest(at).starts_with('#') {
                return at;
            }
            at += self.rest(at).find('\n').unwrap_or(self.rest(at).len());
        }
    }

    /// Returns the dash of the item that begins after `at`, past anchors and tags.
    fn dash(&self, mut at: usize) -> Option<usize> {
        loop {
            at = self.skip(at);
            let rest = self.rest(at);
            let mut chars = rest.chars();
            match chars.next()? {
                '-' if chars.next().is_none_or(char::is_whitespace) => return Some(at),
                // The beginning of a document.
                '-' if rest.starts_with("---") => at += 3,
                // An empty value ends before its colon.
                ':' => at += 1,
                '&' | '!' => at += rest.find(char::is_whitespace)?,
                _ => return None,
            }
        }
    }

    /// Puts a dash or key to a column; comments below go by it, wherever in its line it stands.
    fn begin(&mut self, at: usize, column: usize) {
        let (number, old) = (self.line_of(at), self.column(at));
        self.place(at, column);
        if let Some(line) = self.lines.get_mut(number) {
            line.columns.push((old, column));
        }
    }

    /// Puts a token to a column if it is the first of its line.
    fn place(&mut self, at: usize, column: usize) {
        let (number, old) = (self.line_of(at), self.column(at));
        if let Some(line) = self.lines.get_mut(number)
            && line.role == Role::Free
            && line
                .text
                .get(..old)
                .is_some_and(|head| head.trim().is_empty())
        {
            line.role = Role::Start(column);
        }
    }

    /// Makes the blanks between a dash or colon and what follows in its line one blank.
    fn gap(&mut self, from: usize) {
        let number = self.line_of(from);
        let Some(line) = self.lines.get_mut(number) else {
            return;
        };
        let at = from - line.start;
        let rest = line.text.get(at..).unwrap_or_default();
        let after = rest.trim_start_matches([' ', '\t']);
        let blanks = rest.len() - after.len();
        if blanks > 0 && !after.is_empty() && !after.starts_with('#') {
            line.gaps.push((at, at + blanks));
        }
    }

    /// Plans a node that is written after the byte `from`. A list's dashes go to the column `list`, a mapping's keys to
    /// `map`; `parent` is the column that its parent had and gets.
    fn node(
        &mut self,
        node: &Raw,
        from: usize,
        list: usize,
        map: usize,
        parent: Option<(usize, usize)>,
        path: &mut Vec<String>,
    ) -> Option<()> {
        if node.is_empty() {
            return Some(());
        }
        let first = self.skip(from);
        match &node.kind {
            RawKind::Mapping(entries) => {
                if self.rest(first).starts_with(['&', '!'])
                    && entries
                        .first()
                        .is_some_and(|(key, _)| key.span.start > first)
                {
                    self.place(first, map);
                }
                for (key, value) in entries {
                    self.entry(key, value, map, path)?;
                }
            }
            RawKind::Sequence(items) => {
                if self.rest(first).starts_with(['&', '!']) {
                    self.place(first, map);
                }
                let mut from = from;
                for item in items {
                    let dash = self.dash(from)?;
                    let old = self.column(dash);
                    self.begin(dash, list);
                    self.gap(dash + 1);
                    path.push("-".to_owned());
                    let parent = Some((old, list));
                    self.node(item, dash + 1, list + 2, list + 2, parent, path)?;
                    path.pop();
                    from = item.span.end.max(dash + 1);
                }
            }
            RawKind::Scalar(Style::Literal | Style::Folded) => {
                self.place(first, map);
                self.block(first, parent, map, path)?;
            }
            RawKind::Flow | RawKind::Scalar(_) => {
                self.place(first, map);
                let (old, new) = parent.unwrap_or_default();
                let by = new.cast_signed() - old.cast_signed();
                let (begin, end) = (self.line_of(first), self.line_of(node.span.end));
                let plain = matches!(node.kind, RawKind::Scalar(Style::Plain));
                for line in self.lines.get_mut(begin..=end)?.iter_mut() {
                    line.open = !plain;
                }
                for line in self.lines.get_mut(begin + 1..=end)?.iter_mut() {
                    line.role = Role::Rest { by };
                }
                if let Some(line) = self.lines.get_mut(end) {
                    line.open = false;
                }
            }
        }
        Some(())
    }

    fn entry(
        &mut self,
        key: &Raw,
        value: &Raw,
        column: usize,
        path: &mut Vec<String>,
    ) -> Option<()> {
        let old = self.column(key.span.start);
        let line = self.lines.get(self.line_of(key.span.start))?;
        let head = line.text.get(..old)?;
        // Only dashes stand before a key, and only a colon after it.
        let dashes = head.chars().all(|c| matches!(c, ' ' | '\t' | '-'));
        let properties = head.trim_start_matches([' ', '\t', '-']);
        if !dashes && !properties.starts_with(['&', '!']) {
            return None;
        }
        let rest = self.rest(key.span.end);
        let colon = key.span.end + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
        if !self.rest(colon).starts_with(':') {
            return None;
        }
        self.begin(key.span.start, column);
        self.gap(colon + 1);
        let name = key.span.of(self.text).trim_matches(['"', '\'']).to_owned();
        path.push(name);
        self.node(
            value,
            colon + 1,
            column,
            column + 2,
            Some((old, column)),
            path,
        )?;
        path.pop();
        Some(())
    }

    /// Plans the lines of a block whose header is at `header` or after the anchors and tags there.
    fn block(
        &mut self,
        header: usize,
        parent: Option<(usize, usize)>,
        content: usize,
        path: &[String],
    ) -> Option<()> {
        let number = self.line_of(header);
        // A file that is one text is no file of ours.
        let (old, new) = parent?;
        let line = self.lines.get(number)?;
        let head = line.text.get(header - line.start..)?;
        let mark = head
            .split_whitespace()
            .find(|w| w.starts_with(['|', '>']))?;
        let keeps = mark.contains('+');
        let literal = mark.starts_with('|');
        let told = mark.chars().find_map(|c| c.to_digit(10));
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let is_blank = |line: &str| line.trim_matches(' ').is_empty();
        let below = self.lines.get(number + 1..)?;
        let from = match told {
            Some(digit) => old + digit as usize,
            None => below
                .iter()
                .find(|line| !is_blank(line.text))
                .map(|line| indent(line.text))
                .filter(|column| *column > old)
                .unwrap_or(usize::MAX),
        };
        let to = told.map_or(content, |digit| new + digit as usize);
        let mut length = below
            .iter()
            .take_while(|line| is_blank(line.text) || indent(line.text) >= from)
            .count();
        if !keeps {
            let is_end = |line: &Line<'_>| is_blank(line.text) && line.text.len() <= from;
            while length > 0 && is_end(below.get(length - 1)?) {
                length -= 1;
            }
        }
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let marked = literal && (self.marked)(&path);
        if let Some(line) = self.lines.get_mut(number) {
            line.cap = Some(new);
        }
        for line in self.lines.iter_mut().skip(number + 1).take(length) {
            line.role = Role::Content { from, to, marked };
        }
        Some(())
    }

    /// Tells whether the last line is one of a text, whose line end would be part of it.
    fn ends_in_text(&self) -> bool {
        self.lines
            .last()
            .is_some_and(|line| matches!(line.role, Role::Content { marked: false, .. }))
    }

    fn write(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::with_capacity(self.lines.len());
        // Columns in force at this line, outermost first: where they stood and where they go.
        let mut columns: Vec<(usize, usize)> = Vec::new();
        let (mut blank, mut cap) = (false, None);
        for (number, line) in self.lines.iter().enumerate() {
            let trimmed = line.text.trim_start_matches([' ', '\t']);
            if line.role == Role::Free && trimmed.is_empty() {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) && !out.is_empty() {
                out.push(String::new());
            }
            let old = line.text.len() - trimmed.len();
            let put = |column: usize, text: &str| format!("{:column$}{text}", "");
            out.push(match line.role {
                Role::Free => {
                    let column = if trimmed.starts_with('#') {
                        let column = self.comment(number, old, &columns);
                        column.min(cap.unwrap_or(usize::MAX))
                    } else {
                        old
                    };
                    put(column, trimmed.trim_end())
                }
                Role::Start(column) => {
                    columns.retain(|(known, _)| *known < old);
                    columns.extend(&line.columns);
                    cap = line.cap;
                    put(column, &line.closed(old))
                }
                Role::Rest { .. } if trimmed.is_empty() => String::new(),
                Role::Rest { by } => {
                    let column = usize::try_from(old.cast_signed() + by).unwrap_or_default();
                    put(column, &line.closed(old))
                }
                Role::Content { from, to, marked } => content(line.text, from, to, marked),
            });
        }
        out
    }

    /// Returns the column of a comment: that of what follows if it stood there, else that of what it stands under.
    fn comment(&self, number: usize, old: usize, columns: &[(usize, usize)]) -> usize {
        let next = self.lines.iter().skip(number + 1).find_map(|line| {
            let Role::Start(new) = line.role else {
                return None;
            };
            let trimmed = line.text.trim_start_matches([' ', '\t']);
            Some((line.text.len() - trimmed.len(), new))
        });
        let above = columns.iter().rev().find(|(column, _)| *column <= old);
        match (next, above) {
            (Some((column, new)), _) if column == old => new,
            (_, Some((column, new))) => new + (old - column),
            // Further left than everything.
            _ => columns.first().map_or(old, |(_, new)| old.min(*new)),
        }
    }
}

impl Line<'_> {
    /// Returns the line from `column` on with its gaps closed, and without blanks at its end where they mean nothing.
    fn closed(&self, column: usize) -> String {
        let mut gaps = self.gaps.clone();
        gaps.sort_unstable();
        let (mut out, mut at) = (String::with_capacity(self.text.len()), column);
        for (start, end) in gaps {
            out.push_str(self.text.get(at..start).unwrap_or_default());
            out.push(' ');
            at = end;
        }
        out.push_str(self.text.get(at..).unwrap_or_default());
        if !self.open {
            out.truncate(out.trim_end_matches([' ', '\t']).len());
        }
        out
    }
}

/// Returns a line of a block whose content moves.
fn content(line: &str, from: usize, to: usize, marked: bool) -> String {
    let Some(text) = line.get(from..).filter(|text| !text.is_empty()) else {
        return String::new();
    };
    if !marked {
        return format!("{:to$}{text}", "");
    }
    match text.strip_prefix('-').map(|rest| rest.trim_matches(' ')) {
        Some("") => format!("{:to$}-", ""),
        Some(rest) => format!("{:to$}- {rest}", ""),
        None => format!("{:to$}{text}", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::SourceId, yaml};

    fn out(text: &str) -> String {
        let examples = |path: &[&str]| matches!(path, ["nlu", "-", "examples"]);
        let once = lay_out(text, &examples).unwrap();
        assert_eq!(lay_out(&once, &examples).unwrap(), once, "not stable");
        once
    }

    #[test]
    fn levels_are_two_blanks_and_lists_stand_below_their_key() {
        assert_eq!(
            out(
                "a:\n    - x # c\n    -   k:   v\n        l:\n            - 1\n\n\n    # end\n    -\n        m: |\n               t\n                u\nb: 1\n\n"
            ),
            "a:\n- x # c\n- k: v\n  l:\n  - 1\n\n# end\n-\n  m: |\n    t\n     u\nb: 1\n"
        );
    }

    #[test]
    fn examples_have_one_blank_after_the_dash() {
        assert_eq!(
            out(
                "nlu:\n  - intent: a\n    examples: |\n      -  x  \n      -y\n      # no comment\n\n  - intent: b\n    examples: |\n      - z"
            ),
            "nlu:\n- intent: a\n  examples: |\n    - x\n    - y\n    # no comment\n\n- intent: b\n  examples: |\n    - z\n"
        );
    }

    #[test]
    fn texts_and_brackets_over_several_lines_keep_their_shape() {
        assert_eq!(
            out(
                "\u{feff}a:\r\n    b: \"x  \r\n\r\n       y\"\r\n    c: [1,\r\n        2\r\n    ]\r\n    d: >-\r\n       e\r\n"
            ),
            "\u{feff}a:\r\n  b: \"x  \r\n\r\n     y\"\r\n  c: [1,\r\n      2\r\n  ]\r\n  d: >-\r\n    e\r\n"
        );
    }

    #[test]
    fn anchors_stay_and_texts_keep_their_last_line_end() {
        assert_eq!(
            out(
                "a: &x\n    k: 1\nc:\n  - d:\n  - e: 1\nb:\n    - *x\n    - &y\n        l: 2\n    - |+\n        t\n\n"
            ),
            "a: &x\n  k: 1\nc:\n- d:\n- e: 1\nb:\n- *x\n- &y\n  l: 2\n- |+\n  t\n\n"
        );
        assert_eq!(out("a: |\n   t"), "a: |\n  t");
        assert_eq!(lay_out("? a\n: b\n", &|_| false), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_laid_out_says_the_same_and_is_stable(text in "([ ]{0,5}(- |-   |)(a: |b: |c:|- |)(x|\"y|y\"|[|]|\\||>|# z|&a|\\*a|)[ ]{0,2}\n){0,9}") {
            let read = |text: &str| yaml::parse(SourceId::default(), text, yaml::Limits::default()).map(|node| node.json());
            if let Ok(before) = read(&text)
                && let Some(out) = lay_out(&text, &|_| false)
            {
                let squeeze = |text: &str| text.split_whitespace().collect::<String>();
                proptest::prop_assert_eq!(squeeze(&out), squeeze(&text));
                if read(&out).as_ref() == Ok(&before) {
                    proptest::prop_assert_eq!(lay_out(&out, &|_| false), Some(out));
                } else {
                    return Err(proptest::test_runner::TestCaseError::fail(format!("{text:?} became {out:?}")));
                }
            }
        }
    }
}
