//! Test stories: every conversation is held with the model, and each step compared.

use std::sync::Arc;

use crate::{
    agent::{ActionOutcome, Conversation, Step as AgentStep, Turn},
    data::{Json, SlotValue, Step, StepKind, Story, UserStep},
    diagnostic::{Origin, Place, Sources},
    model::Model,
};

/// What became of all test stories.
#[derive(Clone, Debug, Default)]
pub struct StoryReport {
    /// Number of stories.
    pub total: usize,
    /// Number that went as written.
    pub passed: usize,
    /// The others, with their first mistake each.
    pub failures: Vec<Failure>,
    /// Number of user turns held.
    pub turns: usize,
}

/// Where a story left its path.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Name of the story.
    pub story: String,
    /// Number of the user's turn, from 1; 0 before the first.
    pub turn: usize,
    /// Step that failed.
    pub origin: Origin,
    /// Its address.
    pub place: Place,
    /// What went wrong.
    pub mistake: Mistake,
}

/// What can go wrong in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Mistake {
    /// A message was understood as something else.
    Intent {
        /// The message.
        text: String,
        /// Intent in the story.
        expected: String,
        /// Intents found, best first, with their confidence.
        ranking: Vec<(String, f64)>,
    },
    /// An entity of the story was not found, or found otherwise.
    Entity {
        /// The message.
        text: String,
        /// Entity in the story, `type=value`.
        expected: String,
        /// Entities found.
        found: Vec<String>,
    },
    /// Another action ran.
    Action {
        /// Action in the story.
        expected: String,
        /// Action that ran; `None` if the bot listened.
        found: Option<String>,
        /// Who chose it, and where that is written.
        why: Option<String>,
    },
    /// An action ran that the story does not have.
    Surplus {
        /// The action.
        found: String,
        /// Who chose it, and where that is written.
        why: Option<String>,
    },
    /// A slot has another value.
    Slot {
        /// The slot.
        name: String,
        /// Value in the story.
        expected: Json,
        /// Value found.
        found: Json,
    },
}

/// Holds every conversation with the model. Custom actions are not run, as in `rasa test`.
pub fn evaluate(
    model: &Arc<Model>,
    stories: &[Story],
    sources: &Sources,
    on: &mut dyn FnMut(usize),
) -> StoryReport {
    let mut report = StoryReport {
        total: stories.len(),
        ..StoryReport::default()
    };
    for (number, story) in stories.iter().enumerate() {
        on(number);
        let mut run = Run {
            conversation: Conversation::new(Arc::clone(model), &story.name, "cmdline", 0),
            turn: 0,
        };
        match run.hold(story) {
            Ok(()) => report.passed += 1,
            Err(wrong) => report.failures.push(Failure {
                story: story.name.clone(),
                turn: run.turn,
                origin: wrong.0,
                place: sources.place(wrong.0),
                mistake: wrong.1,
            }),
        }
        report.turns += run.turn;
    }
    report
}

struct Run {
    conversation: Conversation,
    turn: usize,
}

/// Where a story left its path, and how.
type Wrong = Box<(Origin, Mistake)>;

fn wrong(origin: Origin, mistake: Mistake) -> Wrong {
    Box::new((origin, mistake))
}

/// Actions of a turn that no step has named yet, each with who chose it.
type Open = std::collections::VecDeque<(String, Option<String>)>;

impl Run {
    fn hold(&mut self, story: &Story) -> Result<(), Wrong> {
        let mut open = Open::new();
        let mut last = story.origin;
        for step in &story.steps {
            self.step(step, &mut open, last)?;
            last = step.origin;
        }
        match open.pop_front() {
            Some((found, why)) => Err(wrong(last, Mistake::Surplus { found, why })),
            None => Ok(()),
        }
    }

