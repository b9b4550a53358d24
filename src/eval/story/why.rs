//! Who decided on an action and where that is written, in a few words.

use crate::{
    diagnostic::count,
    dialogue::{Evidence, Prediction, Reason},
};

/// Returns what speaks for a prediction and against it, the strongest first.
fn evidence(found: &[Evidence]) -> String {
    let parts = found.iter().map(|one| {
        let when = match one.turns_ago {
            0 => String::new(),
            turns => format!(" ({} ago)", count(turns, "turn")),
        };
        format!("{}{when} {:+.2}", one.feature, one.share)
    });
    parts.collect::<Vec<_>>().join(" · ")
}

/// Returns who decided and where that is written, in a few words.
pub fn why(policy: &str, prediction: &Prediction) -> String {
    match &prediction.reason {
        Some(Reason::Rule { name, place }) => format!("rule \"{name}\" {place}"),
        Some(Reason::Story { name, place }) => format!("story \"{name}\" {place}"),
        Some(Reason::Loop {
            name,
            place: Some(place),
        }) => format!("form \"{name}\" {place}"),
        Some(Reason::Loop { name, place: None }) => format!("the loop \"{name}\""),
        Some(Reason::DefaultIntent) => "the default for this intent".to_owned(),
        Some(Reason::Fallback) => format!("{policy} knows nothing better"),
        Some(Reason::Followup) => "another action asked for it".to_owned(),
        Some(Reason::Learnt {
            because,
            rather_than,
        }) => format!(
            "learnt from stories: {}; rather than `{rather_than}`",
            evidence(because)
        ),
        Some(Reason::Unlikely {
            intent,
            because,
            rather_than,
        }) => format!(
            "no story has `{intent}` here, `{rather_than}` would be likelier: {}",
            evidence(because)
        ),
        None if policy.is_empty() => "no policy has anything to say".to_owned(),
        None => policy.to_owned(),
    }
}
