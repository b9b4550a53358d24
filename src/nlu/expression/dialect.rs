//! From the dialect of Python's `re` to that of fancy-regex.

use std::fmt::Write;

/// What `\w` and `\b` take for letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// What Rust's expressions do.
    Usual,
    /// What Python's do: no signs, no accents.
    Python,
    /// ASCII alone: the flag `a`.
    Ascii,
}

impl Letters {
    /// Returns what stands within brackets for `\w`; nothing where that is `\w` itself.
    fn class(self) -> Option<&'static str> {
        match self {
            Self::Usual => None,
            Self::Python => Some(r"\p{L}\p{N}_"),
            Self::Ascii => Some("0-9A-Za-z_"),
        }
    }

    /// Returns what stands for an escaped letter outside of brackets, where that is another.
    fn escape(self, letter: char) -> Option<String> {
        let class = self.class()?;
        let ascii = self == Self::Ascii;
        Some(match letter {
            'w' => format!("[{class}]"),
            'W' => format!("[^{class}]"),
            'b' => format!("(?:(?<=[{class}])(?![{class}])|(?<![{class}])(?=[{class}]))"),
            'B' => format!("(?:(?<=[{class}])(?=[{class}])|(?<![{class}])(?![{class}]))"),
            'd' if ascii => "[0-9]".to_owned(),
            'D' if ascii => "[^0-9]".to_owned(),
            's' if ascii => r"[ \t-\r]".to_owned(),
            'S' if ascii => r"[^ \t-\r]".to_owned(),
            _ => return None,
        })
    }
}

/// Returns an expression as fancy-regex reads it.
pub(super) fn translate(
    pattern: &str,
    letters: Letters,
    ignores_case: bool,
) -> Result<String, String> {
    let mut translator = Translator::new(pattern, letters, ignores_case);
    translator.all()?;
    // A flag holds for what stands before it, too.
    if translator.flags.contains('a') && letters != Letters::Ascii {
        return translate(pattern, Letters::Ascii, ignores_case);
    }
    if translator.flags.contains('i') && !ignores_case {
        return translate(pattern, letters, true);
    }
    let mut flags = translator.flags;
    flags.retain(|flag| "imsx".contains(flag));
    if ignores_case && !flags.contains('i') {
        flags.push('i');
    }
    Ok(if flags.is_empty() {
        translator.out
    } else {
        format!("(?{flags}){}", translator.out)
    })
}

struct Translator {
    pattern: Vec<char>,
    at: usize,
    out: String,
    letters: Letters,
    ignores_case: bool,
    /// Both of the groups around the place.
    outer: Vec<(Letters, bool)>,
    /// Flags that hold for all of the expression.
    flags: String,
}

/// Letters that are one to Python where case is ignored.
const TURKISH: [char; 4] = ['i', 'I', 'ı', 'İ'];

/// A character of a class, or a class within it.
enum Item {
    Character(char),
    Class(String),
}

impl Translator {
    fn new(pattern: &str, letters: Letters, ignores_case: bool) -> Self {
        Self {
            pattern: pattern.chars().collect(),
            at: 0,
            out: String::with_capacity(pattern.len() + 16),
            letters,
            ignores_case,
            outer: Vec::new(),
            flags: String::new(),
        }
    }

    fn peek(&self, offset: usize) -> Option<char> {
        self.pattern.get(self.at + offset).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        Some(c)
    }

