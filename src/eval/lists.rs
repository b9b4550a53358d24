//! Lists worth reading: examples that are probably labelled wrongly, shaky answers, confusions.

use std::collections::BTreeMap;

use super::message::Heard;

/// A lead below this is shaky.
const SHAKY: f64 = 0.1;

/// Returns the messages whose label is contradicted confidently by a model that has not seen them, the most certain
/// first.
///
/// Confident learning (Northcutt, Jiang and Chuang, JAIR 2021): a contradiction counts where the model is at least as
/// sure of the other intent as it is, on average, of messages that do have it.
pub fn suspects(messages: &[Heard]) -> Vec<&Heard> {
    let mut sums: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for message in messages {
        let (sum, count) = sums.entry(&message.expected).or_default();
        *sum += message.confidence_expected.unwrap_or_default();
        *count += 1;
    }
    let mut found: Vec<&Heard> = messages
        .iter()
        .filter(|message| !message.is_right())
        .filter(|message| {
            sums.get(message.predicted.as_str())
                .is_some_and(|(sum, count)| message.confidence >= sum / (*count).max(1) as f64)
        })
        .collect();
    let certainty =
        |message: &Heard| message.confidence - message.confidence_expected.unwrap_or_default();
    found.sort_by(|a, b| certainty(b).total_cmp(&certainty(a)));
    found
}

/// Returns the messages understood rightly by less than a tenth, the shakiest first.
pub fn shaky(messages: &[Heard]) -> Vec<&Heard> {
    let mut found: Vec<&Heard> = messages
        .iter()
        .filter(|message| message.is_right() && message.second.is_some() && message.lead() < SHAKY)
        .collect();
    found.sort_by(|a, b| a.lead().total_cmp(&b.lead()));
    found
}

/// What is taken for what.
#[derive(Clone, Debug, PartialEq)]
pub struct Confused<'a> {
    /// The intent.
    pub expected: &'a str,
    /// What it is taken for.
    pub predicted: &'a str,
    /// The messages, the most confident mistake first.
    pub messages: Vec<&'a Heard>,
}

/// Returns every pair of intents that is confused, the most frequent first, with its messages.
pub fn confusions(messages: &[Heard]) -> Vec<Confused<'_>> {
    let mut pairs: BTreeMap<(&str, &str), Vec<&Heard>> = BTreeMap::new();
    for message in messages.iter().filter(|message| !message.is_right()) {
        let key = (message.expected.as_str(), message.predicted.as_str());
        pairs.entry(key).or_default().push(message);
    }
    let mut found: Vec<Confused<'_>> = pairs
        .into_iter()
        .map(|((expected, predicted), mut messages)| {
            messages.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            Confused {
                expected,
                predicted,
                messages,
            }
        })
        .collect();
    found.sort_by_key(|confused| std::cmp::Reverse(confused.messages.len()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(expected: &str, predicted: &str, confidence: f64, own: f64) -> Heard {
        Heard {
            expected: expected.to_owned(),
            predicted: predicted.to_owned(),
            confidence,
            confidence_expected: Some(own),
            second: Some(("x".to_owned(), 1.0 - confidence)),
            ..Heard::default()
        }
    }

    #[test]
    fn suspects_are_contradicted_as_surely_as_others_are_confirmed() {
        let messages = [
            heard("a", "a", 0.8, 0.8),
            heard("b", "b", 0.9, 0.9),
            heard("a", "b", 0.95, 0.05),
            heard("a", "b", 0.5, 0.45),
        ];
        let found = suspects(&messages);
        assert_eq!(found.len(), 1);
        assert!((found[0].confidence - 0.95).abs() < 1e-12);
        assert!(suspects(&[]).is_empty());
    }

    #[test]
    fn shaky_answers_are_right_by_little() {
        let messages = [
            heard("a", "a", 0.54, 0.54),
            heard("a", "a", 0.52, 0.52),
            heard("a", "a", 0.9, 0.9),
        ];
        let leads: Vec<f64> = shaky(&messages).iter().map(|m| m.lead()).collect();
        assert_eq!(leads.len(), 2);
        assert!(leads[0] < leads[1]);
    }

    #[test]
    fn confusions_come_with_their_messages() {
        let messages = [
            heard("a", "b", 0.5, 0.1),
            heard("b", "a", 0.6, 0.1),
            heard("a", "b", 0.7, 0.1),
        ];
        let found = confusions(&messages);
        assert_eq!((found[0].expected, found[0].messages.len()), ("a", 2));
        assert!((found[0].messages[0].confidence - 0.7).abs() < 1e-12);
    }
}
