//! Findings with the lines they point into, through miette; or one line each; or as JSON.

use std::{fmt, sync::Arc};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, ThemeCharacters,
    ThemeStyles,
};
use serde_json::json;

use crate::{
    console::{Console, Role, words},
    diagnostic::{Diagnostic, Severity, Sources, count},
    text::{line_end, line_start},
};

/// Most findings shown in full in one run.
const SHOWN: usize = 20;
/// Lines longer than this are shortened around the mark.
const LONG_LINE: usize = 300;

/// Prints findings to stderr, worst first within each file, and says how many were left out.
pub fn print(console: &mut Console, sources: &Sources, findings: &[Diagnostic]) {
    let (advice, mut ordered): (Vec<&Diagnostic>, Vec<&Diagnostic>) = findings
        .iter()
        .partition(|finding| finding.severity == Severity::Advice);
    ordered.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.origin()));
    for finding in ordered.iter().take(SHOWN) {
        let text = render(console, sources, finding);
        let text = text.trim_end_matches('\n');
        if is_drawn(finding) {
            console.picture(text);
        } else {
            console.message(text);
        }
        console.message("");
    }
    if let Some(more) = ordered.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        console.message(format!("… and {} not shown", count(more, "more finding")));
    }
    print_advice(console, sources, &advice);
}

/// Prints what is only good to know: a line each, the same words once, with the first place they are said of.
fn print_advice(console: &mut Console, sources: &Sources, advice: &[&Diagnostic]) {
    let mut told: Vec<&str> = Vec::new();
    for finding in advice {
        if told.contains(&finding.message.as_str()) {
            continue;
        }
        told.push(&finding.message);
        let place = finding
            .origin()
            .map(|origin| format!("{}, ", sources.place(origin)))
            .unwrap_or_default();
        let note = console.paint(Role::Name, "note:");
        let (message, code) = (&finding.message, finding.code);
        console.say(format!("{note} {message} ({place}{code})"));
    }
    if !told.is_empty() {
        console.say("");
    }
}

/// Tells whether a finding is shown as a picture of lines.
fn is_drawn(finding: &Diagnostic) -> bool {
    !(finding.labels.is_empty() && finding.related.is_empty())
}

