//! Exports of Dialogflow ES: intents with `…_usersays_LANG.json`, entities with `…_entries_LANG.json` beside them.

use std::path::{Path, PathBuf};

use super::{
    json_nlu::text,
    problem,
    text::{Raw, example},
};
use crate::{
    data::{
        Annotation, Assistant, Button, Located, Lookup, Mapping, MappingKind, Pattern, Response,
        Slot, SlotKind, Story, Synonym, Variation,
    },
    diagnostic::{Diagnostic, Sources},
    files,
    project::reader::Reader,
    text::Span,
    yaml::{self, Node},
};

/// The file beside an intent or entity that holds what is said in one language.
struct Beside {
    text: String,
    root: Node,
    source: crate::diagnostic::SourceId,
}

/// Reads an intent with its examples, its parameters and what it answers.
pub(super) fn read_intent(
    reader: &mut Reader<'_>,
    root: &Node,
    path: &Path,
    language: Option<&str>,
    sources: &mut Sources,
    into: &mut Assistant,
) {
    let Some(name) = text(reader, root, "name", "an intent") else {
        return;
    };
    // A slash would make a retrieval intent of it.
    let intent = name.value.replace('/', "_");
    let is_fallback = root.get("fallbackIntent").and_then(Node::bool) == Some(true);
    let language = language_of(path, language);
    let (beside, others) = beside(reader, path, "_usersays_", &language, sources);
    if let Some(beside) = beside {
        let mut examples = Reader {
            source: beside.source,
            text: &beside.text,
            findings: reader.findings,
        };
        for item in examples.list(&beside.root, "the file") {
            let raw = said(&mut examples, item, &intent);
            into.training
                .examples
                .extend(raw.and_then(|raw| example(&mut examples, raw)));
        }
    } else if !is_fallback {
        reader.note(problem::no_examples_file(
            name.origin,
            &format!("the intent `{}`", name.value),
            &no_file("usersays", &language, &others),
        ));
    }
    not_mapped(reader, root, &name);
    let Some(answer) = root
        .get("responses")
        .and_then(Node::items)
        .and_then(<[_]>::first)
    else {
        return;
    };
    let parameters = parameters(reader, answer);
    let variations = variations(reader, answer, &language, &parameters);
    if variations.is_empty() {
        return;
    }
    let said = |slot: &str| {
        let place = format!("{{{slot}}}");
        variations.iter().any(|variation| {
            variation
                .text
                .as_ref()
                .is_some_and(|text| text.contains(&place))
        })
    };
    for parameter in &parameters {
        if said(&parameter.value) && into.domain.slot(&parameter.value).is_none() {
            into.domain.slots.push(slot(parameter));
        }
    }
    let action = format!("utter_{}", action_name(&intent));
    let answered = if is_fallback { "nlu_fallback" } else { &intent };
    into.stories.push(Story::answer(
        &format!("answer {answered}"),
        answered,
        &action,
        name.origin,
    ));
    into.domain.responses.push(Response {
        name: action,
        variations,
        in_data: false,
        origin: name.origin,
    });
}

/// Reads an entity with its values: a regular expression, or a lookup table with synonyms.
pub(super) fn read_entity(
    reader: &mut Reader<'_>,
    root: &Node,
    path: &Path,
    language: Option<&str>,
    sources: &mut Sources,
    into: &mut Assistant,
) {
    let Some(name) = text(reader, root, "name", "an entity") else {
        return;
    };
    let is_regex = root.get("isRegexp").and_then(Node::bool) == Some(true);
    let language = language_of(path, language);
    let (beside, others) = beside(reader, path, "_entries_", &language, sources);
    let Some(beside) = beside else {
        reader.note(problem::no_examples_file(
            name.origin,
            &format!("the entity `{}`", name.value),
            &no_file("entries", &language, &others),
        ));
        return;
    };
    let mut reader = Reader {
        source: beside.source,
        text: &beside.text,
        findings: reader.findings,
    };
    let mut entries = Vec::new();
    for item in reader.list(&beside.root, "the file") {
        let Some(value) = text(&mut reader, item, "value", "an entry") else {
            continue;
        };
        let list = item.get("synonyms");
        for node in list.map_or(&[][..], |list| reader.list(list, "`synonyms`")) {
            let Some(spelling) = reader.string(node, "a synonym") else {
                continue;
            };
            let origin = reader.origin(node.span);
            if is_regex {
                into.training.patterns.push(Pattern {
                    name: name.value.clone(),
                    pattern: spelling,
                    origin,
                });
                continue;
            }
            // `@name` composes entities of others.
            if spelling.contains('@') && spelling.split('@').skip(1).any(|rest| rest.contains(':'))
            {
                reader.note(problem::not_mapped(
                    origin,
                    format!("`{spelling}` is composed of other entities"),
                    "mark its parts in the examples",
                ));
                continue;
            }
            entries.push(Located::new(spelling.clone(), origin));
            into.training.synonyms.push(Synonym {
                spelling,
                value: value.value.clone(),
                origin,
            });
        }
    }
    if !entries.is_empty() {
        into.training.lookups.push(Lookup {
            name: name.value,
            entries,
            origin: name.origin,
        });
    }
}

