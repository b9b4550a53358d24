//! Whether figures are good enough: thresholds, and each that is missed.

use super::{coverage::Coverage, run::TestReport, story::StoryReport};
use crate::data::Thresholds;

/// What a threshold is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// Single messages.
    Messages,
    /// Messages of one intent, and what is taken for it.
    Intent(String),
    /// Which messages are refused.
    Refusals,
    /// Conversations, and what they touch.
    Stories,
    /// What broke since another run.
    Regressions,
}

/// A threshold that was missed.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// What it is about.
    pub of: Of,
    /// What was measured.
    pub name: String,
    /// The flag that sets the threshold, with its value.
    pub flag: String,
    /// What was found; `None` where there was nothing to measure.
    pub found: Option<f64>,
    /// Whether more is worse.
    pub is_limit: bool,
}

impl Missed {
    /// Returns it in words.
    pub fn words(&self) -> String {
        let Self {
            name, flag, found, ..
        } = self;
        match found {
            Some(found) if found.fract() == 0.0 && self.is_limit => {
                format!("{name} {found} is above `{flag}`")
            }
            Some(found) if self.is_limit => {
                format!("{name} {} is above `{flag}`", self.told(*found))
            }
            Some(found) => format!("{name} {} is below `{flag}`", self.told(*found)),
            None => format!("there is no {name} to hold against `{flag}`"),
        }
    }

    /// Returns a figure with as many digits as tell it from its threshold.
    fn told(&self, found: f64) -> String {
        let threshold = self.flag.rsplit([' ', '=']).next();
        let threshold: f64 = threshold
            .and_then(|text| text.parse().ok())
            .unwrap_or(found);
        let differs =
            |digits: &usize| format!("{found:.digits$}") != format!("{threshold:.digits$}");
        let digits = (3..9).find(differs).unwrap_or(3);
        format!("{found:.digits$}")
    }
}

/// Returns every threshold that a report misses. One that nothing can be held against is missed, too.
pub fn missed(thresholds: &Thresholds, report: &TestReport) -> Vec<Missed> {
    let nlu = report.nlu.as_ref();
    // Messages that are to be refused are judged apart; where there are no others nothing was measured here.
    let judged = nlu.filter(|nlu| nlu.intents.examples > 0);
    let intents = judged.map(|nlu| &nlu.intents);
    let entities = nlu.and_then(|nlu| nlu.entities.as_ref());
    let stories = report.stories.as_ref();
    let mut found = vec![
        below(
            Of::Messages,
            "accuracy",
            "--min-accuracy",
            intents.map(|intents| intents.accuracy),
            thresholds.min_accuracy,
        ),
        below(
            Of::Messages,
            "macro F1",
            "--min-macro-f1",
            intents.map(|intents| intents.macro_average.f1),
            thresholds.min_macro_f1,
        ),
        below(
            Of::Messages,
            "weighted F1",
            "--min-weighted-f1",
            intents.map(|intents| intents.weighted_average.f1),
            thresholds.min_weighted_f1,
        ),
    ];
    found.extend(thresholds.min_intent_f1.iter().map(|(intent, least)| {
        let own = intents.and_then(|intents| intents.classes.get(intent));
        let missed = below(
            Of::Intent(intent.clone()),
            &format!("F1 of {intent}"),
            "",
            own.map(|own| own.f1),
            Some(*least),
        );
        missed.map(|missed| Missed {
            flag: format!("--min-intent-f1 {intent}={least}"),
            ..missed
        })
    }));
    found.extend([
        below(
            Of::Messages,
            "entity F1",
            "--min-entity-f1",
            entities.map(|entities| entities.micro.f1),
            thresholds.min_entity_f1,
        ),
        below(
            Of::Refusals,
            "F1 of what is out of scope",
            "--min-out-of-scope-f1",
            nlu.and_then(|nlu| Some(nlu.outside?.f1)),
            thresholds.min_out_of_scope_f1,
        ),
        below(
            Of::Stories,
            "share of conversations",
            "--min-story-accuracy",
            stories.map(StoryReport::accuracy),
            thresholds.min_story_accuracy,
        ),
        below(
            Of::Stories,
            "coverage",
            "--min-coverage",
            report.coverage.as_ref().map(Coverage::share),
            thresholds.min_coverage,
        ),
        above(
            Of::Messages,
            "calibration error",
            "--max-ece",
            judged.map(|nlu| nlu.ece),
            thresholds.max_ece,
        ),
        above(
            Of::Regressions,
            "number of regressions",
            "--max-regressions",
            report
                .comparison
                .as_ref()
                .map(|comparison| comparison.regressions() as f64),
            thresholds.max_regressions.map(|most| most as f64),
        ),
    ]);
    found.into_iter().flatten().collect()
}

fn below(of: Of, name: &str, flag: &str, found: Option<f64>, least: Option<f64>) -> Option<Missed> {
    let least = least?;
    found.is_none_or(|found| found < least).then(|| Missed {
        of,
        name: name.to_owned(),
        flag: format!("{flag} {least}"),
        found,
        is_limit: false,
    })
}

fn above(of: Of, name: &str, flag: &str, found: Option<f64>, most: Option<f64>) -> Option<Missed> {
    let most = most?;
    found.is_none_or(|found| found > most).then(|| Missed {
        of,
        name: name.to_owned(),
        flag: format!("{flag} {most}"),
        found,
        is_limit: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{message::Heard, nlu::NluReport};

    #[test]
    fn each_missed_threshold_is_named_with_its_flag() {
        let heard = |expected: &str, predicted: &str| Heard {
            expected: expected.to_owned(),
            predicted: predicted.to_owned(),
            confidence: 1.0,
            ..Heard::default()
        };
        let report = TestReport {
            nlu: Some(NluReport::of(vec![heard("a", "a"), heard("b", "a")], 1)),
            ..TestReport::default()
        };
        let thresholds = Thresholds {
            min_accuracy: Some(0.9),
            min_intent_f1: [("a".to_owned(), 0.5), ("c".to_owned(), 0.1)].into(),
            max_ece: Some(0.1),
            max_regressions: Some(0),
            ..Thresholds::default()
        };
        let words: Vec<String> = missed(&thresholds, &report)
            .iter()
            .map(Missed::words)
            .collect();
        assert_eq!(
            words,
            [
                "accuracy 0.500 is below `--min-accuracy 0.9`",
                "there is no F1 of c to hold against `--min-intent-f1 c=0.1`",
                "calibration error 0.500 is above `--max-ece 0.1`",
                "there is no number of regressions to hold against `--max-regressions 0`",
            ]
        );
        assert!(missed(&Thresholds::default(), &report).is_empty());
        let close = Missed {
            of: Of::Messages,
            name: "accuracy".to_owned(),
            flag: "--min-accuracy 0.93".to_owned(),
            found: Some(66.0 / 71.0),
            is_limit: false,
        };
        assert_eq!(
            close.words(),
            "accuracy 0.9296 is below `--min-accuracy 0.93`"
        );
    }
}
