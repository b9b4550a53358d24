//! Letters whatever their case.
//!
//! Beside Unicode's case folding, the four letters `I`, `i`, `İ` and `ı` are one, as for Python's `re.IGNORECASE`:
//! whoever writes Turkish without its own letters means the same words.

/// Returns what a character is whatever its case, where that is one character (simple case folding).
pub fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match c {
        'İ' | 'ı' => 'i',
        // Both of each pair have the same capitals, which are no single letter.
        '\u{1fd3}' => '\u{390}',
        '\u{1fe3}' => '\u{3b0}',
        '\u{fb05}' => '\u{fb06}',
        c => {
            let lower = only(c.to_lowercase()).unwrap_or(c);
            let upper = only(lower.to_uppercase()).unwrap_or(lower);
            only(upper.to_lowercase()).unwrap_or(lower)
        }
    }
}

fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let first = letters.next()?;
    letters.next().is_none().then_some(first)
}

/// Returns the letters of a text whatever their case (full case folding), each with the byte at which the character
/// begins that it came from.
///
/// A sharp s is two letters. The dot that lower case leaves above the `i` of an `İ` is none.
pub fn fold_case(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut before = ' ';
    let letters = text.char_indices().flat_map(|(at, c)| {
        let letters = c.to_lowercase().flat_map(char::to_uppercase);
        let letters = letters.flat_map(char::to_lowercase);
        letters.map(move |letter| (at, letter))
    });
    letters.filter(move |(_, letter)| {
        let is_dot = *letter == '\u{307}' && before == 'i';
        before = *letter;
        !is_dot
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold_case(text).map(|(_, letter)| letter).collect()
    }

    #[test]
    fn words_are_the_same_whatever_their_case() {
        for (one, other) in [
            ("İzmir", "izmir"),
            ("ISPARTA", "ısparta"),
            ("İ", "i\u{307}"),
            ("Straße", "STRASSE"),
            ("ẞ", "ss"),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
            // The sign micro, and the Greek letter.
            ("\u{b5}m", "\u{39c}M"),
            ("ﬁn", "FIN"),
            ("ſ", "S"),
        ] {
            assert_eq!(folded(one), folded(other));
        }
        let places: Vec<(usize, char)> = fold_case("i\u{307}ß.").collect();
        assert_eq!(places, [(0, 'i'), (3, 's'), (3, 's'), (5, '.')]);
        assert_ne!(folded("e\u{307}"), folded("e"));
    }

    /// Whatever an expression that ignores case takes for the same is the same here, in both foldings.
    #[test]
    fn letters_that_expressions_take_for_the_same_are_the_same() {
        use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
        for c in '\0'..=char::MAX {
            let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            class.try_case_fold_simple().unwrap();
            for range in class.iter() {
                for other in range.start()..=range.end() {
                    assert_eq!(fold_char(c), fold_char(other), "{c:?} {other:?}");
                    assert_eq!(
                        folded(&c.to_string()),
                        folded(&other.to_string()),
                        "{c:?} {other:?}"
                    );
                }
            }
        }
    }
}
