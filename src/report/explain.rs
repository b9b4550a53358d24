//! Why a message was understood as it was, for people.

use crate::{
    data::{Entity, Json, Parse},
    nlu::{Decision, Explanation, Neighbour},
};

/// Columns of the longest bar.
const BAR: usize = 24;
/// Columns of a word at most.
const WORD: usize = 20;

/// Returns the lines: the intents, the entities, who decided, the words for and against the best intent, the nearest
/// examples.
pub fn lines(
    parse: &Parse,
    decision: Option<&Decision>,
    explanation: Option<&Explanation>,
    nearest: &[Neighbour],
    ascii: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    // Keywords give an intent and no ranking.
    let ranking = match parse.intent_ranking.as_slice() {
        [] => std::slice::from_ref(&parse.intent),
        all => all,
    };
    for score in ranking.iter().take(3) {
        let name = score.name.as_deref().unwrap_or("none");
        lines.push(format!("{:>5.2}  {name}", score.confidence));
    }
    if let Some(in_scope) = parse.in_scope {
        lines.push(format!(
            "{in_scope:>5.2}  of known messages look at least as strange"
        ));
    }
    if !parse.entities.is_empty() {
        lines.push(String::new());
        lines.push("Entities".to_owned());
        lines.extend(parse.entities.iter().map(entity));
    }
    if let Some(decision) = decision {
        lines.push(String::new());
        lines.push(format!(
            "Decided by {}: {}",
            decision.component.as_deref().unwrap_or("none"),
            clean(&decision.reason)
        ));
    }
    if let Some(explanation) = explanation {
        lines.push(String::new());
        lines.push(format!(
            "Why {}, not {}",
            explanation.winner, explanation.runner_up
        ));
        lines.extend(shares(explanation, ascii));
    }
    if !nearest.is_empty() {
        lines.push(String::new());
        lines.push("Nearest examples".to_owned());
        for one in nearest {
            lines.push(format!(
                "{:>5.2}  {}  {}  {}",
                one.similarity,
                one.intent,
                clean(&one.text),
                one.place
            ));
        }
    }
    lines
}

/// Returns the line of an entity: where it stands, what it is, and its value.
fn entity(entity: &Entity) -> String {
    let value = match &entity.value {
        Json::String(value) => clean(value),
        other => other.to_string(),
    };
    let place = format!("{}-{}", entity.start, entity.end);
    let kinds = [&entity.role, &entity.group];
    let kinds: Vec<&str> = kinds.into_iter().flatten().map(String::as_str).collect();
    let kinds = if kinds.is_empty() {
        String::new()
    } else {
        format!(" ({})", kinds.join(", "))
    };
    format!("{place:>5}  {}{kinds}: {value}", entity.entity)
}

/// Returns a line for each word, then for what is there without words, then for the sum.
fn shares(explanation: &Explanation, ascii: bool) -> Vec<String> {
    let minus = if ascii { '-' } else { '−' };
    let largest = explanation
        .words
        .iter()
        .map(|word| word.share.abs())
        .chain([explanation.others.abs()])
        .fold(1e-9, f64::max);
    let line = |name: &str, share: f64, bar: bool| {
        let sign = if share < 0.0 { minus } else { '+' };
        #[expect(
            clippy::cast_sign_loss,
            reason = "the length of a bar is never negative"
        )]
        let length = (share.abs() / largest * BAR as f64).round() as usize;
        let filled = match (ascii, share < 0.0) {
            (true, false) => "#",
            (true, true) => "=",
            (false, false) => "█",
            (false, true) => "░",
        };
        let bar = if bar {
            filled.repeat(length)
        } else {
            String::new()
        };
        let name: String = clean(name).chars().take(WORD).collect();
        format!("  {name:<WORD$} {sign}{:.2}  {bar}", share.abs())
            .trim_end()
            .to_owned()
    };
    let mut lines: Vec<String> = explanation
        .words
        .iter()
        .map(|word| line(&word.word, word.share, true))
        .collect();
    lines.push(line("others", explanation.others, true));
    lines.push(line("sum", explanation.sum, false));
    lines
}

/// Returns a text without the signs that steer a terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::IntentScore, nlu::WordShare};

    #[test]
    fn words_for_and_against_get_bars_and_a_sum() {
        let score = |name: &str, confidence| IntentScore {
            name: Some(name.to_owned()),
            confidence,
            ..IntentScore::default()
        };
        let parse = Parse {
            intent_ranking: vec![score("ask_baggage", 0.58), score("ask_pets", 0.24)],
            in_scope: Some(0.31),
            entities: vec![Entity {
                entity: "city".to_owned(),
                role: Some("to".to_owned()),
                value: "Rome\u{7}".into(),
                start: 14,
                end: 18,
                ..Entity::default()
            }],
            ..Parse::default()
        };
        let decision = Decision {
            component: Some("LinearSvmClassifier".to_owned()),
            reason: "it has the last word about intents".to_owned(),
        };
        let word = |word: &str, share| WordShare {
            word: word.to_owned(),
            start: 0,
            end: 0,
            share,
        };
        let explanation = Explanation {
            winner: "ask_baggage".to_owned(),
            runner_up: "ask_pets".to_owned(),
            words: vec![
                word("take", 1.32),
                word("dog", -1.10),
                word("Rome\u{1b}", 0.27),
            ],
            others: 0.39,
            sum: 0.88,
        };
        let nearest = [Neighbour {
            text: "take my bag".to_owned(),
            intent: "ask_baggage".to_owned(),
            similarity: 0.71,
            place: "data/nlu.yml:12".to_owned(),
        }];
        insta::assert_snapshot!(lines(&parse, Some(&decision), Some(&explanation), &nearest, false).join("\n"), @r"
         0.58  ask_baggage
         0.24  ask_pets
         0.31  of known messages look at least as strange

        Entities
        14-18  city (to): Rome 

        Decided by LinearSvmClassifier: it has the last word about intents

        Why ask_baggage, not ask_pets
          take                 +1.32  ████████████████████████
          dog                  −1.10  ░░░░░░░░░░░░░░░░░░░░
          Rome                 +0.27  █████
          others               +0.39  ███████
          sum                  +0.88

        Nearest examples
         0.71  ask_baggage  take my bag  data/nlu.yml:12
        ");
        let ascii = lines(&parse, None, Some(&explanation), &[], true).join("\n");
        assert!(ascii.is_ascii(), "{ascii}");
    }
}
