//! The text of a file to what a YAML parser is to read, with the places it came from.

use std::borrow::Cow;

use crate::{
    diagnostic::{Diagnostic, Origin, SourceId},
    text::Span,
};

/// Text after Rasa's decoding of `\uXXXX`, with the places it came from.
pub(super) struct Decoded<'a> {
    /// What the parser is given, after a byte-order mark.
    text: Cow<'a, str>,
    /// Stands for byte-order marks inside the text, which saphyr-parser refuses and ruamel takes as any character.
    mark: Option<char>,
    /// Byte in the file of each character, where decoding changed the text.
    origins: Option<Vec<usize>>,
    /// Bytes before the first character (a byte-order mark).
    lead: usize,
}

impl Decoded<'_> {
    /// Returns what the parser is to read.
    pub(super) fn input(&self) -> &str {
        self.text.get(self.lead..).unwrap_or_default()
    }

    /// Returns the value of a scalar that was read from it.
    pub(super) fn value<'v>(&self, read: &'v str) -> Cow<'v, str> {
        match self.mark {
            Some(mark) if read.contains(mark) => read.replace(mark, "\u{feff}").into(),
            _ => Cow::Borrowed(read),
        }
    }

    /// Moves what is too far left to the right, further than any depth that is read; tells whether that could be done.
    pub(super) fn push_right(&mut self, outdented: Outdented) -> bool {
        let lines = match outdented {
            Outdented::Quoted(quote) => self.further_lines(quote),
            Outdented::Line(character) => vec![self.line_of(character)],
        };
        !lines.is_empty() && self.indent(&lines)
    }

    /// Returns where the line of a character begins, in bytes and in characters.
    fn line_of(&self, character: usize) -> (usize, usize) {
        let mut start = (0, 0);
        for (i, (at, c)) in self.input().char_indices().enumerate().take(character) {
            if c == '\n' {
                start = (at + 1, i + 1);
            }
        }
        start
    }

    /// Returns where the further lines of the quoted scalar begin that a character opens, in bytes and in characters.
    fn further_lines(&self, quote: usize) -> Vec<(usize, usize)> {
        let clean = self.input();
        let Some((start, mark)) = clean.char_indices().nth(quote) else {
            return Vec::new();
        };
        let (mut lines, mut escaped) = (Vec::new(), false);
        for (i, (at, c)) in clean.char_indices().enumerate().skip(quote + 1) {
            match c {
                '\n' => lines.push((at + 1, i + 1)),
                // A doubled quote ends one text and begins the next, which comes to the same lines.
                c if c == mark && !escaped => {
                    let next = clean.get(at + 1..).unwrap_or_default();
                    if mark == '"' || !next.starts_with('\'') {
                        break;
                    }
                    escaped = true;
                    continue;
                }
                '\\' if mark == '"' && !escaped => {
                    escaped = true;
                    continue;
                }
                _ => {}
            }
            escaped = false;
        }
        debug_assert!(
            clean
                .get(start..)
                .is_some_and(|rest| rest.starts_with(mark))
        );
        lines
    }

    /// Puts blanks before lines; tells whether that could be done.
    fn indent(&mut self, lines: &[(usize, usize)]) -> bool {
        const BLANKS: usize = 128;
        let lead = self.lead;
        // Where it has been done, it did not help.
        let done = |(at, _): &(usize, usize)| {
            let rest = self.input().get(*at..).unwrap_or_default();
            rest.bytes().take_while(|byte| *byte == b' ').count() >= BLANKS
        };
        if lines.iter().all(done) {
            return false;
        }
        let clean = self.input();
        let origins = self.origins.clone().unwrap_or_else(|| {
            let ends = clean.char_indices().map(|(at, _)| at + lead);
            ends.chain(std::iter::once(self.text.len())).collect()
        });
        let added = lines.len() * BLANKS;
        let mut text = String::with_capacity(self.text.len() + added);
        let mut moved = Vec::with_capacity(origins.len() + added);
        let (mut byte, mut character) = (0, 0);
        for (to_byte, to_character) in lines.iter().copied() {
            text.push_str(self.text.get(byte..lead + to_byte).unwrap_or_default());
            text.extend(std::iter::repeat_n(' ', BLANKS));
            moved.extend(origins.get(character..to_character).unwrap_or_default());
            let at = origins.get(to_character).copied().unwrap_or_default();
            moved.extend(std::iter::repeat_n(at, BLANKS));
            (byte, character) = (lead + to_byte, to_character);
        }
        text.push_str(self.text.get(byte..).unwrap_or_default());
        moved.extend(origins.get(character..).unwrap_or_default());
        self.text = Cow::Owned(text);
        self.origins = Some(moved);
        true
    }
}

/// What stands further left than YAML allows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outdented {
    /// Lines of the quoted scalar that this character opens.
    Quoted(usize),
    /// The line of this character, inside brackets.
    Line(usize),
}

