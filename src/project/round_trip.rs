//! What is written is read back as it was, and is in canonical form already.

use std::sync::{Arc, LazyLock};

use proptest::{collection::vec, option, prelude::*};
use regex::Regex;
use serde_json::json;

use super::{
    edit::Document, format_text, read_config, read_domain, write_config, write_domain, write_nlu,
    write_stories,
};
use crate::{
    data::{
        Annotation, Button, Component, Condition, Config, Domain, EntityType, Example,
        ExampleMetadata, Form, Intent, Json, Located, Lookup, Mapping, MappingCondition,
        MappingKind, Pattern, Response, RuleCondition, SessionConfig, Slot, SlotKind, SlotValue,
        Step, StepEntity, StepKind, Story, StoryKind, Synonym, TrainingData, UserStep, Variation,
    },
    diagnostic::{Origin, SourceId, Sources},
    text::Span,
};

/// A text with everything that some reader could misread.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}( [a-z]{1,6}){0,2}",
        "[ -~é\u{2028}\t\n]{0,14}",
        "[\\\\u0041\\[\\](){}:#&*!|>'\"%@`~-]{1,12}",
        Just("yes".to_owned()),
        Just("${HOME}".to_owned()),
        Just("010".to_owned()),
    ]
}

/// A name: not empty, no blanks at its ends.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z_]{1,8}".boxed(), 1 => text().boxed()]
        .prop_map(|name| name.replace('/', "").trim().to_owned())
        .prop_filter("a name is not empty", |name| !name.is_empty())
}

fn here(name: String) -> Located<String> {
    Located::new(name, Origin::default())
}

fn located() -> impl Strategy<Value = Vec<Located<String>>> {
    names().prop_map(|names| names.into_iter().map(here).collect())
}