    fn step(&mut self, step: &Step, open: &mut Open, last: Origin) -> Result<(), Wrong> {
        match &step.kind {
            StepKind::User(user) => {
                if let Some((found, why)) = open.pop_front() {
                    return Err(wrong(last, Mistake::Surplus { found, why }));
                }
                self.turn += 1;
                let turn = self.hear(user);
                understood(user, &turn, step.origin)?;
                let chosen = turn.decisions.iter().filter(|decision| {
                    !matches!(
                        decision.action.as_str(),
                        "action_listen" | "action_session_start"
                    )
                });
                open.extend(chosen.map(|decision| {
                    (
                        decision.action.clone(),
                        decision
                            .vote
                            .as_ref()
                            .map(|vote| why(vote.policy, &vote.winner)),
                    )
                }));
                Ok(())
            }
            StepKind::Action(name)
                if matches!(name.as_str(), "action_listen" | "action_session_start") =>
            {
                Ok(())
            }
            StepKind::Action(expected) => match open.pop_front() {
                Some((found, _)) if found == *expected => Ok(()),
                Some((found, why)) => Err(wrong(
                    step.origin,
                    Mistake::Action {
                        expected: expected.clone(),
                        found: Some(found),
                        why,
                    },
                )),
                None => Err(wrong(
                    step.origin,
                    Mistake::Action {
                        expected: expected.clone(),
                        found: None,
                        why: None,
                    },
                )),
            },
            StepKind::SlotWasSet(slots) => {
                for SlotValue {
                    name,
                    value: expected,
                    origin,
                } in slots
                {
                    let found = self
                        .conversation
                        .tracker()
                        .slots()
                        .get(name)
                        .cloned()
                        .unwrap_or(Json::Null);
                    let right = expected
                        .as_ref()
                        .map_or(!found.is_null(), |expected| *expected == found);
                    if !right {
                        let expected = expected.clone().unwrap_or("any value".into());
                        return Err(wrong(
                            *origin,
                            Mistake::Slot {
                                name: name.clone(),
                                expected,
                                found,
                            },
                        ));
                    }
                }
                Ok(())
            }
            StepKind::ActiveLoop(_)
            | StepKind::Bot(_)
            | StepKind::Or(_)
            | StepKind::Checkpoint { .. } => Ok(()),
        }
    }

    fn hear(&mut self, user: &UserStep) -> Turn {
        // A step without a text names its intent, as in training stories.
        let text = user.text.clone().unwrap_or_else(|| {
            let entities: serde_json::Map<String, Json> = user
                .entities
                .iter()
                .map(|found| (found.entity.clone(), found.value.clone()))
                .collect();
            let entities = if entities.is_empty() {
                String::new()
            } else {
                Json::Object(entities).to_string()
            };
            format!("/{}{entities}", user.intent.as_deref().unwrap_or_default())
        });
        let now = self.turn as f64;
        let mut step = self.conversation.say(&text, now);
        loop {
            match step {
                AgentStep::Done(turn) => return *turn,
                // As in `rasa test`, custom actions count as run; what they would do stands in the story.
                AgentStep::NeedsAction(_) => {
                    let outcome = ActionOutcome::Done {
                        events: Vec::new(),
                        messages: Vec::new(),
                    };
                    step = self.conversation.answer(outcome, now);
                }
            }
        }
    }
}

/// Compares what was understood with what the story says.
fn understood(user: &UserStep, turn: &Turn, step: Origin) -> Result<(), Wrong> {
    let text = turn.parse.text.clone();
    if let Some(expected) = &user.intent {
        let base = expected.split('/').next().unwrap_or(expected);
        if turn.parse.intent_name() != base {
            let ranking = turn
                .parse
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
                },
            ));
        }
    }
    for expected in user
        .entities
        .iter()
        .filter(|expected| user.text.is_some() && expected.span.is_some())
    {
        let right = turn.parse.entities.iter().any(|found| {
            found.entity == expected.entity
                && found.role == expected.role
                && found.group == expected.group
                && plain(&found.value) == plain(&expected.value)
        });
        if !right {
            let show = |entity: &str, value: &Json| format!("{entity}={}", plain(value));
            let found = turn
                .parse
                .entities
                .iter()
                .map(|found| show(&found.entity, &found.value))
                .collect();
            let expected = show(&expected.entity, &expected.value);
            return Err(wrong(
                step,
                Mistake::Entity {
                    text,
                    expected,
                    found,
                },
            ));
        }
    }
    Ok(())
}

fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns who decided and where that is written, in a few words.
pub fn why(policy: &str, prediction: &crate::dialogue::Prediction) -> String {
    use crate::dialogue::Reason;
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
        None if policy.is_empty() => "no policy has anything to say".to_owned(),
        None => policy.to_owned(),
    }
}
