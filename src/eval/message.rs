//! One message: what was expected of it, and what was understood.

use super::nearest::{Near, strongest};
use crate::{
    data::{Entity, Example, IntentScore, Json, Parse},
    diagnostic::{Origin, Place, Sources},
    nlu::Explanation,
    text::characters,
};

/// Rasa's name for "not understood".
pub const FALLBACK: &str = "nlu_fallback";
/// The intent for what the bot is not there for.
pub const OUT_OF_SCOPE: &str = "out_of_scope";

/// The extractor that learns nothing from the project: what it finds counts only where it is wanted.
pub const UNTRAINED: &str = "DucklingEntityExtractor";

/// A message with what was expected and what was understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// The message.
    pub text: String,
    /// Its intent.
    pub expected: String,
    /// What it was taken for.
    pub predicted: String,
    /// How sure.
    pub confidence: f64,
    /// How sure it was of the expected intent, where that is among the best.
    pub confidence_expected: Option<f64>,
    /// The next best intent.
    pub second: Option<(String, f64)>,
    /// How much it looks like what the bot is there for: the parse's own figure of that, else, and where the model has
    /// an intent for all the rest, how sure it was of its best other intent.
    pub in_scope: f64,
    /// Whether it fell back, or took the message for one that the bot is not there for.
    pub refused: bool,
    /// Whether it is to be refused, which is what it is judged by: that no intent of the model is meant.
    pub by_refusal: bool,
    /// What the classifier took it for, whatever fell back, and how surely.
    pub classified: (String, f64),
    /// For a retrieval intent, the answer wanted.
    pub key: Option<String>,
    /// The answer selected, and how surely.
    pub selected: Option<(String, f64)>,
    /// The next best answer.
    pub selected_second: Option<(String, f64)>,
    /// Entities wanted.
    pub entities: Vec<Mark>,
    /// Entities found.
    pub found: Vec<Mark>,
    /// For a wrong one: words that decided between its two best intents, with what each gave in log-odds.
    pub words: Vec<(String, f64)>,
    /// The same of a wrong answer, and its two best.
    pub answer_words: Vec<(String, f64)>,
    /// Where intent, answer or entities are wrong: the training example most like it.
    pub nearest: Option<Near>,
    /// First and one past last character of each word, as the pipeline cuts them.
    pub tokens: Vec<(usize, usize)>,
    /// Where it stands.
    pub place: Place,
    /// The same, in the text.
    pub origin: Origin,
}

/// An entity, wanted or found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// First character.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// Type.
    pub entity: String,
    /// Role.
    pub role: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// What it stands for.
    pub value: Json,
    /// Who found it.
    pub extractor: Option<String>,
    /// How sure that was.
    pub confidence: Option<f64>,
}

/// What of a message was understood otherwise than the test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Its intent.
    Intent,
    /// The answer of a retrieval intent.
    Answer,
    /// An entity in it.
    Entity,
}

/// Something of a message that was understood otherwise than the test says, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Misunderstanding {
    /// What it is.
    pub aspect: Aspect,
    /// What the test says; none where nothing was to be found.
    pub expected: Option<String>,
    /// What was found; none where nothing was.
    pub found: Option<String>,
    /// How surely that was found.
    pub confidence: Option<f64>,
}

impl Mark {
    /// Tells whether both are the same entity at the same place.
    pub fn is_same(&self, other: &Self) -> bool {
        let key = |mark: &Self| (mark.start, mark.end);
        key(self) == key(other) && self.label() == other.label()
    }

    /// Returns type, group and role as one label, as in Rasa's reports.
    pub fn label(&self) -> String {
        let mut label = self.entity.clone();
        for part in [&self.group, &self.role].into_iter().flatten() {
            label.push('.');
            label.push_str(part);
        }
        label
    }
}

impl From<&Entity> for Mark {
    fn from(found: &Entity) -> Self {
        Self {
            start: found.start,
            end: found.end,
            entity: found.entity.clone(),
            role: found.role.clone(),
            group: found.group.clone(),
            value: found.value.clone(),
            extractor: found.extractor.clone(),
            confidence: found.confidence_entity,
        }
    }
}

