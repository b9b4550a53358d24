//! `CRFEntityExtractor`: entities learned from marked examples by a random field (nlu.md §6).
//!
//! Up to three fields in a row, as in Rasa: for types, then for roles and groups, which see the types. Where
//! `config.yml` names features or `BILOU_flag`, they are Rasa's; else our own, which find more.

mod features;
mod hash;
mod lexicon;
mod tags;

use serde::{Deserialize, Serialize};

use self::{
    features::{Feature, Message},
    hash::{Table, hash, join},
    lexicon::Lexicon,
    tags::{Label, Part, Scheme, Tag},
};
use super::{RegexExtractor, RegexParams, SavedRegex};
use crate::{
    data::{Annotation, Entity, Example, Json, TrainingData},
    diagnostic::Diagnostic,
    ml::{
        self, Control, Crf, CrfParams, Sequences,
        crf::{CrfParts, Memory},
    },
    nlu::tensors::{Reader, Writer},
    text::{CharacterCounter, Span, whitespace_tokens},
};

/// Name in `config.yml`.
pub(crate) const NAME: &str = "CRFEntityExtractor";

/// Weights too small to keep.
const NEGLIGIBLE: f32 = 1e-3;

/// Options, unset where the default depends on others.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct CrfOptions {
    #[serde(rename = "BILOU_flag")]
    bilou_flag: Option<bool>,
    split_entities_by_comma: Option<Split>,
    features: Option<Vec<Vec<String>>>,
    max_iterations: Option<usize>,
    #[serde(rename = "L1_c")]
    l1: Option<f64>,
    #[serde(rename = "L2_c")]
    l2: Option<f64>,
    /// Names of featurizers with dense features, of which there are none.
    #[serde(rename = "featurizers")]
    _featurizers: Vec<Json>,
}

/// Whether entities end at commas: all, or by type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Split {
    All(bool),
    Each(std::collections::BTreeMap<String, bool>),
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
    fn window(&self) -> Result<(Option<Window>, Vec<String>), String> {
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

    fn scheme(&self) -> Scheme {
        match self.bilou_flag {
            Some(true) => Scheme::Bilou,
            Some(false) => Scheme::Plain,
            None if self.features.is_some() => Scheme::Bilou,
            None => Scheme::Begin,
        }
    }

    fn params(&self) -> CrfParams {
        let own = self.features.is_none();
        CrfParams::new()
            .l1(self.l1.unwrap_or(0.1))
            .l2(self.l2.unwrap_or(if own { 0.3 } else { 0.1 }))
            .max_iterations(self.max_iterations.unwrap_or(if own { 25 } else { 50 }))
    }
}

/// Rasa's features for each word of a window.
type Window = Vec<Vec<Feature>>;

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
    split: Option<Split>,
}

/// What is told apart: types, roles or groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Entity,
    Role,
    Group,
}

impl What {
    fn of(self, mark: &Annotation) -> Option<&str> {
        match self {
            Self::Entity => Some(&mark.entity),
            Self::Role => mark.role.as_deref(),
            Self::Group => mark.group.as_deref(),
        }
    }
}

/// One random field with what its numbers mean.
#[derive(Clone, Debug)]
struct Level {
    what: What,
    labels: Vec<Label>,
    table: Table,
    field: Crf,
}

/// An extractor as a model keeps it; weights stand among the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedCrf {
    settings: Settings,
    patterns: SavedRegex,
    levels: Vec<(What, Vec<Label>)>,
}

