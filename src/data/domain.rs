//! The domain: what the assistant understands, remembers, says and does.

use serde::{Deserialize, Serialize};

use super::{DEFAULT_ACTIONS, DEFAULT_INTENTS, Json, Located};
use crate::diagnostic::Origin;

/// Everything that `domain.yml` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Domain {
    /// Intents, in file order, without the default ones.
    pub intents: Vec<Intent>,
    /// Entity types, in file order.
    pub entities: Vec<EntityType>,
    /// Slots, in file order (which is the order of filling).
    pub slots: Vec<Slot>,
    /// Responses, in file order.
    pub responses: Vec<Response>,
    /// Names under `actions`, in file order.
    pub actions: Vec<Located<String>>,
    /// Actions declared with `send_domain: true`: their server gets the domain even where it gets it only on demand.
    pub actions_with_domain: Vec<String>,
    /// Forms, in file order.
    pub forms: Vec<Form>,
    /// Texts under `e2e_actions`, sorted: what the bot may say end to end.
    pub e2e_actions: Vec<String>,
    /// Whether entities of story steps fill slots too; `config: {store_entities_as_slots: false}` says no.
    pub keeps_entities_from_slots: bool,
    /// When a session ends and what survives it.
    pub session: SessionConfig,
    /// Where `intents:` stands, or the file's start: the place to point at when a name is missing.
    pub origin: Origin,
}

/// An intent as the domain declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intent {
    /// Its name.
    pub name: String,
    /// Entity types that policies see beside it; `None` means all.
    pub use_entities: Option<Vec<Located<String>>>,
    /// Entity types that policies never see beside it.
    pub ignore_entities: Vec<Located<String>>,
    /// Where the name stands.
    pub origin: Origin,
}

/// An entity type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityType {
    /// Its name.
    pub name: String,
    /// Roles it may have.
    pub roles: Vec<String>,
    /// Groups it may be in.
    pub groups: Vec<String>,
    /// Whether policies see it.
    pub influence_conversation: bool,
    /// Where the name stands.
    pub origin: Origin,
}

/// What kind of value a slot holds and how policies see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SlotKind {
    /// Any text; policies see whether it is set.
    Text,
    /// True or false.
    Bool,
    /// A number; policies see it scaled into its range.
    Float {
        /// Value that is seen as 0.
        min: f64,
        /// Value that is seen as 1.
        max: f64,
    },
    /// One of some values.
    Categorical(Vec<String>),
    /// Several values; policies see whether there are any.
    List,
    /// Anything; policies never see it.
    Any,
}

/// A slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: SlotKind,
    /// Value at the start of a conversation.
    pub initial_value: Json,
    /// Whether policies see it.
    pub influence_conversation: bool,
    /// How it is filled, first match first.
    pub mappings: Vec<Mapping>,
    /// Where the name stands.
    pub origin: Origin,
}

/// One way to fill a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// Where the value comes from.
    pub kind: MappingKind,
    /// Only with one of these intents; empty means any.
    pub intent: Vec<Located<String>>,
    /// Not with one of these intents.
    pub not_intent: Vec<Located<String>>,
    /// Only in one of these states of a form; empty means always.
    pub conditions: Vec<MappingCondition>,
    /// Where the entity, value or action it names stands.
    pub target: Origin,
    /// Where the mapping stands.
    pub origin: Origin,
}

impl Mapping {
    /// Tells whether another mapping says just the same, wherever it stands.
    pub fn is_same(&self, other: &Self) -> bool {
        fn same(a: &[Located<String>], b: &[Located<String>]) -> bool {
            a.iter()
                .map(|name| &name.value)
                .eq(b.iter().map(|name| &name.value))
        }
        let word = |name: &Option<Located<String>>| name.as_ref().map(|name| name.value.clone());
        let conditions = |mapping: &Self| -> Vec<_> {
            mapping
                .conditions
                .iter()
                .map(|condition| {
                    (
                        word(&condition.active_loop),
                        word(&condition.requested_slot),
                    )
                })
                .collect()
        };
        self.kind == other.kind
            && same(&self.intent, &other.intent)
            && same(&self.not_intent, &other.not_intent)
            && conditions(self) == conditions(other)
    }
}

/// A state of a form in which a mapping applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingCondition {
    /// The loop that must be active; `None` means that none may be.
    pub active_loop: Option<Located<String>>,
    /// The slot that must be the requested one.
    pub requested_slot: Option<Located<String>>,
}

