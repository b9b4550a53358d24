//! Several domain files to one domain, as Rasa merges them.

use super::problem;
use crate::{
    data::{Domain, Response, SessionConfig},
    diagnostic::{Diagnostic, Origin},
};

/// Joins two domains: where both declare a name, the earlier one's declaration stays.
///
/// The names of the later file come first, as in Rasa, whose action indices (and so ties) depend on it.
pub(super) fn merge(earlier: Domain, later: Domain, findings: &mut Vec<Diagnostic>) -> Domain {
    let mut joined = Join { findings };
    let session = if earlier.session == SessionConfig::default() {
        later.session
    } else {
        earlier.session
    };
    let mut e2e_actions = earlier.e2e_actions;
    e2e_actions.extend(later.e2e_actions);
    e2e_actions.sort_unstable();
    e2e_actions.dedup();
    let mut actions_with_domain = earlier.actions_with_domain;
    actions_with_domain.extend(later.actions_with_domain);
    Domain {
        intents: joined.lists(
            "intent",
            earlier.intents,
            later.intents,
            |intent| &intent.name,
            |intent| intent.origin,
        ),
        entities: joined.lists(
            "entity",
            earlier.entities,
            later.entities,
            |entity| &entity.name,
            |entity| entity.origin,
        ),
        slots: joined.lists(
            "slot",
            earlier.slots,
            later.slots,
            |slot| &slot.name,
            |slot| slot.origin,
        ),
        responses: joined.lists(
            "response",
            earlier.responses,
            later.responses,
            |response| &response.name,
            |response| response.origin,
        ),
        actions: joined.lists(
            "action",
            earlier.actions,
            later.actions,
            |action| &action.value,
            |action| action.origin,
        ),
        forms: joined.lists(
            "form",
            earlier.forms,
            later.forms,
            |form| &form.name,
            |form| form.origin,
        ),
        session,
        e2e_actions,
        actions_with_domain,
        keeps_entities_from_slots: earlier.keeps_entities_from_slots
            || later.keeps_entities_from_slots,
        origin: earlier.origin,
    }
}

/// Adds responses of a data file to the domain: on equal names theirs win.
pub(super) fn add_responses(domain: &mut Domain, responses: Vec<Response>) {
    for response in responses {
        match domain
            .responses
            .iter_mut()
            .find(|known| known.name == response.name)
        {
            Some(known) => *known = response,
            None => domain.responses.push(Response {
                in_data: true,
                ..response
            }),
        }
    }
}

struct Join<'a> {
    findings: &'a mut Vec<Diagnostic>,
}

impl Join<'_> {
    fn lists<T: PartialEq>(
        &mut self,
        what: &str,
        earlier: Vec<T>,
        later: Vec<T>,
        name: impl for<'t> Fn(&'t T) -> &'t str,
        origin: impl Fn(&T) -> Origin,
    ) -> Vec<T> {
        if earlier.is_empty() || later.is_empty() {
            return if earlier.is_empty() { later } else { earlier };
        }
        let mut earlier: Vec<Option<T>> = earlier.into_iter().map(Some).collect();
        let places: std::collections::HashMap<String, usize> = earlier
            .iter()
            .flatten()
            .enumerate()
            .map(|(i, item)| (name(item).to_owned(), i))
            .collect();
        let mut joined = Vec::with_capacity(earlier.len() + later.len());
        for item in later {
            let known = places
                .get(name(&item))
                .and_then(|place| earlier.get_mut(*place))
                .and_then(Option::take);
            if let Some(known) = known {
                self.findings.push(problem::duplicate_across_files(
                    origin(&item),
                    origin(&known),
                    what,
                    name(&item),
                ));
                joined.push(known);
            } else {
                joined.push(item);
            }
        }
        joined.extend(earlier.into_iter().flatten());
        joined
    }
}
