//! Stories and rules: how conversations go.

use super::{Annotation, Entity, Json};
use crate::diagnostic::Origin;

/// A story or a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Its name.
    pub name: String,
    /// Which of the two, with what only rules have.
    pub kind: StoryKind,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// Where the name stands.
    pub origin: Origin,
}

impl Story {
    /// Tells whether the name holds one of these pieces, in capitals or not; every name does where there is none.
    pub fn is_called(&self, pieces: &[String]) -> bool {
        let name = self.name.to_lowercase();
        let holds = |piece: &String| name.contains(&piece.to_lowercase());
        pieces.is_empty() || pieces.iter().any(holds)
    }

    /// Makes the rule that an intent is answered by an action; all its places are `origin`.
    pub fn answer(name: &str, intent: &str, action: &str, origin: Origin) -> Self {
        let step = |kind| Step { kind, origin };
        Self {
            name: name.to_owned(),
            kind: StoryKind::Rule {
                conditions: Vec::new(),
                conversation_start: false,
                wait_for_user_input: true,
            },
            steps: vec![
                step(StepKind::User(UserStep {
                    intent: Some(intent.to_owned()),
                    intent_origin: origin,
                    ..UserStep::default()
                })),
                step(StepKind::Action(action.to_owned())),
            ],
            origin,
        }
    }

    /// Tells whether it is a rule.
    pub fn is_rule(&self) -> bool {
        matches!(self.kind, StoryKind::Rule { .. })
    }
}

/// What kind of conversation it describes.
#[derive(Clone, Debug, PartialEq)]
pub enum StoryKind {
    /// One possible whole conversation.
    Story,
    /// What must always happen.
    Rule {
        /// What must hold before it.
        conditions: Vec<Condition>,
        /// Applies only at the very start.
        conversation_start: bool,
        /// Whether the bot listens after the last step.
        wait_for_user_input: bool,
    },
}

/// What must hold before a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A loop is active, or none is.
    ActiveLoop(Option<String>, Origin),
    /// A slot has a value (null: has none).
    SlotWasSet(SlotValue),
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What happens.
    pub kind: StepKind,
    /// Where it stands.
    pub origin: Origin,
}

/// What happens in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// The user says something.
    User(UserStep),
    /// The bot does something.
    Action(String),
    /// The bot says a text, end to end.
    Bot(String),
    /// Slots have values; `None` where only the name is given.
    SlotWasSet(Vec<SlotValue>),
    /// A loop starts, or ends.
    ActiveLoop(Option<String>),
    /// One of several things happens.
    Or(Vec<Step>),
    /// The story goes on where others do.
    Checkpoint {
        /// Name shared by both ends.
        name: String,
        /// Slot values that paths through a starting checkpoint must have.
        slots: Vec<SlotValue>,
    },
}

/// A slot of a story with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotValue {
    /// Its name.
    pub name: String,
    /// Its value; `None` where only the name is given.
    pub value: Option<Json>,
    /// Where the name stands.
    pub origin: Origin,
}

/// What the user says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserStep {
    /// Intent; missing in an end-to-end story.
    pub intent: Option<String>,
    /// Text without annotation marks; in test stories and end-to-end stories.
    pub text: Option<String>,
    /// Entities of the step or of its text.
    pub entities: Vec<StepEntity>,
    /// Where the intent stands.
    pub intent_origin: Origin,
}

/// An entity of a user step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepEntity {
    /// Type.
    pub entity: String,
    /// Role, if any.
    pub role: Option<String>,
    /// Group, if any.
    pub group: Option<String>,
    /// Value; empty text where only the type was given.
    pub value: Json,
    /// Where in the step's text it is marked, if there.
    pub span: Option<crate::text::Span>,
    /// Where it stands.
    pub origin: Origin,
}

impl StepEntity {
    /// Makes what an annotation marks in a step's text; its place is `origin`.
    pub fn marked(found: Annotation, text: &str, origin: Origin) -> Self {
        Self {
            value: found.value(text).into(),
            entity: found.entity,
            role: found.role,
            group: found.group,
            span: Some(found.span),
            origin,
        }
    }
}

impl From<&StepEntity> for Entity {
    /// The entity as if it had been found in a message, without a place in it.
    fn from(found: &StepEntity) -> Self {
        Self {
            entity: found.entity.clone(),
            role: found.role.clone(),
            group: found.group.clone(),
            value: found.value.clone(),
            ..Self::default()
        }
    }
}
