//! `config.yml` — pipeline and policies.

use super::{problem, reader::Reader};
use crate::{
    data::{Component, Config, Thresholds},
    diagnostic::Severity,
    text::Span,
    yaml::Node,
};

/// Reads the file's tree.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node) -> Config {
    let mut config = Config::default();
    for (key, value) in reader.mapping(root, "config.yml") {
        let text = |reader: &mut Reader<'_>| {
            if value.is_null() {
                None
            } else {
                reader.string(value, &format!("`{}`", key.text().unwrap_or_default()))
            }
        };
        match key.text().unwrap_or_default() {
            "recipe" => config.recipe = text(reader),
            "language" => config.language = text(reader),
            "assistant_id" => config.assistant_id = text(reader),
            "pipeline" if !value.is_null() => {
                config.pipeline = Some(components(reader, value, "`pipeline`"));
            }
            "policies" if !value.is_null() => {
                config.policies = Some(components(reader, value, "`policies`"));
            }
            "importers" => {
                let importers = components(reader, value, "`importers`");
                config.importers = importers.into_iter().map(|found| found.name).collect();
            }
            "x-bot" => settings(reader, value, &mut config),
            "imports" => config.imports = reader.strings(value, "`imports`"),
            // Rasa tolerates any other key.
            _ => {}
        }
    }
    config
}

/// Returns where our own settings stand, which nothing is learnt from.
pub(super) fn settings_at(root: &Node) -> Option<Span> {
    let (key, value) = root.entry("x-bot")?;
    Some(Span::new(key.span.start, value.span.end))
}

/// Reads our own settings.
fn settings(reader: &mut Reader<'_>, node: &Node, config: &mut Config) {
    reader.mapping(node, "`x-bot`");
    reader.keys(node, "`x-bot`", &["severity", "test"]);
    severities(reader, node, config);
    if let Some(map) = node.get("test") {
        thresholds(reader, map, &mut config.thresholds);
    }
}

/// Reads what tests must reach.
fn thresholds(reader: &mut Reader<'_>, node: &Node, found: &mut Thresholds) {
    reader.keys(node, "`test`", &Thresholds::NAMES);
    for (key, value) in reader.mapping(node, "`test`") {
        let name = key.text().unwrap_or_default();
        let slot = match name {
            "min_accuracy" => &mut found.min_accuracy,
            "min_macro_f1" => &mut found.min_macro_f1,
            "min_weighted_f1" => &mut found.min_weighted_f1,
            "min_entity_f1" => &mut found.min_entity_f1,
            "min_out_of_scope_f1" => &mut found.min_out_of_scope_f1,
            "min_story_accuracy" => &mut found.min_story_accuracy,
            "min_coverage" => &mut found.min_coverage,
            "max_ece" => &mut found.max_ece,
            "min_intent_f1" => {
                for (intent, least) in reader.mapping(value, "`min_intent_f1`") {
                    if let (Some(intent), Some(least)) = (intent.text(), share(reader, least)) {
                        found.min_intent_f1.insert(intent.to_owned(), least);
                    }
                }
                continue;
            }
            "max_regressions" => {
                found.max_regressions = value
                    .json()
                    .as_u64()
                    .and_then(|most| usize::try_from(most).ok());
                if found.max_regressions.is_none() {
                    reader.expected(value, "`max_regressions`", "a whole number");
                }
                continue;
            }
            _ => continue,
        };
        *slot = share(reader, value);
    }
}

fn share(reader: &mut Reader<'_>, node: &Node) -> Option<f64> {
    let found = node
        .json()
        .as_f64()
        .filter(|share| (0.0..=1.0).contains(share));
    if found.is_none() {
        reader.expected(node, "a threshold", "a number between 0 and 1");
    }
    found
}

/// Reads `severity: {CODE: off | advice | warning | error}`.
fn severities(reader: &mut Reader<'_>, node: &Node, config: &mut Config) {
    const WORDS: [&str; 4] = ["off", "advice", "warning", "error"];
    let Some(map) = node.get("severity") else {
        return;
    };
    for (key, value) in reader.mapping(map, "`severity`") {
        let severity = match value.text().unwrap_or_default() {
            "off" => None,
            "advice" => Some(Severity::Advice),
            "warning" => Some(Severity::Warning),
            "error" => Some(Severity::Error),
            other => {
                let at = reader.origin(value.span);
                reader.note(problem::unknown_severity(at, other, &WORDS));
                continue;
            }
        };
        if let Some(code) = key.text() {
            let at = reader.origin(key.span);
            config.severities.insert(code.to_owned(), (severity, at));
        }
    }
}

fn components(reader: &mut Reader<'_>, list: &Node, what: &str) -> Vec<Component> {
    let mut found = Vec::new();
    for item in reader.list(list, what) {
        if let Some(name) = item.string() {
            found.push(Component {
                name: name.to_owned(),
                origin: reader.origin(item.span),
                ..Component::default()
            });
            continue;
        }
        if item.entries().is_none() {
            reader.expected(item, "a component", "a mapping");
            continue;
        }
        let entries = reader.mapping(item, "a component");
        let Some(name) = item.get("name") else {
            reader.note(problem::component_without_name(reader.origin(item.span)));
            continue;
        };
        let Some(text) = reader.name(name, "`name`") else {
            continue;
        };
        let options = entries
            .iter()
            .filter_map(|(key, value)| Some((key.text()?.to_owned(), value.json())))
            .filter(|(key, _)| key != "name")
            .collect();
        found.push(Component {
            name: text,
            options,
            origin: reader.origin(name.span),
        });
    }
    found
}