fn names() -> impl Strategy<Value = Vec<String>> {
    vec(name(), 0..3)
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        prop::num::f64::NORMAL.prop_map(Json::from),
        text().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            vec((text(), inner), 0..4).prop_map(|all| Json::Object(all.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = serde_json::Map<String, Json>> {
    vec((text(), json()), 0..3).prop_map(|all| all.into_iter().collect())
}

/// Drops all but the first of each name.
fn once<T>(mut all: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let mut known = std::collections::BTreeSet::new();
    all.retain(|one| known.insert(name(one).to_owned()));
    all
}

fn slot_kind() -> impl Strategy<Value = SlotKind> {
    prop_oneof![
        Just(SlotKind::Text),
        Just(SlotKind::Bool),
        Just(SlotKind::List),
        Just(SlotKind::Any),
        (-1e300..1e300_f64, 0.1..1e290_f64).prop_map(|(min, by)| SlotKind::Float {
            min,
            max: min + by.max(min.abs())
        }),
        vec(text().prop_map(|text| text.to_lowercase()), 0..3).prop_map(SlotKind::Categorical),
    ]
}

fn mapping() -> impl Strategy<Value = Mapping> {
    let kind = prop_oneof![
        (name(), option::of(text()), option::of(text())).prop_map(|(entity, role, group)| {
            MappingKind::FromEntity {
                entity,
                role,
                group,
            }
        }),
        Just(MappingKind::FromText),
        json().prop_map(MappingKind::FromIntent),
        json().prop_map(MappingKind::FromTriggerIntent),
        option::of(text()).prop_map(MappingKind::Custom),
    ];
    let condition =
        (option::of(text()), option::of(text())).prop_map(|(active_loop, requested_slot)| {
            MappingCondition {
                active_loop: active_loop.map(here),
                requested_slot: requested_slot.map(here),
            }
        });
    (kind, located(), located(), vec(condition, 0..3)).prop_map(
        |(kind, intent, not_intent, conditions)| Mapping {
            kind,
            intent,
            not_intent,
            conditions,
            target: Origin::default(),
            origin: Origin::default(),
        },
    )
}

fn slot() -> impl Strategy<Value = Slot> {
    (
        name(),
        slot_kind(),
        json(),
        any::<bool>(),
        vec(mapping(), 0..3),
    )
        .prop_map(|(name, kind, initial_value, influence, mappings)| Slot {
            influence_conversation: influence && kind != SlotKind::Any,
            name,
            kind,
            initial_value,
            mappings,
            origin: Origin::default(),
        })
}

fn variation() -> impl Strategy<Value = Variation> {
    let button = (text(), option::of(text()), object()).prop_map(|(title, payload, mut other)| {
        other.remove("title");
        other.remove("payload");
        Button {
            title,
            payload,
            other,
            origin: Origin::default(),
        }
    });
    let condition = (name(), json()).prop_map(|(name, value)| Condition {
        name,
        value,
        origin: Origin::default(),
    });
    (
        text(),
        vec(button, 0..3),
        option::of(text()),
        option::of(json()),
        option::of(text()),
        vec(condition, 0..2),
        json(),
    )
        .prop_map(
            |(text, buttons, image, custom, channel, conditions, metadata)| Variation {
                text: Some(text),
                text_origin: Origin::default(),
                buttons,
                image,
                custom: custom.map(|inner| json!({ "k": inner })),
                channel,
                conditions,
                other: [("metadata".to_owned(), metadata)].into_iter().collect(),
                origin: Origin::default(),
            },
        )
}

fn domain() -> impl Strategy<Value = Domain> {
    let origin = Origin::default();
    let intent =
        (name(), option::of(located()), located()).prop_map(move |(name, used, ignored)| Intent {
            name,
            use_entities: used,
            ignore_entities: ignored,
            origin,
        });
    let entity = (name(), names(), names(), any::<bool>()).prop_map(
        move |(name, roles, groups, influence)| EntityType {
            name,
            roles,
            groups,
            influence_conversation: influence,
            origin,
        },
    );
    let response = (name(), vec(variation(), 1..3)).prop_map(move |(name, variations)| Response {
        name,
        variations,
        in_data: false,
        origin,
    });
    let form = (name(), located(), located()).prop_map(move |(name, slots, ignored)| Form {
        name,
        required_slots: slots,
        ignored_intents: ignored,
        origin,
    });
    let session = (0.0..1e6_f64, any::<bool>()).prop_map(|(minutes, carry)| SessionConfig {
        expiration_minutes: minutes,
        carry_over_slots: carry,
    });
    let lists = (
        vec(intent, 0..4),
        vec(entity, 0..4),
        vec(slot(), 0..4),
        vec(response, 0..4),
        vec(name(), 0..4),
        vec(form, 0..3),
    );
    let settings = (session, vec(text(), 0..3), any::<bool>());
    (lists, settings).prop_map(
        move |(
            (intents, entities, slots, responses, actions, forms),
            (session, mut e2e_actions, keeps),
        )| Domain {
            intents: once(intents, |one| &one.name),
            entities: once(entities, |one| &one.name),
            slots: once(slots, |one| &one.name),
            responses: once(responses, |one| &one.name),
            actions: once(actions, String::as_str)
                .into_iter()
                .map(|name| Located::new(name, origin))
                .collect(),
            actions_with_domain: Vec::new(),
            forms: once(forms, |one| &one.name),
            e2e_actions: {
                e2e_actions.sort_unstable();
                e2e_actions.dedup();
                e2e_actions
            },
            keeps_entities_from_slots: keeps,
            session,
            origin,
        },
    )
}

/// A place in the debug form of a value: all that reading adds to what was written.
static PLACES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Origin \{\s*source: SourceId\(\s*\d+,\s*\),\s*span: Span \{[^}]*\},\s*\}").unwrap()
});

fn slots() -> impl Strategy<Value = Vec<SlotValue>> {
    vec(slot_value(), 1..3)
}

fn slot_value() -> impl Strategy<Value = SlotValue> {
    (name(), option::of(json())).prop_map(|(name, value)| SlotValue {
        name,
        value,
        origin: Origin::default(),
    })
}

fn entity() -> impl Strategy<Value = StepEntity> {
    (name(), option::of(text()), option::of(text()), json()).prop_map(
        |(entity, role, group, value)| StepEntity {
            entity: format!("e{entity}"),
            role,
            group,
            value,
            span: None,
            origin: Origin::default(),
        },
    )
}

/// A text with one marked entity.
fn said() -> impl Strategy<Value = (String, Vec<StepEntity>)> {
    let plain = "[a-zé\\[\\](){}]{0,6}";
    (
        plain,
        "[a-zé ]{1,6}",
        plain,
        "[a-z:)]{1,5}",
        option::of("[a-z}\\]\"]{1,5}"),
    )
        .prop_map(|(head, covered, tail, entity, value)| {
            let text = format!("x{head} {covered} {tail}x");
            let start = head.len() + 2;
            let marked = StepEntity {
                entity,
                role: None,
                group: None,
                value: value.unwrap_or_else(|| covered.clone()).into(),
                span: Some(Span::new(start, start + covered.len())),
                origin: Origin::default(),
            };
            (text, vec![marked])
        })
}

