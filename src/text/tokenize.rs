//! Words of a message with their places.
//!
//! Rasa's `WhitespaceTokenizer` turns punctuation into blanks by an expression that looks ahead and behind. It is read
//! here by hand, run by run, in one pass: the expression itself stands in the tests and must find the same.

use super::Span;

/// Returns the tokens that Rasa's `WhitespaceTokenizer` finds, as byte spans of `text`.
///
/// Words made of emoji only vanish (and with them, as in Rasa, words in Chinese or Japanese characters); a text of
/// which nothing is left is one token. Linear in the length of the text.
pub fn whitespace_tokens(text: &str) -> Vec<Span> {
    let mut tokens = Vec::new();
    let mut scanner = Scanner::new(text);
    let mut word = None;
    let mut at = 0;
    while let Some(c) = scanner.at(at) {
        let next = at + c.len_utf8();
        if is_kept(c) {
            word.get_or_insert(at);
            at = next;
            continue;
        }
        let removed = scanner.removed(at, c);
        if removed.is_some() || c.is_whitespace() {
            if let Some(start) = word.take() {
                push(text, Span::new(start, at), &mut tokens);
            }
            at = removed.unwrap_or(next);
        } else {
            word.get_or_insert(at);
            at = next;
        }
    }
    if let Some(start) = word {
        push(text, Span::new(start, text.len()), &mut tokens);
    }
    if tokens.is_empty() {
        tokens.push(Span::new(0, text.len()));
    }
    tokens
}

/// Appends a word at the first place after the last token where it stands, as Rasa does.
fn push(text: &str, word: Span, tokens: &mut Vec<Span>) {
    let written = word.of(text);
    let Some(first) = written.chars().next() else {
        return;
    };
    if is_emoji(first) && written.chars().all(is_emoji) {
        return;
    }
    // What lies between is punctuation or emoji; no other word can be found there.
    let place = if is_kept(first) && !is_emoji(first) {
        Some(word.start)
    } else {
        let from = tokens.last().map_or(0, |last| last.end);
        let rest = text.get(from..).unwrap_or_default();
        rest.find(written).map(|start| from + start)
    };
    tokens.extend(place.map(|start| Span::new(start, start + word.len())));
}

/// Finds what becomes a blank, at ascending places of one text.
struct Scanner<'a> {
    text: &'a str,
    /// Characters that are never kept by themselves: `[^\w#@&]`.
    loose: Run,
    /// Those of them that cut words: `[^\w._~:/?#\[\]()@!$&*+,;=-]`.
    rare: Run,
}

/// The last run of characters of a kind that was looked at; places in bytes.
#[derive(Clone, Copy, Default)]
struct Run {
    end: usize,
    /// The character behind it.
    after: Option<char>,
    /// Its last white space and its last other character.
    last_space: usize,
    last_mark: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            loose: Run::default(),
            rare: Run::default(),
        }
    }

    fn at(&self, at: usize) -> Option<char> {
        match self.text.as_bytes().get(at)? {
            &byte if byte.is_ascii() => Some(char::from(byte)),
            _ => self.text.get(at..)?.chars().next(),
        }
    }

    /// Returns the run of characters like the one at `at`, where that lies behind the run known.
    fn run(&self, known: Run, at: usize, is_like: impl Fn(char) -> bool) -> Run {
        if at < known.end {
            return known;
        }
        let mut run = Run {
            end: at,
            ..Run::default()
        };
        while let Some(c) = self.at(run.end).filter(|c| is_like(*c)) {
            if c.is_whitespace() {
                run.last_space = run.end;
            } else {
                run.last_mark = run.end;
            }
            run.end += c.len_utf8();
        }
        run.after = self.at(run.end);
        run
    }

    /// Returns the end of what becomes a blank at `at`, where the character `c` stands, not one of the kept.
    fn removed(&mut self, at: usize, c: char) -> Option<usize> {
        let next = at + c.len_utf8();
        self.loose = self.run(self.loose, at, |c| !is_kept(c));
        let run = self.loose;
        // [^\w#@&]+(?=\s|$)
        if run.after.is_none() {
            return Some(run.end);
        }
        if run.last_space > at {
            return Some(run.last_space);
        }
        // (\s|^)[^\w#@&]+(?=[^0-9\s])
        for (begins, first) in [(c.is_whitespace(), next), (at == 0, at)] {
            if begins && first < run.end {
                if !is_digit(run.after) {
                    return Some(run.end);
                }
                if run.last_mark > first {
                    return Some(run.last_mark);
                }
            }
        }
        // (?<=[^0-9\s])[^\w._~:/?#\[\]()@!$&*+,;=-]+(?=[^0-9\s])
        let before = self.text.get(..at)?.chars().next_back()?;
        if !is_rare(c) || before.is_ascii_digit() || before.is_whitespace() {
            return None;
        }
        self.rare = self.run(self.rare, at, is_rare);
        let run = self.rare;
        if run.after.is_some() && !is_digit(run.after) {
            return Some(run.end);
        }
        (run.last_mark > at).then_some(run.last_mark)
    }
}

