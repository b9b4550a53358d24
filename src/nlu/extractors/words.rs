//! A list of words and phrases found in a text at once, however long the list.
//!
//! Finds what the expression `(\bA\b|\bB\b|…)` would find (nlu.md §4 and §6): at every place the first entry of the
//! list that matches, then on behind it. All entries are looked for together by the automaton of Aho and Corasick
//! (1975); its states are made anew when a model is loaded.

use aho_corasick::AhoCorasick;
use unicode_normalization::char::is_combining_mark;

use crate::text::Span;

/// Entries ready to be found.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    automaton: AhoCorasick,
    case_sensitive: bool,
    boundaries: bool,
}

impl Words {
    /// Makes a list ready; the error says why it is too long.
    pub(crate) fn new(
        entries: &[String],
        case_sensitive: bool,
        boundaries: bool,
    ) -> Result<Self, String> {
        let folded = entries.iter().map(|entry| {
            if case_sensitive {
                entry.clone()
            } else {
                entry.chars().map(fold).collect()
            }
        });
        Ok(Self {
            automaton: AhoCorasick::new(folded).map_err(|error| error.to_string())?,
            case_sensitive,
            boundaries,
        })
    }

    /// Returns where entries stand in a text, from left to right and never one in another.
    pub(crate) fn find(&self, text: &str) -> Vec<Span> {
        let (folded, places) = if self.case_sensitive {
            (None, None)
        } else if text.is_ascii() {
            (Some(text.to_ascii_lowercase()), None)
        } else {
            let (folded, places) = fold_text(text);
            (Some(folded), Some(places))
        };
        let place = |at: usize| match &places {
            Some(places) => places.get(at).copied().unwrap_or(text.len()),
            None => at,
        };
        // Start, rank in the list, end.
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        let matches = self
            .automaton
            .find_overlapping_iter(folded.as_deref().unwrap_or(text));
        for matched in matches {
            let (start, end) = (place(matched.start()), place(matched.end()));
            let whole = !self.boundaries || (is_boundary(text, start) && is_boundary(text, end));
            if whole && start < end {
                found.push((start, matched.pattern().as_usize(), end));
            }
        }
        found.sort_unstable();
        let mut spans = Vec::new();
        let mut from = 0;
        for (start, _, end) in found {
            if start >= from {
                spans.push(Span::new(start, end));
                from = end;
            }
        }
        spans
    }
}

/// Returns a text with its case folded, and for each of its bytes, and for its end, the byte of the text it came from.
fn fold_text(text: &str) -> (String, Vec<usize>) {
    let mut folded = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len() + 1);
    for (at, c) in text.char_indices() {
        folded.push(fold(c));
        places.resize(folded.len(), at);
    }
    places.push(text.len());
    (folded, places)
}

/// Returns the lower case of a character, where that is one character; a final sigma and a long s are plain ones.
fn fold(c: char) -> char {
    match c {
        'ς' => 'σ',
        'ſ' => 's',
        c => {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(only), None) => only,
                _ => c,
            }
        }
    }
}

/// Tells whether exactly one side of a place is part of a word: `\b`.
fn is_boundary(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    before.chars().next_back().is_some_and(is_word) != after.chars().next().is_some_and(is_word)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric() || is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(entries: &[&str], text: &'a str, case_sensitive: bool) -> Vec<&'a str> {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        let words = Words::new(&entries, case_sensitive, true).unwrap();
        words.find(text).iter().map(|span| span.of(text)).collect()
    }

    #[test]
    fn the_first_entry_of_the_list_wins_not_the_longest() {
        assert_eq!(
            found(&["York", "New York"], "new york", false),
            ["new york"]
        );
        assert_eq!(found(&["New", "New York"], "new york", false), ["new"]);
        assert_eq!(
            found(&["New York", "New"], "new york new", false),
            ["new york", "new"]
        );
    }

    #[test]
    fn an_entry_inside_a_word_does_not_hide_others() {
        assert_eq!(found(&["new", "newer"], "newer", false), ["newer"]);
        assert_eq!(found(&["york"], "Yorkshire, york", false), ["york"]);
        // As in Rasa: a boundary behind a plus needs a letter after it.
        assert_eq!(found(&["c++"], "c++ or c++x", false), ["c++"]);
    }

    #[test]
    fn case_is_folded_where_letters_change_their_length() {
        let text = "ȺȺ Straße ὈΔΥΣΣΕΎΣ";
        assert_eq!(
            found(&["straße", "ὀδυσσεύς"], text, false),
            ["Straße", "ὈΔΥΣΣΕΎΣ"]
        );
        assert_eq!(found(&["straße"], text, true), Vec::<&str>::new());
    }

    proptest::proptest! {
        #[test]
        fn finds_what_the_expression_finds(
            entries in proptest::collection::vec("[ab é+]{1,4}", 1..6),
            text in "[abAB éÉ+,]{0,24}",
        ) {
            let alternatives: Vec<String> =
                entries.iter().map(|entry| format!(r"\b{}\b", regex::escape(entry))).collect();
            let expression = regex::RegexBuilder::new(&alternatives.join("|"))
                .case_insensitive(true)
                .build()
                .unwrap();
            let expected: Vec<&str> = expression.find_iter(&text).map(|m| m.as_str()).collect();
            let words = Words::new(&entries, false, true).unwrap();
            let spans = words.find(&text);
            let spans: Vec<&str> = spans.iter().map(|span| span.of(&text)).collect();
            assert_eq!(spans, expected);
        }
    }
}
