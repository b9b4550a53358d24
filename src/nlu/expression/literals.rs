//! What every text has that an expression matches: some literal of a few.
//!
//! After Cox 2012, "Regular Expression Matching with a Trigram Index": for each part of an expression either all that
//! it matches is known, or at least something that stands in any match. Letters are folded, so that what holds for an
//! expression holds whether it ignores case or not.

use std::collections::BTreeSet;

use fancy_regex::{Expr, LookAround};
use regex_syntax::hir::{Class, ClassUnicodeRange, HirKind};

use crate::text::fold_char;

/// Folded literals, of which a matching text has at least one; none is empty.
pub(super) type Literals = BTreeSet<String>;

/// Most literals that are told apart where parts follow each other.
const MOST: usize = 64;
/// Most characters of a class that are told apart: ten digits are, an alphabet stands in every text.
const CLASS: usize = 16;
/// Most repetitions that are written out.
const REPEATED: usize = 8;

/// What is known of a part.
struct Known {
    /// All that it matches.
    exact: Option<BTreeSet<String>>,
    /// Something of which any match has at least one.
    needed: Option<Literals>,
}

impl Known {
    const NOTHING: Self = Self {
        exact: None,
        needed: None,
    };

    fn exactly(exact: BTreeSet<String>) -> Self {
        let is_told = exact.len() <= MOST;
        let is_something = exact.iter().all(|literal| !literal.is_empty());
        Self {
            needed: (is_something && !exact.is_empty()).then(|| exact.clone()),
            exact: is_told.then_some(exact),
        }
    }

    fn one(literal: &str) -> Self {
        let folded: String = literal.chars().map(fold_char).collect();
        Self::exactly([folded].into())
    }
}

/// Returns the literals of which every match of an expression has at least one; `None` where there are no such.
pub(super) fn needed(translated: &str) -> Option<Literals> {
    let tree = Expr::parse_tree(translated).ok()?;
    known(&tree.expr).needed
}

fn known(part: &Expr) -> Known {
    match part {
        Expr::Empty
        | Expr::Assertion(_)
        | Expr::KeepOut
        | Expr::ContinueFromPreviousMatchEnd
        | Expr::LookAround(_, LookAround::LookAheadNeg | LookAround::LookBehindNeg) => {
            Known::one("")
        }
        // What stands around a match stands in the text.
        Expr::LookAround(seen, LookAround::LookAhead | LookAround::LookBehind) => Known {
            needed: known(seen).needed,
            ..Known::one("")
        },
        Expr::Literal { val, .. } => Known::one(val),
        Expr::Delegate { inner, .. } => class(inner),
        Expr::Group(inner) | Expr::AtomicGroup(inner) => known(inner),
        Expr::Concat(parts) => following(parts.iter().map(known)),
        Expr::Alt(parts) => alternatives(parts.iter().map(known)),
        Expr::Repeat {
            child,
            lo: 0,
            hi: 1,
            ..
        } => alternatives([known(child), Known::one("")].into_iter()),
        Expr::Repeat { lo: 0, .. } => Known::NOTHING,
        Expr::Repeat { child, lo, hi, .. } => {
            let written = following((0..*lo.min(&REPEATED)).map(|_| known(child)));
            let is_all = lo == hi && *lo <= REPEATED;
            Known {
                exact: written.exact.filter(|_| is_all),
                ..written
            }
        }
        _ => Known::NOTHING,
    }
}

/// Returns what is known of a class of characters: all of them, where they are few.
fn class(written: &str) -> Known {
    // Large ones that occur often.
    if matches!(written, r"\w" | r"\W" | r"\d" | r"\D" | r"\s" | r"\S") {
        return Known::NOTHING;
    }
    let Ok(read) = regex_syntax::parse(written) else {
        return Known::NOTHING;
    };
    let HirKind::Class(class) = read.kind() else {
        // A class of a single character is a literal.
        return match read.kind() {
            HirKind::Literal(literal) => {
                std::str::from_utf8(&literal.0).map_or(Known::NOTHING, Known::one)
            }
            _ => Known::NOTHING,
        };
    };
    let Class::Unicode(class) = class else {
        return Known::NOTHING;
    };
    let count: usize = class.iter().map(ClassUnicodeRange::len).sum();
    if count > MOST {
        return Known::NOTHING;
    }
    let characters = class.iter().flat_map(|range| range.start()..=range.end());
    let folded: BTreeSet<String> = characters.map(|c| fold_char(c).to_string()).collect();
    if folded.len() > CLASS {
        return Known::NOTHING;
    }
    Known::exactly(folded)
}

/// Returns what is known of parts of which one matches.
fn alternatives(parts: impl Iterator<Item = Known>) -> Known {
    let mut exact = Some(BTreeSet::new());
    let mut needed = Some(BTreeSet::new());
    for part in parts {
        exact = join(exact, part.exact);
        needed = join(needed, part.needed);
    }
    Known {
        exact: exact.filter(|exact| exact.len() <= MOST),
        needed,
    }
}

fn join(all: Option<BTreeSet<String>>, more: Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    let (mut all, more) = all.zip(more)?;
    all.extend(more);
    Some(all)
}

/// Returns what is known of parts of which each follows the one before.
fn following(parts: impl Iterator<Item = Known>) -> Known {
    // What is known without a gap up to here, and whether that is all since the start.
    let (mut run, mut is_whole) = (BTreeSet::from([String::new()]), true);
    let mut best = None;
    for part in parts {
        best = better(best, part.needed);
        match part.exact {
            Some(exact) if run.len() * exact.len() <= MOST => {
                let both = run.iter().flat_map(|first| {
                    let both = exact.iter().map(move |second| format!("{first}{second}"));
                    both.collect::<Vec<_>>()
                });
                run = both.collect();
            }
            other => {
                best = better(best, Known::exactly(run).needed);
                run = other.unwrap_or_else(|| BTreeSet::from([String::new()]));
                is_whole = false;
            }
        }
    }
    let last = Known::exactly(run);
    Known {
        needed: better(best, last.needed),
        exact: last.exact.filter(|_| is_whole),
    }
}

/// Returns those of which the shortest is longer; of equals, the fewer.
fn better(one: Option<Literals>, other: Option<Literals>) -> Option<Literals> {
    let (Some(first), Some(second)) = (&one, &other) else {
        return one.or(other);
    };
    let worth = |literals: &Literals| {
        let shortest = literals.iter().map(String::len).min().unwrap_or_default();
        (shortest, usize::MAX - literals.len())
    };
    if worth(second) > worth(first) {
        other
    } else {
        one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_literal_of_a_few_stands_in_every_match() {
        for (pattern, expected) in [
            (r"\bOslo\b", &["oslo"][..]),
            (r"(?i)\bİzmir\b", &["izmir"]),
            (r"\b(?:cat|dogs?)\b", &["cat", "dog", "dogs"]),
            (r"order\s+\d{4}", &["order"]),
            (r"ab?c", &["abc", "ac"]),
            (r"(?<=no )\w+", &["no "]),
            (r"(?<!x)[xy]z(?!a)", &["xz", "yz"]),
            (r"(ab){2,}", &["abab"]),
            (r"(\w+)-\1", &["-"]),
            (r"(?:foo|ba[rz])+!", &["bar", "baz", "foo"]),
            (r"[0-3]-", &["0-", "1-", "2-", "3-"]),
            (r"[A-Z]{2}\d{3}", &[]),
            (r"x*", &[]),
            (r"a|\d", &[]),
            (r"", &[]),
        ] {
            let found = needed(pattern).unwrap_or_default();
            let found: Vec<&str> = found.iter().map(String::as_str).collect();
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
