//! Where the lines of a text begin and end. Offsets are bytes; one beyond the text counts as its end.

/// Returns the first byte of the line that holds `at`.
pub fn line_start(text: &str, at: usize) -> usize {
    let head = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    head.iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1)
}

/// Returns one past the last byte of the line that holds `at`, its end (`\n`) left out.
pub fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    rest.iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |end| at + end)
}

/// Returns the first byte of the line after the one that holds `at`, or the end of the text.
pub fn next_line(text: &str, at: usize) -> usize {
    (line_end(text, at) + 1).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_begin_and_end_at_their_breaks() {
        let text = "é\nbc\n\nd";
        let places: Vec<_> = (0..=text.len() + 1)
            .map(|at| {
                (
                    line_start(text, at),
                    line_end(text, at),
                    next_line(text, at),
                )
            })
            .collect();
        let (first, second, third, last) = ((0, 2, 3), (3, 5, 6), (6, 6, 7), (7, 8, 8));
        assert_eq!(
            places,
            [
                first, first, first, second, second, second, third, last, last, last
            ]
        );
    }
}