    fn all(&mut self) -> Result<(), String> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open(),
                ')' => {
                    let around = self.outer.pop();
                    (self.letters, self.ignores_case) =
                        around.unwrap_or((self.letters, self.ignores_case));
                    self.out.push(')');
                }
                '{' => self.brace(),
                '}' => self.out.push_str(r"\}"),
                '#' if self.flags.contains('x') => self.comment(),
                c if self.is_turkish(c) => self.letter(c),
                c => self.out.push(c),
            }
        }
        Ok(())
    }

    /// Tells whether a letter is one of the four that are the same to Python where case is ignored, and two pairs to
    /// Unicode.
    fn is_turkish(&self, c: char) -> bool {
        self.ignores_case && self.letters != Letters::Ascii && TURKISH.contains(&c)
    }

    /// Appends a character that stands for itself, or for the others of the four as well.
    fn letter(&mut self, c: char) {
        if self.is_turkish(c) {
            self.out.push('[');
            self.out.extend(TURKISH);
            self.out.push(']');
        } else {
            literal(c, &mut self.out);
        }
    }

    /// Passes over a comment up to the end of the line.
    fn comment(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    /// Opens a group, with its flags.
    fn open(&mut self) {
        let around = (self.letters, self.ignores_case);
        if self.peek(0) != Some('?') {
            self.outer.push(around);
            self.out.push('(');
            return;
        }
        if self.peek(1) == Some('#') {
            while self.next().is_some_and(|c| c != ')') {}
            return;
        }
        let rest = self.pattern.get(self.at + 1..).unwrap_or_default();
        let is_flag = |c: &&char| "aiLmsux-".contains(**c);
        let flags: String = rest.iter().take_while(is_flag).collect();
        let end = rest.get(flags.len()).copied();
        match end {
            Some(')') if !flags.is_empty() => {
                self.at += flags.len() + 2;
                self.flags.push_str(&flags);
            }
            Some(':') if !flags.is_empty() => {
                self.at += flags.len() + 2;
                self.outer.push(around);
                let (on, off) = flags.split_once('-').unwrap_or((&flags, ""));
                if on.contains('a') {
                    self.letters = Letters::Ascii;
                }
                self.ignores_case = (around.1 || on.contains('i')) && !off.contains('i');
                let kept = flags.replace(['a', 'u', 'L'], "");
                let kept = kept.strip_suffix('-').unwrap_or(&kept);
                let _ = write!(self.out, "(?{kept}:");
            }
            _ => {
                self.outer.push(around);
                self.out.push('(');
                self.name();
            }
        }
    }

    /// Appends the name with which a group begins, if it has one: names are no letters to be found.
    fn name(&mut self) {
        let rest = self.pattern.get(self.at..).unwrap_or_default();
        let end = match rest {
            ['?', '<', '=' | '!', ..] => None,
            ['?', 'P', '<', ..] | ['?', '<', ..] => rest.iter().position(|c| *c == '>'),
            ['?', '(', ..] => rest.iter().position(|c| *c == ')'),
            // The bracket closes the group.
            ['?', 'P', '=' | '>', ..] => {
                let end = rest.iter().position(|c| *c == ')');
                end.and_then(|end| end.checked_sub(1))
            }
            _ => None,
        };
        if let Some(end) = end {
            self.out.extend(rest.iter().take(end + 1));
            self.at += end + 1;
        }
    }

    /// A brace counts repetitions only where what it holds looks like that.
    fn brace(&mut self) {
        let rest = self.pattern.get(self.at..).unwrap_or_default();
        let digits = |from: usize| {
            let rest = rest.iter().skip(from);
            rest.take_while(|c| c.is_ascii_digit()).count()
        };
        let least = digits(0);
        let comma = rest.get(least) == Some(&',');
        let most = if comma { digits(least + 1) } else { 0 };
        let end = least + usize::from(comma) + most;
        if rest.get(end) != Some(&'}') || end == 0 {
            self.out.push_str(r"\{");
            return;
        }
        self.out.push('{');
        if least == 0 {
            self.out.push('0');
        }
        self.out.extend(rest.iter().take(end + 1));
        self.at += end + 1;
    }

    /// An escape outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.peek(0) else {
            return Err("the expression ends with `\\`".to_owned());
        };
        let octal = self.octal(false);
        match c {
            '1'..='9' if octal.is_none() => {
                self.at += 1;
                // A group, by its number.
                let second = self.peek(0).filter(char::is_ascii_digit);
                self.at += usize::from(second.is_some());
                let _ = write!(self.out, "\\{c}");
                self.out.extend(second);
            }
            'Z' => {
                self.at += 1;
                self.out.push_str(r"\z");
            }
            'A' | 'b' | 'B' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                self.at += 1;
                match self.letters.escape(c) {
                    Some(other) => self.out.push_str(&other),
                    None => self.out.extend(['\\', c]),
                }
            }
            _ => {
                let character = match octal {
                    None => self.character()?,
                    read => read,
                };
                if let Some(c) = character {
                    self.letter(c);
                } else {
                    let escape = self.foreign();
                    self.out.push_str(&escape);
                }
            }
        }
        Ok(())
    }

    /// Reads an octal number, which begins with a nought or has three digits.
    fn octal(&mut self, in_class: bool) -> Option<char> {
        let rest = self.pattern.get(self.at..).unwrap_or_default();
        let digits = rest.iter().take(3);
        let digits = digits.take_while(|c| ('0'..='7').contains(*c)).count();
        let is_octal = match rest.first() {
            Some('0') => true,
            Some('1'..='3') => digits == 3 || in_class && digits > 0,
            _ => in_class && digits > 0,
        };
        if !is_octal {
            return None;
        }
        let written: String = rest.iter().take(digits).collect();
        self.at += digits;
        let code = u32::from_str_radix(&written, 8).unwrap_or_default();
        char::from_u32(code)
    }

    /// Reads an escaped character behind its `\`; nothing for letters that only fancy-regex may know.
    fn character(&mut self) -> Result<Option<char>, String> {
        let Some(c) = self.next() else {
            return Err("the expression ends with `\\`".to_owned());
        };
        let digits = match c {
            'n' => return Ok(Some('\n')),
            't' => return Ok(Some('\t')),
            'r' => return Ok(Some('\r')),
            'f' => return Ok(Some('\u{c}')),
            'v' => return Ok(Some('\u{b}')),
            'a' => return Ok(Some('\u{7}')),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'N' => {
                return Err(
                    "characters cannot be named by `\\N{…}`: write `\\u` and four digits"
                        .to_owned(),
                );
            }
            c if c.is_ascii_alphabetic() => {
                self.at -= 1;
                return Ok(None);
            }
            c => return Ok(Some(c)),
        };
        let rest = self.pattern.get(self.at..).unwrap_or_default();
        let written: String = rest.iter().take(digits).collect();
        let code = u32::from_str_radix(&written, 16).ok();
        let code = code.filter(|_| written.len() == digits);
        match code.and_then(char::from_u32) {
            Some(c) => {
                self.at += digits;
                Ok(Some(c))
            }
            None => Err(format!("`\\{c}` needs {digits} hexadecimal digits")),
        }
    }

    /// Reads the letter of an escape that Python does not have, with the braces of a property, and returns it as
    /// written.
    fn foreign(&mut self) -> String {
        let mut escape = "\\".to_owned();
        let letter = self.next();
        escape.extend(letter);
        let close = match (letter, self.peek(0)) {
            (Some('p' | 'P'), Some('{')) => '}',
            (Some('k' | 'g'), Some('<')) => '>',
            _ => return escape,
        };
        while let Some(c) = self.next() {
            escape.push(c);
            if c == close {
                break;
            }
        }
        escape
    }

    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.peek(0) == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            if self.peek(0) == Some(']') && !first {
                self.at += 1;
                self.out.push(']');
                return Ok(());
            }
            first = false;
            let from = match self.item()? {
                Item::Class(class) => {
                    self.out.push_str(&class);
                    continue;
                }
                Item::Character(c) => c,
            };
            literal(from, &mut self.out);
            let mut last = from;
            if self.peek(0) == Some('-') && self.peek(1).is_some_and(|c| c != ']') {
                self.at += 1;
                match self.item()? {
                    Item::Character(to) => {
                        last = to;
                        self.out.push('-');
                        literal(to, &mut self.out);
                    }
                    Item::Class(_) => {
                        return Err("a range of characters ends with a class".to_owned());
                    }
                }
            }
            if TURKISH
                .iter()
                .any(|c| (from..=last).contains(c) && self.is_turkish(*c))
            {
                self.out.extend(TURKISH);
            }
        }
    }

    fn item(&mut self) -> Result<Item, String> {
        let Some(c) = self.next() else {
            return Err("a `[` is not closed".to_owned());
        };
        if c != '\\' {
            return Ok(Item::Character(c));
        }
        if let Some(c) = self.octal(true) {
            return Ok(Item::Character(c));
        }
        Ok(match self.peek(0) {
            Some('b') => {
                self.at += 1;
                Item::Character('\u{8}')
            }
            Some(c @ ('w' | 'W' | 'd' | 'D' | 's' | 'S')) => {
                self.at += 1;
                let other = self.letters.escape(c);
                Item::Class(other.unwrap_or_else(|| format!("\\{c}")))
            }
            _ => match self.character()? {
                Some(c) => Item::Character(c),
                None => Item::Class(self.foreign()),
            },
        })
    }
}

/// Appends a character that stands for itself.
fn literal(c: char, out: &mut String) {
    if c.is_alphanumeric() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    }
}
