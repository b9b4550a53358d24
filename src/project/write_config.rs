//! A configuration to the text of `config.yml`.

use crate::{
    data::{Component, Config},
    yaml::emit::{Node, document},
};

/// Returns the text of a `config.yml`.
pub fn write_config(config: &Config) -> String {
    let mut parts = Vec::new();
    for (key, value) in [
        ("recipe", &config.recipe),
        ("assistant_id", &config.assistant_id),
        ("language", &config.language),
    ] {
        if let Some(value) = value {
            parts.push((key.to_owned(), Node::text(value.as_str())));
        }
    }
    let mut out = String::new();
    for (key, value) in &parts {
        out.push_str(&document(&[(key.clone(), value.clone())]));
    }
    for (key, list) in [
        ("pipeline", &config.pipeline),
        ("policies", &config.policies),
    ] {
        if let Some(list) = list {
            out.push_str(if out.is_empty() { "" } else { "\n" });
            let items = list.iter().map(component).collect();
            out.push_str(&document(&[(key.to_owned(), Node::List(items))]));
        }
    }
    out
}

fn component(component: &Component) -> Node {
    let mut entries = vec![("name".to_owned(), Node::text(component.name.as_str()))];
    entries.extend(
        component
            .options
            .iter()
            .map(|(key, value)| (key.clone(), Node::json(value))),
    );
    Node::Map(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_configuration_is_written_in_rasas_order() {
        let mut config = Config {
            recipe: Some("default.v1".into()),
            language: Some("no".into()),
            assistant_id: Some("my-bot".into()),
            ..Config::default()
        };
        config.pipeline = Some(config.pipeline(false));
        config.policies = Some(Config::plain_policies());
        let text = write_config(&config);
        assert!(
            text.starts_with("recipe: default.v1\nassistant_id: my-bot\nlanguage: \"no\"\n\npipeline:\n- name: WhitespaceTokenizer\n"),
            "{text}"
        );
        assert!(
            text.ends_with("- name: FallbackClassifier\n  threshold: 0.3\n  ambiguity_threshold: 0.1\n\npolicies:\n- name: MemoizationPolicy\n- name: RulePolicy\n"),
            "{text}"
        );
    }
}
