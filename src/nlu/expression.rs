//! Regular expressions as Python's `re` reads them (nlu.md §4), on top of fancy-regex.
//!
//! Both differ in what may be escaped, in brackets within classes, in flags that hold for all of an expression, and in
//! which characters `\w` and `\b` take for letters. An expression is translated; texts with characters on which the two
//! disagree are read by a second translation that spells `\w` and `\b` out, which is slower.

mod dialect;
mod literals;
mod many;

use std::sync::OnceLock;

use fancy_regex::{Regex, RegexBuilder};

pub(super) use self::many::Expressions;
use self::{
    dialect::{Letters, translate},
    literals::Literals,
};
use crate::text::{Span, is_python_word};

/// An expression ready to be found.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    pattern: String,
    case_sensitive: bool,
    /// Compiled when it is first needed; nothing where that fails.
    usual: OnceLock<Option<Box<Regex>>>,
    /// For texts on which it makes a difference what a letter is; nothing where the expression asks for none.
    exact: OnceLock<Option<Box<Regex>>>,
}

impl Expression {
    /// Makes an expression ready; the error says what is wrong with it.
    pub(super) fn new(pattern: &str, case_sensitive: bool) -> Result<Self, String> {
        let translated = translate(pattern, Letters::Usual, !case_sensitive)?;
        let usual = compile(&translated).map_err(|error| {
            // What is wrong is told of what was written, where that is wrong as well.
            compile(pattern).err().unwrap_or(error)
        })?;
        let expression = Self::proven(pattern, case_sensitive);
        expression.usual.get_or_init(|| Some(Box::new(usual)));
        Ok(expression)
    }

    /// Takes an expression that compiled before; should it not do so again, it matches nothing.
    pub(super) fn proven(pattern: &str, case_sensitive: bool) -> Self {
        Self {
            pattern: pattern.to_owned(),
            case_sensitive,
            usual: OnceLock::new(),
            exact: OnceLock::new(),
        }
    }

    /// Returns what any text has that it matches; `None` where that cannot be said.
    fn literals(&self) -> Option<Literals> {
        let translated = self.translated(Letters::Usual)?;
        literals::needed(&translated)
    }

    fn translated(&self, letters: Letters) -> Option<String> {
        translate(&self.pattern, letters, !self.case_sensitive).ok()
    }

    /// Returns the number of groups.
    pub(super) fn groups(&self) -> usize {
        let usual = self.usual();
        usual.map_or(0, |usual| usual.captures_len().saturating_sub(1))
    }

    /// Tells whether it matches anywhere in a text; one on which it takes too many steps has no match.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let regex = self.regex(text);
        regex.is_some_and(|regex| regex.is_match(text).unwrap_or_default())
    }

    /// Returns its matches from left to right, those of nothing left out.
    pub(super) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Span> + 'a {
        let matches = self.regex(text).map(|regex| regex.find_iter(text));
        let matches = matches.into_iter().flatten().map_while(Result::ok);
        let spans = matches.map(|found| Span::from(found.range()));
        spans.filter(|span| !span.is_empty())
    }

    /// Returns what Python's `findall` does of an expression with at most one group: the group where there is one.
    pub(super) fn find_all<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Span> + 'a {
        let which = self.groups().min(1);
        let matches = self.regex(text).map(|regex| regex.captures_iter(text));
        let matches = matches.into_iter().flatten().map_while(Result::ok);
        let spans = matches.filter_map(move |found| Some(Span::from(found.get(which)?.range())));
        spans.filter(|span| !span.is_empty())
    }

    fn regex(&self, text: &str) -> Option<&Regex> {
        let usual = self.usual();
        if text.is_ascii() || !text.chars().any(is_disputed) {
            return usual;
        }
        let exact = self.exact.get_or_init(|| {
            let usual = self.translated(Letters::Usual)?;
            let exact = self.translated(Letters::Python)?;
            if usual == exact {
                return None;
            }
            compile(&exact).ok().map(Box::new)
        });
        exact.as_deref().or(usual)
    }

    fn usual(&self) -> Option<&Regex> {
        let usual = self.usual.get_or_init(|| {
            let translated = self.translated(Letters::Usual)?;
            let compiled = compile(&translated);
            compiled.ok().map(Box::new)
        });
        usual.as_deref()
    }
}

