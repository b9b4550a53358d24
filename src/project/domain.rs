//! `domain.yml` — intents, entities, slots, responses, actions, forms, sessions.

use super::{
    migrate::{FormSlot, Old},
    problem,
    reader::Reader,
};
use crate::{
    data::{
        Button, Condition, Domain, EntityType, Form, Intent, Json, Located, Mapping,
        MappingCondition, MappingKind, Response, Slot, SlotKind, Variation,
    },
    diagnostic::Origin,
    yaml::Node,
};

const DOMAIN_KEYS: [&str; 10] = [
    "version",
    "intents",
    "entities",
    "actions",
    "responses",
    "slots",
    "forms",
    "e2e_actions",
    "session_config",
    "config",
];
const SLOT_TYPES: [&str; 6] = ["text", "bool", "float", "categorical", "list", "any"];
const MAPPING_TYPES: [&str; 5] = [
    "from_entity",
    "from_text",
    "from_intent",
    "from_trigger_intent",
    "custom",
];
/// Keys of a slot; the last one is Rasa 2's.
const SLOT_KEYS: [&str; 9] = [
    "type",
    "values",
    "initial_value",
    "influence_conversation",
    "mappings",
    "min_value",
    "max_value",
    "value_reset_delay",
    "auto_fill",
];
const VARIATION_KEYS: [&str; 13] = [
    "id",
    "text",
    "image",
    "custom",
    "buttons",
    "quick_replies",
    "button_type",
    "attachment",
    "elements",
    "channel",
    "metadata",
    "condition",
    "type",
];

/// Tells whether the tree looks like a domain file.
pub(super) fn is_domain(root: &Node) -> bool {
    DOMAIN_KEYS
        .iter()
        .filter(|key| **key != "version" && **key != "config")
        .any(|key| root.get(key).is_some())
}

/// Reads one file's tree. What only Rasa 2 and 1 write goes to `old`, where the file's version allows it.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node, old: &mut Old) -> Domain {
    let mut domain = Domain {
        origin: root
            .entry("intents")
            .map_or(reader.origin(root.span), |(key, _)| reader.origin(key.span)),
        ..Domain::default()
    };
    old.enter(root);
    for (key, value) in reader.mapping(root, "the domain") {
        match key.text().unwrap_or_default() {
            "intents" => intents(reader, value, &mut domain),
            "entities" => entities(reader, value, &mut domain),
            "actions" => actions(reader, value, &mut domain),
            "responses" => responses(reader, value, &mut domain),
            "templates" if old.is_allowed() => {
                old.templates(reader.origin(key.span));
                responses(reader, value, &mut domain);
            }
            "slots" => slots(reader, value, &mut domain, old),
            "forms" => forms(reader, value, &mut domain, old),
            "session_config" => session(reader, value, &mut domain),
            "e2e_actions" => {
                let texts = reader.strings(value, "`e2e_actions`");
                domain.e2e_actions = texts.into_iter().map(|text| text.value).collect();
                domain.e2e_actions.sort_unstable();
                domain.e2e_actions.dedup();
            }
            "config" => config(reader, value, &mut domain),
            "version" => {}
            name if name.starts_with("x-") => {}
            name => {
                let at = reader.origin(key.span);
                reader.note(problem::unused_key(at, name, "the domain", &DOMAIN_KEYS));
            }
        }
    }
    domain
}

fn config(reader: &mut Reader<'_>, map: &Node, domain: &mut Domain) {
    reader.mapping(map, "`config`");
    if let Some(node) = map.get("store_entities_as_slots") {
        let keeps = reader.bool(node, "`store_entities_as_slots`");
        domain.keeps_entities_from_slots = keeps == Some(false);
    }
}

/// Returns name, body and place of a list item that is `name` or `name: {…}`.
fn named<'n>(
    reader: &mut Reader<'_>,
    item: &'n Node,
    what: &str,
) -> Option<(String, Option<&'n Node>, Origin)> {
    if let Some([(key, body)]) = item.entries() {
        let name = reader.name(key, what)?;
        let at = reader.origin(key.span);
        let empty = body.is_null() || body.entries().is_some_and(<[_]>::is_empty);
        if empty {
            // The name counts all the same, so that its uses are not told as further mistakes.
            reader.note(problem::intent_body_empty(at, &name));
            return Some((name, None, at));
        }
        return Some((name, Some(body), at));
    }
    Some((reader.name(item, what)?, None, reader.origin(item.span)))
}

