//! A domain to the text of `domain.yml`.

use crate::{
    data::{
        Button, Domain, EntityType, Form, Intent, Json, Located, Mapping, MappingKind, Response,
        Slot, SlotKind, Variation,
    },
    yaml::emit::{Node, document},
};

/// Returns the text of a `domain.yml`.
pub fn write_domain(domain: &Domain) -> String {
    let mut parts = vec![("version".to_owned(), Node::Quoted("3.1".to_owned()))];
    let mut list = |key: &str, items: Vec<Node>| {
        if !items.is_empty() {
            parts.push((key.to_owned(), Node::List(items)));
        }
    };
    list("intents", domain.intents.iter().map(intent).collect());
    list("entities", domain.entities.iter().map(entity).collect());
    let mut map = |key: &str, entries: Vec<(String, Node)>| {
        if !entries.is_empty() {
            parts.push((key.to_owned(), Node::Map(entries)));
        }
    };
    map("slots", domain.slots.iter().map(slot).collect());
    map("responses", domain.responses.iter().map(response).collect());
    if !domain.actions.is_empty() {
        let names = domain.actions.iter().map(|name| {
            let options = if domain.actions_with_domain.contains(&name.value) {
                vec![("send_domain".to_owned(), flag(true))]
            } else {
                Vec::new()
            };
            keyed(&name.value, options)
        });
        parts.push(("actions".to_owned(), Node::List(names.collect())));
    }
    let forms: Vec<_> = domain.forms.iter().map(form).collect();
    if !forms.is_empty() {
        parts.push(("forms".to_owned(), Node::Map(forms)));
    }
    if !domain.e2e_actions.is_empty() {
        parts.push(("e2e_actions".to_owned(), strings(&domain.e2e_actions)));
    }
    if domain.keeps_entities_from_slots {
        let config = Node::map([("store_entities_as_slots", flag(false))]);
        parts.push(("config".to_owned(), config));
    }
    parts.push((
        "session_config".to_owned(),
        Node::map([
            (
                "session_expiration_time",
                number(domain.session.expiration_minutes),
            ),
            (
                "carry_over_slots_to_new_session",
                flag(domain.session.carry_over_slots),
            ),
        ]),
    ));
    let text = document(&parts);
    // A blank line after `version` as well: the parts are long.
    text.replacen("version: \"3.1\"\n", "version: \"3.1\"\n\n", 1)
}

/// Returns a domain as a JSON document with the keys of `domain.yml`: what action servers are sent.
pub fn domain_json(domain: &Domain) -> Json {
    // The text is ours, so that reading it back cannot fail.
    serde_yaml::from_str(&write_domain(domain)).unwrap_or_default()
}

/// Returns an entry of `responses`.
pub(super) fn response(response: &Response) -> (String, Node) {
    (
        response.name.clone(),
        Node::List(response.variations.iter().map(variation).collect()),
    )
}

fn flag(value: bool) -> Node {
    Node::Plain(value.to_string())
}

fn number(value: f64) -> Node {
    // Whole numbers without a fraction, as people write them; those beyond 64 bits with an exponent.
    Node::Plain(if value.abs() < 1e15 {
        value.to_string()
    } else {
        format!("{value:e}")
    })
}

fn names(values: &[Located<String>]) -> Node {
    Node::List(
        values
            .iter()
            .map(|name| Node::text(name.value.as_str()))
            .collect(),
    )
}

fn strings(values: &[String]) -> Node {
    Node::List(
        values
            .iter()
            .map(|value| Node::text(value.as_str()))
            .collect(),
    )
}

fn keyed(name: &str, options: Vec<(String, Node)>) -> Node {
    if options.is_empty() {
        Node::text(name)
    } else {
        Node::Map(vec![(name.to_owned(), Node::Map(options))])
    }
}

fn intent(intent: &Intent) -> Node {
    let mut options = Vec::new();
    if let Some(used) = &intent.use_entities {
        options.push(("use_entities".to_owned(), names(used)));
    }
    if !intent.ignore_entities.is_empty() {
        options.push(("ignore_entities".to_owned(), names(&intent.ignore_entities)));
    }
    keyed(&intent.name, options)
}

fn entity(entity: &EntityType) -> Node {
    let mut options = Vec::new();
    for (key, labels) in [("roles", &entity.roles), ("groups", &entity.groups)] {
        if !labels.is_empty() {
            options.push((key.to_owned(), strings(labels)));
        }
    }
    if !entity.influence_conversation {
        options.push(("influence_conversation".to_owned(), flag(false)));
    }
    keyed(&entity.name, options)
}

fn slot(slot: &Slot) -> (String, Node) {
    let mut entries = Vec::new();
    let mut put = |key: &str, value: Node| entries.push((key.to_owned(), value));
    match &slot.kind {
        SlotKind::Text => put("type", Node::text("text")),
        SlotKind::Bool => put("type", Node::text("bool")),
        SlotKind::List => put("type", Node::text("list")),
        SlotKind::Any => put("type", Node::text("any")),
        SlotKind::Float { min, max } => {
            put("type", Node::text("float"));
            put("min_value", number(*min));
            put("max_value", number(*max));
        }
        SlotKind::Categorical(values) => {
            put("type", Node::text("categorical"));
            put("values", strings(values));
        }
    }
    if slot.initial_value != Json::Null {
        put("initial_value", Node::json(&slot.initial_value));
    }
    if !slot.influence_conversation && slot.kind != SlotKind::Any {
        put("influence_conversation", flag(false));
    }
    put(
        "mappings",
        Node::List(slot.mappings.iter().map(mapping).collect()),
    );
    (slot.name.clone(), Node::Map(entries))
}

