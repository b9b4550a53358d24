//! The configuration of Rasa 1.x: named pipelines, and policies that are rules today.

use super::problem;
use crate::{
    data::{Component, Config, Json, Step, StepKind, Story},
    diagnostic::Origin,
    project::{config, reader::Reader},
    yaml::{Node, NodeKind, Style},
};

/// Reads a configuration of any version; rules that stand for policies are added to `rules`.
pub(super) fn read(reader: &mut Reader<'_>, root: &Node, rules: &mut Vec<Story>) -> Config {
    let template = root.get("pipeline").filter(|node| node.string().is_some());
    let entries = root
        .entries()
        .unwrap_or_default()
        .iter()
        .map(|(key, value)| {
            if key.text() == Some("pipeline") && template.is_some() {
                let null = NodeKind::Scalar {
                    value: "".into(),
                    style: Style::Plain,
                    text: false,
                };
                (
                    key.clone(),
                    Node {
                        kind: null,
                        span: value.span,
                    },
                )
            } else {
                (key.clone(), value.clone())
            }
        });
    let whole = Node {
        kind: NodeKind::Mapping(entries.collect()),
        span: root.span,
    };
    let mut found = config::read(reader, &whole);
    if let Some(node) = template {
        let name = node.string().unwrap_or_default();
        let at = reader.origin(node.span);
        reader.note(problem::assumed(
            at,
            format!("the pipeline template `{name}` is no more: the default pipeline stands in"),
        ));
        found.pipeline = Some(found.pipeline(true));
    }
    if let Some(pipeline) = &mut found.pipeline {
        pipeline.retain(|component| !is_own(reader, component));
    }
    for component in found.pipeline.iter_mut().flatten() {
        if let Some(today) = renamed_component(&component.name) {
            today.clone_into(&mut component.name);
        }
    }
    if let Some(policies) = found.policies.take() {
        found.policies = Some(convert(reader, policies, &mut found.pipeline, rules));
    }
    found.recipe.get_or_insert_with(|| "default.v1".to_owned());
    found
}

/// Policies that learn from stories, and that are no more.
const TED_BEFORE: [&str; 3] = ["KerasPolicy", "EmbeddingPolicy", "SklearnPolicy"];

/// Tells whether a component is a Python class of the project's own; that is noted, for it cannot be run.
fn is_own(reader: &mut Reader<'_>, component: &Component) -> bool {
    let name = &component.name;
    let is_own = name.contains('.') && !name.starts_with("rasa.") && !name.starts_with("rasa_");
    if is_own {
        reader.note(problem::not_mapped(
            component.origin,
            format!("`{name}` is a Python class of your own"),
            "choose a component or policy that is known here",
        ));
    }
    is_own
}

/// Components that only changed their names.
fn renamed_component(name: &str) -> Option<&'static str> {
    Some(match name.rsplit('.').next().unwrap_or_default() {
        "DucklingHTTPExtractor" => "DucklingEntityExtractor",
        "EmbeddingIntentClassifier" => "DIETClassifier",
        "NGramFeaturizer" | "ConveRTFeaturizer" => "CountVectorsFeaturizer",
        "ConveRTTokenizer" | "HFTransformersNLP" | "LanguageModelTokenizer" => {
            "WhitespaceTokenizer"
        }
        _ => return None,
    })
}

