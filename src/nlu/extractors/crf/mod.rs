//! `CRFEntityExtractor`: entities learned from marked examples by a random field (nlu.md §6).
//!
//! Up to three fields in a row, as in Rasa: for types, then for roles and groups, which see the types. Where
//! `config.yml` names features, they are Rasa's; else our own, which find more. `BILOU_flag` alone changes the tags.

mod features;
mod hash;
mod level;
mod lexical;
mod lexicon;
mod options;
mod rows;
mod saved;
mod tags;

use serde::{Deserialize, Serialize};

use self::{
    features::Message,
    hash::hash,
    level::{Level, What},
    lexicon::Lexicon,
    options::{Split, Window},
    rows::Rows,
    tags::{Label, Part, Scheme},
};
pub(crate) use self::{lexical::LexicalFeatures, options::CrfOptions, saved::SavedCrf};
use super::{RegexExtractor, RegexParams};
use crate::{
    data::{Entity, Example, TrainingData},
    ml::{self, Control},
    nlu::tokenizer::Tokenizer,
    text::{CharacterCounter, Span},
};

/// Name in `config.yml`.
pub(crate) const NAME: &str = "CRFEntityExtractor";

/// Why an extractor was not trained.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The person stopped it.
    Stopped,
    /// Its options are wrong.
    Option(String),
}

impl From<ml::Error> for Failure {
    fn from(error: ml::Error) -> Self {
        match error {
            ml::Error::Cancelled => Self::Stopped,
            other => Self::Option(other.to_string()),
        }
    }
}

/// A trained extractor; without marked examples it finds nothing.
#[derive(Clone, Debug)]
pub(crate) struct CrfExtractor {
    settings: Settings,
    patterns: RegexExtractor,
    lexicon: Lexicon,
    levels: Vec<Level>,
}

/// What is decided before learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Settings {
    scheme: Scheme,
    /// Rasa's features of each word of the window; none for our own.
    window: Option<Window>,
    /// Nothing in models of earlier versions.
    split: Option<Split>,
    /// Punctuation between words that began or ended a marked entity, sorted.
    #[serde(default)]
    edges: Vec<String>,
    /// Tokens without any letter or digit that began a marked entity, sorted.
    #[serde(default)]
    signs: Vec<String>,
    /// What is told beside our own features.
    #[serde(default)]
    lexical: LexicalFeatures,
    /// Name in `config.yml` of the component that this stands in for.
    #[serde(default)]
    stands_for: Option<String>,
}

impl CrfExtractor {
    /// Learns from the marks of examples; `patterns` are the options of a `RegexFeaturizer` before it.
    pub(crate) fn train(
        options: &CrfOptions,
        patterns: Option<&RegexParams>,
        training: &TrainingData,
        examples: &[&Example],
        tokenizer: &Tokenizer,
        control: &Control<'_>,
    ) -> Result<Self, Failure> {
        use linfa::ParamGuard;
        let params = options.params().check()?;
        let (window, _) = options.window().map_err(Failure::Option)?;
        let nothing = RegexParams {
            use_lookup_tables: false,
            use_regexes: false,
            ..RegexParams::default()
        };
        let patterns = patterns.unwrap_or(&nothing);
        let mut extractor = Self {
            settings: Settings {
                scheme: options.scheme(),
                window,
                split: Some(options.split_entities_by_comma.learn(examples)),
                edges: Vec::new(),
                signs: Vec::new(),
                lexical: options.lexical.clone(),
                stands_for: options.stands_for.clone(),
            },
            patterns: RegexExtractor::choose(patterns, training, &|_| true),
            lexicon: Lexicon::default(),
            levels: Vec::new(),
        };
        let split = |text: &str| extractor.tokens(text, tokenizer.tokens(text));
        let tokens: Vec<Vec<Span>> = examples
            .iter()
            .map(|example| split(&example.text))
            .collect();
        if extractor.settings.window.is_none() {
            let lexicon = Lexicon::learn(examples, &tokens, &training.lookups, &split);
            extractor.lexicon = lexicon;
        }
        extractor.settings.edges = signs(examples, &tokens, |token, mark| {
            token.start == mark.start || token.end == mark.end
        });
        extractor.settings.signs =
            signs(examples, &tokens, |token, mark| token.start == mark.start);
        let rows: Vec<Rows> = examples
            .iter()
            .zip(&tokens)
            .map(|(example, tokens)| extractor.rows(&example.text, tokens, Some(example)))
            .collect();
        let mut types: Vec<Vec<Label>> = Vec::new();
        for what in [What::Entity, What::Role, What::Group] {
            let labels: Vec<Vec<Label>> = examples
                .iter()
                .zip(&tokens)
                .map(|(example, tokens)| {
                    let scheme = extractor.settings.scheme;
                    tags::encode(tokens, &example.entities, scheme, &|mark| what.of(mark))
                })
                .collect();
            let any = labels
                .iter()
                .flatten()
                .any(|label| label.0 != Part::Outside);
            if any {
                let level = Level::learn(what, &rows, &types, &labels, &params, control)?;
                extractor.levels.push(level);
            }
            if what == What::Entity {
                if !any {
                    break;
                }
                types = labels;
            }
        }
        Ok(extractor)
    }

