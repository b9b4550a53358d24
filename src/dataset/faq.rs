//! Questions and answers without intents: rows that share an answer form one intent.

use rustc_hash::FxHashMap;

use super::clean::{Message, text_key};

/// Gives every message the number of its answer as target, counting from `from`; returns the next free number.
///
/// Answers that differ only in case, blanks or a final stop are the same. Different answers to one question are
/// variations where no other question has them; otherwise the question has conflicting labels.
pub(super) fn group(messages: &mut [Message], from: usize) -> usize {
    let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
    // For each answer the question it belongs to, as long as that is the only one.
    let mut questions: Vec<Option<String>> = Vec::new();
    let mut answers: Vec<usize> = Vec::with_capacity(messages.len());
    for message in messages.iter() {
        let question = text_key(&message.text);
        let answer = answer_key(message.answer.as_deref().unwrap_or_default());
        let number = *numbers.entry(answer).or_insert_with(|| {
            questions.push(Some(question.clone()));
            questions.len() - 1
        });
        if let Some(only) = questions.get_mut(number)
            && only.as_ref().is_some_and(|only| *only != question)
        {
            *only = None;
        }
        answers.push(number);
    }
    // All private answers of a question are one target.
    let mut private: FxHashMap<&str, usize> = FxHashMap::default();
    let mut targets: FxHashMap<usize, usize> = FxHashMap::default();
    let mut next = from;
    for (message, number) in messages.iter_mut().zip(answers) {
        let target = match questions.get(number) {
            Some(Some(question)) => *private.entry(question.as_str()).or_insert_with(|| {
                next += 1;
                next - 1
            }),
            _ => *targets.entry(number).or_insert_with(|| {
                next += 1;
                next - 1
            }),
        };
        message.target = target;
    }
    next
}

fn answer_key(answer: &str) -> String {
    text_key(answer.trim().trim_end_matches(['.', '!', '。', '！']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Origin;

    fn targets(rows: &[(&str, &str)]) -> Vec<usize> {
        let mut messages: Vec<Message> = rows
            .iter()
            .enumerate()
            .map(|(i, (question, answer))| Message {
                file: String::new(),
                line: i,
                origin: Origin::default(),
                text: (*question).into(),
                entities: Vec::new(),
                label: String::new(),
                answer: Some((*answer).into()),
                target: 0,
            })
            .collect();
        group(&mut messages, 0);
        messages.iter().map(|message| message.target).collect()
    }

    #[test]
    fn rows_that_share_an_answer_are_one_intent() {
        assert_eq!(
            targets(&[("a", "Yes."), ("b", "yes"), ("c", "No")]),
            [0, 0, 1]
        );
    }

    #[test]
    fn answers_of_one_question_alone_are_variations() {
        assert_eq!(
            targets(&[("what is ai", "a thing"), ("What is AI", "a field")]),
            [0, 0]
        );
        assert_eq!(
            targets(&[("q", "yes"), ("r", "yes"), ("q", "four")]),
            [0, 0, 1]
        );
    }
}
