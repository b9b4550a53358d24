//! Single messages: how many are understood rightly, and which not.

use std::collections::BTreeMap;

use crate::{
    data::Example,
    diagnostic::{Place, Sources},
    model::Model,
};

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
    /// Expected calibration error over ten bins of confidence.
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
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut confusions: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut entities: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut bins = [[0.0_f64; 3]; 10];
    for (number, example) in examples.iter().enumerate() {
        if number % 256 == 0 {
            on(number);
        }
        let parse = model.nlu.parse(&example.text, &model.domain);
        let (predicted, confidence) = best(&parse, &example.intent);
        let right = predicted == example.intent;
        let slot = counts.entry(example.intent.clone()).or_default();
        slot[2] += 1;
        slot[0] += usize::from(right);
        counts.entry(predicted.clone()).or_default()[1] += 1;
        if let Some(bin) = bins.get_mut(((confidence * 10.0) as usize).min(9)) {
            bin[0] += 1.0;
            bin[1] += confidence;
            bin[2] += f64::from(u8::from(right));
        }
        if right {
            report.right += 1;
        } else {
            *confusions
                .entry((example.intent.clone(), predicted.clone()))
                .or_default() += 1;
            report.errors.push(NluError {
                text: example.text.clone(),
                expected: example.intent.clone(),
                predicted,
                confidence,
                place: sources.place(example.origin),
            });
        }
        compare_entities(example, &parse, &mut entities);
    }
    let n = examples.len().max(1) as f64;
    report.accuracy = report.right as f64 / n;
    report.ece = bins
        .iter()
        .map(|[count, sum, right]| (sum - right).abs() / n * f64::from(u8::from(*count > 0.0)))
        .sum();
    report.per_intent = counts
        .into_iter()
        .map(|(name, [right, predicted, expected])| (name, Scores::new(right, predicted, expected)))
        .collect();
    // Intents that were only predicted count in the mean, as in scikit-learn's report.
    report.macro_f1 = report
        .per_intent
        .values()
        .map(|scores| scores.f1)
        .sum::<f64>()
        / report.per_intent.len().max(1) as f64;
    report.weighted_f1 = report
        .per_intent
        .values()
        .map(|scores| scores.f1 * scores.support as f64)
        .sum::<f64>()
        / n;
    report.confusions = confusions
        .into_iter()
        .map(|((a, b), n)| (a, b, n))
        .collect();
    report
        .confusions
        .sort_by_key(|(_, _, n)| std::cmp::Reverse(*n));
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
