//! Options of `CRFEntityExtractor`, and what they mean for learning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    features::Feature,
    lexical::LexicalFeatures,
    tags::{Scheme, has_comma},
};
use crate::{
    data::{Annotation, Example, Json},
    ml::CrfParams,
};

/// Options, unset where the default depends on others.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct CrfOptions {
    #[serde(rename = "BILOU_flag")]
    bilou_flag: Option<bool>,
    pub(super) split_entities_by_comma: Split,
    features: Option<Vec<Vec<String>>>,
    max_iterations: Option<usize>,
    #[serde(rename = "L1_c")]
    l1: Option<f64>,
    #[serde(rename = "L2_c")]
    l2: Option<f64>,
    /// Names of featurizers with dense features, of which there are none.
    #[serde(rename = "featurizers")]
    _featurizers: Vec<Json>,
    /// What a `LexicalSyntacticFeaturizer` tells besides.
    #[serde(skip)]
    pub(crate) lexical: LexicalFeatures,
    /// Name of the component that this stands in for.
    #[serde(skip)]
    pub(crate) stands_for: Option<String>,
}

/// Whether entities end at commas: all, or by type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Split {
    All(bool),
    /// Types that are not named are split, but where examples mark one with a comma in it.
    Each(BTreeMap<String, bool>),
}

impl Default for Split {
    fn default() -> Self {
        Self::Each(BTreeMap::new())
    }
}

impl Split {
    /// Returns what holds after examples were seen: types that are marked across commas are not split, unless options
    /// say so.
    pub(super) fn learn(&self, examples: &[&Example]) -> Self {
        let Self::Each(named) = self else {
            return self.clone();
        };
        let mut each = named.clone();
        for example in examples {
            let across = |mark: &&Annotation| has_comma(mark.span.of(&example.text));
            for mark in example.entities.iter().filter(across) {
                each.entry(mark.entity.clone()).or_insert(false);
            }
        }
        Self::Each(each)
    }

    /// Tells whether entities of a type end at commas.
    pub(super) fn of(&self, entity: &str) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Each(each) => each.get(entity).copied().unwrap_or(true),
        }
    }
}

impl CrfOptions {
    /// Names of all options.
    pub(crate) const NAMES: [&'static str; 7] = [
        "BILOU_flag",
        "split_entities_by_comma",
        "features",
        "max_iterations",
        "L1_c",
        "L2_c",
        "featurizers",
    ];

    /// Returns the window of features, and the names of those that are left out; the error says what is wrong.
    pub(super) fn window(&self) -> Result<(Option<Window>, Vec<String>), String> {
        let Some(lists) = &self.features else {
            return Ok((None, Vec::new()));
        };
        if lists.len() % 2 == 0 {
            return Err(format!(
                "`features` must be an odd number of lists, not {}: as many before the word as after it",
                lists.len()
            ));
        }
        let mut left_out = Vec::new();
        let mut window = Vec::new();
        for names in lists {
            let mut row = Vec::new();
            for name in names {
                match Feature::named(name) {
                    Some(feature) => row.push(feature),
                    None if ["pos", "pos2", "text_dense_features"].contains(&name.as_str()) => {
                        left_out.push(name.clone());
                    }
                    None => return Err(format!("there is no feature `{name}`")),
                }
            }
            window.push(row);
        }
        left_out.sort();
        left_out.dedup();
        Ok((Some(window), left_out))
    }

    /// Tells whether Rasa's features are named.
    pub(crate) fn names_features(&self) -> bool {
        self.features.is_some()
    }

    pub(super) fn scheme(&self) -> Scheme {
        match self.bilou_flag {
            Some(true) => Scheme::Bilou,
            Some(false) => Scheme::Plain,
            None if self.features.is_some() => Scheme::Bilou,
            None => Scheme::Begin,
        }
    }

    pub(super) fn params(&self) -> CrfParams {
        let own = self.features.is_none();
        CrfParams::new()
            .l1(self.l1.unwrap_or(0.1))
            .l2(self.l2.unwrap_or(if own { 0.3 } else { 0.1 }))
            .max_iterations(self.max_iterations.unwrap_or(if own { 25 } else { 50 }))
    }
}

/// Rasa's features for each word of a window.
pub(super) type Window = Vec<Vec<Feature>>;
