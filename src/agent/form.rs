//! Forms: slots are asked for one after the other until all are filled (dialogue.md §9).

use super::scene::{Done, Effect, Halt, Scene, request, with_unnamed};
use crate::{
    data::{EventKind, Form, Json},
    dialogue::{LISTEN, REQUESTED_SLOT, Situation},
};

/// Runs a form once: begins it if it is not active, takes an answer, asks the next question, ends it.
pub(super) fn run(scene: &mut Scene<'_>, form: &Form, now: &Situation) -> Done {
    let mut effects = Vec::new();
    if now.active_loop() != Some(&form.name) {
        let begun = EventKind::ActiveLoop {
            name: Some(form.name.clone()),
        };
        effects.push(Effect::Event(begun.clone()));
        effects.extend(activate(scene, form, now, begun)?);
    }
    if !is_done(&effects) {
        let more = go_on(scene, form, now, &effects)?;
        effects.extend(more);
    }
    if is_done(&effects) {
        effects.push(Effect::Event(EventKind::ActiveLoop { name: None }));
    }
    Ok(effects)
}

/// Tells whether nothing is asked for any more, or the loop was ended. A refusal keeps it going.
fn is_done(effects: &[Effect]) -> bool {
    let events = || effects.iter().rev().filter_map(Effect::event);
    if is_refused(effects) {
        return false;
    }
    let requested = events().find_map(|event| match event {
        EventKind::Slot { name, value } if name == REQUESTED_SLOT => Some(value),
        _ => None,
    });
    let active = events().find_map(|event| match event {
        EventKind::ActiveLoop { name } => Some(name),
        _ => None,
    });
    requested.is_some_and(Json::is_null) || active.is_some_and(Option::is_none)
}

fn is_refused(effects: &[Effect]) -> bool {
    effects
        .iter()
        .filter_map(Effect::event)
        .any(|event| matches!(event, EventKind::ActionExecutionRejected { .. }))
}

/// Fills slots again, now that the form is active, and has what is filled already checked.
fn activate(scene: &mut Scene<'_>, form: &Form, now: &Situation, begun: EventKind) -> Done {
    let mut inside = now.clone();
    inside.apply(&begun);
    let mut extra = vec![begun];
    let extracted = scene.extract(&inside, &extra)?;
    for event in extracted.iter().filter_map(Effect::event) {
        inside.apply(event);
        extra.push(event.clone());
    }
    if validator(scene, form).is_none() {
        let slots = |effect: &Effect| matches!(effect.event(), Some(EventKind::Slot { .. }));
        return Ok(extracted.into_iter().filter(slots).collect());
    }
    let filled: Vec<EventKind> = form
        .required_slots
        .iter()
        .filter(|slot| !inside.slot(&slot.value).is_null())
        .map(|slot| EventKind::Slot {
            name: slot.value.clone(),
            value: inside.slot(&slot.value).clone(),
        })
        .collect();
    let valid = check(scene, form, &inside, &extra, filled)?;
    Ok(with_unnamed(valid, extracted))
}

/// Takes the user's answer, then asks for what is missing. `so_far` is what the form's beginning did.
fn go_on(scene: &mut Scene<'_>, form: &Form, now: &Situation, so_far: &[Effect]) -> Done {
    let checked = so_far
        .iter()
        .any(|effect| !matches!(effect.event(), Some(EventKind::ActiveLoop { .. })));
    let mut effects = Vec::new();
    if !checked {
        let answers = match now.loop_state() {
            None => true,
            Some(active) => now.latest_action() == Some(LISTEN) && !active.is_interrupted,
        };
        effects = if answers {
            take_answer(scene, form, now)?
        } else {
            // Which slots are missing may still depend on the check.
            check(scene, form, now, &[], Vec::new())?
        };
    }
    if !is_refused(&effects) {
        let all: Vec<Effect> = so_far.iter().chain(&effects).cloned().collect();
        effects.extend(ask_next(scene, form, now, &all)?);
    }
    Ok(effects)
}

/// Returns the slot that this form has asked for.
fn asked<'s>(form: &Form, now: &'s Situation) -> Option<&'s str> {
    (now.active_loop() == Some(&form.name))
        .then(|| now.requested_slot())
        .flatten()
}