fn convert(
    reader: &mut Reader<'_>,
    old: Vec<Component>,
    pipeline: &mut Option<Vec<Component>>,
    rules: &mut Vec<Story>,
) -> Vec<Component> {
    let mut policies: Vec<Component> = Vec::new();
    let mut rule_policy = Component {
        name: "RulePolicy".to_owned(),
        ..Component::default()
    };
    let rules_only = old.iter().all(|component| component.name == "RulePolicy");
    let mut gone: Vec<String> = Vec::new();
    let mut place = Origin::default();
    for component in old {
        if is_own(reader, &component) {
            continue;
        }
        let name = component
            .name
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned();
        let origin = component.origin;
        match name.as_str() {
            "MappingPolicy" | "FormPolicy" => {}
            "FallbackPolicy" | "TwoStageFallbackPolicy" => {
                let two_stages = name == "TwoStageFallbackPolicy";
                fallback(&component, two_stages, &mut rule_policy, pipeline, rules);
            }
            name if TED_BEFORE.contains(&name) => {
                let mut options = component.options;
                options
                    .retain(|key, _| matches!(key.as_str(), "max_history" | "epochs" | "priority"));
                if !policies.iter().any(|policy| policy.name == "TEDPolicy") {
                    policies.push(Component {
                        name: "TEDPolicy".to_owned(),
                        options,
                        origin,
                    });
                }
            }
            "RulePolicy" => {
                rule_policy.options.extend(component.options);
                rule_policy.origin = origin;
                continue;
            }
            _ => {
                policies.push(component);
                continue;
            }
        }
        if gone.is_empty() {
            place = origin;
        }
        gone.push(name);
    }
    let follows = |policy: &Component| policy.name.ends_with("MemoizationPolicy");
    let mut stand_in: Vec<&str> = Vec::new();
    if gone.iter().any(|name| TED_BEFORE.contains(&name.as_str())) {
        stand_in.push("TEDPolicy");
    }
    if !rules_only && !policies.iter().any(follows) {
        // Something has to follow the stories as they are written.
        stand_in.push("MemoizationPolicy");
        let memoization = Component {
            name: "MemoizationPolicy".to_owned(),
            ..Component::default()
        };
        policies.insert(0, memoization);
    }
    stand_in.push("RulePolicy");
    if !gone.is_empty() {
        let what = format!(
            "for {} of Rasa 1.x there is now {}, with rules for triggers and fallback; thresholds are kept",
            gone.join(", "),
            stand_in.join(", ")
        );
        reader.note(problem::assumed(place, what));
    }
    policies.push(rule_policy);
    policies
}

/// Makes a fallback classifier, options of the rule policy and a rule of a fallback policy.
fn fallback(
    component: &Component,
    two_stages: bool,
    rule_policy: &mut Component,
    pipeline: &mut Option<Vec<Component>>,
    rules: &mut Vec<Story>,
) {
    let option = |key: &str| component.options.get(key).cloned();
    let word = |key: &str| option(key).and_then(|value| value.as_str().map(str::to_owned));
    let threshold = option("nlu_threshold").unwrap_or(Json::from(0.3));
    let ambiguity = option("ambiguity_threshold").unwrap_or(Json::from(0.1));
    // The default pipeline has one already.
    let list = pipeline.get_or_insert_with(|| Config::default().pipeline(false));
    let at = list
        .iter()
        .position(|known| known.name.ends_with("FallbackClassifier"))
        .unwrap_or_else(|| {
            list.push(Component {
                name: "FallbackClassifier".to_owned(),
                origin: component.origin,
                ..Component::default()
            });
            list.len() - 1
        });
    if let Some(classifier) = list.get_mut(at) {
        classifier.options.insert("threshold".to_owned(), threshold);
        classifier
            .options
            .insert("ambiguity_threshold".to_owned(), ambiguity);
    }
    let core_name = if two_stages {
        "fallback_core_action_name"
    } else {
        "fallback_action_name"
    };
    if let Some(value) = option("core_threshold") {
        rule_policy
            .options
            .insert("core_fallback_threshold".to_owned(), value);
    }
    if let Some(value) = option(core_name) {
        rule_policy
            .options
            .insert("core_fallback_action_name".to_owned(), value);
    }
    let action = if two_stages {
        "action_two_stage_fallback".to_owned()
    } else {
        word("fallback_action_name").unwrap_or_else(|| "action_default_fallback".to_owned())
    };
    let mut made = Story::answer("fallback", "nlu_fallback", &action, component.origin);
    if two_stages {
        made.steps.push(Step {
            kind: StepKind::ActiveLoop(Some(action)),
            origin: component.origin,
        });
    }
    rules.push(made);
}