impl Heard {
    /// Compares an example with what was understood of it.
    ///
    /// As in `rasa test nlu`, a fallback is undone where there is a second best: the classifier is what is judged. One
    /// that was expected stays, and it is what is expected for `out_of_scope` unless the model `knows_outside`, such an
    /// intent: a message like that is judged by its refusal, apart from intents, so that no threshold of a fallback
    /// makes them better.
    pub fn of(example: &Example, parse: &Parse, knows_outside: bool, sources: &Sources) -> Self {
        let expected = example.intent.as_str();
        let fell_back = parse.intent_name() == FALLBACK;
        let mut ranking: Vec<&IntentScore> = parse.intent_ranking.iter().collect();
        if ranking.is_empty() {
            ranking.push(&parse.intent);
        }
        let unknown_outside = expected == OUT_OF_SCOPE && !knows_outside;
        let by_refusal = expected == FALLBACK || unknown_outside;
        let name = |score: &IntentScore| score.name.clone().unwrap_or_default();
        let own = ranking.get(usize::from(fell_back && ranking.len() > 1));
        let classified = own.map(|own| (name(own), own.confidence));
        if fell_back && !by_refusal && ranking.len() > 1 {
            ranking.remove(0);
        }
        let mut predicted = ranking.first().map(|score| name(score)).unwrap_or_default();
        let confidence = ranking.first().map_or(0.0, |score| score.confidence);
        if unknown_outside && predicted == FALLBACK {
            OUT_OF_SCOPE.clone_into(&mut predicted);
        }
        let is_outside = |name: Option<&str>| matches!(name, Some(OUT_OF_SCOPE | FALLBACK));
        let in_scope = parse.intent_ranking.iter();
        let in_scope = in_scope
            .filter(|score| score.name.is_some() && !is_outside(score.name.as_deref()))
            .map(|score| score.confidence)
            .fold(0.0, f64::max);
        let entities: Vec<Mark> = example
            .entities
            .iter()
            .map(|mark| {
                let (start, end) = characters(&example.text, mark.span);
                Mark {
                    start,
                    end,
                    entity: mark.entity.clone(),
                    role: mark.role.clone(),
                    group: mark.group.clone(),
                    value: mark.value(&example.text).into(),
                    extractor: None,
                    confidence: None,
                }
            })
            .collect();
        let mut found: Vec<Mark> = parse.entities.iter().map(Mark::from).collect();
        found.retain(|found| {
            found.extractor.as_deref() != Some(UNTRAINED)
                || entities.iter().any(|wanted| wanted.is_same(found))
        });
        Self {
            text: example.text.clone(),
            expected: expected.to_owned(),
            confidence_expected: ranking
                .iter()
                .find(|score| score.name.as_deref() == Some(expected))
                .map(|score| score.confidence),
            second: ranking.get(1).map(|score| (name(score), score.confidence)),
            predicted,
            confidence,
            in_scope: parse
                .in_scope
                .filter(|_| !knows_outside)
                .unwrap_or(in_scope),
            refused: fell_back || is_outside(parse.intent.name.as_deref()),
            by_refusal,
            classified: classified.unwrap_or_default(),
            key: example.response_key.clone(),
            selected: example
                .response_key
                .as_ref()
                .and_then(|_| selected(parse, expected)),
            selected_second: example
                .response_key
                .as_ref()
                .and_then(|_| second_answer(parse, expected)),
            entities,
            found,
            words: Vec::new(),
            answer_words: Vec::new(),
            nearest: None,
            tokens: parse
                .text_tokens
                .clone()
                .unwrap_or_else(|| tokens(&example.text)),
            place: sources.place(example.origin),
            origin: example.origin,
        }
    }

