//! Corrections: what a person says about a message becomes a change of the project's files, shown before it is made.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{OF_REVIEW, story::marked};
use crate::{
    data::{Annotation, Entity, Example, Story},
    diagnostic::{Diagnostic, Error, Sources, count},
    files,
    project::{self, Change, Editor, Loaded, Paths, Reason, Refusal},
    text::Span,
};

/// The project whose files are corrected and learnt from.
#[derive(Clone)]
pub struct Project {
    /// Where its files stand.
    pub paths: Paths,
    /// The time twice: as it stands in file names, and in RFC 3339.
    pub clock: Arc<dyn Fn() -> (String, String) + Send + Sync>,
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project")
            .field("root", &self.paths.root)
            .finish_non_exhaustive()
    }
}

/// What a person says about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// The text means this intent.
    Intent {
        /// The message.
        text: String,
        /// Its intent, with the key of a retrieval intent; new ones too.
        intent: String,
    },
    /// A piece of the text is an entity.
    Mark {
        /// The message.
        text: String,
        /// The piece, in bytes.
        span: Span,
        /// Its type, or `type:role`.
        entity: String,
    },
    /// A piece of the text is no entity.
    Unmark {
        /// The message.
        text: String,
        /// The piece, in bytes.
        span: Span,
    },
}

/// Changes of files that wait for a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it is, in a few words.
    pub what: String,
    /// The changes; nothing of them is made yet.
    pub changes: Vec<Change>,
    /// Whether the model must learn anew after them.
    pub retrains: bool,
    /// What is left out of them, and why.
    pub notes: Vec<String>,
}

impl Plan {
    /// Returns the changed lines, in the form of `diff -u`.
    pub fn diff(&self) -> String {
        let diffs: Vec<String> = self.changes.iter().map(Change::diff).collect();
        diffs.concat()
    }

    /// Returns the plan that takes this one back.
    #[must_use]
    pub fn back(&self) -> Self {
        Self {
            what: self.what.clone(),
            changes: self.changes.iter().map(back).collect(),
            retrains: self.retrains,
            notes: Vec::new(),
        }
    }

    /// Returns the files with what happens to each: `data/nlu.yml +1 line`.
    pub fn summary(&self) -> String {
        let files = self
            .changes
            .iter()
            .map(|change| format!("{} {}", change.shown, change.status()));
        files.collect::<Vec<_>>().join(", ")
    }
}

/// What a person said about a message of a list, and how it is understood.
pub(super) struct Decided {
    pub(super) text: String,
    pub(super) intent: String,
    pub(super) entities: Vec<Entity>,
    pub(super) marks: Vec<Correction>,
}

/// Why nothing is changed, as text for people.
pub(super) type Refused = String;

impl Project {
    /// Returns the change that a correction comes to. `intent` and `entities` are how the text is understood.
    pub(super) fn correct(
        &self,
        correction: &Correction,
        intent: &str,
        entities: &[Entity],
    ) -> std::result::Result<Plan, Refused> {
        let mut sources = Sources::new();
        let loaded = project::load(&self.paths, &mut sources).map_err(|error| told(&error))?;
        let mut editor = Editor::new(&self.paths, &sources).map_err(|error| told(&error))?;
        let (what, edit) = match correction {
            Correction::Intent { text, intent } => (
                format!("\"{text}\" is `{intent}`"),
                is_intent(&mut editor, &loaded, &example(text, intent, entities)),
            ),
            Correction::Mark { text, span, entity } => {
                let mark = annotation(*span, entity);
                let mut example = example(text, intent, entities);
                remark(&mut example, *span, Some(&mark));
                let what = format!("`{}` is a `{entity}`", span.of(text));
                let edit = match known(&loaded, text) {
                    Some(known) => mark_known(&mut editor, known, &mark),
                    None => editor.add_example(&example),
                };
                (what, edit)
            }
            Correction::Unmark { text, span } => {
                let what = format!("`{}` is no entity", span.of(text));
                let edit = if let Some(known) = known(&loaded, text) {
                    editor.remove_annotation(known.origin, *span)
                } else {
                    let mut example = example(text, intent, entities);
                    remark(&mut example, *span, None);
                    editor.add_example(&example)
                };
                (what, edit)
            }
        };
        edit.map_err(|refusal| refused(&refusal))?;
        Ok(Plan {
            what,
            changes: self.changes(&editor),
            retrains: true,
            notes: Vec::new(),
        })
    }

