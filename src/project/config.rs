//! `config.yml` — pipeline and policies.

use super::{problem, reader::Reader};
use crate::{
    data::{Component, Config},
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
            // Rasa tolerates any other key.
            _ => {}
        }
    }
    config
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