/// Returns the language to read: the one asked for, or the agent's own, or English.
fn language_of(path: &Path, asked: Option<&str>) -> String {
    let agent = || {
        let agent = path.parent()?.parent()?.join("agent.json");
        let text = String::from_utf8(files::read(&agent).ok()?).ok()?;
        let json: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(json.get("language")?.as_str()?.to_owned())
    };
    asked
        .map(str::to_owned)
        .or_else(agent)
        .unwrap_or_else(|| "en".to_owned())
}

fn no_file(kind: &str, language: &str, others: &[String]) -> String {
    if others.is_empty() {
        format!("there is no `…_{kind}_{language}.json` beside this file")
    } else {
        format!("nothing in `{language}`, but in {}", others.join(", "))
    }
}

/// Reads the file of a language beside another; else returns the languages there are.
fn beside(
    reader: &mut Reader<'_>,
    path: &Path,
    infix: &str,
    language: &str,
    sources: &mut Sources,
) -> (Option<Beside>, Vec<String>) {
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
        + infix;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let file: PathBuf = folder.join(format!("{stem}{language}.json"));
    if !file.is_file() {
        let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut others: Vec<String> = names
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let rest = name.strip_prefix(&stem)?.strip_suffix(".json")?;
                Some(format!("`{rest}`"))
            })
            .collect();
        others.sort();
        return (None, others);
    }
    let text = match files::read(&file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(wrong) => {
            reader.note(Diagnostic::from(wrong));
            return (None, Vec::new());
        }
    };
    let source = sources.add(files::show(&file), text.as_str());
    match yaml::parse_json(source, &text, yaml::Limits::default()) {
        Ok(root) => (Some(Beside { text, root, source }), Vec::new()),
        Err(wrong) => {
            reader.note(wrong);
            (None, Vec::new())
        }
    }
}

/// Joins the pieces of what a user says; those with a name are entities.
fn said(reader: &mut Reader<'_>, item: &Node, intent: &str) -> Option<Raw> {
    let mut message = String::new();
    let mut entities = Vec::new();
    let pieces = item.get("data")?;
    for piece in reader.list(pieces, "`data`") {
        let start = message.len();
        message.push_str(piece.get("text").and_then(Node::text).unwrap_or_default());
        let name = piece
            .get("alias")
            .or(piece.get("meta"))
            .and_then(Node::text);
        let ignored = piece.get("meta").and_then(Node::text) == Some("@sys.ignore");
        if let Some(name) = name.filter(|name| !name.is_empty() && !ignored) {
            let annotation = Annotation {
                span: Span::new(start, message.len()),
                entity: name.trim_start_matches('@').to_owned(),
                ..Annotation::default()
            };
            entities.push(Located::new(annotation, reader.origin(piece.span)));
        }
    }
    let origin = match pieces.items() {
        Some([only]) => only.get("text").map_or(only.span, |node| node.span),
        Some([first, ..]) => first.get("text").map_or(first.span, |node| node.span),
        _ => item.span,
    };
    let origin = reader.origin(origin);
    Some(Raw {
        text: message,
        intent: intent.to_owned(),
        intent_origin: origin,
        entities,
        origin,
    })
}