/// Tells whether a character is a letter to one of the two and not to the other.
fn is_disputed(c: char) -> bool {
    let usual = regex_syntax::try_is_word_character(c).unwrap_or_else(|_| c.is_alphanumeric());
    usual != is_python_word(c)
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .backtrack_limit(1_000_000)
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(pattern: &str, text: &'a str) -> Vec<&'a str> {
        let expression = Expression::new(pattern, true).unwrap();
        expression.find(text).map(|span| span.of(text)).collect()
    }

    /// What Python 3.10 finds.
    #[test]
    fn expressions_mean_what_they_mean_in_python() {
        for (pattern, text, matches) in [
            (r"\<x\>", "a <x>", &["<x>"][..]),
            (r"[[]x[]]", "[x]", &["[x]"]),
            (r"[a-z&&b]+x", "a&bx", &["a&bx"]),
            (r"[]a]+", "a]b", &["a]"]),
            (r"[^]a]+", "a]b", &["b"]),
            (r"[+--]+", "+,-.", &["+,-"]),
            (r"[a~~b]+", "a~b", &["a~b"]),
            (r"[\w-]+", "a-b c", &["a-b", "c"]),
            (r"[\]\[]+", "a[]", &["[]"]),
            (r"(?a)\w+é", "aé éé", &["aé"]),
            (r"(?a:\w+)é|\w", "aé é", &["aé", "é"]),
            (r"\101\x42\u0043\U00000044", "ABCD", &["ABCD"]),
            (r"\0x", "\0x", &["\0x"]),
            (r"a{,2}b", "aaab", &["aab"]),
            (r"a{b}", "a{b}", &["a{b}"]),
            (r"a{2}", "aaa", &["aa"]),
            (r"(a)\1", "aab", &["aa"]),
            (r"(?P<x>a)(?P=x)", "aab", &["aa"]),
            (r"b(?i)A", "Ba", &["Ba"]),
            (r"(?x) a \  b # all", "a b", &["a b"]),
            (r"(?#none)a", "a", &["a"]),
            (r"\Aab\Z", "ab", &["ab"]),
            (r"a\-b\@c", "a-b@c", &["a-b@c"]),
            (r"(?<!\d)\d{3}(?!\d)", "12 345 6789", &["345"]),
            // A sign and an accent are no letters.
            (r"\w+", "नमस्ते", &["नमस", "त"]),
            (r"\b[^\W\d_]{1,3}\b", "e\u{301}te", &["e", "te"]),
            (r"[\w]+", "e\u{301}te", &["e", "te"]),
            (r"\W", "e\u{301}", &["\u{301}"]),
            (r"x*", "axx", &["xx"]),
        ] {
            assert_eq!(found(pattern, text), matches, "{pattern}");
        }
    }

    /// What Python 3.10 finds with `re.IGNORECASE`.
    #[test]
    fn case_is_ignored_as_python_ignores_it() {
        for (pattern, text, matches) in [
            (
                "İzmir",
                "izmir İZMIR ızmir",
                &["izmir", "İZMIR", "ızmir"][..],
            ),
            ("ısparta", "ISPARTA İsparta", &["ISPARTA", "İsparta"]),
            ("\u{b5}m", "\u{3bc}M \u{39c}m", &["\u{3bc}M", "\u{39c}m"]),
            ("[a-h]+", "abi", &["ab"]),
            ("[h-j]+", "hıİI", &["hıİI"]),
            ("[^i]+", "aİb", &["a", "b"]),
            (r"\x69", "İ", &["İ"]),
            ("(?P<di>İ)(?P=di)x", "İİx", &["İİx"]),
            ("(?-i:i)i", "iİ Iİ", &["iİ"]),
            ("(?a)i+", "iIı", &["iI"]),
            ("maß|kilo", "MAẞ \u{212a}ILO", &["MAẞ", "\u{212a}ILO"]),
        ] {
            let expression = Expression::new(pattern, false).unwrap();
            let found: Vec<&str> = expression.find(text).map(|span| span.of(text)).collect();
            assert_eq!(found, matches, "{pattern}");
        }
        assert_eq!(found("(?i)İ", "iıIx"), ["i", "ı", "I"]);
        assert_eq!(found("b(?i:İ)İ", "bıİ bıi"), ["bıİ"]);
    }

    #[test]
    fn what_is_no_expression_is_told() {
        for pattern in ["(", "[a", "*a", r"\N{DIGIT ONE}", "(?P<x", "\\"] {
            assert!(Expression::new(pattern, true).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_group_is_what_is_found_of_a_match() {
        let expression = Expression::new("<(a|b)>", true).unwrap();
        let spans: Vec<Span> = expression.find_all("<a> b <b>").collect();
        assert_eq!(spans, [Span::new(1, 2), Span::new(7, 8)]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_an_expression_or_told(pattern in "([\\[\\]\\\\(){}?*+,a0-9&~^$|<>:#NuUx-]|\\PC){0,12}", text in "\\PC{0,20}") {
            if let Ok(expression) = Expression::new(&pattern, false) {
                expression.find(&text).count();
            }
        }

        #[test]
        fn escaped_text_is_found_in_itself(text in "\\PC{1,12}") {
            let escaped: String = text.chars().flat_map(|c| {
                let escape = (c.is_ascii() && !c.is_ascii_alphanumeric()).then_some('\\');
                escape.into_iter().chain([c])
            }).collect();
            assert_eq!(found(&escaped, &text), [text.as_str()]);
        }
    }
}
