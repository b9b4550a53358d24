//! Two-stage fallback: the bot asks what was meant, then to say it in other words, then gives up (dialogue.md §11).

use std::sync::Arc;

use super::scene::{Done, Effect, Scene, listen};
use crate::{
    data::{EventKind, Parse},
    dialogue::{LISTEN, Situation, Tracker},
};

const NAME: &str = "action_two_stage_fallback";
const NOT_UNDERSTOOD: &str = "nlu_fallback";
const DENIED: &str = "out_of_scope";

/// Runs the fallback once.
pub(super) fn run(scene: &mut Scene<'_>, now: &Situation, extra: &[EventKind]) -> Done {
    let mut effects = Vec::new();
    let begins = now.active_loop() != Some(NAME);
    if begins {
        let name = Some(NAME.to_owned());
        effects.push(Effect::Event(EventKind::ActiveLoop { name }));
    }
    let intent = now.latest_message().map_or("", Parse::intent_name);
    let gives_up = last_intents(scene.tracker, 2) == [NOT_UNDERSTOOD; 2]
        || last_intents(scene.tracker, 3) == [DENIED, NOT_UNDERSTOOD, DENIED];
    if gives_up {
        effects.push(Effect::Event(EventKind::ActiveLoop { name: None }));
        effects.extend(scene.run("action_default_fallback", now, extra)?);
    } else if intent != NOT_UNDERSTOOD && intent != DENIED {
        effects.push(Effect::Event(EventKind::ActiveLoop { name: None }));
        effects.push(Effect::Event(EventKind::Rewind));
        effects.push(Effect::Event(listen()));
        effects.extend(said_again(scene.tracker, true));
    } else if begins || intent == NOT_UNDERSTOOD {
        effects.extend(scene.run("action_default_ask_affirmation", now, extra)?);
    } else {
        effects.extend(scene.run("action_default_ask_rephrase", now, extra)?);
    }
    Ok(effects)
}

/// Returns the intents of the last messages since the last restart, the latest first; one that was taken back ends
/// nothing but is left out.
fn last_intents(tracker: &Tracker, number: usize) -> Vec<&str> {
    tracker
        .events()
        .iter()
        .rev()
        .take_while(|event| !matches!(event.kind, EventKind::Restart))
        .filter_map(|event| match &event.kind {
            EventKind::User { parse_data, .. } => Some(Some(parse_data.intent_name())),
            EventKind::Rewind => Some(None),
            _ => None,
        })
        .take(number)
        .flatten()
        .collect()
}

/// Returns the latest message as said once more, beyond doubt if `sure`.
fn said_again(tracker: &Tracker, sure: bool) -> Option<Effect> {
    let mut again = tracker
        .applied()
        .rev()
        .find(|event| matches!(event.kind, EventKind::User { .. }))?
        .kind
        .clone();
    if let EventKind::User { parse_data, .. } = &mut again
        && sure
    {
        Arc::make_mut(parse_data).intent.confidence = 1.0;
    }
    Some(Effect::Event(again))
}

/// Takes back what an old-style two-stage fallback said, and goes on with what the user meant.
pub(super) fn revert(tracker: &Tracker) -> Vec<Effect> {
    let mut actions = tracker
        .applied()
        .rev()
        .filter_map(|event| match &event.kind {
            EventKind::Action {
                name: Some(name), ..
            } if name != LISTEN => Some(name.as_str()),
            _ => None,
        });
    let rewinds = |times: usize| {
        let mut effects = vec![Effect::Event(EventKind::Rewind); times];
        effects.push(Effect::Event(listen()));
        effects
    };
    let last = actions.next();
    let rephrased = "action_default_ask_rephrase";
    let mut effects = match last {
        Some(name) if name == rephrased => rewinds(3),
        Some("action_default_ask_affirmation") => {
            let mut effects = rewinds(2);
            if actions.next() == Some(rephrased) {
                effects.extend(rewinds(3));
            }
            effects
        }
        _ => return Vec::new(),
    };
    effects.extend(said_again(tracker, last != Some(rephrased)));
    effects
}