/// Returns one finding as text: plain sentences where it has no place, else a picture of the lines.
pub fn render(console: &Console, sources: &Sources, finding: &Diagnostic) -> String {
    if !is_drawn(finding) {
        let role = match finding.severity {
            Severity::Error => Role::Bad,
            Severity::Warning => Role::Warn,
            Severity::Advice => Role::Name,
        };
        let word = finding.severity.word();
        // An error without a place says what could not be done; what is only doubtful can be looked up and silenced.
        let code = match finding.severity {
            Severity::Error => String::new(),
            _ => format!(" ({})", finding.code),
        };
        let mut text = format!(
            "{} {}{code}",
            console.paint(role, &format!("{word}:")),
            finding.message
        );
        if let Some(help) = &finding.help {
            text = format!("{text}\n{} {help}", console.paint(Role::Name, "hint:"));
        }
        return text;
    }
    let characters = if console.ascii() {
        ThemeCharacters::ascii()
    } else {
        ThemeCharacters::unicode()
    };
    let styles = if console.colors_messages() {
        ThemeStyles::ansi()
    } else {
        ThemeStyles::none()
    };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(console.width())
        .with_break_words(false)
        .with_word_separator(textwrap::WordSeparator::Custom(words))
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_context_lines(1)
        .with_links(false);
    let mut out = String::new();
    // Writing to a String cannot fail; what a broken source gives is shown as the message alone.
    if handler
        .render_report(&mut out, &Picture::new(sources, finding))
        .is_err()
    {
        return finding.message.clone();
    }
    out.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns one finding in one line: `file:line:column: error[code]: message`.
pub fn concise(sources: &Sources, finding: &Diagnostic) -> String {
    let word = finding.severity.word();
    let place = finding.origin().map(|origin| {
        let place = sources.place(origin);
        format!("{}:{}:{}: ", place.file, place.line, place.column)
    });
    format!(
        "{}{word}[{}]: {}",
        place.unwrap_or_default(),
        finding.code,
        finding.message
    )
}

/// Returns one finding as an annotation of GitHub's checks.
///
/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
pub fn github(sources: &Sources, finding: &Diagnostic) -> String {
    let kind = match finding.severity {
        Severity::Advice => "notice",
        worse => worse.word(),
    };
    let data = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let place = finding.origin().map(|origin| {
        let place = sources.place(origin);
        let file = property(&sources.in_repository(&place.file));
        format!("file={file},line={},col={},", place.line, place.column)
    });
    let mut text = finding.message.clone();
    if let Some(help) = &finding.help {
        text.push('\n');
        text.push_str(help);
    }
    format!(
        "::{kind} {}title={}::{}",
        place.unwrap_or_default(),
        property(&format!("bot ({})", finding.code)),
        data(&text)
    )
}

/// Returns one finding as JSON.
pub fn json(sources: &Sources, finding: &Diagnostic) -> serde_json::Value {
    let places: Vec<_> = finding
        .labels
        .iter()
        .map(|label| {
            let place = sources.place(label.origin);
            json!({"file": place.file, "line": place.line, "column": place.column, "label": label.text})
        })
        .collect();
    let severity = finding.severity.word();
    json!({
        "code": finding.code, "severity": severity, "message": finding.message, "places": places, "help": finding.help,
        "fixable": finding.fix.is_some(),
        "related": finding.related.iter().map(|other| self::json(sources, other)).collect::<Vec<_>>(),
    })
}

/// A finding in miette's terms.
#[derive(Debug)]
struct Picture {
    code: String,
    message: String,
    help: Option<String>,
    severity: miette::Severity,
    source: Option<NamedSource<Arc<String>>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Self>,
}

impl Picture {
    fn new(sources: &Sources, finding: &Diagnostic) -> Self {
        let mut picture = Self {
            code: finding.code.to_owned(),
            message: finding.message.clone(),
            help: finding.help.clone(),
            severity: match finding.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Advice => miette::Severity::Advice,
            },
            source: None,
            labels: Vec::new(),
            related: Vec::new(),
        };
        let Some(main) = finding
            .origin()
            .and_then(|origin| sources.get(origin.source))
        else {
            return picture;
        };
        let (here, elsewhere): (Vec<_>, Vec<_>) = finding
            .labels
            .iter()
            .partition(|label| Some(label.origin.source) == finding.origin().map(|o| o.source));
        let spans: Vec<_> = here.iter().map(|label| label.origin.span.range()).collect();
        let (text, spans) = shorten(&main.text, spans);
        picture.source = Some(NamedSource::new(&main.name, text).with_language("YAML"));
        picture.labels = here
            .iter()
            .zip(spans)
            .enumerate()
            .map(|(i, (label, span))| {
                let text = Some(label.text.clone()).filter(|text| !text.is_empty());
                if i == 0 {
                    LabeledSpan::new_primary_with_span(text, span)
                } else {
                    LabeledSpan::new_with_span(text, span)
                }
            })
            .collect();
        picture.related = elsewhere
            .into_iter()
            .map(|label| {
                Diagnostic::new(Severity::Advice, "", "see also").label(label.origin, &label.text)
            })
            .chain(finding.related.iter().cloned())
            .map(|other| Self::new(sources, &other))
            .collect();
        picture
    }
}

