//! Why a message was understood as it was, for people.

use crate::{
    data::Parse,
    nlu::{Explanation, Neighbour},
};

/// Columns of the longest bar.
const BAR: usize = 24;
/// Columns of a word at most.
const WORD: usize = 20;

/// Returns the lines: the intents, the words for and against the best one, the nearest examples.
pub fn lines(
    parse: &Parse,
    explanation: Option<&Explanation>,
    nearest: &[Neighbour],
    ascii: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    for score in parse.intent_ranking.iter().take(3) {
        let name = score.name.as_deref().unwrap_or("none");
        lines.push(format!("{:>5.2}  {name}", score.confidence));
    }
    if let Some(in_scope) = parse.in_scope {
        lines.push(format!(
            "{in_scope:>5.2}  of known messages look at least as strange"
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
            ..Parse::default()
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
        insta::assert_snapshot!(lines(&parse, Some(&explanation), &nearest, false).join("\n"), @r"
         0.58  ask_baggage
         0.24  ask_pets
         0.31  of known messages look at least as strange

        Why ask_baggage, not ask_pets
          take                 +1.32  ████████████████████████
          dog                  −1.10  ░░░░░░░░░░░░░░░░░░░░
          Rome                 +0.27  █████
          others               +0.39  ███████
          sum                  +0.88

        Nearest examples
         0.71  ask_baggage  take my bag  data/nlu.yml:12
        ");
        let ascii = lines(&parse, Some(&explanation), &[], true).join("\n");
        assert!(ascii.is_ascii(), "{ascii}");
    }
}
