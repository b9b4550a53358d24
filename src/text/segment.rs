//! Words of scripts that put no blanks between them, by the dictionaries and models that ICU carries.

use std::sync::LazyLock;

use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed, options::WordBreakInvariantOptions};

use super::{Span, whitespace_tokens};

static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_auto(WordBreakInvariantOptions::default()));

/// Returns the words of a text, as byte spans: those of a dictionary where words stand without blanks between them
/// (Chinese, Japanese, Thai, Lao, Khmer, Burmese), else the tokens of [`whitespace_tokens`].
///
/// A text without a word is one token. Linear in the length of the text.
pub fn dictionary_tokens(text: &str) -> Vec<Span> {
    let mut tokens = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let inside = |span: Span| Span::new(start + span.start, start + span.end);
        if piece.chars().any(has_no_blanks) {
            tokens.extend(words(piece).map(inside));
        } else {
            let found = whitespace_tokens(piece).into_iter();
            let is_word = |span: &Span| span.of(piece).contains(char::is_alphanumeric);
            tokens.extend(found.filter(is_word).map(inside));
        }
        start += piece.len();
    }
    if tokens.is_empty() {
        tokens.push(Span::new(0, text.len()));
    }
    tokens
}

/// Returns the segments of a text that are words or numbers.
fn words(text: &str) -> impl Iterator<Item = Span> {
    let mut start = 0;
    let segments = SEGMENTER.segment_str(text).iter_with_word_type();
    segments.filter_map(move |(end, kind)| {
        let span = Span::new(start, end);
        start = end;
        kind.is_word_like().then_some(span)
    })
}

/// Tells whether a character is of a script that writes words without blanks between them.
pub fn has_no_blanks(c: char) -> bool {
    matches!(
        c as u32,
        0x0E00..=0x0EFF // Thai and Lao
            | 0x1000..=0x109F // Burmese
            | 0x1780..=0x17FF // Khmer
            | 0x3040..=0x30FF // Hiragana and Katakana
            | 0x31F0..=0x31FF
            | 0x3400..=0x4DBF // ideographs
            | 0x4E00..=0x9FFF
            | 0xF900..=0xFAFF
            | 0xFF66..=0xFF9F
            | 0x20000..=0x323AF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        dictionary_tokens(text)
            .into_iter()
            .map(|span| span.of(text))
            .collect()
    }

    #[test]
    fn words_without_blanks_are_those_of_the_dictionary() {
        for (text, words) in [
            ("北京今天天气", &["北京", "今天", "天气"][..]),
            ("東京タワーに行く", &["東京", "タワー", "に", "行く"]),
            ("จองตั๋วไปกรุงเทพ", &["จอง", "ตั๋ว", "ไป", "กรุง", "เทพ"]),
            ("去 New-York, 好吗？", &["去", "New-York", "好", "吗"]),
            ("订单B2！", &["订单", "B2"]),
            (
                "don't e-mail joe@x.com!",
                &["don", "t", "e-mail", "joe@x.com"],
            ),
            ("！？", &["！？"]),
            ("", &[""]),
        ] {
            assert_eq!(tokens(text), words, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn tokens_of_any_text_lie_in_order_on_character_boundaries(
            text in "(\\PC|[你好今天กขคのタ ,.]){0,60}",
        ) {
            let mut last = 0;
            for span in dictionary_tokens(&text) {
                assert!(text.get(span.range()).is_some() && span.start >= last);
                last = span.end;
            }
        }
    }
}
