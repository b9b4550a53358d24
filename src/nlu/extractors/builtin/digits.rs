//! Decimal digits of any script, as `١٢`, `१२` or `１２`, read as those of ASCII.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

/// The digits that are no ASCII ones, by ranges of letters.
///
/// Unicode keeps the decimal digits of a script in ten letters that follow each other from zero on (UAX #44), so that
/// their place in a range tells what they are worth.
static RANGES: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let parsed = regex_syntax::parse(r"\p{Nd}");
    let Ok(regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class))) =
        parsed.as_ref().map(regex_syntax::hir::Hir::kind)
    else {
        return Vec::new();
    };
    let ranges = class.iter().map(|range| (range.start(), range.end()));
    ranges.filter(|(first, _)| !first.is_ascii()).collect()
});

/// Returns the ASCII letter that a digit or the sign between the digits of an Arabic number is read as.
fn plain(letter: char) -> Option<char> {
    match letter {
        '\u{66b}' => return Some('.'),
        '\u{66c}' => return Some(','),
        // Long before the first digit that is meant.
        _ if letter < '\u{660}' => return None,
        _ => {}
    }
    let at = RANGES.partition_point(|(_, last)| *last < letter);
    let (first, _) = RANGES.get(at).filter(|(first, _)| *first <= letter)?;
    char::from_digit((letter as u32 - *first as u32) % 10, 10)
}

/// A text with ASCII digits, which knows its places in the text as it was.
pub(super) struct Plain<'a> {
    pub(super) text: Cow<'a, str>,
    /// Places behind digits that were longer, with the bytes that are missing up to there.
    missing: Vec<(usize, usize)>,
}

impl<'a> Plain<'a> {
    /// Reads all digits of a text.
    pub(super) fn new(text: &'a str) -> Self {
        let mut missing = Vec::new();
        if text.is_ascii() || !text.chars().any(|letter| plain(letter).is_some()) {
            let text = Cow::Borrowed(text);
            return Self { text, missing };
        }
        let mut written = String::with_capacity(text.len());
        let mut lost = 0;
        for letter in text.chars() {
            let digit = plain(letter);
            written.push(digit.unwrap_or(letter));
            if digit.is_some() {
                lost += letter.len_utf8() - 1;
                missing.push((written.len(), lost));
            }
        }
        let text = Cow::Owned(written);
        Self { text, missing }
    }

    fn place(&self, at: usize) -> usize {
        let behind = self.missing.partition_point(|(place, _)| *place <= at);
        let lost = behind
            .checked_sub(1)
            .and_then(|last| self.missing.get(last));
        at + lost.map_or(0, |(_, lost)| *lost)
    }

    /// Returns where a range of the text with ASCII digits is in the text as it was.
    pub(super) fn range(&self, range: &Range<usize>) -> Range<usize> {
        self.place(range.start)..self.place(range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_worth_and_place() {
        let text = "é ١٢٫٥ и १२ ３ 𝟗";
        let plain = Plain::new(text);
        assert_eq!(plain.text, "é 12.5 и 12 3 9");
        for (part, written) in [("12.5", "١٢٫٥"), ("12 3", "१२ ３"), ("9", "𝟗")] {
            let start = plain.text.find(part).unwrap();
            let range = plain.range(&(start..start + part.len()));
            assert_eq!(text.get(range), Some(written));
        }
        let all = char::MIN..=char::MAX;
        let worth = |letter: &char| plain_of(*letter);
        assert!(all.filter_map(|letter| worth(&letter)).count() >= 660);
    }

    fn plain_of(letter: char) -> Option<char> {
        super::plain(letter).filter(char::is_ascii_digit)
    }
}
