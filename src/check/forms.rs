//! Forms that cannot be finished.

use super::problem;
use crate::{
    data::{Assistant, Mapping},
    diagnostic::Diagnostic,
};

/// Checks that each slot of a form can be asked for and filled while the form runs.
pub(super) fn check(assistant: &Assistant) -> Vec<Diagnostic> {
    let domain = &assistant.domain;
    let mut findings = Vec::new();
    for form in &domain.forms {
        for required in &form.required_slots {
            let Some(slot) = domain.slot(&required.value) else {
                continue;
            };
            let holds = |mapping: &Mapping| {
                mapping.conditions.is_empty()
                    || mapping
                        .conditions
                        .iter()
                        .any(|condition| condition.names_loop(Some(&form.name)))
            };
            if !slot.mappings.iter().any(holds) {
                findings.push(problem::slot_never_filled(
                    required.origin,
                    &form.name,
                    &slot.name,
                    slot.origin,
                ));
            }
            let asks = ["utter", "action"].iter().any(|kind| {
                let short = format!("{kind}_ask_{}", slot.name);
                let long = format!("{kind}_ask_{}_{}", form.name, slot.name);
                domain.response(&short).is_some()
                    || domain.response(&long).is_some()
                    || domain
                        .actions
                        .iter()
                        .any(|action| action.value == short || action.value == long)
            });
            if !asks {
                findings.push(problem::no_question(
                    required.origin,
                    &form.name,
                    &slot.name,
                ));
            }
        }
    }
    findings
}
