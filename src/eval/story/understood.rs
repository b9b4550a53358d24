//! How a message of a story was understood, beside what the story says of it.

use super::{
    Mistake,
    written::{marked, plain},
};
use crate::{
    data::{Entity, Json, Parse, StepEntity, UserStep},
    diagnostic::Origin,
    eval::message::{UNTRAINED, selected},
    text::characters,
};

/// Where a story left its path, and how.
pub(super) type Wrong = Box<(Origin, Mistake)>;

fn wrong(origin: Origin, mistake: Mistake) -> Wrong {
    Box::new((origin, mistake))
}

/// Returns the answer chosen of a retrieval intent, and how surely, where the story names one and the intent was
/// understood.
pub(super) fn answer(expected: &str, parse: &Parse) -> Option<(String, f64)> {
    let (base, _) = expected.split_once('/')?;
    selected(parse, base).filter(|_| parse.intent_name() == base)
}

/// Compares the intent that was understood with the story's.
pub(super) fn right_intent(user: &UserStep, parse: &Parse) -> Result<(), Wrong> {
    let text = parse.text.clone();
    if let Some(expected) = &user.intent {
        let base = expected.split('/').next().unwrap_or(expected);
        if let Some(chosen) = answer(expected, parse).filter(|(key, _)| key != expected) {
            return Err(wrong(
                user.intent_origin,
                Mistake::Intent {
                    text,
                    expected: expected.clone(),
                    ranking: vec![chosen],
                    words: Vec::new(),
                    nearest: None,
                    unknown: None,
                },
            ));
        }
        if parse.intent_name() != base {
            let ranking = parse
                .intent_ranking
                .iter()
                .filter_map(|score| Some((score.name.clone()?, score.confidence)))
                .collect();
            return Err(wrong(
                user.intent_origin,
                Mistake::Intent {
                    text,
                    expected: expected.clone(),
                    ranking,
                    words: Vec::new(),
                    nearest: None,
                    unknown: None,
                },
            ));
        }
    }
    Ok(())
}

/// Compares the entities that were found with those marked in the story's text: type, place and value, each once, as
/// `rasa test` does; role and group, too, where the story names them. What an extractor finds that nobody trained may
/// go unmarked.
pub(super) fn right_entities(
    user: &UserStep,
    text: &str,
    parse: &Parse,
    step: Origin,
) -> Result<(), Wrong> {
    // A payload brings its entities along.
    if text.starts_with('/') {
        return Ok(());
    }
    let is_same = |wanted: &StepEntity, found: &Entity| {
        // One that is listed beside the text may stand anywhere in it, with any value where none is listed.
        let place = wanted.span.map(|span| characters(text, span));
        let is_listed = wanted.span.is_none();
        let is_any = is_listed && (wanted.value.is_null() || wanted.value.as_str() == Some(""));
        found.entity == wanted.entity
            && (wanted.role.is_none() || found.role == wanted.role)
            && (wanted.group.is_none() || found.group == wanted.group)
            && (is_listed || place == Some((found.start, found.end)))
            && (is_any || plain(&found.value) == plain(&wanted.value))
    };
    let show = |entity: &str, value: &Json| format!("{entity}={}", plain(value));
    let missing = user
        .entities
        .iter()
        .find(|wanted| !parse.entities.iter().any(|found| is_same(wanted, found)));
    if let Some(wanted) = missing {
        let found = parse.entities.iter();
        return Err(wrong(
            step,
            Mistake::Entity {
                text: text.to_owned(),
                expected: show(&wanted.entity, &wanted.value),
                found: found.map(|one| show(&one.entity, &one.value)).collect(),
            },
        ));
    }
    let surplus = parse
        .entities
        .iter()
        .filter(|found| found.extractor.as_deref() != Some(UNTRAINED))
        .find(|found| !user.entities.iter().any(|wanted| is_same(wanted, found)));
    match surplus {
        Some(found) => Err(wrong(
            step,
            Mistake::SurplusEntity {
                text: text.to_owned(),
                found: show(&found.entity, &found.value),
                marked: marked(parse),
            },
        )),
        None => Ok(()),
    }
}

/// Returns what a message was taken for, as `rasa test` counts it: the intent, or the very answer of a retrieval intent
/// where that is not just what the story says.
pub(super) fn taken_for(expected: &str, parse: &Parse) -> String {
    let intent = parse.intent_name();
    if expected == intent || !parse.is_retrieval(intent) {
        return intent.to_owned();
    }
    selected(parse, intent).map_or_else(|| intent.to_owned(), |(key, _)| key)
}