fn user() -> impl Strategy<Value = StepKind> {
    let payload = "/[a-z]{1,4}(\\{\"a\": \"b\"\\})?".prop_map(|text| (text, Vec::new()));
    let unmarked = text().prop_filter_map("a text is not empty", |text| {
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some((text, Vec::new()))
    });
    (
        option::of(prop_oneof![said(), payload, unmarked]),
        name(),
        vec(entity(), 0..3),
    )
        .prop_map(|(said, intent, listed)| {
            let (text, mut entities) = match said {
                Some((text, entities)) => (Some(text), entities),
                None => (None, Vec::new()),
            };
            entities.extend(listed);
            StepKind::User(UserStep {
                intent: Some(intent),
                text,
                entities,
                intent_origin: Origin::default(),
            })
        })
}

fn step(kind: StepKind) -> Step {
    Step {
        kind,
        origin: Origin::default(),
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let choice = prop_oneof![
        user(),
        slot_value().prop_map(|slot| StepKind::SlotWasSet(vec![slot]))
    ];
    let kind = prop_oneof![
        user(),
        name().prop_map(StepKind::Action),
        slots().prop_map(StepKind::SlotWasSet),
        option::of(text()).prop_map(StepKind::ActiveLoop),
        vec(choice.prop_map(step), 1..3).prop_map(StepKind::Or),
    ];
    vec(kind.prop_map(step), 1..5)
}

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let only_stories = prop_oneof![
        text().prop_map(StepKind::Bot),
        (name(), prop_oneof![Just(Vec::new()), slots()])
            .prop_map(|(name, slots)| StepKind::Checkpoint { name, slots }),
    ];
    let story = (name(), steps(), vec(only_stories.prop_map(step), 0..2)).prop_map(
        |(name, mut steps, more)| {
            steps.extend(more);
            Story {
                name,
                kind: StoryKind::Story,
                steps,
                origin: Origin::default(),
            }
        },
    );
    let condition = prop_oneof![
        option::of(text()).prop_map(|name| RuleCondition::ActiveLoop(name, Origin::default())),
        slot_value().prop_map(RuleCondition::SlotWasSet),
    ];
    let rule = (
        name(),
        steps(),
        vec(condition, 0..3),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(name, steps, conditions, conversation_start, wait_for_user_input)| Story {
                name,
                kind: StoryKind::Rule {
                    conditions,
                    conversation_start,
                    wait_for_user_input,
                },
                steps,
                origin: Origin::default(),
            },
        );
    (vec(story, 0..3), vec(rule, 0..3)).prop_map(|(mut stories, rules)| {
        stories.extend(rules);
        stories
    })
}

fn config() -> impl Strategy<Value = Config> {
    let component = (name(), object()).prop_map(|(name, mut options)| {
        options.remove("name");
        Component {
            name,
            options,
            origin: Origin::default(),
        }
    });
    let list = option::of(vec(component, 0..4)).boxed();
    let word = || option::of(text());
    (word(), word(), word(), list.clone(), list).prop_map(
        |(recipe, language, assistant_id, pipeline, policies)| Config {
            recipe,
            language,
            assistant_id,
            pipeline,
            policies,
            ..Config::default()
        },
    )
}

/// Returns what may be noted beside an example.
fn notes() -> impl Strategy<Value = Option<Arc<ExampleMetadata>>> {
    let note = || option::weighted(0.2, json().prop_filter("nothing", |note| !note.is_null()));
    (note(), note()).prop_map(|(intent, example)| {
        let is_some = intent.is_some() || example.is_some();
        is_some.then(|| Arc::new(ExampleMetadata { intent, example }))
    })
}