impl MappingCondition {
    /// Tells whether it asks for just this loop, or for none.
    pub fn names_loop(&self, name: Option<&str>) -> bool {
        self.active_loop.as_ref().map(|known| known.value.as_str()) == name
    }
}

/// Where the value of a slot comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum MappingKind {
    /// The value of an entity whose type, role and group are just these.
    FromEntity {
        /// Type.
        entity: String,
        /// Role, or none.
        role: Option<String>,
        /// Group, or none.
        group: Option<String>,
    },
    /// The whole message.
    FromText,
    /// A fixed value for an intent.
    FromIntent(Json),
    /// A fixed value for the intent that started a form.
    FromTriggerIntent(Json),
    /// A custom action decides.
    Custom(Option<String>),
}

/// Something to say, in several variations.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Name, `utter_…`.
    pub name: String,
    /// Ways to say it.
    pub variations: Vec<Variation>,
    /// Only a training-data file declares it, no domain file.
    pub in_data: bool,
    /// Where the name stands.
    pub origin: Origin,
}

/// One way to say something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variation {
    /// Text, with `{slot}` places.
    pub text: Option<String>,
    /// Where the text stands.
    pub text_origin: Origin,
    /// Buttons under the text.
    pub buttons: Vec<Button>,
    /// Address of a picture.
    pub image: Option<String>,
    /// Free JSON for the channel.
    pub custom: Option<Json>,
    /// Only for this channel.
    pub channel: Option<String>,
    /// Only where these slots have these values.
    pub conditions: Vec<Condition>,
    /// Every other key as written (`id`, `metadata`, `attachment`, `elements`, `quick_replies`, …).
    pub other: serde_json::Map<String, Json>,
    /// Where it stands.
    pub origin: Origin,
}

/// A button: what it shows and what a click sends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Button {
    /// Words on it.
    pub title: String,
    /// Message that a click sends; the title where missing.
    pub payload: Option<String>,
    /// Where the payload stands.
    pub origin: Origin,
    /// Every other key as written.
    pub other: serde_json::Map<String, Json>,
}

/// A slot value that a response needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Slot.
    pub name: String,
    /// Value it must have.
    pub value: Json,
    /// Where the name stands.
    pub origin: Origin,
}

/// A form: slots to be asked for in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its name, which is also an action.
    pub name: String,
    /// Slots it asks for.
    pub required_slots: Vec<Located<String>>,
    /// Intents that never fill its slots.
    pub ignored_intents: Vec<Located<String>>,
    /// Where the name stands.
    pub origin: Origin,
}

/// When a session ends and what survives it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionConfig {
    /// Minutes of silence after which a new session starts; 0 means never.
    pub expiration_minutes: f64,
    /// Whether slots survive into the new session.
    pub carry_over_slots: bool,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            expiration_minutes: 60.0,
            carry_over_slots: true,
        }
    }
}

impl Domain {
    /// Returns the intent of that name; default intents are declared by nobody and not found here.
    pub fn intent(&self, name: &str) -> Option<&Intent> {
        self.intents.iter().find(|intent| intent.name == name)
    }

    /// Tells whether a message can have this intent.
    pub fn has_intent(&self, name: &str) -> bool {
        self.intent(name).is_some() || DEFAULT_INTENTS.contains(&name)
    }

    /// Returns the slot of that name.
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }

    /// Returns the response of that name.
    pub fn response(&self, name: &str) -> Option<&Response> {
        self.responses.iter().find(|response| response.name == name)
    }

    /// Returns the form of that name.
    pub fn form(&self, name: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.name == name)
    }

    /// Returns the entity type of that name.
    pub fn entity(&self, name: &str) -> Option<&EntityType> {
        self.entities.iter().find(|entity| entity.name == name)
    }

    /// Returns every action name in the order of Rasa's indices, which decides ties: defaults, `actions` in file
    /// order, responses not named there sorted, forms.
    pub fn action_names(&self) -> Vec<String> {
        let mut names: Vec<String> = DEFAULT_ACTIONS
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        let mut add = |name: &str| {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        };
        self.actions.iter().for_each(|action| add(&action.value));
        let mut responses: Vec<&str> = self
            .responses
            .iter()
            .map(|response| response.name.as_str())
            .collect();
        responses.sort_unstable();
        responses.into_iter().for_each(&mut add);
        self.forms.iter().for_each(|form| add(&form.name));
        names
    }
}