fn is_digit(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit())
}

/// Tells whether a character is of `[\w#@&]`.
fn is_kept(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '#' | '@' | '&')
    } else {
        regex_syntax::try_is_word_character(c).unwrap_or_else(|_| c.is_alphanumeric())
    }
}

/// Tells whether a character that is not kept cuts words even without a blank.
fn is_rare(c: char) -> bool {
    let common = matches!(
        c,
        '.' | '~'
            | ':'
            | '/'
            | '?'
            | '['
            | ']'
            | '('
            | ')'
            | '!'
            | '$'
            | '*'
            | '+'
            | ','
            | ';'
            | '='
            | '-'
    );
    !common && !is_kept(c)
}

/// Tells whether a character is of the class that Rasa takes for emoji.
fn is_emoji(c: char) -> bool {
    matches!(c as u32, 0x1F600..=0x1F64F | 0x1F300..=0x1F5FF | 0x1F680..=0x1F6FF | 0x1F1E0..=0x1F1FF
        | 0x2702..=0x27B0 | 0x24C2..=0x1F251 | 0x200C | 0x200D)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use fancy_regex::Regex;

    use super::*;

    /// Rasa's own expression, alternatives in its order.
    static PUNCTUATION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"[^\w#@&]+(?=\s|$)|(\s|^)[^\w#@&]+(?=[^0-9\s])|(?<=[^0-9\s])[^\w._~:/?#\[\]()@!$&*+,;=-]+(?=[^0-9\s])",
        )
        .unwrap()
    });

    /// Finds tokens as Rasa's code does, step by step.
    fn tokens_by_expression(text: &str) -> Vec<Span> {
        let cleaned = PUNCTUATION.replace_all(text, " ");
        let mut tokens = Vec::new();
        let mut from = 0;
        let words = cleaned.split_whitespace();
        for word in words.filter(|word| !word.chars().all(is_emoji)) {
            let start = from + text[from..].find(word).unwrap();
            from = start + word.len();
            tokens.push(Span::new(start, from));
        }
        if tokens.is_empty() {
            tokens.push(Span::new(0, text.len()));
        }
        tokens
    }

    #[test]
    fn tokens_are_those_of_rasa() {
        for (text, tokens) in [
            (
                "I'm from New-York, USA.",
                &["I", "m", "from", "New-York", "USA"][..],
            ),
            (
                "email me at joe@x.com, ok?",
                &["email", "me", "at", "joe@x.com", "ok"],
            ),
            ("price: $5.99!", &["price", "$5.99"]),
            ("what's 3/4?", &["what", "s", "3/4"]),
            ("a,b", &["a,b"]),
            ("foo...bar", &["foo...bar"]),
            ("1,000 items", &["1,000", "items"]),
            ("#1 & @you", &["#1", "&", "@you"]),
            ("call +1-555-0100 now", &["call", "+1-555-0100", "now"]),
            ("50% off", &["50", "off"]),
            ("a%b", &["a", "b"]),
            ("a%5", &["a%5"]),
            ("5'10", &["5'10"]),
            ("(5)", &["(5"]),
            ("-5", &["-5"]),
            ("[x]{y}", &["x]", "y"]),
            ("C++ rocks", &["C", "rocks"]),
            ("don't", &["don", "t"]),
            ("!!!", &["!!!"]),
            ("😀 hi 👍👍", &["hi"]),
            ("你好 世界", &["你好 世界"]),
            ("", &[""]),
        ] {
            let found: Vec<&str> = whitespace_tokens(text)
                .into_iter()
                .map(|span| span.of(text))
                .collect();
            assert_eq!(found, tokens, "{text}");
        }
    }

    #[test]
    fn long_runs_of_punctuation_take_no_longer_than_words() {
        let text = format!("a{}1 {}", ".".repeat(600_000), " !".repeat(300_000));
        assert_eq!(whitespace_tokens(&text).len(), 1);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(3_000))]

        #[test]
        fn tokens_are_those_of_the_expression(
            text in "([ab15 \t.,'%#@&(-]|[\u{2019}\u{e9}\u{bd}\u{301}\u{a0}\u{200d}\u{4f60}\u{1f600}\u{24c2}]|\\PC){0,14}",
        ) {
            assert_eq!(whitespace_tokens(&text), tokens_by_expression(&text), "{text:?}");
        }

        #[test]
        fn tokens_of_any_text_lie_in_order_on_character_boundaries(text in "\\PC{0,60}") {
            let mut last = 0;
            for span in whitespace_tokens(&text) {
                assert!(text.get(span.range()).is_some() && span.start >= last);
                last = span.end;
            }
        }
    }
}