fn intents(reader: &mut Reader<'_>, list: &Node, domain: &mut Domain) {
    for item in reader.list(list, "`intents`") {
        let Some((name, body, origin)) = named(reader, item, "an intent") else {
            continue;
        };
        if let Some(first) = domain.intent(&name) {
            reader.note(problem::duplicate(origin, first.origin, "intent", &name));
            continue;
        }
        let mut intent = Intent {
            name,
            origin,
            ..Intent::default()
        };
        if let Some(body) = body {
            reader.unused_keys(
                body,
                "an intent",
                &[
                    "use_entities",
                    "ignore_entities",
                    "triggers",
                    "is_retrieval_intent",
                ],
            );
            if let Some(used) = body.get("use_entities") {
                intent.use_entities = match used.bool() {
                    Some(true) => None,
                    Some(false) => Some(Vec::new()),
                    None if used.is_null() => Some(Vec::new()),
                    None => Some(reader.strings(used, "`use_entities`")),
                };
            }
            if let Some(ignored) = body.get("ignore_entities") {
                intent.ignore_entities = reader.strings(ignored, "`ignore_entities`");
            }
        }
        domain.intents.push(intent);
    }
}

fn entities(reader: &mut Reader<'_>, list: &Node, domain: &mut Domain) {
    for item in reader.list(list, "`entities`") {
        let Some((name, body, origin)) = named(reader, item, "an entity") else {
            continue;
        };
        if let Some(first) = domain.entity(&name) {
            reader.note(problem::duplicate(origin, first.origin, "entity", &name));
            continue;
        }
        let mut entity = EntityType {
            name,
            roles: Vec::new(),
            groups: Vec::new(),
            influence_conversation: true,
            origin,
        };
        if let Some(body) = body {
            reader.unused_keys(
                body,
                "an entity",
                &["roles", "groups", "influence_conversation"],
            );
            let mut labels = |key: &str| -> Vec<String> {
                body.get(key)
                    .map(|node| reader.strings(node, &format!("`{key}`")))
                    .unwrap_or_default()
                    .into_iter()
                    .map(|label| label.value)
                    .collect()
            };
            entity.roles = labels("roles");
            entity.groups = labels("groups");
            if let Some(node) = body.get("influence_conversation") {
                entity.influence_conversation = reader
                    .bool(node, "`influence_conversation`")
                    .unwrap_or(true);
            }
        }
        domain.entities.push(entity);
    }
}

fn actions(reader: &mut Reader<'_>, list: &Node, domain: &mut Domain) {
    for item in reader.list(list, "`actions`") {
        let (name, origin) = match item.entries() {
            Some([(key, _)]) => (reader.name(key, "an action"), reader.origin(key.span)),
            _ => (reader.name(item, "an action"), reader.origin(item.span)),
        };
        let Some(name) = name else { continue };
        if let Some(first) = domain.actions.iter().find(|known| known.value == name) {
            reader.note(problem::duplicate(origin, first.origin, "action", &name));
            continue;
        }
        if let Some([(_, body)]) = item.entries()
            && body.get("send_domain").and_then(Node::bool) == Some(true)
        {
            domain.actions_with_domain.push(name.clone());
        }
        domain.actions.push(Located::new(name, origin));
    }
}

/// Reads a `responses:` mapping; names known already keep their first declaration.
pub(super) fn responses(reader: &mut Reader<'_>, map: &Node, domain: &mut Domain) {
    for (key, list) in reader.mapping(map, "`responses`") {
        let Some(name) = reader.name(key, "a response") else {
            continue;
        };
        let origin = reader.origin(key.span);
        if list.items().is_none() {
            reader.expected(list, &format!("the response `{name}`"), "a list");
        }
        let variations = list
            .items()
            .unwrap_or_default()
            .iter()
            .filter_map(|item| variation(reader, &name, item))
            .collect();
        if domain.response(&name).is_none() {
            domain.responses.push(Response {
                name,
                variations,
                in_data: false,
                origin,
            });
        }
    }
}

