//! An extractor to what a model keeps of it, and back.

use serde::{Deserialize, Serialize};

use super::{
    CrfExtractor, Settings,
    hash::Table,
    level::{Level, What},
    lexicon::Lexicon,
    tags::Label,
};
use crate::{
    ml::{Crf, crf::CrfParts},
    nlu::{
        extractors::{RegexExtractor, SavedRegex},
        tensors::{Reader, Writer},
    },
};

/// An extractor as a model keeps it; weights stand among the tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedCrf {
    settings: Settings,
    patterns: SavedRegex,
    levels: Vec<(What, Vec<Label>)>,
}

impl CrfExtractor {
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
            levels.push(Level::new(what, labels, Table::new(hashes), field));
        }
        Ok(Self {
            settings: saved.settings,
            patterns: RegexExtractor::load(saved.patterns),
            lexicon,
            levels,
        })
    }
}
