//! A list of words and phrases found in a text at once, however long the list.
//!
//! Finds what the expression `(\bA\b|\bB\b|…)` would find (nlu.md §4 and §6): at every place the first entry of the
//! list that matches, then on behind it. The entries are sorted, so that those a place may begin with are a range that
//! narrows byte by byte; sorting is all there is to do when a model is loaded.

use crate::text::{Span, fold_case, is_python_word};

/// Entries ready to be found.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// All entries with their case folded, in ascending order, one after another.
    entries: String,
    /// Where each ends.
    ends: Vec<u32>,
    /// The place of each in the list.
    ranks: Vec<u32>,
    /// Where entries with each first byte start, and where the last end.
    firsts: Vec<u32>,
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
        let mut folded = String::new();
        let mut spans = Vec::with_capacity(entries.len());
        for entry in entries {
            let start = folded.len();
            if case_sensitive {
                folded.push_str(entry);
            } else if entry.is_ascii() {
                folded.extend(entry.chars().map(|c| c.to_ascii_lowercase()));
            } else {
                folded.extend(fold_case(entry).map(|(_, letter)| letter));
            }
            spans.push(Span::new(start, folded.len()));
        }
        if u32::try_from(folded.len().max(entries.len())).is_err() {
            return Err("the entries take more than 4 GB".to_owned());
        }
        let text = |rank: u32| {
            let span = spans.get(rank as usize).copied().unwrap_or_default();
            span.of(&folded)
        };
        // Most are told apart by their first bytes.
        let mut order: Vec<([u8; 8], u32)> = (0..entries.len() as u32)
            .filter(|&rank| !text(rank).is_empty())
            .map(|rank| {
                let mut head = [0; 8];
                head.iter_mut()
                    .zip(text(rank).bytes())
                    .for_each(|(to, from)| *to = from);
                (head, rank)
            })
            .collect();
        order.sort_unstable_by(|a, b| {
            let heads = a.0.cmp(&b.0);
            heads.then_with(|| text(a.1).cmp(text(b.1)).then(a.1.cmp(&b.1)))
        });
        // Of equal entries the first of the list counts.
        order.dedup_by(|a, b| text(a.1) == text(b.1));
        let mut words = Self {
            entries: String::with_capacity(folded.len()),
            ends: Vec::with_capacity(order.len()),
            ranks: order.iter().map(|(_, rank)| *rank).collect(),
            firsts: Vec::with_capacity(257),
            case_sensitive,
            boundaries,
        };
        for (number, (head, rank)) in (0..).zip(&order) {
            while words.firsts.len() <= usize::from(head[0]) {
                words.firsts.push(number);
            }
            words.entries.push_str(text(*rank));
            words.ends.push(words.entries.len() as u32);
        }
        words.firsts.resize(257, order.len() as u32);
        Ok(words)
    }

    /// Returns an entry by its place in ascending order.
    fn entry(&self, number: usize) -> &[u8] {
        let start = match number.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before).copied().unwrap_or(u32::MAX),
        };
        let end = self.ends.get(number).copied().unwrap_or_default();
        let all = self.entries.as_bytes();
        all.get(start as usize..end as usize).unwrap_or_default()
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
        let folded = folded.as_deref().unwrap_or(text);
        let place = |at: usize| match &places {
            Some(places) => places.get(at).copied().unwrap_or(text.len()),
            None => at,
        };
        let may_cut = |at: usize| {
            // Not within what one character became.
            let is_whole = at == 0 || place(at) != place(at - 1);
            is_whole && (!self.boundaries || is_boundary(text, place(at)))
        };
        let mut spans = Vec::new();
        let mut from = 0;
        for (start, _) in folded.char_indices() {
            if start < from || !may_cut(start) {
                continue;
            }
            if let Some(end) = self.first_at(folded.as_bytes(), start, &may_cut) {
                spans.push(Span::new(place(start), place(end)));
                from = end;
            }
        }
        spans
    }

    /// Returns the end of the first entry of the list that stands at `start` and ends where it may.
    fn first_at(
        &self,
        text: &[u8],
        start: usize,
        may_cut: &impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let first = usize::from(*text.get(start)?);
        let (mut low, mut high) = match self.firsts.get(first..first + 2) {
            Some(&[low, high]) => (low as usize, high as usize),
            _ => (0, 0),
        };
        // Rank and end.
        let mut best: Option<(u32, usize)> = None;
        let mut length = 1;
        while low < high {
            // All entries from `low` to `high` agree with the text in `length` bytes; the shortest comes first.
            let end = start + length;
            if self.entry(low).len() == length {
                let rank = self.ranks.get(low).copied().unwrap_or(u32::MAX);
                if best.is_none_or(|best| rank < best.0) && may_cut(end) {
                    best = Some((rank, end));
                }
                low += 1;
            }
            let Some(&next) = text.get(end) else { break };
            let byte = |number: usize| self.entry(number).get(length).copied().unwrap_or_default();
            low = partition(low, high, |number| byte(number) < next);
            high = partition(low, high, |number| byte(number) <= next);
            length += 1;
        }
        best.map(|(_, end)| end)
    }
}

/// Returns the first number from `low` to `high` for which something no longer holds.
fn partition(mut low: usize, mut high: usize, holds: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Returns a text with its case folded, and for each of its bytes, and for its end, the byte of the text it came from.
fn fold_text(text: &str) -> (String, Vec<usize>) {
    let mut folded = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len() + 1);
    for (at, letter) in fold_case(text) {
        folded.push(letter);
        places.resize(folded.len(), at);
    }
    places.push(text.len());
    (folded, places)
}

/// Tells whether exactly one side of a place is part of a word: `\b`.
fn is_boundary(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    before.chars().next_back().is_some_and(is_python_word)
        != after.chars().next().is_some_and(is_python_word)
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

    /// The first four as Python's `re.IGNORECASE` finds them; lower case and capitals of one letter may be two.
    #[test]
    fn letters_of_any_language_are_found_whatever_their_case() {
        for (entry, text, place) in [
            ("İzmir", "izmir hava", "izmir"),
            ("Isparta", "a ısparta", "ısparta"),
            ("istanbul", "İSTANBUL", "İSTANBUL"),
            ("\u{b5}m", "9 \u{3bc}M", "\u{3bc}M"),
            ("İzmir", "bu i\u{307}zmir.", "i\u{307}zmir"),
            ("Kadıköy", "é KADIKÖY", "KADIKÖY"),
            ("Straße", "die STRASSE", "STRASSE"),
            ("MASSE", "die Maße da", "Maße"),
        ] {
            assert_eq!(found(&[entry], text, false), [place], "{entry}");
        }
        // Half of a letter is none, with or without boundaries.
        for boundaries in [false, true] {
            let words = Words::new(&["s".to_owned()], false, boundaries).unwrap();
            assert!(words.find("ß ﬆ").is_empty());
        }
    }

    #[test]
    fn of_many_entries_the_first_that_fits_is_found() {
        let entries: Vec<String> = (0..50_000).map(|i| format!("item {i}")).collect();
        let words = Words::new(&entries, false, true).unwrap();
        let text = "an Item 49999, item 7 and item 50000";
        let found: Vec<&str> = words.find(text).iter().map(|span| span.of(text)).collect();
        assert_eq!(found, ["Item 49999", "item 7"]);
        assert!(Words::new(&[], true, true).unwrap().find(text).is_empty());
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
