//! How a conversation goes on: trackers, the states that policies see, policies, slots and responses.
//!
//! Follows Rasa 3.6's dialogue engine. A tracker is a list of events; everything else is folded from it.

mod ensemble;
mod follow;
pub mod policies;
mod problem;
mod response;
mod slots;
mod snapshot;
mod state;
mod structure;
mod tracker;
mod train;
mod training;

pub use ensemble::{Dialogue, Vote};
pub use follow::follow;
pub use policies::{Evidence, Prediction, Reason};
pub use response::{Message, fill, respond};
pub use slots::{Filling, extract, featurize};
pub use snapshot::Verbosity;
pub use state::{SlotFeature, State, UserState};
pub use structure::conflicts;
pub use tracker::{
    ActiveLoop, Moment, Moments, REQUESTED_SLOT, Situation, SlotTable, SlotValues, Slots, Tracker,
};
pub use train::{Trained, check, train};

/// The action that waits for the user.
pub const LISTEN: &str = "action_listen";
/// Stands for "anything before" in rules.
pub const SNIPPET: &str = "...";
/// Value of a slot or loop in a rule that must not be set.
pub const NOT_SET: &str = "should_not_be_set";
/// What runs where no policy is sure.
pub const FALLBACK: &str = "action_default_fallback";
