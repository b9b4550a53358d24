//! Which parts of an assistant its tests touch, and which none does.

use std::collections::BTreeSet;

use super::story::{Held, Met};
use crate::{
    data::{Assistant, DEFAULT_ACTIONS, Step, StepKind, Story},
    diagnostic::{Origin, Place, Sources},
};

/// What tests touch, part by part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Intents, actions, responses, rules, stories, form slots; those that the assistant has.
    pub parts: Vec<Part>,
}

/// One kind of part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// What these are, in the plural.
    pub what: &'static str,
    /// How many are touched.
    pub touched: usize,
    /// How many there are.
    pub of: usize,
    /// Those that no test touches, in file order.
    pub untouched: Vec<(String, Place)>,
}

impl Part {
    /// Returns the share touched.
    pub fn share(&self) -> f64 {
        self.touched as f64 / self.of.max(1) as f64
    }
}

impl Coverage {
    /// Works out what conversations touch of an assistant; `intents` are those of single messages that are tested.
    pub fn of(
        assistant: &Assistant,
        held: &[Held],
        intents: &BTreeSet<String>,
        sources: &Sources,
    ) -> Self {
        let met: BTreeSet<&Met> = held.iter().flat_map(|one| &one.path).collect();
        let is_met = |one: Met| met.contains(&one);
        let domain = &assistant.domain;
        let named = |list: &mut dyn Iterator<Item = (&str, Origin)>| -> Vec<(String, Origin)> {
            list.map(|(name, origin)| (name.to_owned(), origin))
                .collect()
        };
        let told = domain.intents.iter().map(|i| (i.name.as_str(), i.origin));
        let intent_names = named(&mut told.clone());
        let is_response = |name: &str| domain.response(name).is_some();
        let actions = named(
            &mut domain
                .actions
                .iter()
                .filter(|action| {
                    !is_response(&action.value) && !DEFAULT_ACTIONS.contains(&action.value.as_str())
                })
                .map(|action| (action.value.as_str(), action.origin))
                .chain(
                    domain
                        .forms
                        .iter()
                        .map(|form| (form.name.as_str(), form.origin)),
                ),
        );
        let responses = named(&mut domain.responses.iter().map(|r| (r.name.as_str(), r.origin)));
        let slots: Vec<(String, Origin)> = domain
            .forms
            .iter()
            .flat_map(|form| {
                let slots = form.required_slots.iter();
                slots.map(|slot| (format!("{} of {}", slot.value, form.name), slot.origin))
            })
            .collect();
        let asked: BTreeSet<String> = met
            .iter()
            .filter_map(|met| match met {
                Met::FormSlot(form, slot) => Some(format!("{slot} of {form}")),
                _ => None,
            })
            .collect();
        // A base intent is met through any of its answers.
        let bases: BTreeSet<String> = met
            .iter()
            .filter_map(|met| match met {
                Met::Intent(name) => name.split('/').next().map(str::to_owned),
                _ => None,
            })
            .collect();
        let questions = questions(&met);
        let is_touched_action = |name: &str| {
            // What runs beside a form or a message stands in no story.
            let form = name.strip_prefix("validate_").unwrap_or(name);
            is_met(Met::Action(form.to_owned()))
                || (name == "action_validate_slot_mappings" && !bases.is_empty())
                || questions.contains(name)
                || met.iter().any(|met| {
                    matches!(met, Met::Action(done) if name.strip_prefix(done.as_str()).is_some_and(|rest| rest.starts_with('/')))
                })
        };
        let mut parts = vec![
            part("intents", intent_names, sources, &|name| {
                bases.contains(name) || intents.contains(name)
            }),
            part("actions", actions, sources, &is_touched_action),
            part("responses", responses, sources, &is_touched_action),
        ];
        for (what, wants_rules) in [("rules", true), ("stories", false)] {
            let all: Vec<&Story> = assistant
                .stories
                .iter()
                .filter(|story| story.is_rule() == wants_rules)
                .collect();
            let touched: BTreeSet<Origin> = all
                .iter()
                .filter(|story| held.iter().any(|one| goes_through(one, story)))
                .map(|story| story.origin)
                .collect();
            parts.push(Part {
                what,
                touched: touched.len(),
                of: all.len(),
                untouched: all
                    .iter()
                    .filter(|story| !touched.contains(&story.origin))
                    .map(|story| (story.name.clone(), sources.place(story.origin)))
                    .collect(),
            });
        }
        parts.push(part("form slots", slots, sources, &|name| {
            asked.contains(name)
        }));
        parts.retain(|part| part.of > 0);
        Self { parts }
    }

