//! Single messages: how many are understood rightly, and which not.

use std::collections::BTreeMap;

use crate::{
    data::Example,
    diagnostic::{Place, Sources},
    ml::{calibration, metrics},
    model::Model,
};

/// Bins of confidence in the calibration error.
const BINS: usize = 15;

/// How single messages were understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NluReport {
    /// Number of messages.
    pub examples: usize,
    /// Number understood rightly.
    pub right: usize,
    /// Share understood rightly.
    pub accuracy: f64,
    /// Mean F1 over intents.
    pub macro_f1: f64,
    /// Mean F1 weighted by support.
    pub weighted_f1: f64,
    /// Expected calibration error over bins of confidence.
    pub ece: f64,
    /// Figures of each intent that occurs, by name.
    pub per_intent: BTreeMap<String, Scores>,
    /// Which intent is taken for which, most often first.
    pub confusions: Vec<(String, String, usize)>,
    /// Every message understood wrongly, in file order.
    pub errors: Vec<NluError>,
    /// Entities, where messages have any.
    pub entities: Option<EntityReport>,
}

/// Precision, recall, F1 and number of expected ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Share of predictions that are right.
    pub precision: f64,
    /// Share of expected ones that are found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Number expected.
    pub support: usize,
}

impl Scores {
    fn new(right: usize, predicted: usize, expected: usize) -> Self {
        let share = |of: usize| {
            if of == 0 {
                0.0
            } else {
                right as f64 / of as f64
            }
        };
        let (precision, recall) = (share(predicted), share(expected));
        let f1 = if right == 0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        };
        Self {
            precision,
            recall,
            f1,
            support: expected,
        }
    }
}

/// A message understood wrongly.
#[derive(Clone, Debug, PartialEq)]
pub struct NluError {
    /// The message.
    pub text: String,
    /// Its intent.
    pub expected: String,
    /// What it was taken for.
    pub predicted: String,
    /// How sure.
    pub confidence: f64,
    /// Where it stands.
    pub place: Place,
}

/// Entities by exact type, place and role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityReport {
    /// All types together.
    pub micro: Scores,
    /// Each type.
    pub per_type: BTreeMap<String, Scores>,
}

/// Understands every example and compares.
///
/// As in `rasa test nlu`, a fallback is undone where there is a second best: the classifier is what is judged.
pub fn evaluate(
    model: &Model,
    examples: &[Example],
    sources: &Sources,
    on: &mut dyn FnMut(usize),
) -> NluReport {
    let mut report = NluReport {
        examples: examples.len(),
        ..NluReport::default()
    };
    let mut pairs: Vec<(&str, String)> = Vec::with_capacity(examples.len());
    let mut sure: Vec<(f32, bool)> = Vec::with_capacity(examples.len());
    let mut entities: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for (number, example) in examples.iter().enumerate() {
        if number % 256 == 0 {
            on(number);
        }
        let parse = model.nlu.parse(&example.text, &model.domain);
        let (predicted, confidence) = best(&parse, &example.intent);
        let right = predicted == example.intent;
        sure.push((confidence as f32, right));
        if right {
            report.right += 1;
        } else {
            report.errors.push(NluError {
                text: example.text.clone(),
                expected: example.intent.clone(),
                predicted: predicted.clone(),
                confidence,
                place: sources.place(example.origin),
            });
        }
        pairs.push((&example.intent, predicted));
        compare_entities(example, &parse, &mut entities);
    }
    report.ece = calibration::expected_calibration_error(&sure, BINS).into();
    score(&pairs, &mut report);
    report.entities = (!entities.is_empty()).then(|| {
        let all = entities
            .values()
            .fold([0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z]);
        EntityReport {
            micro: Scores::new(all[0], all[1], all[2]),
            per_type: entities
                .iter()
                .map(|(name, [a, b, c])| (name.clone(), Scores::new(*a, *b, *c)))
                .collect(),
        }
    });
    report
}

/// Fills in the figures of intents from pairs of expected and predicted ones.
fn score(pairs: &[(&str, String)], report: &mut NluReport) {
    let mut names: Vec<&str> = pairs
        .iter()
        .flat_map(|(expected, predicted)| [*expected, predicted.as_str()])
        .collect();
    names.sort_unstable();
    names.dedup();
    let id = |name: &str| names.binary_search(&name).unwrap_or_default();
    let name = |id: usize| names.get(id).copied().unwrap_or_default().to_owned();
    let expected: Vec<usize> = pairs.iter().map(|(expected, _)| id(expected)).collect();
    let predicted: Vec<usize> = pairs.iter().map(|(_, predicted)| id(predicted)).collect();
    // Both lists are as long as the pairs, which is all that is asked of them.
    let Ok(metrics) = metrics::Report::new(&expected, &predicted) else {
        return;
    };
    report.accuracy = metrics.accuracy;
    report.macro_f1 = metrics.macro_average.f1;
    report.weighted_f1 = metrics.weighted_average.f1;
    report.per_intent = metrics
        .classes
        .iter()
        .map(|class| {
            let metrics::Scores {
                precision,
                recall,
                f1,
            } = class.scores;
            (
                name(class.label),
                Scores {
                    precision,
                    recall,
                    f1,
                    support: class.support,
                },
            )
        })
        .collect();
    report.confusions = metrics
        .confusions
        .iter()
        .map(|confusion| {
            (
                name(confusion.expected),
                name(confusion.predicted),
                confusion.count,
            )
        })
        .collect();
}

/// Returns the classifier's best intent with its confidence. A fallback that was expected stays one.
fn best(parse: &crate::data::Parse, expected: &str) -> (String, f64) {
    let fallback = parse.intent_name() == "nlu_fallback" && expected != "nlu_fallback";
    let score = match parse.intent_ranking.get(1) {
        Some(second) if fallback => second,
        _ => &parse.intent,
    };
    (score.name.clone().unwrap_or_default(), score.confidence)
}

fn compare_entities(
    example: &Example,
    parse: &crate::data::Parse,
    counts: &mut BTreeMap<String, [usize; 3]>,
) {
    let expected: Vec<_> = example
        .entities
        .iter()
        .map(|entity| {
            (
                &entity.entity,
                crate::text::characters(&example.text, entity.span),
                &entity.role,
            )
        })
        .collect();
    let found: Vec<_> = parse
        .entities
        .iter()
        .map(|entity| (&entity.entity, (entity.start, entity.end), &entity.role))
        .collect();
    for entity in &expected {
        counts.entry(entity.0.clone()).or_default()[2] += 1;
    }
    for entity in &found {
        let slot = counts.entry(entity.0.clone()).or_default();
        slot[1] += 1;
        slot[0] += usize::from(expected.contains(entity));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_nothing_are_zero() {
        assert_eq!(Scores::new(0, 0, 0), Scores::default());
        let half = Scores::new(1, 2, 1);
        assert!((half.f1 - 2.0 / 3.0).abs() < 1e-12);
    }
}