/// Has what the latest message filled checked; refuses to run where it filled nothing that was asked for.
fn take_answer(scene: &mut Scene<'_>, form: &Form, now: &Situation) -> Done {
    let asked = asked(form, now);
    let wanted = |name: &str| {
        asked == Some(name) || form.required_slots.iter().any(|slot| slot.value == name)
    };
    let mut filled: Vec<(String, Json)> = Vec::new();
    for event in scene.tracker.since_latest_message() {
        if let EventKind::Slot { name, value } = &event.kind
            && wanted(name)
        {
            match filled.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => known.clone_from(value),
                None => filled.push((name.clone(), value.clone())),
            }
        }
    }
    let nothing_filled = filled.is_empty();
    let filled = filled
        .into_iter()
        .map(|(name, value)| EventKind::Slot { name, value })
        .collect();
    let valid = check(scene, form, now, &[], filled)?;
    let nothing_valid = !valid.iter().any(|effect| {
        matches!(effect.event(), Some(EventKind::Slot { name, .. }) if name != REQUESTED_SLOT)
    });
    if asked.is_some() && nothing_filled && nothing_valid && !is_refused(&valid) {
        return Err(Halt::Rejected);
    }
    Ok(valid)
}

/// Returns the action that checks what fills the form's slots, if there is one.
fn validator(scene: &Scene<'_>, form: &Form) -> Option<String> {
    let name = format!("validate_{}", form.name);
    scene.model.knows_action(&name).then_some(name)
}

/// Has values checked; what comes back takes their place. What is not named stays, so nothing need be said twice.
fn check(
    scene: &mut Scene<'_>,
    form: &Form,
    now: &Situation,
    before: &[EventKind],
    filled: Vec<EventKind>,
) -> Done {
    match validator(scene, form) {
        Some(action) => {
            let extra: Vec<EventKind> = before
                .iter()
                .cloned()
                .chain(own_run(form, now))
                .chain(filled)
                .collect();
            scene.call(&action, &extra)
        }
        None => Ok(Vec::new()),
    }
}

/// Returns the events after which those of the form's present run stand.
fn own_run(form: &Form, now: &Situation) -> [EventKind; 2] {
    let requested = EventKind::Slot {
        name: REQUESTED_SLOT.to_owned(),
        value: asked(form, now).map_or(Json::Null, Into::into),
    };
    let run = EventKind::Action {
        name: Some(form.name.clone()),
        policy: None,
        confidence: None,
        action_text: None,
        hide_rule_turn: false,
    };
    [requested, run]
}

/// Asks for the next slot, or for none. `so_far` is what the run did until here.
fn ask_next(scene: &mut Scene<'_>, form: &Form, now: &Situation, so_far: &[Effect]) -> Done {
    if is_done(so_far) {
        return Ok(vec![request(None)]);
    }
    let mut extra = own_run(form, now).to_vec();
    extra.extend(so_far.iter().filter_map(Effect::event).cloned());
    let mut then = now.clone();
    for event in &extra {
        then.apply(event);
    }
    let wanted = so_far
        .iter()
        .filter_map(Effect::event)
        .find_map(|event| match event {
            EventKind::Slot { name, value } if name == REQUESTED_SLOT => Some(value.as_str()),
            _ => None,
        })
        .flatten()
        .filter(|slot| !slot.is_empty());
    let mut effects = Vec::new();
    let slot = if let Some(slot) = wanted {
        slot
    } else {
        let mut required = form.required_slots.iter().map(|slot| slot.value.as_str());
        let Some(missing) = required.find(|slot| then.slot(slot).is_null()) else {
            return Ok(vec![request(None)]);
        };
        effects.push(request(Some(missing)));
        missing
    };
    let questions = [
        format!("action_ask_{}_{slot}", form.name),
        format!("utter_ask_{}_{slot}", form.name),
        format!("action_ask_{slot}"),
        format!("utter_ask_{slot}"),
    ];
    if let Some(question) = questions.iter().find(|name| scene.model.knows_action(name)) {
        effects.extend(scene.run(question, &then, &extra)?);
    }
    Ok(effects)
}
