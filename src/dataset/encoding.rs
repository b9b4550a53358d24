//! Bytes to text: which encoding a file is in, and why.

use chardetng::EncodingDetector;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::problem::Problem;

/// Fewer bytes beyond ASCII than this tell no encoding; then it is the most frequent one.
const TELLING: usize = 8;

/// Something found out, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What.
    pub value: String,
    /// Why.
    pub reason: String,
}

impl Found {
    pub(super) fn new(value: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            reason: reason.into(),
        }
    }
}

/// A file's text and how it was read.
#[derive(Clone, Debug)]
pub(super) struct Decoded {
    /// The text without byte order mark; line ends as they were.
    pub(super) text: String,
    /// The encoding.
    pub(super) encoding: Found,
    /// Bytes that did not fit the encoding, by line from 1.
    pub(super) stray: Vec<usize>,
}

/// Turns bytes into text.
pub(super) fn decode(file: &str, bytes: &[u8], wanted: Option<&str>) -> Result<Decoded, Problem> {
    if let Some(kind) = binary_kind(bytes) {
        return Err(Problem::NotText {
            file: file.to_owned(),
            kind,
        });
    }
    if let Some(name) = wanted {
        let encoding =
            by_name(name, bytes).ok_or_else(|| Problem::UnknownEncoding(name.to_owned()))?;
        let (text, _, wrong) = encoding.decode(bytes);
        let stray = if wrong {
            lines_of(&text, '\u{fffd}')
        } else {
            Vec::new()
        };
        return Ok(Decoded {
            text: text.into_owned(),
            encoding: Found::new(shown(encoding, bytes), "`--encoding`"),
            stray,
        });
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(length..).unwrap_or_default();
        let found = Found::new(shown(encoding, bytes), "byte order mark");
        if encoding == UTF_8 {
            let (text, stray) = mostly_utf8(rest);
            return Ok(Decoded {
                text,
                encoding: found,
                stray,
            });
        }
        let (text, _) = encoding.decode_without_bom_handling(rest);
        let stray = lines_of(&text, '\u{fffd}');
        return Ok(Decoded {
            text: text.into_owned(),
            encoding: found,
            stray,
        });
    }
    if let Some(encoding) = utf16_by_zeros(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        return Ok(Decoded {
            text: text.into_owned(),
            encoding: Found::new(shown(encoding, bytes), "every other byte is zero"),
            stray: Vec::new(),
        });
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let reason = if text.is_ascii() {
            "only ASCII"
        } else {
            "every byte fits"
        };
        return Ok(Decoded {
            text: text.to_owned(),
            encoding: Found::new("UTF-8", reason),
            stray: Vec::new(),
        });
    }
    Ok(legacy(bytes))
}

/// Reads bytes that are not all UTF-8: mostly UTF-8 with stray bytes, or an encoding from before it.
fn legacy(bytes: &[u8]) -> Decoded {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    let lines = bytes
        .iter()
        .filter(|byte| matches!(byte, b'\n' | b'\r'))
        .count()
        .max(1);
    if valid > invalid {
        let (text, stray) = mostly_utf8(bytes);
        return Decoded {
            text,
            encoding: Found::new("UTF-8", "nearly every byte fits"),
            stray,
        };
    }
    let mut detector = EncodingDetector::new();
    detector.feed(bytes, true);
    let mut encoding = detector.guess(None, false);
    if encoding != WINDOWS_1252 && (invalid < TELLING || is_western(bytes)) {
        // With few letters the detector takes Turkish or Baltic for as likely as French.
        encoding = WINDOWS_1252;
    }
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let name = shown(encoding, bytes);
    let reason = format!("not UTF-8; its letters are those of {name}");
    // A few bytes in a file of ASCII may just as well be damage: say where they are.
    let stray = if invalid * 10 < lines {
        let mut line = 1;
        let mut found = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => line += 1,
                0x80.. => found.push(line),
                _ => {}
            }
        }
        found
    } else {
        Vec::new()
    };
    Decoded {
        text: text.into_owned(),
        encoding: Found::new(name, reason),
        stray,
    }
}

/// Reads UTF-8, and each byte that does not fit as Windows-1252; returns the lines of the latter.
fn mostly_utf8(bytes: &[u8]) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(bytes.len());
    let (mut stray, mut line) = (Vec::new(), 1);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        line += chunk.valid().matches('\n').count();
        for byte in chunk.invalid() {
            text.push_str(&WINDOWS_1252.decode_without_bom_handling(&[*byte]).0);
            stray.push(line);
        }
    }
    (text, stray)
}

fn lines_of(text: &str, wanted: char) -> Vec<usize> {
    let mut line = 1;
    let mut found = Vec::new();
    for c in text.chars() {
        if c == '\n' {
            line += 1;
        } else if c == wanted {
            found.push(line);
        }
    }
    found
}

fn by_name(name: &str, bytes: &[u8]) -> Option<&'static Encoding> {
    let lower = name.trim().to_ascii_lowercase();
    let bare: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    match bare.as_str() {
        "utf16" => Some(match Encoding::for_bom(bytes) {
            Some((encoding, _)) if encoding == UTF_16BE => UTF_16BE,
            _ => UTF_16LE,
        }),
        "utf8bom" | "utf8sig" => Some(UTF_8),
        "latin1" | "ansi" => Some(WINDOWS_1252),
        _ => Encoding::for_label(lower.as_bytes()).or_else(|| {
            let number = bare
                .strip_prefix("cp")
                .or_else(|| bare.strip_prefix("windows"))?;
            Encoding::for_label(format!("windows-{number}").as_bytes())
        }),
    }
}