/// Returns the text with overlong lines cut around the marks, and the marks moved along; line numbers stay.
fn shorten(
    text: &Arc<String>,
    spans: Vec<std::ops::Range<usize>>,
) -> (Arc<String>, Vec<std::ops::Range<usize>>) {
    let line_of = |at: usize| {
        let at = at.min(text.len());
        line_start(text, at)..line_end(text, at)
    };
    let long = |range: &std::ops::Range<usize>| {
        let line = line_of(range.start);
        let before = line_of(line.start.saturating_sub(1));
        let after = line_of((line.end + 1).min(text.len()));
        [line, before, after]
            .iter()
            .any(|line| line.len() > LONG_LINE)
    };
    if !spans.iter().any(long) {
        return (Arc::clone(text), spans);
    }
    let mut out = String::new();
    let mut moved: Vec<Option<std::ops::Range<usize>>> = vec![None; spans.len()];
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let first = spans
            .iter()
            .find(|span| span.start >= start && span.start <= start + body.len());
        let from = first.map_or(0, |span| (span.start - start).saturating_sub(80));
        let from = (0..=from)
            .rev()
            .find(|at| body.is_char_boundary(*at))
            .unwrap_or_default();
        let to = (from + LONG_LINE).min(body.len());
        let to = (to..=body.len())
            .find(|at| body.is_char_boundary(*at))
            .unwrap_or(body.len());
        let near = first.is_some() || body.len() <= LONG_LINE;
        let base = out.len();
        if near {
            out.push_str(body.get(from..to).unwrap_or_default());
        }
        for (span, place) in spans.iter().zip(&mut moved) {
            if near && span.start >= start + from && span.start <= start + to {
                let end = span.end.min(start + to).max(span.start);
                *place = Some(base + span.start - start - from..base + end - start - from);
            }
        }
        out.push('\n');
        start += line.len();
    }
    let end = out.len();
    (
        Arc::from(out),
        moved
            .into_iter()
            .map(|place| place.unwrap_or(end..end))
            .collect(),
    )
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Picture {}

impl miette::Diagnostic for Picture {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        if self.code.is_empty() {
            None
        } else {
            Some(Box::new(&self.code))
        }
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() {
            None
        } else {
            Some(Box::new(self.labels.iter().cloned()))
        }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(
            self.related
                .iter()
                .map(|other| other as &dyn miette::Diagnostic),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Origin;

    fn console() -> Console {
        Console::into_writers(std::io::sink(), std::io::sink())
    }

    #[test]
    fn a_finding_shows_its_line_and_help() {
        let mut sources = Sources::new();
        let text = "slots:\n  city:\n    mappings:\n      - type: from_entitiy\n";
        let id = sources.add("domain.yml", text);
        let at = text.find("from_entitiy").unwrap();
        let finding = Diagnostic::error(
            "domain::unknown-mapping",
            "unknown slot mapping type `from_entitiy`",
        )
        .label(Origin::new(id, at..at + 12), "in slot `city`")
        .help("did you mean `from_entity`?");
        insta::assert_snapshot!(render(&console(), &sources, &finding));
        assert_eq!(
            concise(&sources, &finding),
            "domain.yml:4:15: error[domain::unknown-mapping]: unknown slot mapping type `from_entitiy`"
        );
    }

    #[test]
    fn a_line_of_a_megabyte_is_shown_shortened() {
        let mut sources = Sources::new();
        let text = format!(
            "a\n{}WRONG{}\nb\n",
            "x".repeat(500_000),
            "y".repeat(500_000)
        );
        let id = sources.add("big.csv", text.clone());
        let at = text.find("WRONG").unwrap();
        let finding =
            Diagnostic::error("x::y", "too long").label(Origin::new(id, at..at + 5), "here");
        let shown = render(&console(), &sources, &finding);
        assert!(shown.len() < 2000, "{}", shown.len());
        assert!(
            shown.contains("WRONG") && shown.contains("big.csv:2:"),
            "{shown}"
        );
    }

    #[test]
    fn a_finding_without_place_is_two_lines() {
        let finding =
            Diagnostic::error("file::missing", "there is no file `a`").help("check the spelling");
        assert_eq!(
            render(&console(), &Sources::new(), &finding),
            "error: there is no file `a`\nhint: check the spelling"
        );
    }
}
