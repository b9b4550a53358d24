//! A baseline: what tests found when it was last accepted, as a text that people read and commit.

use std::fmt::Write as _;

use super::{
    compare::{Earlier, EarlierMessage, EarlierStory, answer, found_entities},
    message::{FALLBACK, OUT_OF_SCOPE},
    run::TestReport,
};

const HEAD: &str = "\
# What `bot test` found when this was last accepted, for `bot test --baseline` to compare with.
# `bot test --update-baseline` writes it anew: commit it with the change that it belongs to.
";

/// Returns the baseline of a run.
pub fn write(report: &TestReport) -> String {
    let mut out = HEAD.to_owned();
    // Writing to a String cannot fail.
    if let Some(nlu) = &report.nlu {
        let figures = &nlu.intents;
        let _ = writeln!(
            out,
            "\nmessages: {} of {} right, accuracy {:.3}, macro F1 {:.3}",
            figures.right, figures.examples, figures.accuracy, figures.macro_average.f1
        );
        for message in &nlu.messages {
            let text = quoted(&message.text);
            let _ = if message.is_right() {
                // Understood, but not answered: a baseline holds what a user would see.
                let is_kept_back = message.is_kept_back() && !message.by_refusal;
                let word = if is_kept_back { "refused" } else { "right" };
                write!(out, "  {word}  {}  {text}", name(&message.expected))
            } else {
                write!(
                    out,
                    "  wrong  {} -> {}  {text}",
                    name(&message.expected),
                    name(&message.predicted)
                )
            };
            if let Some(found) = found_entities(message) {
                let _ = write!(out, "  entities {}", quoted(&found));
            }
            if let Some((_, selected)) = answer(message) {
                let _ = write!(out, "  answer {}", quoted(&selected));
            }
            out.push('\n');
        }
    }
    if let Some(stories) = &report.stories {
        let (passed, total) = (stories.passed, stories.total);
        let _ = writeln!(out, "\nstories: {passed} of {total} right");
        for held in &stories.held {
            let word = if held.passed() { "right" } else { "wrong" };
            let (file, name) = (quoted(&held.place.file), quoted(&held.name));
            let _ = writeln!(out, "  {word}  {file}  {name}");
        }
    }
    out
}