/// Returns the name people know the encoding by.
fn shown(encoding: &'static Encoding, bytes: &[u8]) -> String {
    if encoding == UTF_8 {
        let bom = bytes.starts_with(b"\xef\xbb\xbf");
        return if bom { "UTF-8 with BOM" } else { "UTF-8" }.to_owned();
    }
    if encoding == WINDOWS_1252 {
        // The two differ only in these bytes, which Latin-1 has no letters for.
        let beyond = bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
        return if beyond { "Windows-1252" } else { "Latin-1" }.to_owned();
    }
    match encoding.name().strip_prefix("windows-") {
        Some(number) => format!("Windows-{number}"),
        None => match encoding.name() {
            "UTF-16LE" => "UTF-16 (little-endian)".to_owned(),
            "UTF-16BE" => "UTF-16 (big-endian)".to_owned(),
            name => name.to_owned(),
        },
    }
}

/// Tells whether every byte beyond ASCII is, in Windows-1252, a letter or sign of Western European text.
fn is_western(bytes: &[u8]) -> bool {
    const USUAL: &str =
        "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ¿¡€£‘’“”–—…«»°ºª´·\u{a0}§©®™½¼";
    let beyond: Vec<u8> = bytes.iter().copied().filter(|byte| *byte >= 0x80).collect();
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(&beyond);
    // Two such letters in a row are rare in Western text and the rule in Cyrillic, Greek or Thai.
    let pairs = bytes
        .windows(2)
        .filter(|pair| pair.iter().all(|byte| *byte >= 0xc0))
        .count();
    pairs * 5 <= beyond.len() && text.chars().all(|c| USUAL.contains(c))
}

/// Recognises UTF-16 without a byte order mark by the zero bytes of its ASCII part.
fn utf16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(64 << 10))?;
    if head.len() < 4 || head.len() % 2 != 0 {
        return None;
    }
    let zeros = |parity: usize| {
        head.iter()
            .skip(parity)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if odd * 5 > half && even * 10 < odd {
        Some(UTF_16LE)
    } else if even * 5 > half && odd * 10 < even {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn binary_kind(bytes: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "a spreadsheet (xlsx or ods) or an archive"),
        (b"\xd0\xcf\x11\xe0", "an old Excel file (xls)"),
        (b"%PDF-", "a PDF"),
        (b"\x1f\x8b", "compressed with gzip"),
        (b"\x89PNG", "a picture"),
        (b"SQLite format 3", "a database"),
        (b"PAR1", "a Parquet file"),
        (b"\xff\xfe\x00\x00", "UTF-32"),
    ];
    kinds
        .into_iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, String) {
        let decoded = decode("a.csv", bytes, None).unwrap();
        (decoded.text, decoded.encoding.value)
    }

    #[test]
    fn unicode_is_known_by_its_mark_or_its_zeros() {
        assert_eq!(
            read(b"\xef\xbb\xbfa,b"),
            ("a,b".into(), "UTF-8 with BOM".into())
        );
        assert_eq!(
            read(b"\xff\xfea\0,\0b\0"),
            ("a,b".into(), "UTF-16 (little-endian)".into())
        );
        assert_eq!(
            read(b"\0a\0,\0b"),
            ("a,b".into(), "UTF-16 (big-endian)".into())
        );
        assert_eq!(read("é,b".as_bytes()).1, "UTF-8");
    }

    #[test]
    fn western_letters_are_latin_1_or_1252() {
        assert_eq!(
            read(b"ma\xf1ana,a\nadi\xf3s,b\n"),
            ("mañana,a\nadiós,b\n".into(), "Latin-1".into())
        );
        assert_eq!(read(b"l\x92\xe9t\xe9,a\n").1, "Windows-1252");
        let (cyrillic, _, _) =
            encoding_rs::WINDOWS_1251.encode("привет как дела,приветствие\nпока,прощание\n");
        assert_eq!(read(&cyrillic).1, "Windows-1251");
    }

    #[test]
    fn stray_bytes_among_utf_8_are_read_and_told() {
        let decoded = decode("a.csv", b"\xc3\xa9\xc3\xa9\nx\xe9,b\n", None).unwrap();
        assert_eq!(decoded.text, "éé\nxé,b\n");
        assert_eq!(decoded.stray, [2]);
    }

    #[test]
    fn encodings_have_many_names() {
        for name in [
            "latin1",
            "Latin-1",
            "cp1252",
            "windows_1252",
            "ISO-8859-1",
            "ansi",
        ] {
            assert_eq!(by_name(name, b""), Some(WINDOWS_1252), "{name}");
        }
        assert_eq!(by_name("utf8", b""), Some(UTF_8));
        assert_eq!(by_name("klingon", b""), None);
    }

    #[test]
    fn spreadsheets_are_refused() {
        assert!(matches!(
            decode("a.xlsx", b"PK\x03\x04...", None),
            Err(Problem::NotText { .. })
        ));
    }
}
