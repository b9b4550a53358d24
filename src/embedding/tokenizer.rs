//! Texts to the tokens that an embedding knows: `tokenizer.json`, read by the crate of the same name.

use std::{fmt, path::Path};

use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
    Tokenizer as Reader, TruncationParams,
};

use super::problem::Problem;

/// Reads texts as tokens.
#[derive(Clone)]
pub(super) struct Tokenizer {
    reader: Reader,
    /// The file's content, which a model may have to keep.
    json: Vec<u8>,
    /// The token of everything unknown.
    unknown: Option<u32>,
    /// Whether the tokens that frame a text are added.
    framed: bool,
    longest: usize,
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("bytes", &self.json.len())
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Reads the content of a `tokenizer.json`; `framed` adds the tokens that frame a text, and the text is cut such
    /// that no more than `longest` are left.
    pub(super) fn new(
        json: Vec<u8>,
        framed: bool,
        longest: usize,
        path: &Path,
    ) -> Result<Self, Problem> {
        let bad = |why: String| Problem::Tokenizer(path.to_owned(), why);
        let mut reader = Reader::from_bytes(&json).map_err(|error| bad(error.to_string()))?;
        reader.with_padding(None);
        let frame = reader
            .encode_fast("", framed)
            .map_err(|error| bad(error.to_string()))?;
        if frame.len() >= longest {
            return Err(bad(format!("{} tokens frame a text", frame.len())));
        }
        let truncation = TruncationParams {
            max_length: longest,
            ..TruncationParams::default()
        };
        reader
            .with_truncation(Some(truncation))
            .map_err(|error| bad(error.to_string()))?;
        let unknown = serde_json::from_slice::<serde_json::Value>(&json)
            .ok()
            .and_then(|json| {
                let model = json.get("model")?;
                match model.get("unk_token").and_then(|token| token.as_str()) {
                    Some(token) => reader.token_to_id(token),
                    None => u32::try_from(model.get("unk_id")?.as_u64()?).ok(),
                }
            });
        Ok(Self {
            reader,
            json,
            unknown,
            framed,
            longest,
        })
    }

    /// Returns the tokens of a text, without any where nothing in it is known or there is nothing.
    pub(super) fn tokens(&self, text: &str) -> Vec<u32> {
        // A token covers at least a letter, so that what comes later would be cut anyway; only blanks may fill more.
        let end = text
            .char_indices()
            .nth(self.longest.saturating_mul(CHARACTERS))
            .map_or(text.len(), |(at, _)| at);
        let text = text.get(..end).unwrap_or(text);
        let Ok(found) = self.reader.encode_fast(text, self.framed) else {
            return Vec::new();
        };
        let is_special = found.get_special_tokens_mask();
        let says = |(token, special): (&u32, &u32)| *special == 0 && Some(*token) != self.unknown;
        let ids = found.get_ids();
        if ids.iter().zip(is_special).any(says) {
            ids.to_vec()
        } else {
            Vec::new()
        }
    }

    /// Returns the tokens of a text without that of everything unknown.
    pub(super) fn known(&self, text: &str) -> Vec<u32> {
        let mut tokens = self.tokens(text);
        tokens.retain(|token| Some(*token) != self.unknown);
        tokens
    }

    /// Returns the token of everything unknown.
    pub(super) fn unknown(&self) -> Option<u32> {
        self.unknown
    }

    /// Returns the content of the file.
    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }

    /// Returns the entries of the vocabulary, in the order of their numbers; gaps are empty.
    pub(super) fn vocabulary(&self) -> Vec<String> {
        let all = self.reader.get_vocab(true);
        let most = all.values().max().map_or(0, |most| *most as usize + 1);
        // Numbers come from the file: a gap of billions is a mistake in it.
        let mut entries = vec![String::new(); most.min(all.len().saturating_mul(2))];
        for (entry, number) in all {
            if let Some(slot) = entries.get_mut(number as usize) {
                *slot = entry;
            }
        }
        entries
    }

    /// Returns the tokens that frame a text.
    pub(super) fn frame(&self) -> Vec<u32> {
        let frame = self.reader.encode_fast("", self.framed);
        frame.map_or_else(|_| Vec::new(), |frame| frame.get_ids().to_vec())
    }

    /// Returns words of texts that the vocabulary has only in pieces, sorted; none where it is not of the kind that
    /// holds words.
    pub(super) fn missing_words(&self, texts: &[&str]) -> Vec<String> {
        let json: serde_json::Value = serde_json::from_slice(&self.json).unwrap_or_default();
        let kind = json.pointer("/model/type").and_then(|kind| kind.as_str());
        if kind != Some("WordPiece") {
            return Vec::new();
        }
        let mut words: Vec<String> = texts.iter().flat_map(|text| self.words(text)).collect();
        words.sort_unstable();
        words.dedup();
        let pieces = |word: &str| {
            self.reader
                .encode_fast(word, false)
                .map_or(0, |pieces| pieces.len())
        };
        words.retain(|word| word.chars().any(char::is_alphabetic) && pieces(word) > 1);
        words
    }

    /// Returns the words that a text is cut into before its pieces are looked for.
    fn words(&self, text: &str) -> Vec<String> {
        let mut normal = NormalizedString::from(text);
        if let Some(normalizer) = self.reader.get_normalizer()
            && normalizer.normalize(&mut normal).is_err()
        {
            return Vec::new();
        }
        let mut cut = PreTokenizedString::from(normal);
        if let Some(rule) = self.reader.get_pre_tokenizer()
            && rule.pre_tokenize(&mut cut).is_err()
        {
            return Vec::new();
        }
        let words = cut.get_splits(OffsetReferential::Normalized, OffsetType::Byte);
        words
            .into_iter()
            .map(|(word, ..)| word.to_owned())
            .collect()
    }

    /// Returns the `tokenizer.json` of a static table whose vocabulary has these words, too.
    pub(super) fn extended(&self, words: &[String]) -> serde_json::Value {
        super::distill::extend(
            serde_json::from_slice(&self.json).unwrap_or_default(),
            words,
        )
    }
}

/// Letters of a text that are looked at for each token that may come of it.
const CHARACTERS: usize = 32;
