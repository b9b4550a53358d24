//! Words, numbers and signs of a text, and the reader that goes over them.

use std::borrow::Cow;

use super::Context;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    Sign,
}

/// A word without its apostrophes, a run of digits or a single sign.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether blanks stand before it.
    pub(super) apart: bool,
    /// Whether it is the genitive of a name, as `friday's`.
    is_genitive: bool,
}

const APOSTROPHES: [char; 2] = ['\'', '’'];

fn kind(letter: char) -> Kind {
    if letter.is_ascii_digit() {
        Kind::Number
    } else if letter.is_alphanumeric() || letter == '_' {
        Kind::Word
    } else {
        Kind::Sign
    }
}

/// Returns the tokens of a text in small letters; the end of a line is a sign.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut apart = true;
    let mut letters = text.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        if letter.is_whitespace() && letter != '\n' {
            apart = true;
            continue;
        }
        let kind = kind(letter);
        let mut end = start + letter.len_utf8();
        let mut is_plain = true;
        while let Some((at, next)) = letters.peek().copied() {
            let after = at + next.len_utf8();
            let is_inner = kind == Kind::Word && APOSTROPHES.contains(&next) && {
                let rest = text.get(after..).unwrap_or_default();
                rest.starts_with(char::is_alphabetic)
            };
            if kind == Kind::Sign || !is_inner && self::kind(next) != kind {
                break;
            }
            is_plain &= !is_inner;
            end = after;
            letters.next();
        }
        let text = text.get(start..end).unwrap_or_default();
        let is_genitive = !is_plain
            && text
                .strip_suffix('s')
                .is_some_and(|name| name.ends_with(APOSTROPHES));
        tokens.push(Token {
            is_genitive,
            text: if is_plain {
                Cow::Borrowed(text)
            } else {
                Cow::Owned(text.replace(APOSTROPHES, ""))
            },
            kind,
            start,
            end,
            apart,
        });
        apart = false;
    }
    tokens
}

/// Reads phrases from the token at a given place on; what it reads comes with the place behind.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) tokens: &'a [Token<'a>],
    pub(super) context: &'a Context<'a>,
}

/// What was read, and the place of the token behind.
pub(super) type Read<T> = Option<(T, usize)>;

impl<'a> Reader<'a> {
    /// Returns the text of a token; none past the last.
    pub(super) fn text(self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text.as_ref())
    }

    /// Returns the text of a token, and of a genitive the name.
    pub(super) fn stem(self, at: usize) -> &'a str {
        let text = self.text(at);
        let is_genitive = self.tokens.get(at).is_some_and(|token| token.is_genitive);
        let name = text.strip_suffix('s').filter(|_| is_genitive);
        name.unwrap_or(text)
    }

    pub(super) fn kind(self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// Tells whether blanks stand before a token.
    pub(super) fn apart(self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.apart)
    }

    /// Returns a word that stands apart from what is before it.
    pub(super) fn word(self, at: usize) -> Option<&'a str> {
        (self.kind(at)? == Kind::Word && self.apart(at)).then(|| self.text(at))
    }

    pub(super) fn is(self, at: usize, text: &str) -> bool {
        self.text(at) == text
    }

    pub(super) fn any(self, at: usize, texts: &[&str]) -> bool {
        texts.contains(&self.text(at))
    }

    /// Tells whether a text stands right behind the token before.
    pub(super) fn glued(self, at: usize, texts: &[&str]) -> bool {
        !self.apart(at) && self.any(at, texts)
    }

    /// Returns the place behind a word where it is one of these, and else the place itself.
    pub(super) fn skip(self, at: usize, texts: &[&str]) -> usize {
        at + usize::from(self.any(at, texts))
    }

    /// Returns the place behind words that are written with single blanks.
    pub(super) fn phrase(self, at: usize, words: &str) -> Option<usize> {
        let mut end = at;
        for word in words.split(' ') {
            if !self.is(end, word) || end > at && !self.apart(end) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    /// Returns the place behind the first of some phrases that is written there.
    pub(super) fn phrases(self, at: usize, phrases: &[&str]) -> Option<usize> {
        phrases.iter().find_map(|words| self.phrase(at, words))
    }

    /// Returns a number of at most so many digits.
    pub(super) fn number(self, at: usize, most: usize) -> Option<i64> {
        let text = self.text(at);
        let is_number = self.kind(at)? == Kind::Number && text.len() <= most;
        is_number.then(|| text.parse().ok())?
    }

    /// Tells whether nothing follows that a number before it would count, as in `at two people`.
    pub(super) fn is_over(self, at: usize) -> bool {
        match self.kind(at) {
            None | Some(Kind::Sign) => true,
            Some(Kind::Number) => self.apart(at),
            Some(Kind::Word) => self.apart(at) && FUNCTION_WORDS.contains(&self.text(at)),
        }
    }
}

/// Returns what reaches furthest; of equals the first.
pub(super) fn longest<T>(all: impl IntoIterator<Item = Read<T>>) -> Read<T> {
    let all = all.into_iter().flatten();
    all.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// Words after which an hour or the number of a day is over, where it would else count what follows.
const FUNCTION_WORDS: [&str; 60] = [
    "and",
    "as",
    "at",
    "because",
    "before",
    "between",
    "but",
    "by",
    "can",
    "could",
    "does",
    "for",
    "friday",
    "from",
    "i",
    "if",
    "in",
    "is",
    "it",
    "monday",
    "my",
    "next",
    "not",
    "now",
    "of",
    "on",
    "or",
    "our",
    "please",
    "saturday",
    "sharp",
    "should",
    "so",
    "sunday",
    "thanks",
    "that",
    "the",
    "then",
    "there",
    "this",
    "through",
    "thursday",
    "till",
    "to",
    "today",
    "tomorrow",
    "tonight",
    "tuesday",
    "until",
    "was",
    "we",
    "wednesday",
    "what",
    "when",
    "where",
    "which",
    "will",
    "with",
    "would",
    "you",
];