impl CrfExtractor {
    /// Learns from the marks of examples; `patterns` are the options of a `RegexFeaturizer` before it.
    pub(crate) fn train(
        options: &CrfOptions,
        patterns: Option<&RegexParams>,
        training: &TrainingData,
        examples: &[&Example],
        control: &Control<'_>,
        findings: &mut Vec<Diagnostic>,
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
                split: options.split_entities_by_comma.clone(),
            },
            patterns: RegexExtractor::choose(patterns, training, &|_| true, findings),
            lexicon: Lexicon::default(),
            levels: Vec::new(),
        };
        let tokens: Vec<Vec<Span>> = examples
            .iter()
            .map(|example| extractor.tokens(&example.text))
            .collect();
        if extractor.settings.window.is_none() {
            let split = |text: &str| extractor.tokens(text);
            extractor.lexicon = Lexicon::learn(examples, &tokens, &training.lookups, &split);
        }
        // Of every token the hashes of its features.
        let rows: Vec<Vec<Vec<u64>>> = examples
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

    /// Returns the tokens that are tagged: Rasa's, and with features of our own the punctuation between them too.
    fn tokens(&self, text: &str) -> Vec<Span> {
        let words = whitespace_tokens(text);
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

    fn rows(&self, text: &str, tokens: &[Span], own: Option<&Example>) -> Vec<Vec<u64>> {
        let mut patterns = Vec::new();
        if self.patterns.len() > 0 {
            patterns.resize(tokens.len(), Vec::new());
            self.patterns.matches(text, &mut |name, span| {
                for (token, found) in tokens.iter().zip(&mut patterns) {
                    let name = hash(name.chars());
                    if token.overlaps(span) && !found.contains(&name) {
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
        let mut rows = vec![Vec::new(); tokens.len()];
        let mut each = |token: usize, hash| {
            if let Some(row) = rows.get_mut(token) {
                row.push(hash);
            }
        };
        match &self.settings.window {
            Some(window) => features::named(&message, window, &mut each),
            None => features::own(&message, &self.lexicon, &mut each),
        }
        rows
    }

    /// Returns the entities of a text.
    pub(crate) fn extract(&self, text: &str) -> Vec<Entity> {
        let Some(types) = self.levels.first() else {
            return Vec::new();
        };
        let tokens = self.tokens(text);
        let rows = self.rows(text, &tokens, None);
        let scheme = self.settings.scheme;
        let entities = types.tags(&rows, &[], scheme);
        if entities.iter().all(|tag| tag.part == Part::Outside) {
            return Vec::new();
        }
        let labels: Vec<Label> = entities
            .iter()
            .map(|tag| (tag.part, tag.name.clone()))
            .collect();
        let tags_of = |what: What| {
            let level = self.levels.iter().find(|level| level.what == what)?;
            Some(level.tags(&rows, &labels, scheme))
        };
        let (roles, groups) = (tags_of(What::Role), tags_of(What::Group));
        // Rasa's default is to split; our own tags have learned where commas belong to an entity.
        let unset = scheme != Scheme::Begin;
        let split = |name: &str| match &self.settings.split {
            None => unset,
            Some(Split::All(all)) => *all,
            Some(Split::Each(each)) => each.get(name).copied().unwrap_or(unset),
        };
        let others = [roles.as_deref(), groups.as_deref()];
        let mut counter = CharacterCounter::new(text);
        tags::decode(text, &tokens, &entities, others, scheme, &split)
            .into_iter()
            .map(|found| {
                let span = Span::new(tokens[found.first].start, tokens[found.last].end);
                let (start, end) = counter.of(span);
                let mut entity = Entity {
                    entity: found.name,
                    start,
                    end,
                    confidence_entity: Some(found.confidence),
                    value: span.of(text).into(),
                    extractor: Some(NAME.to_owned()),
                    ..Entity::default()
                };
                let [role, group] = found.others;
                for (key, other, name) in [
                    ("confidence_role", role, &mut entity.role),
                    ("confidence_group", group, &mut entity.group),
                ] {
                    if let Some((value, confidence)) = other {
                        *name = Some(value);
                        entity.other.insert(key.to_owned(), confidence.into());
                    }
                }
                entity
            })
            .collect()
    }

    pub(crate) fn save(&self, name: &str, tensors: &mut Writer) -> SavedCrf {
        self.lexicon.save(&format!("{name}.lexicon"), tensors);
        for (number, level) in self.levels.iter().enumerate() {
            let name = format!("{name}.{number}");
            let parts = level.field.to_parts();
            let wide = |labels: &[u16]| labels.iter().map(|&l| u32::from(l)).collect::<Vec<_>>();
            tensors.u64s(format!("{name}.features"), level.table.hashes());
            tensors.u32s(format!("{name}.feature_starts"), &parts.feature_starts);
            tensors.u32s(
                format!("{name}.feature_labels"),
                &wide(&parts.feature_labels),
            );
            tensors.u32s(format!("{name}.next_starts"), &parts.next_starts);
            tensors.u32s(format!("{name}.next_labels"), &wide(&parts.next_labels));
            tensors.f32s(format!("{name}.weights"), &parts.weights);
        }
        SavedCrf {
            settings: self.settings.clone(),
            patterns: self.patterns.saved().clone(),
            levels: self
                .levels
                .iter()
                .map(|level| (level.what, level.labels.clone()))
                .collect(),
        }
    }

    /// Makes a saved extractor ready; the error says what is damaged.
    pub(crate) fn load(saved: SavedCrf, name: &str, tensors: &Reader<'_>) -> Result<Self, String> {
        let lexicon = Lexicon::load(&format!("{name}.lexicon"), tensors)?;
        let mut levels = Vec::new();
        for (number, (what, labels)) in saved.levels.into_iter().enumerate() {
            let name = format!("{name}.{number}");
            let narrow = |part: &str| -> Result<Vec<u16>, String> {
                let wide = tensors.u32s(&format!("{name}.{part}"))?;
                let all = wide.into_iter().map(u16::try_from);
                all.collect::<Result<_, _>>()
                    .map_err(|error| error.to_string())
            };
            let field = Crf::from_parts(CrfParts {
                labels: labels.len(),
                feature_starts: tensors.u32s(&format!("{name}.feature_starts"))?,
                feature_labels: narrow("feature_labels")?,
                next_starts: tensors.u32s(&format!("{name}.next_starts"))?,
                next_labels: narrow("next_labels")?,
                weights: tensors.f32s(&format!("{name}.weights"))?,
            })
            .map_err(|error| error.to_string())?;
            let hashes = tensors.u64s(&format!("{name}.features"))?;
            if hashes.len() != field.features() || !hashes.is_sorted() {
                return Err("features of a random field do not fit its weights".to_owned());
            }
            levels.push(Level {
                what,
                labels,
                table: Table::new(hashes),
                field,
            });
        }
        Ok(Self {
            settings: saved.settings,
            patterns: RegexExtractor::load(saved.patterns),
            lexicon,
            levels,
        })
    }
}

impl Level {
    fn learn(
        what: What,
        rows: &[Vec<Vec<u64>>],
        types: &[Vec<Label>],
        tags: &[Vec<Label>],
        params: &ml::crf::CrfValidParams,
        control: &Control<'_>,
    ) -> Result<Self, Failure> {
        let mut labels: Vec<Label> = tags.iter().flatten().cloned().collect();
        labels.sort();
        labels.dedup();
        let mut found: Vec<u64> = rows.iter().flatten().flatten().copied().collect();
        let around: Vec<Vec<Vec<u64>>> = types.iter().map(|types| neighbours(types)).collect();
        found.extend(around.iter().flatten().flatten());
        found.sort_unstable();
        found.dedup();
        let table = Table::new(found);
        let mut sequences = Sequences::default();
        let mut targets = Vec::new();
        for (sentence, (rows, tags)) in rows.iter().zip(tags).enumerate() {
            fill(&mut sequences, &table, rows, around.get(sentence));
            for tag in tags {
                targets.push(labels.binary_search(tag).unwrap_or_default() as u16);
            }
        }
        let mut field = params.fit_sequences(&sequences, &targets, control)?;
        let kept = field.prune(NEGLIGIBLE);
        let hashes = table.hashes();
        let kept = kept
            .iter()
            .filter_map(|&at| hashes.get(at as usize).copied());
        Ok(Self {
            what,
            labels,
            table: Table::new(kept.collect()),
            field,
        })
    }

    /// Returns the tag of every token, with its confidence.
    fn tags(&self, rows: &[Vec<u64>], types: &[Label], scheme: Scheme) -> Vec<Tag> {
        let mut sequences = Sequences::default();
        let around = (!types.is_empty()).then(|| neighbours(types));
        fill(&mut sequences, &self.table, rows, around.as_ref());
        let mut memory = Memory::default();
        self.field.marginals(&sequences, 0, &mut memory);
        let best = match scheme {
            // As Rasa: every token by itself.
            Scheme::Plain | Scheme::Bilou => (0..rows.len())
                .map(|token| ml::argmax(memory.marginals(token)))
                .collect(),
            Scheme::Begin => {
                let best = self.field.best_of(&memory);
                best.into_iter().map(usize::from).collect::<Vec<_>>()
            }
        };
        let mut tags: Vec<Tag> = best
            .into_iter()
            .enumerate()
            .map(|(token, label)| {
                let (part, name) = self
                    .labels
                    .get(label)
                    .cloned()
                    .unwrap_or((Part::Outside, String::new()));
                let alike = self.labels.iter().zip(memory.marginals(token));
                let alike = alike.filter(|(label, _)| label.1 == name);
                let confidence: f64 = alike.map(|(_, marginal)| f64::from(*marginal)).sum();
                Tag {
                    part,
                    name,
                    confidence: confidence.min(1.0),
                }
            })
            .collect();
        if scheme == Scheme::Bilou {
            tags::repair(&mut tags);
        }
        tags
    }
}

/// Appends a sentence; features that the table does not know are left out.
fn fill(
    sequences: &mut Sequences,
    table: &Table,
    rows: &[Vec<u64>],
    around: Option<&Vec<Vec<u64>>>,
) {
    for (token, row) in rows.iter().enumerate() {
        let around = around.and_then(|around| around.get(token));
        for hash in row.iter().chain(around.into_iter().flatten()) {
            if let Some(feature) = table.get(*hash) {
                sequences.push_feature(feature);
            }
        }
        sequences.end_token();
    }
    sequences.end_sentence();
}

/// Returns for every token hashes of the types of the tokens around it.
fn neighbours(types: &[Label]) -> Vec<Vec<u64>> {
    let names: Vec<u64> = types.iter().map(|(_, name)| hash(name.chars())).collect();
    let at = |token: Option<usize>| token.and_then(|token| names.get(token)).copied();
    (0..names.len())
        .map(|token| {
            let window = [token.checked_sub(1), Some(token), Some(token + 1)];
            let window = (200..).zip(window);
            window
                .filter_map(|(kind, token)| Some(join(kind, at(token)?)))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests;
