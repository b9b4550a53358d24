//! Domains of Rasa 1 and 2 read as 3.1: what they left unsaid, said as Rasa's own migration says it.

use super::problem;
use crate::{
    data::{Domain, Located, Mapping, MappingCondition, MappingKind},
    diagnostic::{Diagnostic, Origin},
    yaml::Node,
};

/// What a domain says in the way of Rasa 1 or 2, gathered while its files are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Old {
    allowed: bool,
    /// Slots without `mappings`, and whether an entity of that name fills them.
    slots: Vec<(String, bool)>,
    /// Forms with slots written inside.
    forms: Vec<String>,
    /// Their slots with the mappings written there.
    pub(super) form_slots: Vec<FormSlot>,
    /// Whether responses stand under `templates`.
    templates: bool,
    first: Option<Origin>,
}

/// A slot of a form with mappings of its own.
#[derive(Clone, Debug)]
pub(super) struct FormSlot {
    pub(super) form: String,
    pub(super) slot: String,
    pub(super) mappings: Vec<Mapping>,
}

impl Old {
    /// Starts a file: one that names version 3 or later is held to it.
    pub(super) fn enter(&mut self, root: &Node) {
        self.allowed = root
            .get("version")
            .and_then(Node::text)
            .is_none_or(|version| version.starts_with(['1', '2']));
    }

    /// Tells whether the file being read may be one of Rasa 1 or 2.
    pub(super) fn is_allowed(&self) -> bool {
        self.allowed
    }

    /// Tells whether anything old was said.
    pub(super) fn says_something(&self) -> bool {
        self.first.is_some()
    }

    /// Remembers that responses stand under `templates`.
    pub(super) fn templates(&mut self, at: Origin) {
        self.templates = true;
        self.first.get_or_insert(at);
    }

    /// Remembers a slot that says nothing of how it is filled.
    pub(super) fn slot_without_mappings(&mut self, name: &str, fills: bool, at: Origin) {
        self.slots.push((name.to_owned(), fills));
        self.first.get_or_insert(at);
    }

    /// Remembers a form with slots written inside.
    pub(super) fn form(&mut self, name: &str, at: Origin) {
        self.forms.push(name.to_owned());
        self.first.get_or_insert(at);
    }

    /// Fills in what the domain leaves unsaid, and returns the one note about it.
    ///
    /// Mappings inside a form move to their slot, bound to the form (and to being asked for, unless they read an
    /// entity or the triggering intent); a slot named like an entity is filled from it; every other slot is left to
    /// custom actions.
    pub(super) fn apply(self, domain: &mut Domain) -> Option<Diagnostic> {
        let at = self.first?;
        for found in &self.form_slots {
            let Some(slot) = domain.slots.iter_mut().find(|slot| slot.name == found.slot) else {
                continue;
            };
            for mapping in &found.mappings {
                let condition = condition(&found.form, &found.slot, mapping);
                let same = slot.mappings.iter_mut().find(|known| {
                    known.kind == mapping.kind
                        && names(&known.intent) == names(&mapping.intent)
                        && names(&known.not_intent) == names(&mapping.not_intent)
                });
                match same {
                    Some(known) => known.conditions.push(condition),
                    None => slot.mappings.push(Mapping {
                        conditions: vec![condition],
                        ..mapping.clone()
                    }),
                }
            }
        }
        let (mut filled, mut custom) = (Vec::new(), Vec::new());
        for (name, fills) in &self.slots {
            let fills = *fills && domain.entity(name).is_some();
            let Some(slot) = domain.slots.iter_mut().find(|slot| slot.name == *name) else {
                continue;
            };
            let kind = if fills {
                filled.push(name.as_str());
                MappingKind::FromEntity {
                    entity: name.clone(),
                    role: None,
                    group: None,
                }
            } else if slot.mappings.is_empty() {
                custom.push(name.as_str());
                MappingKind::Custom(None)
            } else {
                continue;
            };
            slot.mappings.push(Mapping {
                kind,
                intent: Vec::new(),
                not_intent: Vec::new(),
                conditions: Vec::new(),
                target: slot.origin,
                origin: slot.origin,
            });
        }
        Some(problem::migrated(
            at,
            &filled,
            &custom,
            &self.forms,
            self.templates,
        ))
    }
}

fn condition(form: &str, slot: &str, mapping: &Mapping) -> MappingCondition {
    let here = |name: &str| Some(Located::new(name.to_owned(), mapping.origin));
    let asked = !matches!(
        mapping.kind,
        MappingKind::FromEntity { .. } | MappingKind::FromTriggerIntent(_)
    );
    MappingCondition {
        active_loop: here(form),
        requested_slot: if asked { here(slot) } else { None },
    }
}

fn names(list: &[Located<String>]) -> Vec<&str> {
    list.iter().map(|name| name.value.as_str()).collect()
}