fn variation(reader: &mut Reader<'_>, response: &str, item: &Node) -> Option<Variation> {
    let origin = reader.origin(item.span);
    let entries = reader.mapping(item, "a variation");
    reader.keys(item, "a variation", &VARIATION_KEYS);
    let mut variation = Variation {
        origin,
        ..Variation::default()
    };
    for (key, value) in entries {
        match key.text().unwrap_or_default() {
            "text" => {
                variation.text_origin = reader.origin(value.span);
                if !value.is_null() {
                    variation.text = Some(reader.string(value, "`text`")?);
                }
            }
            "image" => variation.image = reader.string(value, "`image`"),
            "channel" => variation.channel = reader.string(value, "`channel`"),
            "custom" => variation.custom = Some(value.json()),
            "buttons" => {
                variation.buttons = reader
                    .list(value, "`buttons`")
                    .iter()
                    .filter_map(|item| button(reader, item))
                    .collect();
            }
            "condition" => {
                variation.conditions = reader
                    .list(value, "`condition`")
                    .iter()
                    .filter_map(|item| condition(reader, item))
                    .collect();
            }
            name => {
                variation.other.insert(name.to_owned(), value.json());
            }
        }
    }
    let custom = variation
        .custom
        .as_ref()
        .and_then(Json::as_object)
        .is_some_and(|map| !map.is_empty());
    if variation.text.is_none() && !custom {
        reader.note(problem::empty_variation(origin, response));
        return None;
    }
    Some(variation)
}

fn button(reader: &mut Reader<'_>, item: &Node) -> Option<Button> {
    let mut button = Button::default();
    for (key, value) in reader.mapping(item, "a button") {
        match key.text().unwrap_or_default() {
            "title" => value.text()?.clone_into(&mut button.title),
            "payload" => {
                button.origin = reader.origin(value.span);
                button.payload = value.text().map(str::to_owned);
            }
            name => {
                button.other.insert(name.to_owned(), value.json());
            }
        }
    }
    Some(button)
}

fn condition(reader: &mut Reader<'_>, item: &Node) -> Option<Condition> {
    reader.keys(item, "a condition", &["type", "name", "value"]);
    let node = item.get("name")?;
    Some(Condition {
        name: reader.name(node, "`name`")?,
        value: item.get("value").map_or(Json::Null, Node::json),
        origin: reader.origin(node.span),
    })
}

fn slots(reader: &mut Reader<'_>, map: &Node, domain: &mut Domain, old: &mut Old) {
    for (key, body) in reader.mapping(map, "`slots`") {
        let Some(name) = reader.name(key, "a slot") else {
            continue;
        };
        let origin = reader.origin(key.span);
        if domain.slot(&name).is_some() {
            continue;
        }
        reader.mapping(body, &format!("the slot `{name}`"));
        let keys = SLOT_KEYS.len() - usize::from(!old.is_allowed());
        let keys = SLOT_KEYS.get(..keys).unwrap_or_default();
        reader.keys(body, &format!("the slot `{name}`"), keys);
        // A slot of a broken type is still a slot, so that its uses are not told as further mistakes.
        let known = slot_kind(reader, &name, origin, body, old);
        let broken = known.is_none();
        let kind = known.unwrap_or(SlotKind::Any);
        let mut influence = kind != SlotKind::Any;
        if let Some(node) = body.get("influence_conversation") {
            influence = reader
                .bool(node, "`influence_conversation`")
                .unwrap_or(influence);
            if influence && kind == SlotKind::Any && !broken {
                reader.note(problem::any_influences(reader.origin(node.span), &name));
                influence = false;
            }
        }
        let mappings = if let Some(list) = body.get("mappings") {
            reader
                .list(list, "`mappings`")
                .iter()
                .filter_map(|item| mapping(reader, &name, item))
                .collect()
        } else {
            if old.is_allowed() {
                let fills = body.get("auto_fill").and_then(Node::bool) != Some(false);
                old.slot_without_mappings(&name, fills, origin);
            } else {
                reader.note(problem::slot_lacks_mappings(origin, &name));
            }
            Vec::new()
        };
        let initial_value = body.get("initial_value").map_or(Json::Null, Node::json);
        domain.slots.push(Slot {
            name,
            kind,
            initial_value,
            influence_conversation: influence,
            mappings,
            origin,
        });
    }
}

