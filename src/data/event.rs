//! Events of a conversation, in Rasa's JSON form: a tracker is nothing but their list.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Entity, Json, Parse};

/// Something that happened in a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Seconds since 1970.
    pub timestamp: f64,
    /// Whatever was added by others.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub metadata: serde_json::Map<String, Json>,
}

impl EventKind {
    /// Returns the name of an action, or the text that it was end to end; nothing for other events.
    pub fn action(&self) -> Option<&str> {
        match self {
            Self::Action {
                name, action_text, ..
            } => name.as_deref().or(action_text.as_deref()),
            _ => None,
        }
    }
}

/// What is understood of a user's message, as events carry it.
/// Shared: the conversation points at the latest one, and events are often copied.
pub type ParseData = Arc<Parse>;

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The user said something.
    User {
        /// The message.
        text: Option<String>,
        /// What was understood.
        parse_data: ParseData,
        /// Where it came from.
        #[serde(default)]
        input_channel: Option<String>,
        /// Its number.
        #[serde(default)]
        message_id: Option<String>,
    },
    /// The bot said something.
    Bot {
        /// The message.
        text: Option<String>,
        /// Buttons, picture, free JSON; all keys always present.
        data: serde_json::Map<String, Json>,
    },
    /// A slot got a value.
    Slot {
        /// Slot.
        name: String,
        /// Value; null empties it.
        value: Json,
    },
    /// The bot did something.
    Action {
        /// Action.
        name: Option<String>,
        /// Who predicted it.
        #[serde(default)]
        policy: Option<String>,
        /// How sure, between 0 and 1.
        #[serde(default)]
        confidence: Option<f64>,
        /// Text of an end-to-end action.
        #[serde(default)]
        action_text: Option<String>,
        /// Whether memoization must not see the turn.
        #[serde(default)]
        hide_rule_turn: bool,
    },
    /// A loop started, or ended.
    #[serde(alias = "form")]
    ActiveLoop {
        /// The loop; none ends it.
        name: Option<String>,
    },
    /// A loop was interrupted, or is not any more.
    LoopInterrupted {
        /// Whether it is.
        is_interrupted: bool,
    },
    /// The same in the words of Rasa 1.
    FormValidation {
        /// Whether the form checks what the user said: the loop is not interrupted.
        validate: bool,
    },
    /// An action refused to run.
    ActionExecutionRejected {
        /// Action.
        name: String,
        /// Who predicted it.
        #[serde(default)]
        policy: Option<String>,
        /// How sure.
        #[serde(default)]
        confidence: Option<f64>,
    },
    /// A session began.
    SessionStarted,
    /// The conversation begins anew.
    Restart,
    /// Every slot goes back to its initial value.
    ResetSlots,
    /// This action comes next.
    Followup {
        /// Action.
        name: String,
    },
    /// The last message of the user never happened.
    Rewind,
    /// The last action never happened.
    Undo,
    /// The bot falls silent.
    Pause,
    /// The bot speaks again.
    Resume,
    /// Whether text or intent of the last message counted.
    UserFeaturization {
        /// The text did.
        use_text_for_featurization: bool,
    },
    /// Entities found by a policy.
    Entities {
        /// The entities.
        entities: Vec<Entity>,
    },
    /// An intent is to come by itself at some time.
    Reminder {
        /// The intent.
        intent: String,
        /// Its entities: a list of objects, or values by type.
        #[serde(default)]
        entities: Json,
        /// When, in ISO 8601.
        date_time: String,
        /// Its name, by which it can be cancelled.
        #[serde(default)]
        name: Option<String>,
        /// Whether a message of the user cancels it.
        #[serde(default = "yes")]
        kill_on_user_msg: bool,
    },
    /// Reminders will not come: those for which all that is given here matches.
    CancelReminder {
        /// The name.
        #[serde(default)]
        name: Option<String>,
        /// The intent.
        #[serde(default)]
        intent: Option<String>,
        /// The entities.
        #[serde(default)]
        entities: Json,
    },
    /// A person said something in the bot's place.
    Agent {
        /// The message.
        #[serde(default)]
        text: Option<String>,
        /// Whatever came with it.
        #[serde(default)]
        data: Json,
    },
    /// The conversation was to be written out as a story.
    Export {
        /// Where to.
        #[serde(default)]
        path: Option<String>,
    },
}

fn yes() -> bool {
    true
}