    /// Returns the names of features that options name and that are left out; the error says what is wrong.
    pub(crate) fn left_out(options: &CrfOptions) -> Result<Vec<String>, String> {
        options.window().map(|(_, left_out)| left_out)
    }

    /// Returns the name of its component in `config.yml`.
    pub(crate) fn component(&self) -> &str {
        self.settings.stands_for.as_deref().unwrap_or(NAME)
    }

    /// Returns the number of types, roles and groups that are told apart.
    pub(crate) fn names(&self) -> usize {
        let mut names: Vec<(usize, &str)> = Vec::new();
        for (number, level) in self.levels.iter().enumerate() {
            let of_level = level
                .labels
                .iter()
                .filter(|(part, _)| *part != Part::Outside);
            names.extend(of_level.map(|(_, name)| (number, name.as_str())));
        }
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    /// Returns the tokens that are tagged: those of the pipeline, and with features of our own the punctuation between
    /// them too.
    fn tokens(&self, text: &str, words: Vec<Span>) -> Vec<Span> {
        if self.settings.window.is_some() {
            return words;
        }
        let mut tokens = Vec::with_capacity(words.len());
        let mut from = 0;
        for word in words.into_iter().chain([Span::new(text.len(), text.len())]) {
            let mut start = None;
            let gap = text.get(from..word.start).unwrap_or_default();
            for (at, c) in gap.char_indices().chain([(gap.len(), ' ')]) {
                if !c.is_whitespace() {
                    start = start.or(Some(at));
                } else if let Some(start) = start.take() {
                    tokens.push(Span::new(from + start, from + at));
                }
            }
            if !word.is_empty() {
                tokens.push(word);
            }
            from = word.end;
        }
        tokens
    }

    fn rows(&self, text: &str, tokens: &[Span], own: Option<&Example>) -> Rows {
        let mut patterns = Vec::new();
        if self.patterns.len() > 0 {
            patterns.resize(tokens.len(), Vec::new());
            let names: Vec<&str> = self.patterns.names().collect();
            // As in Rasa the last pattern of a name decides; our own features ask whether any matches.
            let is_named = self.settings.window.is_some();
            self.patterns.matches(text, &mut |number, span| {
                if is_named && self.patterns.is_hidden(number) {
                    return;
                }
                let name = hash(names.get(number).copied().unwrap_or_default().chars());
                // Tokens ascend: those that a match touches stand side by side.
                let first = tokens.partition_point(|token| token.end <= span.start);
                let touched = tokens.iter().zip(&mut patterns).skip(first);
                for (_, found) in touched.take_while(|(token, _)| token.start < span.end) {
                    if !found.contains(&name) {
                        found.push(name);
                    }
                }
            });
        }
        let message = Message {
            text,
            tokens,
            patterns: &patterns,
            own,
        };
        let mut rows = Rows::default();
        let mut each = |token, hash| rows.push(token, hash);
        if let Some(window) = &self.settings.window {
            features::named(&message, window, &mut each);
        } else {
            let lexical = &self.settings.lexical;
            features::own(&message, &self.lexicon, lexical, &mut each);
        }
        rows.finish(tokens.len());
        rows
    }

    /// Returns the entities of a text with these words.
    pub(crate) fn extract(&self, text: &str, words: &[Span]) -> Vec<Entity> {
        let Some(types) = self.levels.first() else {
            return Vec::new();
        };
        let tokens = self.tokens(text, words.to_vec());
        let rows = self.rows(text, &tokens, None);
        let scheme = self.settings.scheme;
        let is_in = |list: &[String], token: &Span| {
            let text = token.of(text);
            list.binary_search_by(|sign| sign.as_str().cmp(text))
                .is_ok()
        };
        // Emoji and punctuation begin no entity unless examples say so.
        let signs = &self.settings.signs;
        let barred = |token: &Span| is_sign(token.of(text)) && !is_in(signs, token);
        let barred: Vec<bool> = tokens.iter().map(barred).collect();
        let entities = types.tags(&rows, &[], scheme, &barred);
        if entities.is_empty() {
            return Vec::new();
        }
        let labels: Vec<Label> = if self.levels.len() > 1 {
            let types = entities.iter();
            types.map(|tag| (tag.part, tag.name.clone())).collect()
        } else {
            Vec::new()
        };
        let tags_of = |what: What| {
            let level = self.levels.iter().find(|level| level.what == what)?;
            Some(level.tags(&rows, &labels, scheme, &barred))
        };
        let (roles, groups) = (tags_of(What::Role), tags_of(What::Group));
        let usual = Split::default();
        let split = |name: &str| self.settings.split.as_ref().unwrap_or(&usual).of(name);
        let others = [roles.as_deref(), groups.as_deref()];
        let mut counter = CharacterCounter::new(text);
        tags::decode(text, &tokens, &entities, others, scheme, &split)
            .into_iter()
            .filter_map(|found| {
                let inside = tokens.get(found.first..=found.last)?;
                let may_end = |token: &&Span| {
                    words.binary_search(token).is_ok() || is_in(&self.settings.edges, token)
                };
                // Punctuation that never was the edge of an entity is none now.
                let first = inside.iter().find(may_end)?;
                let last = inside.iter().rfind(may_end)?;
                let span = Span::new(first.start, last.end);
                let (start, end) = counter.of(span);
                let mut entity = Entity {
                    entity: found.name,
                    start,
                    end,
                    confidence_entity: Some(found.confidence),
                    value: span.of(text).into(),
                    extractor: Some(self.component().to_owned()),
                    ..Entity::default()
                };
                let [role, group] = found.others;
                (entity.role, entity.confidence_role) = role.unzip();
                (entity.group, entity.confidence_group) = group.unzip();
                Some(entity)
            })
            .collect()
    }
}

/// Returns tokens without any letter or digit that stand somehow to a marked entity, sorted.
fn signs(
    examples: &[&Example],
    tokens: &[Vec<Span>],
    stands: impl Fn(Span, Span) -> bool,
) -> Vec<String> {
    let mut signs = std::collections::BTreeSet::new();
    for (example, tokens) in examples.iter().zip(tokens) {
        for mark in &example.entities {
            let tokens = tokens.iter().filter(|token| stands(**token, mark.span));
            let texts = tokens.map(|token| token.of(&example.text));
            signs.extend(texts.filter(|text| is_sign(text)));
        }
    }
    signs.into_iter().map(str::to_owned).collect()
}

/// Tells whether a token has no letter or digit.
fn is_sign(token: &str) -> bool {
    !token.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests;