fn slot_kind(
    reader: &mut Reader<'_>,
    slot: &str,
    origin: Origin,
    body: &Node,
    old: &Old,
) -> Option<SlotKind> {
    let Some(node) = body.get("type") else {
        reader.note(problem::slot_lacks_type(origin, slot));
        return None;
    };
    let kind = reader.name(node, "`type`")?;
    let plain = rasa_class(&kind).unwrap_or(&kind);
    Some(match plain {
        "text" => SlotKind::Text,
        "unfeaturized" if old.is_allowed() => SlotKind::Any,
        "bool" => SlotKind::Bool,
        "list" => SlotKind::List,
        "any" => SlotKind::Any,
        "categorical" => {
            let values = body
                .get("values")
                .map(|node| reader.list(node, "`values`"))
                .unwrap_or_default();
            SlotKind::Categorical(
                values
                    .iter()
                    .filter_map(Node::text)
                    .map(str::to_lowercase)
                    .collect(),
            )
        }
        "float" => {
            let min = body
                .get("min_value")
                .map_or(Some(0.0), |node| reader.number(node, "`min_value`"))?;
            let max = body
                .get("max_value")
                .map_or(Some(1.0), |node| reader.number(node, "`max_value`"))?;
            if min >= max {
                reader.note(problem::bad_range(origin, slot));
                return None;
            }
            SlotKind::Float { min, max }
        }
        _ if kind.contains('.') => {
            let at = reader.origin(node.span);
            reader.note(problem::custom_slot_type(at, &kind, slot));
            SlotKind::Any
        }
        _ => {
            reader.note(problem::unknown_slot_type(
                reader.origin(node.span),
                &kind,
                slot,
                &SLOT_TYPES,
            ));
            return None;
        }
    })
}

/// Returns the type that one of Rasa's own classes stands for, as domains dumped by Rasa X name them.
fn rasa_class(path: &str) -> Option<&'static str> {
    let (module, class) = path.rsplit_once('.')?;
    if module != "rasa.shared.core.slots" && module != "rasa.core.slots" {
        return None;
    }
    Some(match class {
        "TextSlot" => "text",
        "BooleanSlot" => "bool",
        "FloatSlot" => "float",
        "CategoricalSlot" => "categorical",
        "ListSlot" => "list",
        "AnySlot" => "any",
        "UnfeaturizedSlot" => "unfeaturized",
        _ => return None,
    })
}

fn mapping(reader: &mut Reader<'_>, slot: &str, item: &Node) -> Option<Mapping> {
    let origin = reader.origin(item.span);
    reader.mapping(item, "a mapping of a slot");
    let Some(node) = item.get("type") else {
        reader.note(problem::mapping_lacks(origin, "slot", "type"));
        return None;
    };
    let kind = reader.name(node, "`type`")?;
    let target = ["entity", "value", "action"]
        .iter()
        .find_map(|key| item.get(key))
        .map_or(origin, |node| reader.origin(node.span));
    let mut need = |key: &str| {
        let found = item.get(key);
        if found.is_none() {
            reader.note(problem::mapping_lacks(origin, &kind, key));
        }
        found
    };
    let kind = match kind.as_str() {
        "from_entity" => {
            let entity = need("entity")?;
            let word = |key: &str| item.get(key).and_then(Node::text).map(str::to_owned);
            MappingKind::FromEntity {
                entity: reader.name(entity, "`entity`")?,
                role: word("role"),
                group: word("group"),
            }
        }
        "from_text" => MappingKind::FromText,
        "from_intent" => MappingKind::FromIntent(need("value")?.json()),
        "from_trigger_intent" => MappingKind::FromTriggerIntent(need("value")?.json()),
        "custom" => MappingKind::Custom(item.get("action").and_then(Node::text).map(str::to_owned)),
        _ => {
            reader.note(problem::unknown_mapping(
                reader.origin(node.span),
                &kind,
                slot,
                &MAPPING_TYPES,
            ));
            return None;
        }
    };
    let mut names = |key: &str| {
        item.get(key)
            .map(|node| reader.strings(node, &format!("`{key}`")))
            .unwrap_or_default()
    };
    let (intent, not_intent) = (names("intent"), names("not_intent"));
    let conditions = item
        .get("conditions")
        .map(|node| reader.list(node, "`conditions`"))
        .unwrap_or_default()
        .iter()
        .map(|node| MappingCondition {
            active_loop: reader.word(node.get("active_loop")),
            requested_slot: reader.word(node.get("requested_slot")),
        })
        .collect();
    Some(Mapping {
        kind,
        intent,
        not_intent,
        conditions,
        target,
        origin,
    })
}

