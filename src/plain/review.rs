//! Messages of real people looked through line by line: kept, corrected, passed over, and written as one change.

use std::io::BufRead;

use serde_json::json;

use super::{Options, Read, learn, read_line};
use crate::{
    console::Console,
    data::Parse,
    diagnostic::Result,
    workbench::{Answer, Command, Correction, Review, Workbench, mark, show},
};

/// What can be answered.
const HOW: &str = "Enter right, INTENT correct, new INTENT, e TYPE=WORDS, e -WORDS, s pass over, b back, w write, q leave";

/// Shows one message after the other, and does what each line says. As JSON the messages are only listed.
pub fn review(
    mut review: Review,
    workbench: &mut Workbench,
    input: &mut dyn BufRead,
    console: &mut Console,
    options: Options,
    now: &dyn Fn() -> f64,
    stopped: &dyn Fn() -> bool,
) -> Result<()> {
    let all = review.items.len();
    if options.json {
        for item in &review.items {
            console.result(json!({"text": item.text, "parse": item.parse}).to_string())?;
        }
        return Ok(());
    }
    console.say(HOW);
    let mut at = 0;
    let mut shown = None;
    let mut told = None;
    loop {
        if shown != Some(at) {
            if let Some(item) = review.items.get(at) {
                console.result(format!("{} of {all}: {}", at + 1, item.text))?;
                console.result(format!("  {}", understood(workbench, &item.text)))?;
            } else {
                let open = review.decided().0.len();
                console.say(format!("that was all; {open} to write: w writes, q leaves"));
            }
            shown = Some(at);
        }
        console.flush()?;
        let Read::Line(line) = read_line(input, stopped)? else {
            break;
        };
        let (word, rest) = match line.trim().split_once(' ') {
            Some((word, rest)) => (word, rest.trim()),
            None => (line.trim(), ""),
        };
        let item = review.items.get_mut(at);
        let text = item.as_ref().map(|item| item.text.clone());
        match (word, rest, item) {
            ("q" | ":q" | ":quit", "", _) => {
                let open = review.decided().0.len();
                // A person may have forgotten; a script has not.
                if options.interactive && open > 0 && told != Some(open) {
                    told = Some(open);
                    console.say(format!(
                        "{open} not written yet: w writes; q once more leaves without"
                    ));
                } else {
                    break;
                }
            }
            ("b", "", _) => at = at.saturating_sub(1),
            ("w", "", _) => write(&mut review, workbench, console, now())?,
            (_, _, None) => console.message("error: there is no further message: w, b or q"),
            ("s", "", Some(item)) => {
                item.passed = !item.is_done();
                at += 1;
            }
            ("e", words, Some(item)) => match mark(&item.text, words) {
                Ok(correction) => {
                    item.decide(correction);
                    console.say(format!("noted: {words}"));
                }
                Err(why) => console.message(format!("error: {why}")),
            },
            (name, new, Some(item)) => {
                let intent = match (name, new) {
                    ("", _) => guess(&item.parse),
                    ("new", new) if !new.is_empty() && !new.contains(' ') => Ok(new.to_owned()),
                    (name, "") if workbench.domain().has_intent(name) => Ok(name.to_owned()),
                    _ => Err(format!(
                        "there is no intent `{}`; `new NAME` makes one",
                        line.trim()
                    )),
                };
                match intent {
                    Ok(intent) => {
                        console.say(format!("noted: {intent}"));
                        let text = text.unwrap_or_default();
                        item.decide(Correction::Intent { text, intent });
                        at += 1;
                    }
                    Err(why) => console.message(format!("error: {why}")),
                }
            }
        }
    }
    let open = review.decided().0.len();
    if open > 0 {
        console.say(format!("{open} decided and not written"));
    }
    Ok(())
}

/// Shows the change that the decisions come to, makes it, and learns anew.
fn write(
    review: &mut Review,
    workbench: &mut Workbench,
    console: &mut Console,
    now: f64,
) -> Result<()> {
    let (numbers, decisions) = review.decided();
    let plan = match workbench.run(&Command::Gather(decisions), now) {
        Answer::Plan(plan) => plan,
        Answer::Refused(why) => {
            console.message(format!("error: {why}"));
            return Ok(());
        }
        _ => return Ok(()),
    };
    console.result(plan.diff().trim_end())?;
    for note in &plan.notes {
        console.message(format!("warning: {note}"));
    }
    match workbench.run(&Command::Accept(plan), now) {
        Answer::Refused(why) => console.message(format!("error: {why}")),
        answer => {
            for at in numbers {
                if let Some(item) = review.items.get_mut(at) {
                    item.written = true;
                }
            }
            match learn(answer, workbench, console, Options::default(), now) {
                Answer::Refused(why) => console.message(format!("error: {why}")),
                Answer::Changed(text) => console.say(text),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Returns the intent that a message was understood as, whatever a fallback made of it.
fn guess(parse: &Parse) -> std::result::Result<String, String> {
    let mut names = parse
        .intent_ranking
        .iter()
        .filter_map(|score| score.name.as_ref());
    let found = names.find(|name| *name != "nlu_fallback");
    found
        .cloned()
        .ok_or("nothing was understood: type an intent".to_owned())
}

/// Returns how a message is understood now.
fn understood(workbench: &Workbench, text: &str) -> String {
    let parse = workbench.model().preview(text);
    let scores = parse.intent_ranking.iter().take(3).map(|score| {
        let name = score.name.as_deref().unwrap_or_default();
        format!("{name} {:.2}", score.confidence)
    });
    let entities = parse
        .entities
        .iter()
        .map(|entity| format!("{}={}", entity.entity, show(&entity.value)));
    scores.chain(entities).collect::<Vec<_>>().join(", ")
}
