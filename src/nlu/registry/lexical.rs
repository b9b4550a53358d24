//! What `LexicalSyntacticFeaturizer` tells, and who hears it: the extractor that stands in for `DIETClassifier`.

use crate::{
    data::{Component, Json},
    diagnostic::Diagnostic,
    nlu::{extractors::LexicalFeatures, problem},
};

use super::{Spec, alias, finds_entities_too, short};

/// The features of every `LexicalSyntacticFeaturizer` so far.
#[derive(Debug, Default)]
pub(super) struct Told(Vec<(String, LexicalFeatures)>);

impl Told {
    /// Adds what a component names; notes what is wrong with it, and where nobody hears it.
    pub(super) fn add(
        &mut self,
        component: &Component,
        is_heard: bool,
        findings: &mut Vec<Diagnostic>,
    ) {
        let note = findings.len();
        if !is_heard {
            findings.push(problem::lexical_left_out(component.origin));
        }
        let option = component.options.get("features");
        let Some(option) = option.filter(|option| !option.is_null()) else {
            return;
        };
        match LexicalFeatures::read(option) {
            Ok((features, left_out)) => {
                if is_heard && !left_out.is_empty() {
                    let name = short(&component.name);
                    let note = problem::features_left_out(component.origin, name, &left_out);
                    findings.push(note);
                }
                self.0.push((alias(component).to_owned(), features));
            }
            Err(why) => {
                findings.truncate(note);
                findings.push(problem::bad_option(component.origin, &component.name, &why));
            }
        }
    }

    /// Gives an extractor the name of what it stands in for, and what that hears.
    pub(super) fn stand_in(
        &self,
        component: &Component,
        spec: &mut Spec,
        replaced: Option<&str>,
        is_heard: bool,
    ) {
        let Spec::Crf(options) = spec else { return };
        if let Some(name) = replaced {
            options.stands_for = Some(name.to_owned());
        } else if is_heard {
            options.stands_for = Some("DIETClassifier".to_owned());
            options.lexical = self.heard_by(component);
        }
    }

    /// Returns what a component hears that may name the featurizers it reads.
    fn heard_by(&self, component: &Component) -> LexicalFeatures {
        let names = component.options.get("featurizers");
        let names = names.and_then(Json::as_array);
        let names = names.filter(|names| !names.is_empty());
        let mut all = LexicalFeatures::default();
        for (alias, features) in &self.0 {
            let is_named = |names: &Vec<Json>| names.iter().any(|name| name == alias);
            if names.is_none_or(is_named) {
                all.join(features);
            }
        }
        all
    }
}

/// Tells whether an extractor is put in the place of `DIETClassifier`.
pub(super) fn is_heard(pipeline: &[Component], marked: bool) -> bool {
    let named = |name: &str| {
        pipeline
            .iter()
            .any(|component| short(&component.name) == name)
    };
    marked && !named("CRFEntityExtractor") && pipeline.iter().any(finds_entities_too)
}
