//! Words of a message with their places.

use std::sync::LazyLock;

use fancy_regex::Regex;

use super::Span;

/// Punctuation that Rasa's `WhitespaceTokenizer` turns into blanks; its own expression, alternatives in its order.
static PUNCTUATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"[^\w#@&]+(?=\s|$)|(\s|^)[^\w#@&]+(?=[^0-9\s])|(?<=[^0-9\s])[^\w._~:/?#\[\]()@!$&*+,;=-]+(?=[^0-9\s])",
    )
    .ok()
});

/// Returns the tokens that Rasa's `WhitespaceTokenizer` finds, as byte spans of `text`.
///
/// Words made of emoji only vanish (and with them, as in Rasa, words in Chinese or Japanese characters); a text of
/// which nothing is left is one token. Linear in practice.
pub fn whitespace_tokens(text: &str) -> Vec<Span> {
    let mut cleaned = String::with_capacity(text.len());
    let mut at = 0;
    if let Some(punctuation) = PUNCTUATION.as_ref() {
        // A text on which matching gives up is split at white space alone.
        for found in punctuation.find_iter(text).map_while(Result::ok) {
            cleaned.push_str(text.get(at..found.start()).unwrap_or_default());
            cleaned.push(' ');
            at = found.end();
        }
    }
    cleaned.push_str(text.get(at..).unwrap_or_default());
    let mut tokens = Vec::new();
    let mut from = 0;
    for word in cleaned
        .split_whitespace()
        .filter(|word| !word.chars().all(is_emoji))
    {
        if let Some(start) = text.get(from..).and_then(|rest| rest.find(word)) {
            tokens.push(Span::new(from + start, from + start + word.len()));
            from += start + word.len();
        }
    }
    if tokens.is_empty() {
        tokens.push(Span::new(0, text.len()));
    }
    tokens
}

/// Tells whether a character is of the class that Rasa takes for emoji.
fn is_emoji(c: char) -> bool {
    matches!(c as u32, 0x1F600..=0x1F64F | 0x1F300..=0x1F5FF | 0x1F680..=0x1F6FF | 0x1F1E0..=0x1F1FF
        | 0x2702..=0x27B0 | 0x24C2..=0x1F251 | 0x200C | 0x200D)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    proptest::proptest! {
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