fn training() -> impl Strategy<Value = TrainingData> {
    let example = (said(), name(), option::of("[a-z]{1,4}"), notes()).prop_map(
        |((text, entities), intent, key, metadata)| Example {
            metadata,
            response_key: key.map(|key| format!("{intent}/{key}")),
            intent,
            entities: entities
                .into_iter()
                .map(|entity| Annotation {
                    span: entity.span.unwrap_or_default(),
                    entity: entity.entity,
                    value: entity
                        .value
                        .as_str()
                        .filter(|value| *value != entity.span.unwrap_or_default().of(&text))
                        .map(str::to_owned),
                    ..Annotation::default()
                })
                .collect(),
            text,
            origin: Origin::default(),
        },
    );
    let line = || {
        text().prop_filter_map("a line is not empty", |text| {
            let line = text.replace('\n', "");
            let line = line.trim_matches([' ', '\r']).to_owned();
            (!line.is_empty()).then_some(line)
        })
    };
    let named = move || vec((name(), line()), 0..4);
    (vec(example, 0..5), named(), named(), named()).prop_map(
        |(examples, synonyms, patterns, lines)| {
            let origin = Origin::default();
            let mut lookups: Vec<Lookup> = Vec::new();
            for (name, line) in lines {
                let line = Located::new(line, origin);
                match lookups.iter_mut().find(|known| known.name == name) {
                    Some(known) => known.entries.push(line),
                    None => lookups.push(Lookup {
                        name,
                        entries: vec![line],
                        origin,
                    }),
                }
            }
            TrainingData {
                examples: examples.into_iter().filter(super::can_write).collect(),
                synonyms: synonyms
                    .into_iter()
                    .map(|(value, spelling)| Synonym {
                        spelling,
                        value,
                        origin,
                    })
                    .collect(),
                patterns: patterns
                    .into_iter()
                    .map(|(name, pattern)| Pattern {
                        name,
                        pattern,
                        origin,
                    })
                    .collect(),
                lookups,
            }
        },
    )
}

/// Fails if a text is not in canonical form.
fn canonical(written: &str) -> Result<(), TestCaseError> {
    let formatted = format_text(SourceId::default(), written);
    prop_assert_eq!(formatted, Ok((written.to_owned(), None)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_domain_comes_back(domain in domain()) {
        let written = write_domain(&domain);
        let read = read_domain("d", &written, &mut Sources::new());
        let bare = |domain: &Domain| PLACES.replace_all(&format!("{domain:#?}"), "").into_owned();
        prop_assert_eq!(read.map(|read| bare(&read)), Ok(bare(&domain)), "{}", written);
        canonical(&written)?;
    }

    #[test]
    fn stories_and_rules_come_back(stories in stories()) {
        let written = write_stories(&stories);
        let read: Vec<Story> = Document::new("s", &written).unwrap().stories();
        let read: Vec<Story> = read.iter().map(super::edit::without_places).collect();
        prop_assert_eq!(read, stories, "{}", written);
        canonical(&written)?;
    }

    #[test]
    fn a_config_comes_back(config in config()) {
        let written = write_config(&config);
        let read = read_config("c", &written, &mut Sources::new()).map(|mut config| {
            for list in [&mut config.pipeline, &mut config.policies] {
                list.iter_mut().flatten().for_each(|one| one.origin = Origin::default());
            }
            config
        });
        prop_assert_eq!(read, Ok(config), "{}", written);
        canonical(&written)?;
    }

    #[test]
    fn training_data_comes_back(training in training()) {
        let written = write_nlu(&training);
        let read = Document::new("n", &written).unwrap().training();
        let none = Origin::default();
        // Groups are written together, in the order of their first line.
        let examples = |all: &[Example]| {
            let mut all: Vec<_> = all.iter().map(|one| Example { origin: none, ..one.clone() }).collect();
            all.sort_by(|a, b| format!("{a:?}").cmp(&format!("{b:?}")));
            all
        };
        prop_assert_eq!(examples(&read.examples), examples(&training.examples), "{}", &written);
        let sorted = |mut all: Vec<(String, String)>| { all.sort_by(|a, b| a.0.cmp(&b.0)); all };
        let synonyms = |all: &TrainingData| sorted(all.synonyms.iter().map(|s| (s.value.clone(), s.spelling.clone())).collect());
        prop_assert_eq!(synonyms(&read), synonyms(&training), "{}", &written);
        let patterns = |all: &TrainingData| sorted(all.patterns.iter().map(|s| (s.name.clone(), s.pattern.clone())).collect());
        prop_assert_eq!(patterns(&read), patterns(&training), "{}", &written);
        let lookups = |all: &TrainingData| -> Vec<(String, Vec<String>)> {
            let lines = |lookup: &Lookup| lookup.entries.iter().map(|line| line.value.clone()).collect();
            all.lookups.iter().map(|lookup| (lookup.name.clone(), lines(lookup))).collect()
        };
        prop_assert_eq!(lookups(&read), lookups(&training), "{}", &written);
        canonical(&written)?;
    }
}
