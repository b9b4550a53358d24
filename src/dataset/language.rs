//! A guess at the language of messages, by script and by the most frequent small words.

/// Words that are frequent in one language and rare in the others.
const WORDS: [(&str, &[&str]); 8] = [
    (
        "en",
        &[
            "the", "is", "my", "you", "to", "what", "how", "i", "of", "and", "do", "it",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "qué", "cómo", "para", "una", "por", "mi", "del", "es", "y",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "des", "je", "est", "une", "pour", "et", "mon", "vous", "du", "quels",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "ich", "ist", "und", "ein", "wie", "nicht", "mein", "sie", "zu",
        ],
    ),
    (
        "it",
        &[
            "il", "che", "di", "sono", "per", "una", "gli", "è", "non", "come", "le", "della",
        ],
    ),
    (
        "pt",
        &[
            "o", "os", "que", "não", "uma", "para", "meu", "você", "como", "do", "em", "é",
        ],
    ),
    (
        "nl",
        &[
            "het", "een", "ik", "de", "en", "niet", "mijn", "van", "hoe", "wat", "je", "zijn",
        ],
    ),
    (
        "pl",
        &[
            "w", "nie", "jest", "jak", "się", "na", "czy", "mi", "co", "do", "z", "moje",
        ],
    ),
];

/// Languages that have a script of their own.
const CODES: [&str; 9] = ["th", "ja", "zh", "ko", "hi", "ar", "ru", "el", "he"];

/// Returns the code of the language that most texts seem to be in; `en` where nothing speaks for another.
pub(super) fn guess<'a>(texts: impl Iterator<Item = &'a str>) -> &'static str {
    let mut scripts = [0_usize; 9];
    let mut hits = [0_usize; WORDS.len()];
    let mut latin = 0_usize;
    for text in texts.take(500) {
        for c in text.chars().take(300) {
            let script = match c {
                '\u{e00}'..='\u{e7f}' => 0,
                '\u{3040}'..='\u{30ff}' => 1,
                '\u{4e00}'..='\u{9fff}' => 2,
                '\u{ac00}'..='\u{d7af}' => 3,
                '\u{900}'..='\u{97f}' => 4,
                '\u{600}'..='\u{6ff}' => 5,
                '\u{400}'..='\u{4ff}' => 6,
                '\u{370}'..='\u{3ff}' => 7,
                '\u{590}'..='\u{5ff}' => 8,
                c => {
                    latin += usize::from(c.is_alphabetic());
                    continue;
                }
            };
            if let Some(n) = scripts.get_mut(script) {
                *n += 1;
            }
        }
        for word in text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(60)
        {
            let word = word.to_lowercase();
            for (n, (_, words)) in hits.iter_mut().zip(WORDS) {
                *n += usize::from(words.contains(&word.as_str()));
            }
        }
    }
    let [_, kana, han, ..] = scripts;
    if let Some((best, n)) = scripts.iter().enumerate().max_by_key(|(_, n)| **n)
        && *n > latin
    {
        // Japanese is written with Chinese characters among its own.
        if best == 2 && kana * 10 > han {
            return "ja";
        }
        return CODES.get(best).copied().unwrap_or("en");
    }
    hits.iter()
        .zip(WORDS)
        .rev()
        .max_by_key(|(n, _)| **n)
        .filter(|(n, _)| **n > 0)
        .map_or("en", |(_, (code, _))| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_by_script_and_small_words() {
        for (text, code) in [
            ("how do i cancel my order", "en"),
            ("Quels sont les frais pour le retrait", "fr"),
            ("cuanto tiempo falta para mi próxima alarma por favor", "es"),
            ("Wie geht es dir und was ist das", "de"),
            ("ยกเลิก นาฬิกา ปลุก", "th"),
            ("AIとは何ですか", "ja"),
            ("什么是ai", "zh"),
            ("ok", "en"),
        ] {
            assert_eq!(guess([text].into_iter()), code, "{text}");
        }
    }
}