fn forms(reader: &mut Reader<'_>, map: &Node, domain: &mut Domain, old: &mut Old) {
    if let Some(items) = map.items().filter(|_| old.is_allowed()) {
        for item in items {
            match item.entries() {
                Some([(key, body)]) => form(reader, key, body, domain, old),
                _ => form(reader, item, &Node::null(item.span), domain, old),
            }
        }
        return;
    }
    for (key, body) in reader.mapping(map, "`forms`") {
        form(reader, key, body, domain, old);
    }
}

fn form(reader: &mut Reader<'_>, key: &Node, body: &Node, domain: &mut Domain, old: &mut Old) {
    let Some(name) = reader.name(key, "a form") else {
        return;
    };
    let origin = reader.origin(key.span);
    if domain.form(&name).is_some() {
        return;
    }
    if body.entries().is_none() && !(body.is_null() && old.is_allowed()) {
        reader.expected(body, &format!("the form `{name}`"), "a mapping");
    }
    let slots = body.get("required_slots");
    let inside = slots
        .filter(|node| node.entries().is_some())
        .or_else(|| slots.is_none().then_some(body));
    let required_slots = match (inside, slots) {
        (Some(mappings), _) if old.is_allowed() => form_slots(reader, &name, mappings, origin, old),
        (_, Some(list)) => reader.strings(list, "`required_slots`"),
        _ => {
            let known = ["required_slots", "ignored_intents"];
            reader.unused_keys(body, &format!("the form `{name}`"), &known);
            Vec::new()
        }
    };
    let ignored_intents = body
        .get("ignored_intents")
        .map(|node| reader.strings(node, "`ignored_intents`"))
        .unwrap_or_default();
    domain.forms.push(Form {
        name,
        required_slots,
        ignored_intents,
        origin,
    });
}

/// Reads slots with their mappings inside a form, as Rasa 2 wrote them.
fn form_slots(
    reader: &mut Reader<'_>,
    form: &str,
    body: &Node,
    origin: Origin,
    old: &mut Old,
) -> Vec<Located<String>> {
    let mut required = Vec::new();
    old.form(form, origin);
    for (key, list) in body.entries().unwrap_or_default() {
        if key.text() == Some("ignored_intents") {
            continue;
        }
        let Some(slot) = reader.name(key, "a slot of a form") else {
            continue;
        };
        let mappings = reader
            .list(list, &format!("the mappings of `{slot}`"))
            .iter()
            .filter_map(|item| mapping(reader, &slot, item))
            .collect();
        required.push(Located::new(slot.clone(), reader.origin(key.span)));
        old.form_slots.push(FormSlot {
            form: form.to_owned(),
            slot,
            mappings,
        });
    }
    required
}

fn session(reader: &mut Reader<'_>, map: &Node, domain: &mut Domain) {
    reader.keys(
        map,
        "`session_config`",
        &["session_expiration_time", "carry_over_slots_to_new_session"],
    );
    if let Some(node) = map.get("session_expiration_time") {
        domain.session.expiration_minutes = reader
            .number(node, "`session_expiration_time`")
            .unwrap_or(domain.session.expiration_minutes)
            .max(0.0);
    }
    if let Some(node) = map.get("carry_over_slots_to_new_session") {
        domain.session.carry_over_slots = reader
            .bool(node, "`carry_over_slots_to_new_session`")
            .unwrap_or(true);
    }
}
