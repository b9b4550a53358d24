//! "Did you mean …?"

/// Returns the candidate most like `word`, if one is close enough to be what was meant.
///
/// Close is a Damerau–Levenshtein distance of at most a third of the length (at least one edit).
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty() && *candidate != word)
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_what_is_close() {
        let known = ["from_entity", "from_text", "custom"];
        assert_eq!(did_you_mean("from_entitiy", known), Some("from_entity"));
        assert_eq!(did_you_mean("completely_else", known), None);
        assert_eq!(did_you_mean("", known), None);
    }
}