    /// Returns the change that a list of decisions comes to; what cannot be made of it is left out, with the reason.
    pub(super) fn correct_all(&self, all: &[Decided]) -> std::result::Result<Plan, Refused> {
        let mut sources = Sources::new();
        let loaded = project::load(&self.paths, &mut sources).map_err(|error| told(&error))?;
        let mut editor = Editor::new(&self.paths, &sources).map_err(|error| told(&error))?;
        let mut notes = Vec::new();
        for decided in all {
            let mut example = example(&decided.text, &decided.intent, &decided.entities);
            for mark in &decided.marks {
                match mark {
                    Correction::Mark { span, entity, .. } => {
                        remark(&mut example, *span, Some(&annotation(*span, entity)));
                    }
                    Correction::Unmark { span, .. } => remark(&mut example, *span, None),
                    Correction::Intent { .. } => {}
                }
            }
            let edit = match is_intent(&mut editor, &loaded, &example) {
                // It stands there already, but perhaps without its marks.
                Err(refusal) if !decided.marks.is_empty() => match known(&loaded, &decided.text) {
                    Some(known) => decided.marks.iter().try_for_each(|mark| match mark {
                        Correction::Mark { span, entity, .. } => {
                            mark_known(&mut editor, known, &annotation(*span, entity))
                        }
                        Correction::Unmark { span, .. } => {
                            editor.remove_annotation(known.origin, *span)
                        }
                        Correction::Intent { .. } => Ok(()),
                    }),
                    None => Err(refusal),
                },
                other => other,
            };
            if let Err(refusal) = edit {
                let why = refused(&refusal);
                let why = why.lines().next().unwrap_or_default();
                notes.push(format!("left out: \"{}\": {why}", decided.text));
            }
        }
        if notes.len() == all.len() {
            return Err(if notes.is_empty() {
                "nothing is decided yet".to_owned()
            } else {
                notes.join("\n")
            });
        }
        let messages = count(all.len() - notes.len(), "message");
        Ok(Plan {
            what: format!("{messages}{OF_REVIEW}"),
            changes: self.changes(&editor),
            retrains: true,
            notes,
        })
    }

    /// Returns what an editor would change, each file by its name in the project.
    fn changes(&self, editor: &Editor<'_>) -> Vec<Change> {
        let named = |change: Change| Change {
            shown: self.paths.show(&change.path),
            ..change
        };
        editor.changes().into_iter().map(named).collect()
    }

    /// Returns the change that adds a conversation to the tests, or a rule to the rules.
    pub(super) fn add(&self, story: &Story) -> std::result::Result<Plan, Refused> {
        let sources = Sources::new();
        let mut editor = Editor::new(&self.paths, &sources).map_err(|error| told(&error))?;
        let edit = if story.is_rule() {
            editor.add_story(story)
        } else {
            editor.add_test_story(story, &self.test_file())
        };
        edit.map_err(|refusal| refused(&refusal))?;
        Ok(Plan {
            what: format!("`{}`", story.name),
            changes: self.changes(&editor),
            retrains: story.is_rule(),
            notes: Vec::new(),
        })
    }

    /// Returns the file that conversations are added to: the first file of tests, or one to be made.
    fn test_file(&self) -> PathBuf {
        let folder = self.paths.tests.first().cloned().unwrap_or_default();
        if folder.is_file() {
            return folder;
        }
        let known = project::load_tests(&self.paths.tests, &self.paths, &mut Sources::new());
        let first = known.ok().and_then(|tests| {
            let mut files = tests.files.into_iter();
            files.find(|file| project::holds_stories(Path::new(file)))
        });
        match first {
            Some(file) => self.paths.root.join(file),
            None => folder.join("test_stories.yml"),
        }
    }

    /// Takes changes back, if the files still say what they brought.
    pub(super) fn take_back(changes: &[Change]) -> std::result::Result<(), Refused> {
        for change in changes {
            let now = files::read(&change.path).map_err(|problem| told(&problem.into()))?;
            if now != change.new {
                return Err(format!(
                    "{} has changed since: take the lines out by hand",
                    change.shown
                ));
            }
        }
        let back: Vec<Change> = changes.iter().map(back).collect();
        project::apply(&back).map_err(|error| told(&error))?;
        for change in changes.iter().filter(|change| change.old.is_none()) {
            // A file that was made new and is empty now; one that cannot be deleted does no harm.
            let _ = std::fs::remove_file(&change.path);
        }
        Ok(())
    }
}

/// Returns the change that undoes one; of a file that was new nothing is left.
fn back(change: &Change) -> Change {
    Change {
        old: Some(change.new.clone()),
        new: change.old.clone().unwrap_or_default(),
        ..change.clone()
    }
}

/// The example belongs to its intent: it is added there, or moved from where it stands.
fn is_intent(
    editor: &mut Editor<'_>,
    loaded: &Loaded,
    example: &Example,
) -> std::result::Result<(), Refusal> {
    let name = |example: &Example| match &example.response_key {
        Some(key) => key.clone(),
        None => example.intent.clone(),
    };
    let wanted = name(example);
    match editor.add_example(example) {
        Err(Refusal {
            reason: Reason::UnknownIntent(_),
            ..
        }) => editor.add_intent(&wanted, std::slice::from_ref(example)),
        Err(refusal) => match (&refusal.reason, known(loaded, &example.text)) {
            (Reason::Duplicate { intent, .. }, Some(known)) if *intent != wanted => {
                let known_intent = loaded
                    .assistant
                    .training
                    .examples
                    .iter()
                    .any(|other| name(other) == wanted);
                if known_intent {
                    editor.move_example(known.origin, &wanted)
                } else {
                    Err(refusal)
                }
            }
            _ => Err(refusal),
        },
        Ok(()) => Ok(()),
    }
}