/// Decodes `\uXXXX` and `\UXXXXXXXX` in files that are ASCII throughout, as Rasa's loader does before it parses.
pub(super) fn decode(text: &str) -> Decoded<'_> {
    let mut decoded = decode_escapes(text);
    let input = decoded.input();
    if input.contains('\u{feff}') {
        // As long in bytes, so that no place moves; a text that holds all of these is left as it is.
        decoded.mark = ('\u{e000}'..='\u{f8ff}').find(|mark| !input.contains(*mark));
    }
    if let Some(mark) = decoded.mark {
        let (lead, body) = decoded.text.split_at(decoded.lead);
        let body = body.replace('\u{feff}', mark.encode_utf8(&mut [0; 4]));
        decoded.text = Cow::Owned(format!("{lead}{body}"));
    }
    decoded
}

fn decode_escapes(text: &str) -> Decoded<'_> {
    let lead = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    if !text.is_ascii() || !(text.contains("\\u") || text.contains("\\U")) {
        return Decoded {
            text: Cow::Borrowed(text),
            mark: None,
            origins: None,
            lead,
        };
    }
    let (mut out, mut origins, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
    let mut high: Option<u32> = None;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let digits = if rest.starts_with("\\u") {
            4
        } else if rest.starts_with("\\U") {
            8
        } else {
            0
        };
        let code = (digits > 0)
            .then(|| rest.get(2..2 + digits))
            .flatten()
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        // Two halves of a surrogate pair make one character.
        let joined = match (high, code) {
            (Some(high), Some(low @ 0xdc00..=0xdfff)) => {
                Some(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            }
            _ => code,
        };
        high = code.filter(|code| (0xd800..0xdc00).contains(code));
        if let Some(c) = joined.and_then(char::from_u32) {
            out.push(c);
            origins.push(at);
            at += 2 + digits;
        } else if high.is_some() {
            at += 2 + digits;
        } else {
            // A doubled backslash is no escape.
            let plain = if rest.starts_with("\\\\") { 2 } else { 1 };
            for step in 0..plain {
                out.push_str(rest.get(step..=step).unwrap_or_default());
                origins.push(at + step);
            }
            at += plain;
        }
    }
    origins.push(text.len());
    Decoded {
        text: Cow::Owned(out),
        mark: None,
        origins: Some(origins),
        lead,
    }
}

/// Maps the parser's character offsets to bytes of the file.
pub(super) enum Offsets<'t> {
    /// All ASCII.
    Same,
    /// Byte of each character.
    Table(&'t [usize]),
    /// Text that was not changed, the bytes before it, and the byte of each [`STRIDE`]th character in it.
    Marks(&'t str, usize, Vec<usize>),
}

/// Characters from one mark to the next: few to count, and few marks to keep.
const STRIDE: usize = 64;

impl<'t> Offsets<'t> {
    pub(super) fn new(decoded: &'t Decoded<'_>) -> Self {
        let text = decoded.text.get(decoded.lead..).unwrap_or_default();
        match &decoded.origins {
            Some(origins) => Self::Table(origins),
            None if decoded.lead == 0 && text.is_ascii() => Self::Same,
            None => {
                let bytes = text.char_indices().map(|(at, _)| at);
                Self::Marks(text, decoded.lead, bytes.step_by(STRIDE).collect())
            }
        }
    }

    pub(super) fn byte(&self, character: usize) -> usize {
        match self {
            Self::Same => character,
            Self::Table(table) => table
                .get(character)
                .or(table.last())
                .copied()
                .unwrap_or_default(),
            Self::Marks(text, lead, marks) => {
                let mark = marks.get(character / STRIDE).copied();
                let from = mark.unwrap_or(text.len());
                let rest = text.get(from..).unwrap_or_default();
                let ahead = rest.char_indices().nth(character % STRIDE);
                lead + from + ahead.map_or(rest.len(), |(at, _)| at)
            }
        }
    }
}

/// Tells of the first character that YAML allows only as an escape in quotes (YAML 1.2.2, section 5.1).
pub(super) fn unprintable(source: SourceId, decoded: &Decoded<'_>) -> Option<Diagnostic> {
    let (number, character) = decoded
        .input()
        .chars()
        .enumerate()
        .find(|(_, c)| is_unprintable(*c))?;
    let at = Offsets::new(decoded).byte(number);
    Some(
        Diagnostic::error(
            "yaml::unprintable",
            format!(
                "the invisible character U+{:04X} may not stand in YAML",
                u32::from(character)
            ),
        )
        .label(
            Origin::new(source, Span::new(at, at + character.len_utf8())),
            "here",
        )
        .help("delete it; in a text that needs it, write it as an escape in double quotes"),
    )
}

/// Tells whether YAML does not allow a character outside of an escape.
pub(super) fn is_unprintable(c: char) -> bool {
    match u32::from(c) {
        0x9 | 0xa | 0xd | 0x85 => false,
        n => n < 0x20 || (0x7f..0xa0).contains(&n) || n == 0xfffe || n == 0xffff,
    }
}
