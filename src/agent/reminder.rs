//! Reminders: intents that come by themselves at some time (dialogue.md §14).

use std::str::FromStr;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::{
    data::{Entity, EventKind, Json},
    dialogue::Tracker,
};

/// A reminder whose time has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The conversation it is for.
    pub sender: String,
    /// When it was to come, in seconds since 1970.
    pub at: f64,
    /// The intent.
    pub intent: String,
    /// Its entities.
    pub entities: Vec<Entity>,
}

/// A reminder that is waiting. It is held in memory alone, as in Rasa: events that were only recorded remind of
/// nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reminder {
    /// Number of its event.
    event: usize,
    name: Option<String>,
    intent: String,
    entities: Json,
    date_time: String,
    kill_on_user_msg: bool,
}

/// Takes an event in that is to become number `at` of its conversation.
pub(super) fn note(waiting: &mut Vec<Reminder>, kind: &EventKind, at: usize) {
    match kind {
        EventKind::Reminder {
            intent,
            entities,
            date_time,
            name,
            kill_on_user_msg,
        } => {
            // One of the same name takes the place of the other.
            waiting.retain(|known| name.is_none() || known.name != *name);
            waiting.push(Reminder {
                event: at,
                name: name.clone(),
                intent: intent.clone(),
                entities: entities.clone(),
                date_time: date_time.clone(),
                kill_on_user_msg: *kill_on_user_msg,
            });
        }
        EventKind::CancelReminder {
            name,
            intent,
            entities,
        } => waiting.retain(|known| {
            let cancelled = (name.is_none() || *name == known.name)
                && intent.as_ref().is_none_or(|intent| *intent == known.intent)
                && (entities.is_null() || *entities == known.entities);
            !cancelled
        }),
        _ => {}
    }
}

/// Forgets reminders of events that are taken back.
pub(super) fn forget_from(waiting: &mut Vec<Reminder>, len: usize) {
    waiting.retain(|reminder| reminder.event < len);
}

/// Takes out the reminders whose time has come, the earliest first; those that nobody needs any more are dropped. Times
/// without a zone are meant in `zone`. One whose time cannot be read never comes.
pub(super) fn take_due(
    waiting: &mut Vec<Reminder>,
    tracker: &Tracker,
    now: f64,
    zone: &TimeZone,
) -> Vec<Due> {
    let mut due: Vec<(f64, Reminder)> = Vec::new();
    waiting.retain(|reminder| match seconds(&reminder.date_time, zone) {
        Some(at) if at <= now => {
            due.push((at, reminder.clone()));
            false
        }
        _ => true,
    });
    due.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.event.cmp(&b.1.event)));
    due.into_iter()
        .filter(|(_, reminder)| reminder.is_wanted(tracker))
        .map(|(at, reminder)| Due {
            sender: tracker.sender_id.clone(),
            at,
            intent: reminder.intent.clone(),
            entities: entities(&reminder.entities),
        })
        .collect()
}

impl Reminder {
    /// Tells whether the session in which it was made goes on, and nobody has spoken since where that matters.
    fn is_wanted(&self, tracker: &Tracker) -> bool {
        let Some(own) = tracker.events().get(self.event) else {
            return false;
        };
        let later = tracker.events().get(self.event..).unwrap_or_default();
        let spoken = later
            .iter()
            .any(|event| matches!(event.kind, EventKind::User { .. }));
        let counts = tracker.applied().any(|event| std::ptr::eq(event, own));
        counts && !(self.kill_on_user_msg && spoken)
    }
}

/// Reads a time in ISO 8601, as seconds since 1970.
fn seconds(text: &str, zone: &TimeZone) -> Option<f64> {
    let stamp = match Timestamp::from_str(text) {
        Ok(stamp) => stamp,
        Err(_) => zone.to_timestamp(DateTime::from_str(text).ok()?).ok()?,
    };
    Some(stamp.as_microsecond() as f64 / 1e6)
}

/// Reads entities as reminders and other programs give them: a list of objects, or values by type.
pub fn entities(json: &Json) -> Vec<Entity> {
    let one = |kind: &str, value: &Json| Entity {
        entity: kind.to_owned(),
        value: value.clone(),
        ..Entity::default()
    };
    match json {
        Json::Array(list) => list
            .iter()
            .filter_map(|item| {
                let kind = item.get("entity")?.as_str()?;
                let word = |key: &str| item.get(key).and_then(Json::as_str).map(str::to_owned);
                Some(Entity {
                    role: word("role"),
                    group: word("group"),
                    ..one(kind, item.get("value").unwrap_or(&Json::Null))
                })
            })
            .collect(),
        Json::Object(map) => map.iter().map(|(kind, value)| one(kind, value)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_zone_are_read() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(seconds("1970-01-01T02:00:10", &zone), Some(10.0));
        assert_eq!(seconds("1970-01-01T02:00:10.5", &zone), Some(10.5));
        assert_eq!(seconds("1970-01-01T00:00:10Z", &zone), Some(10.0));
        assert_eq!(seconds("1970-01-01T01:00:10+01:00", &zone), Some(10.0));
        assert_eq!(seconds("soon", &zone), None);
    }

    #[test]
    fn entities_come_as_a_list_or_as_values_by_type() {
        let list = serde_json::json!([{"entity": "a", "value": 1, "role": "r"}, {"value": 2}, 3]);
        let found = entities(&list);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].role.as_deref(), Some("r"));
        let found = entities(&serde_json::json!({"b": "x"}));
        assert_eq!(
            (found[0].entity.as_str(), &found[0].value),
            ("b", &"x".into())
        );
        assert!(entities(&Json::Null).is_empty());
    }

    #[test]
    fn reminders_are_cancelled_by_all_that_is_given_and_replaced_by_name() {
        let reminder = |name: &str, intent: &str| EventKind::Reminder {
            intent: intent.into(),
            entities: Json::Null,
            date_time: "1970-01-01T00:00:10Z".into(),
            name: Some(name.into()),
            kill_on_user_msg: true,
        };
        let cancel = |name: Option<&str>, intent: Option<&str>| EventKind::CancelReminder {
            name: name.map(str::to_owned),
            intent: intent.map(str::to_owned),
            entities: Json::Null,
        };
        let mut waiting = Vec::new();
        for (at, kind) in [reminder("a", "x"), reminder("b", "x"), reminder("a", "y")]
            .iter()
            .enumerate()
        {
            note(&mut waiting, kind, at);
        }
        assert_eq!(waiting.len(), 2);
        note(&mut waiting, &cancel(Some("a"), Some("x")), 3);
        assert_eq!(waiting.len(), 2);
        note(&mut waiting, &cancel(Some("a"), None), 4);
        assert_eq!(waiting.len(), 1);
        note(&mut waiting, &cancel(None, None), 5);
        assert!(waiting.is_empty());
    }
}