/// Gives a piece of an example another mark, or none.
fn remark(example: &mut Example, span: Span, mark: Option<&Annotation>) {
    example.entities.retain(|other| !other.span.overlaps(span));
    example.entities.extend(mark.cloned());
    example.entities.sort_by_key(|mark| mark.span.start);
}

/// Marks an entity in an example of the files, in the place of what is marked there.
fn mark_known(
    editor: &mut Editor<'_>,
    known: &Example,
    mark: &Annotation,
) -> std::result::Result<(), Refusal> {
    let cut: Vec<Span> = known
        .entities
        .iter()
        .map(|other| other.span)
        .filter(|other| other.overlaps(mark.span))
        .collect();
    cut.into_iter()
        .try_for_each(|other| editor.remove_annotation(known.origin, other))
        .and_then(|()| editor.annotate(known.origin, mark))
}

/// Returns the training example with just this text.
fn known<'l>(loaded: &'l Loaded, text: &str) -> Option<&'l Example> {
    let mut examples = loaded.assistant.training.examples.iter();
    examples.find(|example| example.text == text)
}

/// Returns a text as an example with the entities that a person would mark.
fn example(text: &str, intent: &str, entities: &[Entity]) -> Example {
    // What needs no examples to be found needs no marks in them either.
    let learnt: Vec<Entity> = entities
        .iter()
        .filter(|entity| {
            let by = entity.extractor.as_deref();
            !matches!(by, Some("DucklingEntityExtractor" | "RegexMessageHandler"))
        })
        .cloned()
        .collect();
    let entities = marked(&learnt, text).into_iter().filter_map(|found| {
        let span = found.span?;
        let value = found.value.as_str().map(str::to_owned);
        Some(Annotation {
            span,
            value: value.filter(|value| value != span.of(text) && !value.is_empty()),
            entity: found.entity,
            role: found.role,
            group: found.group,
            ..Annotation::default()
        })
    });
    Example {
        text: text.to_owned(),
        entities: entities.collect(),
        intent: intent.split('/').next().unwrap_or(intent).to_owned(),
        response_key: intent.contains('/').then(|| intent.to_owned()),
        ..Example::default()
    }
}

/// Returns a mark from `type` or `type:role`.
fn annotation(span: Span, entity: &str) -> Annotation {
    let (entity, role) = match entity.split_once(':') {
        Some((entity, role)) => (entity, Some(role.to_owned())),
        None => (entity, None),
    };
    Annotation {
        span,
        entity: entity.to_owned(),
        role,
        ..Annotation::default()
    }
}

/// Reads what is said about a piece of a message: `type=words`, or `-words` for what is no entity.
pub fn mark(text: &str, words: &str) -> std::result::Result<Correction, String> {
    let text = text.to_owned();
    let place = |piece: &str| {
        let span = find(&text, piece).filter(|_| !piece.is_empty());
        span.ok_or_else(|| format!("\"{text}\" has no `{piece}`"))
    };
    let words = words.trim();
    if let Some(piece) = words.strip_prefix('-') {
        let span = place(piece.trim())?;
        return Ok(Correction::Unmark { text, span });
    }
    match words.split_once('=') {
        Some((entity, piece)) if !entity.trim().is_empty() && !piece.trim().is_empty() => {
            let span = place(piece.trim())?;
            let entity = entity.trim().to_owned();
            Ok(Correction::Mark { text, span, entity })
        }
        _ => Err(
            "which words are what? `:entity city=Oslo`; `:entity -Oslo` are no entity".to_owned(),
        ),
    }
}

/// Returns where a piece of text stands in a message, in whole words where that is possible.
fn find(text: &str, piece: &str) -> Option<Span> {
    let whole = |at: usize| {
        let before = text.get(..at)?.chars().next_back();
        let after = text.get(at + piece.len()..)?.chars().next();
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        Some(edge(before) && edge(after))
    };
    let mut places = text.match_indices(piece).map(|(at, _)| at);
    let first = places.clone().next()?;
    let at = places.find(|at| whole(*at) == Some(true)).unwrap_or(first);
    Some(Span::new(at, at + piece.len()))
}

/// Returns a refusal as text, with the lines to paste.
fn refused(refusal: &Refusal) -> Refused {
    let diagnostic = Diagnostic::from(refusal.clone());
    let mut text = diagnostic.message;
    if !refusal.file.is_empty() && refusal.line > 0 {
        text = format!("{text} ({}:{})", refusal.file, refusal.line);
    }
    if let Some(help) = diagnostic.help {
        text = format!("{text}\n{help}");
    }
    text
}

/// Returns an error as text.
pub(super) fn told(error: &Error) -> String {
    match error {
        Error::Findings(findings) => match findings.as_slice() {
            [only] => only.message.clone(),
            many => count(many.len(), "error"),
        },
        Error::Cannot(diagnostic) | Error::Nothing(diagnostic) => diagnostic.message.clone(),
        Error::Interrupted => "stopped".to_owned(),
    }
}