    /// Adds why it was taken for something else, where it was. `explain_answer` gets the message and its intent.
    #[must_use]
    pub fn explained(
        mut self,
        explain: impl FnOnce(&str) -> Option<Explanation>,
        explain_answer: impl FnOnce(&str, &str) -> Option<Explanation>,
        nearest: impl FnOnce(&str, &Place) -> Option<Near>,
    ) -> Self {
        if !self.is_right() {
            let explanation = explain(&self.text);
            self.words = explanation.as_ref().map(strongest).unwrap_or_default();
        }
        if !self.answer_right() {
            let explanation = explain_answer(&self.text, &self.expected);
            self.answer_words = explanation.as_ref().map(strongest).unwrap_or_default();
        }
        if !(self.is_right() && self.answer_right() && self.entities_right()) {
            self.nearest = nearest(&self.text, &self.place);
        }
        self
    }

    /// Tells whether the intent was understood.
    pub fn is_right(&self) -> bool {
        self.expected == self.predicted
    }

    /// Tells whether the wanted answer was selected, or none was wanted.
    pub fn answer_right(&self) -> bool {
        let selected = self.selected.as_ref().map(|(key, _)| key);
        self.key.is_none() || self.key.as_ref() == selected
    }

    /// Tells whether the bot is not there for it.
    pub fn is_outside(&self) -> bool {
        [OUT_OF_SCOPE, FALLBACK].contains(&self.expected.as_str())
    }

    /// Tells whether it gets no answer of its own, which the intent found does not tell.
    pub fn is_kept_back(&self) -> bool {
        self.refused && (self.by_refusal || self.predicted != OUT_OF_SCOPE)
    }

    /// Tells whether exactly the wanted entities were found.
    pub fn entities_right(&self) -> bool {
        let within = |a: &[Mark], b: &[Mark]| a.iter().all(|x| b.iter().any(|y| x.is_same(y)));
        within(&self.entities, &self.found) && within(&self.found, &self.entities)
    }

    /// Returns everything that was understood otherwise than the test says: the intent, the answer, then entities by
    /// place. An entity found where another one is wanted stands beside that.
    pub fn misunderstandings(&self) -> Vec<Misunderstanding> {
        let mut out = Vec::new();
        let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        if !self.is_right() {
            out.push(Misunderstanding {
                aspect: Aspect::Intent,
                expected: some(&self.expected),
                found: some(&self.predicted),
                confidence: Some(self.confidence),
            });
        }
        let selected = self.selected.as_ref();
        if let Some(key) = self.key.as_ref().filter(|_| !self.answer_right()) {
            out.push(Misunderstanding {
                aspect: Aspect::Answer,
                expected: some(key),
                found: selected.and_then(|(chosen, _)| some(chosen)),
                confidence: selected.map(|(_, sure)| *sure),
            });
        }
        out.extend(self.differences().into_iter().map(|one| Misunderstanding {
            aspect: Aspect::Entity,
            confidence: one.found.and_then(|found| found.confidence),
            expected: one.expected.map(|mark| self.marked(mark)),
            found: one.found.map(|mark| self.marked(mark)),
        }));
        out
    }

    /// Returns an entity as it would be marked in the text.
    fn marked(&self, mark: &Mark) -> String {
        let own = self.words_of(mark);
        format!("[{own}]({})", mark.label())
    }

    /// Returns by how much the prediction leads the next best.
    pub fn lead(&self) -> f64 {
        self.confidence - self.second.as_ref().map_or(0.0, |second| second.1)
    }
}

fn tokens(text: &str) -> Vec<(usize, usize)> {
    crate::text::whitespace_tokens(text)
        .into_iter()
        .map(|span| characters(text, span))
        .collect()
}

/// Returns the answer that the selector of an intent chose.
pub(super) fn selected(parse: &Parse, intent: &str) -> Option<(String, f64)> {
    scored(own_selector(parse, intent)?.get("response")?)
}

/// Returns the answer that it would have chosen next.
fn second_answer(parse: &Parse, intent: &str) -> Option<(String, f64)> {
    scored(own_selector(parse, intent)?.get("ranking")?.get(1)?)
}

fn own_selector<'a>(parse: &'a Parse, intent: &str) -> Option<&'a Json> {
    let selectors = parse.response_selector.as_ref()?;
    selectors.get(intent).or_else(|| selectors.get("default"))
}

