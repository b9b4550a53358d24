//! Names that Rasa and YAML can carry: intents and entity types made of letters, digits, `_`, `-` and `.`.

use rustc_hash::FxHashSet;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Names with a meaning of their own in Rasa.
const RESERVED: [&str; 4] = ["restart", "back", "session_start", "nlu_fallback"];
/// Longest name made from a question, in characters.
const LONGEST: usize = 48;

/// Returns the name with every character replaced that Rasa or YAML gives a meaning to; safe names stay as they are.
///
/// Accents are dropped from Latin letters; the letters of other scripts stay.
pub(super) fn safe_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.trim().nfd() {
        match c {
            '\u{300}'..='\u{36f}' => {}
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'Æ' => out.push_str("AE"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'Ø' => out.push('O'),
            'ł' => out.push('l'),
            'Ł' => out.push('L'),
            'ı' => out.push('i'),
            '-' | '.' | '_' => out.push(c),
            c if c.is_alphanumeric() || is_combining_mark(c) => out.push(c),
            _ if out.ends_with('_') => {}
            _ => out.push('_'),
        }
    }
    let out: String = out.nfc().collect();
    // Blanks that became marks at the ends say nothing; underscores that were there stay.
    let (lead, tail) = (name.trim().starts_with('_'), name.trim().ends_with('_'));
    let out = if lead {
        out.as_str()
    } else {
        out.trim_start_matches(['_', '-', '.'])
    };
    let out = if tail { out } else { out.trim_end_matches('_') };
    if out.is_empty() {
        return "intent".to_owned();
    }
    if RESERVED.contains(&out) {
        return format!("{out}_intent");
    }
    out.to_owned()
}

/// Returns a name for an intent from the question that begins it.
pub(super) fn name_of_question(question: &str) -> String {
    let lower = question.to_lowercase();
    let name = safe_name(&lower.replace(['-', '.', '\'', '’'], " "));
    let mut short = String::new();
    for word in name.split('_').filter(|word| !word.is_empty()) {
        if !short.is_empty() && short.chars().count() + word.chars().count() >= LONGEST {
            break;
        }
        if !short.is_empty() {
            short.push('_');
        }
        short.extend(word.chars().take(LONGEST));
    }
    if short.is_empty() {
        name
    } else {
        safe_name(&short)
    }
}

/// Returns the name, with a number behind it if it is already taken, and takes it.
pub(super) fn unique(name: &str, taken: &mut FxHashSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut n = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}_{n}");
        n += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_names_stay_and_others_are_mended() {
        for name in [
            "greet",
            "atis_flight",
            "AddToPlaylist",
            "smalltalk.user.hi",
            "a-b",
            "意图",
            "alarm__set",
            "_x",
        ] {
            assert_eq!(safe_name(name), name);
        }
        for (name, expected) in [
            ("Set Up Shipping Address+1", "Set_Up_Shipping_Address_1"),
            ("Get Refund/faq", "Get_Refund_faq"),
            ("Review é", "Review_e"),
            ("Change Order #", "Change_Order"),
            ("Delivery Options:x", "Delivery_Options_x"),
            ("DESC:manner", "DESC_manner"),
            ("  ", "intent"),
            ("restart", "restart_intent"),
            ("Straße", "Strasse"),
            ("ยกเลิก นาฬิกา", "ยกเลิก_นาฬิกา"),
            ("- x", "x"),
        ] {
            assert_eq!(safe_name(name), expected);
        }
    }

    #[test]
    fn questions_give_short_names() {
        assert_eq!(name_of_question("What's AI?"), "what_s_ai");
        assert_eq!(
            name_of_question(
                "Was Abraham Lincoln the sixteenth President of the United States of America?"
            ),
            "was_abraham_lincoln_the_sixteenth_president_of"
        );
        assert_eq!(name_of_question("???"), "intent");
    }

    #[test]
    fn names_are_told_apart_by_numbers() {
        let mut taken = FxHashSet::default();
        assert_eq!(unique("a", &mut taken), "a");
        assert_eq!(unique("a", &mut taken), "a_2");
        assert_eq!(unique("a", &mut taken), "a_3");
    }
}