    /// Returns the share of all parts that are touched.
    pub fn share(&self) -> f64 {
        let of: usize = self.parts.iter().map(|part| part.of).sum();
        let touched: usize = self.parts.iter().map(|part| part.touched).sum();
        touched as f64 / of.max(1) as f64
    }
}

/// Returns everything that asks for a slot that is met: the question is asked where the slot is.
fn questions(met: &BTreeSet<&Met>) -> BTreeSet<String> {
    met.iter()
        .filter_map(|met| match met {
            Met::FormSlot(form, slot) => Some([
                format!("utter_ask_{form}_{slot}"),
                format!("utter_ask_{slot}"),
                format!("action_ask_{form}_{slot}"),
                format!("action_ask_{slot}"),
            ]),
            _ => None,
        })
        .flatten()
        .collect()
}

fn part(
    what: &'static str,
    all: Vec<(String, Origin)>,
    sources: &Sources,
    is_touched: &dyn Fn(&str) -> bool,
) -> Part {
    let of = all.len();
    let untouched: Vec<(String, Place)> = all
        .into_iter()
        .filter(|(name, _)| !is_touched(name))
        .map(|(name, origin)| (name, sources.place(origin)))
        .collect();
    Part {
        what,
        touched: of - untouched.len(),
        of,
        untouched,
    }
}

/// Tells whether a conversation goes through a rule or a story: it decided about an action, or all its turns occur in a
/// row.
fn goes_through(held: &Held, story: &Story) -> bool {
    if held
        .followed
        .contains(&(story.is_rule(), story.name.clone()))
    {
        return true;
    }
    let turns: Vec<&Step> = story.steps.iter().filter(|step| is_turn(step)).collect();
    let path: Vec<&Met> = held
        .path
        .iter()
        .filter(|met| !matches!(met, Met::FormSlot(..)))
        .collect();
    !turns.is_empty()
        && path.windows(turns.len()).any(|window| {
            window
                .iter()
                .zip(&turns)
                .all(|(met, step)| is_step(met, step))
        })
}

fn is_turn(step: &Step) -> bool {
    match &step.kind {
        StepKind::User(_) | StepKind::Bot(_) => true,
        StepKind::Action(name) => name != "action_listen",
        StepKind::Or(choices) => choices.iter().any(is_turn),
        _ => false,
    }
}

fn is_step(met: &Met, step: &Step) -> bool {
    match (&step.kind, met) {
        (StepKind::User(user), Met::Intent(name)) => user.intent.as_ref() == Some(name),
        (StepKind::Action(action) | StepKind::Bot(action), Met::Action(name)) => action == name,
        (StepKind::Or(choices), _) => choices.iter().any(|choice| is_step(met, choice)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Domain, Intent};

    fn intent(name: &str) -> Intent {
        Intent {
            name: name.to_owned(),
            ..Intent::default()
        }
    }

    #[test]
    fn what_no_test_touches_is_named() {
        let assistant = Assistant {
            domain: Domain {
                intents: vec![intent("greet"), intent("bye"), intent("thank")],
                ..Domain::default()
            },
            stories: vec![
                Story::answer("say hello", "greet", "utter_greet", Origin::default()),
                Story::answer("say bye", "bye", "utter_bye", Origin::default()),
            ],
            ..Assistant::default()
        };
        let held = [Held {
            path: vec![
                Met::Intent("greet".to_owned()),
                Met::Action("utter_greet".to_owned()),
            ],
            ..Held::default()
        }];
        let messages = BTreeSet::from(["thank".to_owned()]);
        let coverage = Coverage::of(&assistant, &held, &messages, &Sources::new());
        let part = |what: &str| coverage.parts.iter().find(|part| part.what == what);
        assert_eq!(part("intents").unwrap().touched, 2);
        assert_eq!(part("intents").unwrap().untouched[0].0, "bye");
        assert!(part("forms").is_none());
        assert!((coverage.share() - 3.0 / 5.0).abs() < 0.21);
    }
}