fn scored(answer: &Json) -> Option<(String, f64)> {
    let key = answer.get("intent_response_key")?.as_str()?;
    let confidence = answer.get("confidence").and_then(Json::as_f64);
    Some((key.to_owned(), confidence.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(ranking: &[(&str, f64)]) -> Parse {
        let intent_ranking: Vec<IntentScore> = ranking
            .iter()
            .map(|(name, confidence)| IntentScore {
                name: Some((*name).to_owned()),
                confidence: *confidence,
                ..IntentScore::default()
            })
            .collect();
        Parse {
            intent: intent_ranking.first().cloned().unwrap_or_default(),
            intent_ranking,
            ..Parse::default()
        }
    }

    fn heard(expected: &str, ranking: &[(&str, f64)], learnt: &[&str]) -> Heard {
        let example = Example {
            intent: expected.to_owned(),
            ..Example::default()
        };
        let knows_outside = learnt.contains(&OUT_OF_SCOPE);
        Heard::of(&example, &parse(ranking), knows_outside, &Sources::new())
    }

    #[test]
    fn a_fallback_is_undone_unless_it_is_what_was_expected() {
        let ranking = [(FALLBACK, 0.3), ("greet", 0.25), ("bye", 0.2)];
        let other = heard("bye", &ranking, &["bye", "greet"]);
        assert_eq!((other.predicted.as_str(), other.refused), ("greet", true));
        assert_eq!(other.second, Some(("bye".to_owned(), 0.2)));
        assert_eq!(other.confidence_expected, Some(0.2));
        assert_eq!(heard(FALLBACK, &ranking, &[]).predicted, FALLBACK);
    }

    #[test]
    fn a_bot_that_never_learnt_out_of_scope_may_fall_back() {
        let ranking = [(FALLBACK, 0.3), ("greet", 0.25)];
        assert!(heard(OUT_OF_SCOPE, &ranking, &["greet"]).is_right());
        assert!(!heard(OUT_OF_SCOPE, &ranking, &["greet", OUT_OF_SCOPE]).is_right());
        let sure = heard(OUT_OF_SCOPE, &[("greet", 0.9)], &["greet"]);
        assert!(!sure.is_right() && !sure.refused);
        assert!((sure.in_scope - 0.9).abs() < 1e-12);
    }

    #[test]
    fn everything_that_was_understood_otherwise_is_told_once() {
        let mark = |start, end, entity: &str| Mark {
            start,
            end,
            entity: entity.to_owned(),
            confidence: Some(0.9),
            ..Mark::default()
        };
        let message = Heard {
            text: "two thai soups in Rome".to_owned(),
            expected: "order".to_owned(),
            predicted: "order".to_owned(),
            key: Some("faq/price".to_owned()),
            selected: Some(("faq/hours".to_owned(), 0.6)),
            entities: vec![mark(4, 8, "cuisine"), mark(18, 22, "city")],
            found: vec![
                mark(4, 14, "cuisine"),
                mark(0, 3, "number"),
                mark(0, 3, "number"),
            ],
            ..Heard::default()
        };
        let told: Vec<(Aspect, String, String)> = message
            .misunderstandings()
            .into_iter()
            .map(|one| {
                let text = |side: Option<String>| side.unwrap_or_default();
                (one.aspect, text(one.expected), text(one.found))
            })
            .collect();
        let row = |aspect, a: &str, b: &str| (aspect, a.to_owned(), b.to_owned());
        assert_eq!(
            told,
            [
                row(Aspect::Answer, "faq/price", "faq/hours"),
                row(Aspect::Entity, "", "[two](number)"),
                row(Aspect::Entity, "[thai](cuisine)", "[thai soups](cuisine)"),
                row(Aspect::Entity, "[Rome](city)", ""),
            ]
        );
        assert!(Heard::default().misunderstandings().is_empty());
    }

    #[test]
    fn nothing_understood_is_no_panic() {
        let nothing = heard("greet", &[], &[]);
        assert_eq!(nothing.predicted, "");
        assert!(nothing.lead().abs() < 1e-12);
    }
}
