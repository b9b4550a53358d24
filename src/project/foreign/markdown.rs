//! Rasa 1.x Markdown: what its three kinds of files share.

use super::text::lines;

/// What a Markdown file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `## intent:` and the like.
    Nlu,
    /// Answers of retrieval intents.
    Responses,
    /// Stories, or test stories.
    Stories,
}

/// Tells what a file holds by its lines, comments left out; none for any other Markdown.
pub(super) fn kind(clean: &str) -> Option<Kind> {
    let markers = super::markdown_nlu::SECTIONS.map(|section| format!("## {section}:"));
    let tight = super::markdown_nlu::SECTIONS.map(|section| format!("##{section}:"));
    if markers
        .iter()
        .chain(&tight)
        .any(|marker| clean.contains(marker))
    {
        return Some(Kind::Nlu);
    }
    // A heading, then what the user says, then what the bot does: no other Markdown looks so.
    let (mut heading, mut user, mut said, mut actions, mut answers) = (false, false, 0, 0, 0);
    for (_, line) in lines(clean) {
        let line = line.trim();
        if line.starts_with('#') || line.starts_with(">>") {
            (heading, user) = (true, false);
        } else if let Some(rest) = line.strip_prefix(['*', '>']) {
            let name = rest.split(['{', ':']).next().unwrap_or_default();
            let name = name.split(" OR ").next().unwrap_or_default().trim();
            user = heading && is_name(name);
            said += usize::from(user);
        } else if let Some(rest) = line.strip_prefix('-')
            && heading
        {
            let name = rest.split('{').next().unwrap_or_default().trim();
            if is_name(name) {
                actions += 1;
            } else if user {
                answers += 1;
            }
        }
    }
    match (said, actions) {
        (0, _) => None,
        (_, 0) if answers > 0 => Some(Kind::Responses),
        (_, actions) if actions >= answers => Some(Kind::Stories),
        _ if clean
            .lines()
            .any(|line| line.trim().starts_with('*') && line.contains('/')) =>
        {
            Some(Kind::Responses)
        }
        _ => Some(Kind::Stories),
    }
}

/// Tells whether a text can be the name of an intent, an action or a checkpoint.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace) && !text.starts_with('*')
}

/// Replaces comments by blanks, so that every other byte stays where it is.
pub(super) fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("<!--") {
        let (before, comment) = rest.split_at(start);
        let Some(end) = comment.find("-->").map(|end| end + 3) else {
            break;
        };
        out.push_str(before);
        let (comment, after) = comment.split_at(end);
        for c in comment.chars() {
            if c == '\n' {
                out.push('\n');
            } else {
                out.extend(std::iter::repeat_n(' ', c.len_utf8()));
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_leave_every_other_byte_in_its_place() {
        assert_eq!(without_comments("a <!-- é\n --> b"), "a        \n     b");
        assert_eq!(without_comments("a <!-- open"), "a <!-- open");
    }

    #[test]
    fn a_kind_is_told_by_its_lines() {
        assert_eq!(kind("## intent:greet\n- hi\n"), Some(Kind::Nlu));
        assert_eq!(
            kind("## hi\n* greet\n  - utter_greet\n"),
            Some(Kind::Stories)
        );
        assert_eq!(
            kind("## hi\n* faq/name\n  - my name is Ada\n"),
            Some(Kind::Responses)
        );
        assert_eq!(
            kind("> start\n## x\n> start\n- utter_a\n"),
            Some(Kind::Stories)
        );
        assert_eq!(
            kind("# Read me\n\n- a list of things\n* another one\n- x\n> said he\n"),
            None
        );
    }
}