/// Notes what an intent has that stories and rules would have to say.
fn not_mapped(reader: &mut Reader<'_>, root: &Node, name: &Located<String>) {
    let mut note = |node: &Node, what: &str, help: &str| {
        let at = reader.origin(node.span);
        let what = format!("{what} of the intent `{}`", name.value);
        reader.note(problem::not_mapped(at, what, help));
    };
    let filled = |key: &str| {
        root.get(key)
            .filter(|node| node.items().is_some_and(|items| !items.is_empty()))
    };
    if let Some(node) = filled("contexts") {
        note(
            node,
            "the contexts needed",
            "write a story or a rule with a condition",
        );
    }
    if let Some(node) = filled("events") {
        note(node, "the events", "send the intent as `/intent` instead");
    }
    if let Some(node) = root.get("parentId") {
        note(
            node,
            "the parent",
            "write a story in which one follows the other",
        );
    }
    let is_set = |key: &str| root.get(key).filter(|node| node.bool() == Some(true));
    if let Some(node) = is_set("webhookUsed").or(is_set("webhookForSlotFilling")) {
        note(node, "the webhook", "write a custom action");
    }
    let answer = root
        .get("responses")
        .and_then(Node::items)
        .and_then(<[_]>::first);
    if let Some(answer) = answer {
        let contexts = answer.get("affectedContexts");
        if let Some(node) = contexts.filter(|node| node.items().is_some_and(|all| !all.is_empty()))
        {
            note(node, "the contexts set", "write a story, or set a slot");
        }
        let parameters = answer.get("parameters").and_then(Node::items);
        for parameter in parameters.unwrap_or_default() {
            if parameter.get("required").and_then(Node::bool) == Some(true) {
                note(
                    parameter,
                    "a required parameter",
                    "write a form that asks for it",
                );
            }
        }
    }
}

/// Returns the names of an intent's parameters.
fn parameters(reader: &Reader<'_>, answer: &Node) -> Vec<Located<String>> {
    let list = answer.get("parameters").and_then(Node::items);
    list.unwrap_or_default()
        .iter()
        .filter_map(|parameter| {
            let name = parameter.get("name")?;
            Some(Located::new(
                name.text()?.to_owned(),
                reader.origin(name.span),
            ))
        })
        .collect()
}

fn variations(
    reader: &mut Reader<'_>,
    answer: &Node,
    language: &str,
    parameters: &[Located<String>],
) -> Vec<Variation> {
    let mut found: Vec<Variation> = Vec::new();
    let Some(messages) = answer.get("messages") else {
        return found;
    };
    for message in reader.list(messages, "`messages`") {
        let other = message.get("lang").and_then(Node::text);
        if other.is_some_and(|other| other != language) {
            continue;
        }
        let origin = reader.origin(message.span);
        let says = |text: &str| Variation {
            text: Some(with_slots(text, parameters)),
            origin,
            ..Variation::default()
        };
        if let Some(speech) = message.get("speech") {
            let texts: Vec<&str> = match speech.items() {
                Some(items) => items.iter().filter_map(Node::text).collect(),
                None => speech.text().into_iter().collect(),
            };
            found.extend(texts.into_iter().filter(|text| !text.is_empty()).map(says));
        } else if let Some(replies) = message.get("replies").and_then(Node::items) {
            let title = message
                .get("title")
                .and_then(Node::text)
                .unwrap_or_default();
            let buttons = replies.iter().filter_map(Node::text).map(|title| Button {
                title: title.to_owned(),
                payload: Some(title.to_owned()),
                ..Button::default()
            });
            found.push(Variation {
                buttons: buttons.collect(),
                ..says(title)
            });
        } else if let Some(url) = message.get("imageUrl").and_then(Node::text) {
            match found.last_mut() {
                Some(last) if last.image.is_none() => last.image = Some(url.to_owned()),
                _ => found.push(Variation {
                    image: Some(url.to_owned()),
                    ..says("")
                }),
            }
        } else if let Some(payload) = message
            .get("payload")
            .filter(|node| node.entries().is_some())
        {
            found.push(Variation {
                custom: Some(payload.json()),
                origin,
                ..Variation::default()
            });
        } else {
            let kind = message.get("type").and_then(Node::text).unwrap_or_default();
            reader.note(problem::not_mapped(
                origin,
                format!("an answer of type `{kind}`"),
                "write it as text, buttons or `custom` in domain.yml",
            ));
        }
    }
    found
}

/// Replaces `$name` by `{name}` where it is a parameter; the longest name wins.
fn with_slots(text: &str, parameters: &[Located<String>]) -> String {
    let mut names: Vec<&str> = parameters.iter().map(|name| name.value.as_str()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.into_iter().fold(text.to_owned(), |text, name| {
        text.replace(&format!("${name}"), &format!("{{{name}}}"))
    })
}

fn slot(name: &Located<String>) -> Slot {
    Slot {
        name: name.value.clone(),
        kind: SlotKind::Text,
        initial_value: serde_json::Value::Null,
        influence_conversation: false,
        mappings: vec![Mapping {
            kind: MappingKind::FromEntity {
                entity: name.value.clone(),
                role: None,
                group: None,
            },
            intent: Vec::new(),
            not_intent: Vec::new(),
            conditions: Vec::new(),
            target: name.origin,
            origin: name.origin,
        }],
        origin: name.origin,
    }
}

/// Returns a name with everything but letters, digits, `.`, `-` and `_` replaced.
fn action_name(intent: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    intent
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect()
}
