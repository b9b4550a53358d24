//! Many expressions at once: a text is read by those alone that may match it.
//!
//! One pass of an automaton (Aho and Corasick 1975) over the text tells which of them have a literal there that they
//! cannot match without.

use std::{collections::BTreeMap, sync::OnceLock};

use aho_corasick::AhoCorasick;

use super::Expression;
use crate::text::fold_char;

/// Expressions, each with its number.
#[derive(Clone, Debug, Default)]
pub(in crate::nlu) struct Expressions {
    all: Vec<Expression>,
    /// Made when the first text is read.
    filter: OnceLock<Filter>,
}

/// Which expressions may match a text.
#[derive(Clone, Debug, Default)]
struct Filter {
    /// Finds the literals in folded texts; nothing where there are none.
    literals: Option<AhoCorasick>,
    /// Numbers of the expressions that need one of several literals, for each of these.
    needed_by: Vec<Vec<usize>>,
    /// Numbers of the expressions of which nothing is known, ascending.
    always: Vec<usize>,
}

impl FromIterator<Expression> for Expressions {
    fn from_iter<T: IntoIterator<Item = Expression>>(all: T) -> Self {
        Self {
            all: all.into_iter().collect(),
            filter: OnceLock::new(),
        }
    }
}

impl Expressions {
    pub(in crate::nlu) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns with their numbers, in ascending order, the expressions that may match a text; all others do not.
    pub(in crate::nlu) fn that_may_match(
        &self,
        text: &str,
    ) -> impl Iterator<Item = (usize, &Expression)> {
        let filter = self.filter.get_or_init(|| Filter::new(&self.all));
        let numbers = filter.numbers(text).into_iter();
        numbers.filter_map(|number| Some((number, self.all.get(number)?)))
    }
}

impl Filter {
    fn new(all: &[Expression]) -> Self {
        let mut needed_by: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut always = Vec::new();
        for (number, expression) in all.iter().enumerate() {
            match expression.literals() {
                None => always.push(number),
                Some(literals) => {
                    for literal in literals {
                        needed_by.entry(literal).or_default().push(number);
                    }
                }
            }
        }
        let literals = (!needed_by.is_empty()).then(|| AhoCorasick::new(needed_by.keys()));
        match literals.transpose() {
            Ok(literals) => Self {
                literals,
                needed_by: needed_by.into_values().collect(),
                always,
            },
            // More literals than an automaton can hold.
            Err(_) => Self {
                always: (0..all.len()).collect(),
                ..Self::default()
            },
        }
    }

    fn numbers(&self, text: &str) -> Vec<usize> {
        let mut numbers = self.always.clone();
        if let Some(literals) = &self.literals {
            let folded: String = text.chars().map(fold_char).collect();
            for found in literals.find_overlapping_iter(&folded) {
                numbers.extend(
                    self.needed_by
                        .get(found.pattern().as_usize())
                        .into_iter()
                        .flatten(),
                );
            }
            numbers.sort_unstable();
            numbers.dedup();
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(all: &Expressions, text: &str) -> Vec<usize> {
        all.that_may_match(text).map(|(number, _)| number).collect()
    }

    #[test]
    fn only_those_with_a_literal_in_the_text_are_asked() {
        let patterns = [r"\bİzmir\b", r"\d+", r"order (?:no|nr)", r"(?<=a )dog"];
        let all: Expressions = patterns
            .iter()
            .map(|pattern| Expression::new(pattern, false).unwrap())
            .collect();
        assert_eq!(numbers(&all, "to IZMIR"), [0, 1]);
        assert_eq!(numbers(&all, "Order Nr 7 of a dog"), [1, 2, 3]);
        assert_eq!(numbers(&all, ""), [1]);
        assert_eq!(numbers(&Expressions::default(), "x"), Vec::<usize>::new());
    }

    const PARTS: &[&str] = &[
        "a", "b", "i", "İ", "ß", "ab", "İa ", r"\b", r"\d", r"\w", "[ab1]", "[^a]", "(", "(?:",
        "(?=", "(?<=", "(?<!", "(?-i:", ")", "|", "*", "+", "?", "{2}", "{1,2}", ".", "^", r"\1",
    ];

    proptest::proptest! {
        /// The filter never hides a match.
        #[test]
        fn all_others_do_not_match(
            patterns in proptest::collection::vec(
                proptest::collection::vec(proptest::sample::select(PARTS), 1..8),
                1..8,
            ),
            sensitive: bool,
            text in "[abABiIİıßẞſ1 ]{0,12}",
        ) {
            let sound = patterns.iter().filter_map(|parts| Expression::new(&parts.concat(), sensitive).ok());
            let all: Expressions = sound.collect();
            let asked = numbers(&all, &text);
            for (number, expression) in all.all.iter().enumerate() {
                if !asked.contains(&number) {
                    assert!(!expression.is_match(&text), "{}", expression.pattern);
                }
            }
        }
    }
}
