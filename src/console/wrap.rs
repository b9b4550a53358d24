//! Lines that are broken where a reader would break them: at blanks, never within a path or a command, so that both can
//! be copied. What is wider than the terminal by itself is left whole.

use textwrap::core::{Word, display_width};
use unicode_width::UnicodeWidthChar;

/// Columns by which a line that was broken goes on further right.
const INDENT: usize = 2;

/// Returns a line in pieces of that width; those after the first are indented, under the words after a label that ends
/// in a colon.
pub(super) fn wrap(line: &str, width: usize) -> Vec<String> {
    if display_width(line) <= width {
        return vec![line.to_owned()];
    }
    let start = line.len() - line.trim_start_matches(' ').len();
    let first = line.trim_start_matches(' ').split(' ').next();
    let label = first.filter(|word| word.trim_end_matches("\u{1b}[0m").ends_with(':'));
    let further = label.map_or(INDENT, |word| display_width(word) + 1);
    // An indent that leaves little room would break everything.
    let indent = if start + further <= width / 3 {
        start + further
    } else {
        INDENT
    };
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(width.max(1))
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::Custom(words))
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    let lines = textwrap::wrap(line, options).into_iter();
    lines.map(std::borrow::Cow::into_owned).collect()
}

/// Returns the pieces of a line that stay whole: what is between blanks, all of a command between backticks, and a sign
/// such as `·` with the word before it; signs of Chinese and Japanese one by one.
pub fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut rest = line.char_indices().peekable();
    // Where the command ends that a backtick has begun.
    let mut quoted: Option<usize> = None;
    while let Some((at, sign)) = rest.next() {
        let after = at + sign.len_utf8();
        let is_free = quoted.is_none_or(|end| at > end);
        if sign == '`' && is_free {
            let end = line.get(after..).and_then(|rest| rest.find('`'));
            quoted = end.map(|end| after + end).or(quoted);
        }
        let Some((_, next)) = rest.peek().copied() else {
            break;
        };
        let is_break = if sign == ' ' {
            next != ' ' && !is_sign(line.get(after..).unwrap_or_default())
        } else {
            is_wide(sign) && is_wide(next) && !"，。、；：？！）」』》".contains(next)
        };
        if is_break && is_free {
            found.push(Word::from(line.get(start..after).unwrap_or_default()));
            start = after;
        }
    }
    if start < line.len() {
        found.push(Word::from(line.get(start..).unwrap_or_default()));
    }
    Box::new(found.into_iter())
}

/// Tells whether a text begins with a sign by itself that stands between two things.
fn is_sign(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    matches!(word, "·" | "-" | "→" | "->" | "–" | "|")
}

fn is_wide(sign: char) -> bool {
    sign.width().is_some_and(|width| width > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_commands_stay_whole() {
        let line = "hint: `bot shell --replay \"a story\" --to 3` opens tests/a/very-long/path-to/test_stories.yml:12, see it";
        assert_eq!(
            wrap(line, 30),
            [
                "hint:",
                "      `bot shell --replay \"a story\" --to 3`",
                "      opens",
                "      tests/a/very-long/path-to/test_stories.yml:12,",
                "      see it",
            ]
        );
        assert_eq!(wrap(line, 200), [line]);
    }

    #[test]
    fn no_sign_begins_a_line_or_stands_alone() {
        assert_eq!(
            wrap("  greet 0.9 · goodbye → order_coffee 3 · x", 15),
            [
                "  greet 0.9 ·",
                "    goodbye →",
                "    order_coffee",
                "    3 · x"
            ]
        );
    }

    #[test]
    fn colours_have_no_width_and_chinese_is_broken_anywhere() {
        let red = "\u{1b}[31merror:\u{1b}[0m what went wrong";
        assert_eq!(
            wrap(red, 20),
            ["\u{1b}[31merror:\u{1b}[0m what went", "  wrong"]
        );
        assert_eq!(wrap("你好世界，你好", 8), ["你好世", "  界，你", "  好"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("a ` b", 3), ["a `", "  b"]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_blanks_is_lost(line in "[a-c`·é你 ]{0,40}", width in 0_usize..30) {
            let bare = |text: &str| text.split(' ').collect::<String>();
            proptest::prop_assert_eq!(bare(&wrap(&line, width).concat()), bare(&line));
        }
    }
}