/// Reads a baseline; the error is the number of the first line that is none, and what is wrong with it.
pub fn read(name: &str, text: &str) -> Result<Earlier, (usize, &'static str)> {
    let mut earlier = Earlier {
        name: name.to_owned(),
        ..Earlier::default()
    };
    let mut in_stories = None;
    for (number, line) in text.lines().enumerate() {
        let wrong = |why| (number + 1, why);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with("messages:") {
            in_stories = Some(false);
            continue;
        }
        if line.starts_with("stories:") {
            in_stories = Some(true);
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or_default();
        let (is_right, rest) = match word {
            "right" | "refused" => (true, rest.trim_start()),
            "wrong" => (false, rest.trim_start()),
            _ => return Err(wrong("a line begins with `right`, `refused` or `wrong`")),
        };
        match in_stories {
            Some(true) => {
                let (file, rest) = piece(rest).ok_or(wrong("the file is missing"))?;
                let (name, _) = piece(rest).ok_or(wrong("the name of the story is missing"))?;
                earlier.stories.push(EarlierStory {
                    name,
                    file,
                    passed: is_right,
                });
            }
            Some(false) => {
                let (expected, rest) = piece(rest).ok_or(wrong("the intent is missing"))?;
                let (mut predicted, mut confidence, mut rest) = (expected.clone(), None, rest);
                if let Some(wrong_one) = rest.strip_prefix("-> ") {
                    let (taken, after) =
                        piece(wrong_one).ok_or(wrong("the predicted intent is missing"))?;
                    // Earlier baselines have a confidence here.
                    let sure = after.split_whitespace().next().unwrap_or_default();
                    confidence = sure.parse().ok();
                    let after = confidence.map_or(Some(after), |_: f64| Some(piece(after)?.1));
                    (predicted, rest) = (taken, after.unwrap_or_default());
                }
                let (text, mut rest) = piece(rest).ok_or(wrong("the message is missing"))?;
                let is_outside = expected == FALLBACK || expected == OUT_OF_SCOPE;
                let mut message = EarlierMessage {
                    // Of other intents that were understood wrongly nobody noted whether they were answered.
                    refused: if is_right {
                        Some(word == "refused" || is_outside)
                    } else {
                        is_outside.then_some(false)
                    },
                    text,
                    expected,
                    predicted,
                    confidence,
                    ..EarlierMessage::default()
                };
                while let Some((what, after)) = piece(rest) {
                    let found = piece(after).ok_or(wrong("what was found is missing"))?;
                    match what.as_str() {
                        "entities" => message.entities = Some(found.0),
                        "answer" => message.answer = Some(found.0),
                        _ => return Err(wrong("`entities` or `answer` may follow a message")),
                    }
                    rest = found.1;
                }
                earlier.messages.push(message);
            }
            None => return Err(wrong("`messages:` or `stories:` comes first")),
        }
    }
    Ok(earlier)
}

/// Returns a name that may stand as it is, or quoted.
fn name(text: &str) -> String {
    let is_plain = !text.is_empty()
        && !text.starts_with(['"', '#'])
        && text != "->"
        && !text.contains(char::is_whitespace);
    if is_plain {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns the first piece of a line, quoted or up to white space, and the rest.
fn piece(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        let mut read = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let value = read.next()?.ok()?;
        let rest = text.get(read.byte_offset()..)?;
        return Some((value, rest.trim_start()));
    }
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (!word.is_empty()).then(|| (word.to_owned(), rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        diagnostic::Place,
        eval::{
            compare::Comparison,
            message::Heard,
            nlu::NluReport,
            story::{Held, StoryReport},
        },
    };

    fn report(rows: &[(String, String, String)]) -> TestReport {
        let messages = rows
            .iter()
            .map(|(text, expected, predicted)| Heard {
                text: text.clone(),
                expected: expected.clone(),
                predicted: predicted.clone(),
                confidence: 0.5,
                ..Heard::default()
            })
            .collect();
        TestReport {
            nlu: Some(NluReport::of(messages, 1)),
            stories: Some(StoryReport::of(vec![Held {
                name: "a \"b\"".to_owned(),
                place: Place {
                    file: "tests/my file.yml".to_owned(),
                    ..Place::default()
                },
                ..Held::default()
            }])),
            ..TestReport::default()
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            rows in proptest::collection::vec((".*", ".*", ".*"), 0..6)
        ) {
            let read = read("x", &write(&report(&rows))).unwrap();
            let found: Vec<(String, String, String)> = read
                .messages
                .iter()
                .map(|m| (m.text.clone(), m.expected.clone(), m.predicted.clone()))
                .collect();
            prop_assert_eq!(found, rows);
            prop_assert_eq!(read.stories.len(), 1);
            prop_assert_eq!(&read.stories[0].file, "tests/my file.yml");
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(right|wrong|messages:|stories:|->|\"|\n| |.){0,40}") {
            let _ = read("x", &text);
        }
    }

    /// A message that is out of scope: what it was taken for, and whether a model has learnt such an intent.
    fn outside(predicted: &str, is_learnt: bool) -> TestReport {
        let heard = Heard {
            text: "sing a song".to_owned(),
            expected: OUT_OF_SCOPE.to_owned(),
            predicted: predicted.to_owned(),
            refused: predicted == OUT_OF_SCOPE,
            by_refusal: !is_learnt,
            ..Heard::default()
        };
        TestReport {
            nlu: Some(NluReport::of(vec![heard], 1)),
            ..TestReport::default()
        }
    }

    #[test]
    fn what_is_out_of_scope_is_compared_by_what_a_person_sees() {
        for before_is_learnt in [true, false] {
            for now_is_learnt in [true, false] {
                for (was, is) in [(true, true), (true, false), (false, true), (false, false)] {
                    let name = |right: bool| if right { OUT_OF_SCOPE } else { "greet" };
                    let before = outside(name(was), before_is_learnt);
                    let now = outside(name(is), now_is_learnt);
                    let kept = Earlier::of("x", before.nlu.as_ref(), None);
                    for earlier in [read("x", &write(&before)).unwrap(), kept] {
                        let found = Comparison::of(&earlier, &now, 1);
                        let said = (found.regressions(), found.mended(), found.is_empty());
                        let (broken, fixed) = (usize::from(was && !is), usize::from(!was && is));
                        let case = (before_is_learnt, now_is_learnt, was, is);
                        assert_eq!(said, (broken, fixed, false), "{case:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_baseline_reads_well() {
        let row = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        let text = write(&report(&[
            row("hello", "greet", "greet"),
            row("my dog", "pets", "bags"),
        ]));
        insta::assert_snapshot!(text, @r#"
        # What `bot test` found when this was last accepted, for `bot test --baseline` to compare with.
        # `bot test --update-baseline` writes it anew: commit it with the change that it belongs to.

        messages: 1 of 2 right, accuracy 0.500, macro F1 0.500
          right  greet  "hello"
          wrong  pets -> bags  "my dog"

        stories: 1 of 1 right
          right  "tests/my file.yml"  "a \"b\""
        "#);
    }

    #[test]
    fn entities_and_answers_come_back() {
        let text =
            "messages: 1\n  right  faq  \"to Oslo\"  entities \"city=Oslo@3\"  answer \"hours\"\n";
        let message = &read("x", text).unwrap().messages[0];
        assert_eq!(message.entities.as_deref(), Some("city=Oslo@3"));
        assert_eq!(message.answer.as_deref(), Some("hours"));
        let wrong = text.replace("answer", "answers");
        assert_eq!(read("x", &wrong).unwrap_err().0, 2);
    }

    #[test]
    fn a_line_that_is_none_is_told_by_its_number() {
        assert_eq!(read("x", "# a\nmessages: 1\n  maybe x\n").unwrap_err().0, 3);
        assert_eq!(read("x", "right a \"b\"").unwrap_err().0, 1);
        assert_eq!(read("x", "messages:\nright a \"b").unwrap_err().0, 2);
    }
}