/// Returns an item of `mappings`.
pub(super) fn mapping(mapping: &Mapping) -> Node {
    let mut entries = Vec::new();
    let mut put = |key: &str, value: Node| entries.push((key.to_owned(), value));
    match &mapping.kind {
        MappingKind::FromEntity {
            entity,
            role,
            group,
        } => {
            put("type", Node::text("from_entity"));
            put("entity", Node::text(entity.as_str()));
            for (key, value) in [("role", role), ("group", group)] {
                if let Some(value) = value {
                    put(key, Node::text(value.as_str()));
                }
            }
        }
        MappingKind::FromText => put("type", Node::text("from_text")),
        MappingKind::FromIntent(value) => {
            put("type", Node::text("from_intent"));
            put("value", Node::json(value));
        }
        MappingKind::FromTriggerIntent(value) => {
            put("type", Node::text("from_trigger_intent"));
            put("value", Node::json(value));
        }
        MappingKind::Custom(action) => {
            put("type", Node::text("custom"));
            if let Some(action) = action {
                put("action", Node::text(action.as_str()));
            }
        }
    }
    for (key, intents) in [
        ("intent", &mapping.intent),
        ("not_intent", &mapping.not_intent),
    ] {
        if !intents.is_empty() {
            put(key, names(intents));
        }
    }
    if !mapping.conditions.is_empty() {
        let conditions = mapping.conditions.iter().map(|condition| {
            let active = condition.active_loop.as_ref();
            let mut entries = vec![(
                "active_loop".to_owned(),
                active.map_or_else(
                    || Node::Plain("null".into()),
                    |name| Node::text(name.value.as_str()),
                ),
            )];
            if let Some(slot) = &condition.requested_slot {
                entries.push(("requested_slot".to_owned(), Node::text(slot.value.as_str())));
            }
            Node::Map(entries)
        });
        put("conditions", Node::List(conditions.collect()));
    }
    Node::Map(entries)
}

fn variation(variation: &Variation) -> Node {
    let mut entries = Vec::new();
    let mut put = |key: &str, value: Node| entries.push((key.to_owned(), value));
    if let Some(text) = &variation.text {
        put("text", Node::text(text.as_str()));
    }
    if let Some(image) = &variation.image {
        put("image", Node::text(image.as_str()));
    }
    if !variation.buttons.is_empty() {
        put(
            "buttons",
            Node::List(variation.buttons.iter().map(button).collect()),
        );
    }
    if let Some(custom) = &variation.custom {
        put("custom", Node::json(custom));
    }
    if let Some(channel) = &variation.channel {
        put("channel", Node::text(channel.as_str()));
    }
    if !variation.conditions.is_empty() {
        let conditions = variation.conditions.iter().map(|condition| {
            Node::map([
                ("type", Node::text("slot")),
                ("name", Node::text(condition.name.as_str())),
                ("value", Node::json(&condition.value)),
            ])
        });
        put("condition", Node::List(conditions.collect()));
    }
    for (key, value) in &variation.other {
        put(key, Node::json(value));
    }
    Node::Map(entries)
}

fn button(button: &Button) -> Node {
    let mut entries = vec![("title".to_owned(), Node::text(button.title.as_str()))];
    if let Some(payload) = &button.payload {
        entries.push(("payload".to_owned(), Node::text(payload.as_str())));
    }
    entries.extend(
        button
            .other
            .iter()
            .map(|(key, value)| (key.clone(), Node::json(value))),
    );
    Node::Map(entries)
}

/// Returns an entry of `forms`.
pub(super) fn form(form: &Form) -> (String, Node) {
    let mut entries = vec![("required_slots".to_owned(), names(&form.required_slots))];
    if !form.ignored_intents.is_empty() {
        entries.push(("ignored_intents".to_owned(), names(&form.ignored_intents)));
    }
    (form.name.clone(), Node::Map(entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_written_with_its_parts_apart() {
        let domain = Domain {
            intents: vec![Intent {
                name: "greet".into(),
                ..Intent::default()
            }],
            responses: vec![Response {
                name: "utter_greet".into(),
                in_data: false,
                variations: vec![
                    Variation {
                        text: Some("Hi {name}: how are you?".into()),
                        ..Variation::default()
                    },
                    Variation {
                        text: Some("One.\nTwo.".into()),
                        ..Variation::default()
                    },
                ],
                origin: crate::diagnostic::Origin::default(),
            }],
            ..Domain::default()
        };
        assert_eq!(
            write_domain(&domain),
            r#"version: "3.1"

intents:
- greet

responses:
  utter_greet:
  - text: 'Hi {name}: how are you?'
  - text: |-
      One.
      Two.

session_config:
  session_expiration_time: 60
  carry_over_slots_to_new_session: true
"#
        );
    }
}
