//! Edits of a project's files by the smallest textual change: comments, order, indentation, line ends and a missing
//! last line end stay.
//!
//! An [`Editor`] reads the files, takes edits one after the other, and returns what happens to each file. Every edit is
//! read back before it counts: the file must say what it said with just that change. What cannot be done so is refused
//! as data, with the lines to paste, and leaves the editor as it was.

mod document;
mod refusal;

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

pub(super) use document::Document;
pub use refusal::{Reason, Refusal};

use super::{
    Change, Paths,
    annotation::{marks, read_annotations},
    discover::yaml_files,
    domain,
    markup::write_annotations,
    merge::merge,
    migrate::Old,
    problem,
    write_nlu::{can_write, intent_items, written_intent},
    write_stories,
};
use crate::{
    data::{Annotation, Domain, Example, RuleCondition, Step, StepKind, Story, StoryKind},
    diagnostic::{Diagnostic, Error, Origin, Place, Result, Sources, count},
    files,
    text::Span,
    yaml::{
        Node,
        emit::{self, Layout, document as write_document, fragment},
    },
};

/// The files of a project, and the edits made to them so far.
#[derive(Clone, Debug)]
pub struct Editor<'a> {
    paths: &'a Paths,
    sources: &'a Sources,
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    path: PathBuf,
    part: Part,
    /// None for a file that is new.
    old: Option<Vec<u8>>,
    /// None for a file that cannot be read.
    document: Option<Document>,
    about: Vec<String>,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Config,
    Domain,
    Data,
    Tests,
}

impl From<Refusal> for Diagnostic {
    fn from(refusal: Refusal) -> Self {
        problem::refused(&refusal)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Diagnostic::from(refusal).into()
    }
}

type Edit<T = ()> = std::result::Result<T, Refusal>;

impl<'a> Editor<'a> {
    /// Reads a project's files. `sources` holds the texts that the origins given to edits point into.
    pub fn new(paths: &'a Paths, sources: &'a Sources) -> Result<Self> {
        let existing = |roots: &[PathBuf]| -> Result<Vec<PathBuf>> {
            let roots: Vec<PathBuf> = roots.iter().filter(|root| root.exists()).cloned().collect();
            yaml_files(&roots)
        };
        let mut all: Vec<File> = Vec::new();
        for (part, roots) in [
            (Part::Config, std::slice::from_ref(&paths.config)),
            (Part::Domain, std::slice::from_ref(&paths.domain)),
            (Part::Data, paths.data.as_slice()),
            (Part::Tests, paths.tests.as_slice()),
        ] {
            for path in existing(roots)? {
                // The first part wins where a file is in two.
                if all.iter().any(|file| file.path == path) {
                    continue;
                }
                let old = files::read(&path)?;
                let document = std::str::from_utf8(&old)
                    .ok()
                    .and_then(|text| Document::new(&paths.show(&path), text).ok());
                all.push(File {
                    path,
                    part,
                    old: Some(old),
                    document,
                    about: Vec::new(),
                });
            }
        }
        Ok(Self {
            paths,
            sources,
            files: all,
        })
    }

    /// Returns what happens to the files; [`super::apply()`] does it, to all or to none.
    pub fn changes(&self) -> Vec<Change> {
        self.files
            .iter()
            .filter_map(|file| {
                let change = Change {
                    path: file.path.clone(),
                    shown: files::show(&file.path),
                    old: file.old.clone(),
                    new: file.document.as_ref()?.text().as_bytes().to_vec(),
                    about: file.about.join(", "),
                };
                change.is_change().then_some(change)
            })
            .collect()
    }

    /// Adds an example at the end of its intent's last block, and declares its entities.
    ///
    /// Refused where the text stands under any intent already, and where nothing knows the intent.
    pub fn add_example(&mut self, example: &Example) -> Edit {
        self.atomically(|editor| editor.put_example(example))
    }

    /// Adds an intent that has no examples yet, with its first ones, to the training data and to the domain.
    pub fn add_intent(&mut self, intent: &str, examples: &[Example]) -> Edit {
        self.atomically(|editor| {
            if editor.file_of(intent).is_some() {
                return Err(Refusal::new(Reason::KnownIntent(intent.to_owned())));
            }
            let named: Vec<Example> = examples.iter().map(|one| named(one, intent)).collect();
            for example in &named {
                editor.refuse_duplicate(example)?;
            }
            editor.put_item(intent, &named.iter().collect::<Vec<_>>())?;
            let base = intent.split('/').next().unwrap_or(intent);
            let domain = editor.domain();
            if !domain.has_intent(base) {
                editor.declare(
                    "intents",
                    emit::Node::text(base),
                    format!("intent `{base}`"),
                )?;
            }
            named
                .iter()
                .try_for_each(|example| editor.declare_entities(example))
        })
    }

    /// Marks an entity in an example, and declares its type where the domain lacks it.
    pub fn annotate(&mut self, example: Origin, entity: &Annotation) -> Edit {
        self.atomically(|editor| {
            editor.rewrite(example, |marked, found| {
                let same = |other: &Annotation| other.span == entity.span;
                let cuts = |other: &Annotation| other.span.overlaps(entity.span);
                if found.iter().any(|other| !same(other) && cuts(other)) {
                    return Err(Reason::Overlap);
                }
                let at = found.partition_point(|other| other.span.start <= entity.span.start);
                found.insert(at, entity.clone());
                let alone = found.iter().filter(|other| same(other)).count() == 1;
                let place = unmarked_place(marked, entity.span).filter(|_| alone);
                Ok(place.and_then(|place| {
                    let covered = place.of(marked);
                    let mark = write_annotations(&Example {
                        text: covered.to_owned(),
                        entities: vec![Annotation {
                            span: Span::new(0, covered.len()),
                            ..entity.clone()
                        }],
                        ..Example::default()
                    })?;
                    let (head, tail) = (marked.get(..place.start)?, marked.get(place.end..)?);
                    Some(format!("{head}{mark}{tail}"))
                }))
            })?;
            editor.declare_entity(entity)
        })
    }

    /// Takes the marks of the entities away that cover just this piece of an example's text.
    pub fn remove_annotation(&mut self, example: Origin, span: Span) -> Edit {
        self.atomically(|editor| {
            editor.rewrite(example, |marked, found| {
                let before = found.len();
                found.retain(|other| other.span != span);
                if found.len() == before {
                    return Err(Reason::NothingThere);
                }
                let mark = marks(marked).into_iter().find(|(clean, _)| *clean == span);
                Ok(mark.and_then(|(_, whole)| {
                    let covered = marked.get(whole.start + 1..whole.start + 1 + span.len())?;
                    let (head, tail) = (marked.get(..whole.start)?, marked.get(whole.end..)?);
                    Some(format!("{head}{covered}{tail}"))
                }))
            })
        })
    }

    /// Takes an example away; refused where it is the only one of its block.
    pub fn remove_example(&mut self, example: Origin) -> Edit {
        self.atomically(|editor| editor.take_example(example).map(drop))
    }

    /// Takes an example from its intent and adds it to another one.
    pub fn move_example(&mut self, example: Origin, to: &str) -> Edit {
        self.atomically(|editor| {
            let example = editor.take_example(example)?;
            editor.put_example(&named(&example, to))
        })
    }

    /// Writes another text in the place of a scalar, in the quotes it has or needs.
    pub fn replace_scalar(&mut self, at: Origin, new: &str) -> Edit {
        self.atomically(|editor| {
            let (file, span) = editor.locate(at)?;
            editor.document(file)?.replace_scalar(span, new)?;
            editor.note(file, format!("`{new}`"));
            Ok(())
        })
    }

    /// Adds a story, or a rule, at the end of the last list of such; another of that name gives it a number.
    pub fn add_story(&mut self, story: &Story) -> Edit {
        let (key, name) = match story.kind {
            StoryKind::Story => ("stories", "stories.yml"),
            StoryKind::Rule { .. } => ("rules", "rules.yml"),
        };
        let has_list = |file: &File| {
            let root = file.document.as_ref().map(Document::root);
            file.part == Part::Data && root.is_some_and(|root| root.get(key).is_some())
        };
        let path = match self.files.iter().rev().find(|file| has_list(file)) {
            Some(file) => file.path.clone(),
            None => self.data_folder().join(name),
        };
        self.atomically(|editor| editor.put_story(story, key, &path, Part::Data))
    }

    /// Adds a conversation to a file of tests.
    pub fn add_test_story(&mut self, story: &Story, file: &Path) -> Edit {
        self.atomically(|editor| editor.put_story(story, "stories", file, Part::Tests))
    }

    /// Makes an edit, or leaves everything as it was.
    fn atomically(&mut self, edit: impl FnOnce(&mut Self) -> Edit) -> Edit {
        let before = self.files.clone();
        edit(self).inspect_err(|_| self.files = before)
    }

    fn put_example(&mut self, example: &Example) -> Edit {
        self.refuse_duplicate(example)?;
        let intent = written_intent(example).to_owned();
        let written = if can_write(example) {
            write_annotations(example)
        } else {
            None
        };
        let written = written.ok_or_else(|| {
            Refusal::new(Reason::Unwritable).paste(format!("    - {}", example.text))
        })?;
        match self.file_of(&intent) {
            Some(file) => {
                self.document(file)?
                    .add_examples(&[(&intent, vec![example])])?;
                self.note(file, format!("1 example of `{intent}`"));
            }
            None if self.domain().has_intent(&example.intent) => {
                self.put_item(&intent, &[example])?;
            }
            None => return Err(Refusal::new(Reason::UnknownIntent(intent)).paste(written)),
        }
        self.declare_entities(example)
    }

    /// Adds an item to the last list of examples.
    fn put_item(&mut self, intent: &str, examples: &[&Example]) -> Edit {
        let items = intent_items(intent, examples);
        let lines = || fragment(&emit::Node::List(items.clone()), 0, Layout::CANONICAL);
        if examples.is_empty() || !examples.iter().all(|example| can_write(example)) {
            return Err(Refusal::new(Reason::Unwritable).paste(lines()));
        }
        let holds = |file: &File| {
            let root = file.document.as_ref().map(Document::root);
            file.part == Part::Data && root.is_some_and(|root| root.get("nlu").is_some())
        };
        let file = match self.files.iter().rposition(holds) {
            Some(file) => file,
            None => self.open(&self.data_folder().join("nlu.yml"), Part::Data)?,
        };
        self.append(file, "nlu", items)?;
        self.note(
            file,
            format!("{} of `{intent}`", count(examples.len(), "example")),
        );
        Ok(())
    }

    fn put_story(&mut self, story: &Story, key: &str, path: &Path, part: Part) -> Edit {
        let mut story = story.clone();
        let taken: FxHashSet<String> = self
            .documents(part)
            .flat_map(|(_, document)| document.stories())
            .filter(|other| same_kind(other, &story))
            .map(|other| other.name)
            .collect();
        let wanted = story.name.clone();
        for number in 2.. {
            if !taken.contains(&story.name) {
                break;
            }
            story.name = format!("{wanted} {number}");
        }
        let item = write_stories::story(&story);
        let lines = fragment(&emit::Node::List(vec![item.clone()]), 0, Layout::CANONICAL);
        let alone = Document::new("", &format!("{key}:\n{lines}"))?;
        if !matches!(alone.stories().as_slice(), [read] if without_places(read) == without_places(&story))
        {
            return Err(Refusal::new(Reason::Unwritable).paste(lines));
        }
        let file = self.open(path, part)?;
        self.append(file, key, vec![item])?;
        self.note(file, format!("`{}`", story.name));
        Ok(())
    }

    fn take_example(&mut self, at: Origin) -> Edit<Example> {
        let (file, span) = self.locate(at)?;
        let document = self.document(file)?;
        let found = document.training().examples;
        let example = found
            .into_iter()
            .find(|example| example.origin.span == span)
            .ok_or_else(|| document.refuse(Reason::NothingThere, span.start, ""))?;
        document.change_example(span, None)?;
        self.note(
            file,
            format!("1 example of `{}` less", written_intent(&example)),
        );
        Ok(example)
    }

    /// Changes the entities of an example. `change` gets its text with marks and its entities, changes these, and
    /// returns the new text if it knows a way that leaves the other marks as they are.
    fn rewrite(
        &mut self,
        at: Origin,
        change: impl FnOnce(&str, &mut Vec<Annotation>) -> std::result::Result<Option<String>, Reason>,
    ) -> Edit {
        let (file, span) = self.locate(at)?;
        let document = self.document(file)?;
        let marked = document.example_text(span)?;
        let refuse =
            |document: &Document, reason, lines: &str| document.refuse(reason, span.start, lines);
        let (text, mut entities) =
            read_annotations(&marked).map_err(|_| refuse(document, Reason::Broken, ""))?;
        let near = change(&marked, &mut entities).map_err(|why| refuse(document, why, ""))?;
        let wanted = Example {
            text,
            entities,
            ..Example::default()
        };
        let reads = |new: &String| {
            read_annotations(new)
                .is_ok_and(|(text, found)| text == wanted.text && found == wanted.entities)
        };
        let new = near
            .filter(reads)
            .or_else(|| write_annotations(&wanted))
            .ok_or_else(|| refuse(document, Reason::Unwritable, ""))?;
        document.change_example(span, Some(&new))?;
        self.note(file, "1 example changed".to_owned());
        Ok(())
    }

    fn refuse_duplicate(&self, example: &Example) -> Edit {
        for (_, document) in self.documents(Part::Data) {
            let training = document.training();
            let found = training
                .examples
                .iter()
                .find(|other| other.text == example.text);
            if let Some(other) = found {
                let place = Place {
                    file: document.name().to_owned(),
                    line: document.line(other.origin.span.start),
                    column: 1,
                };
                let intent = written_intent(other).to_owned();
                let reason = Reason::Duplicate { intent, place };
                return Err(document.refuse(reason, other.origin.span.start, ""));
            }
        }
        Ok(())
    }

    fn declare_entities(&mut self, example: &Example) -> Edit {
        example
            .entities
            .iter()
            .try_for_each(|entity| self.declare_entity(entity))
    }

    fn declare_entity(&mut self, entity: &Annotation) -> Edit {
        if self.domain().entity(&entity.entity).is_some() {
            return Ok(());
        }
        let labels = |label: &Option<String>| {
            let label = label.as_deref()?;
            Some(emit::Node::List(vec![emit::Node::text(label)]))
        };
        let options: Vec<(String, emit::Node)> =
            [("roles", &entity.role), ("groups", &entity.group)]
                .into_iter()
                .filter_map(|(key, label)| Some((key.to_owned(), labels(label)?)))
                .collect();
        let name = entity.entity.as_str();
        let item = if options.is_empty() {
            emit::Node::text(name)
        } else {
            emit::Node::Map(vec![(name.to_owned(), emit::Node::Map(options))])
        };
        self.declare("entities", item, format!("entity `{name}`"))
    }

    /// Adds an item to a list of the domain.
    fn declare(&mut self, key: &str, item: emit::Node, about: String) -> Edit {
        let root = |file: &File| {
            let document = file.document.as_ref().filter(|_| file.part == Part::Domain);
            document.map(|document| document.root().clone())
        };
        let with = |wanted: &dyn Fn(&Node) -> bool| {
            self.files
                .iter()
                .position(|file| root(file).is_some_and(|root| wanted(&root)))
        };
        let found = with(&|root| root.get(key).is_some())
            .or_else(|| with(&domain::is_domain))
            .or_else(|| with(&|_| true));
        let file = match found {
            Some(file) => file,
            None if self.paths.domain.is_dir() => {
                self.open(&self.paths.domain.join("domain.yml"), Part::Domain)?
            }
            None => self.open(&self.paths.domain.clone(), Part::Domain)?,
        };
        self.append(file, key, vec![item])?;
        self.note(file, about);
        Ok(())
    }

    /// Returns the domain's declarations as they are now.
    fn domain(&self) -> Domain {
        let mut domain = Domain::default();
        for (_, document) in self.documents(Part::Domain) {
            document.read(|reader| {
                let read = domain::read(reader, document.root(), &mut Old::default());
                domain = merge(std::mem::take(&mut domain), read, reader.findings);
            });
        }
        domain
    }

    /// Returns the last file with examples of an intent.
    fn file_of(&self, intent: &str) -> Option<usize> {
        self.documents(Part::Data)
            .filter(|(_, document)| document.block_of(intent).is_some())
            .last()
            .map(|(file, _)| file)
    }

    fn documents(&self, part: Part) -> impl Iterator<Item = (usize, &Document)> {
        self.files
            .iter()
            .enumerate()
            .filter(move |(_, file)| file.part == part)
            .filter_map(|(i, file)| Some((i, file.document.as_ref()?)))
    }

    /// Adds to a section of a file.
    fn append(&mut self, file: usize, key: &str, items: Vec<emit::Node>) -> Edit {
        let items = emit::Node::List(items);
        let lines = fragment(&items, 0, Layout::CANONICAL);
        let document = self
            .document(file)
            .map_err(|refusal| refusal.paste(lines))?;
        document.append(key, &items)
    }

    fn document(&mut self, file: usize) -> Edit<&mut Document> {
        let shown = self.files.get(file).map(|file| self.paths.show(&file.path));
        self.files
            .get_mut(file)
            .and_then(|file| file.document.as_mut())
            .ok_or_else(|| Refusal {
                file: shown.unwrap_or_default(),
                ..Refusal::new(Reason::Broken)
            })
    }

    fn note(&mut self, file: usize, about: String) {
        if let Some(file) = self.files.get_mut(file) {
            file.about.push(about);
        }
    }

    /// Returns a file; one that is not there begins with its version.
    fn open(&mut self, path: &Path, part: Part) -> Edit<usize> {
        if let Some(file) = self.files.iter().position(|file| file.path == path) {
            return Ok(file);
        }
        let name = self.paths.show(path);
        // It may lie outside the places of the project.
        let old = match files::read(path) {
            Ok(old) => Some(old),
            Err(files::Problem::Missing(_)) => None,
            Err(_) => {
                return Err(Refusal {
                    file: name,
                    ..Refusal::new(Reason::Broken)
                });
            }
        };
        let version = [("version".to_owned(), emit::Node::Quoted("3.1".to_owned()))];
        let text = match &old {
            Some(old) => String::from_utf8_lossy(old).into_owned(),
            None => write_document(&version),
        };
        let is_exact = old
            .as_ref()
            .is_none_or(|old| old.as_slice() == text.as_bytes());
        let document = Document::new(&name, &text).ok().filter(|_| is_exact);
        self.files.push(File {
            path: path.to_owned(),
            part,
            old,
            document,
            about: Vec::new(),
        });
        Ok(self.files.len() - 1)
    }

    fn data_folder(&self) -> PathBuf {
        match self.paths.data.first() {
            Some(data) if data.is_file() => data.parent().unwrap_or(&self.paths.root).to_owned(),
            Some(data) => data.clone(),
            None => self.paths.root.join("data"),
        }
    }

    /// Returns the file and the present place of something that was read.
    fn locate(&self, at: Origin) -> Edit<(usize, Span)> {
        let Some(source) = self.sources.get(at.source) else {
            return Err(Refusal::new(Reason::NothingThere));
        };
        let outdated = || Refusal {
            file: source.name.clone(),
            line: self.sources.place(at).line,
            ..Refusal::new(Reason::Outdated)
        };
        let is_it = |file: &File| self.paths.show(&file.path) == source.name;
        let index = self.files.iter().position(is_it).ok_or_else(outdated)?;
        let file = self.files.get(index).ok_or_else(outdated)?;
        if file.old.as_deref() != Some(source.text.as_bytes()) {
            return Err(outdated());
        }
        let document = file.document.as_ref().ok_or_else(outdated)?;
        let span = document.current(at.span).ok_or_else(outdated)?;
        Ok((index, span))
    }
}

/// Returns the example under another intent.
fn named(example: &Example, intent: &str) -> Example {
    let base = intent.split('/').next().unwrap_or(intent).to_owned();
    Example {
        response_key: (base != intent).then(|| intent.to_owned()),
        intent: base,
        ..example.clone()
    }
}

/// Returns where a piece of the clean text stands in the marked one; none if a mark touches it.
fn unmarked_place(marked: &str, span: Span) -> Option<Span> {
    let mut shift = 0;
    for (clean, whole) in marks(marked) {
        if clean.overlaps(span) {
            return None;
        }
        if clean.end <= span.start {
            shift += whole.len() - clean.len();
        }
    }
    Some(Span::new(span.start + shift, span.end + shift))
}

fn same_kind(one: &Story, other: &Story) -> bool {
    std::mem::discriminant(&one.kind) == std::mem::discriminant(&other.kind)
}

/// Returns the story as if nobody knew where it stands.
pub(super) fn without_places(story: &Story) -> Story {
    let none = Origin::default();
    let mut story = story.clone();
    story.origin = none;
    if let StoryKind::Rule { conditions, .. } = &mut story.kind {
        for condition in conditions {
            match condition {
                RuleCondition::ActiveLoop(_, origin) => *origin = none,
                RuleCondition::SlotWasSet(slot) => slot.origin = none,
            }
        }
    }
    strip(&mut story.steps);
    story
}

fn strip(steps: &mut [Step]) {
    let none = Origin::default();
    for step in steps {
        step.origin = none;
        match &mut step.kind {
            StepKind::User(user) => {
                user.intent_origin = none;
                for entity in &mut user.entities {
                    entity.origin = none;
                }
            }
            StepKind::SlotWasSet(slots) | StepKind::Checkpoint { slots, .. } => {
                for slot in slots {
                    slot.origin = none;
                }
            }
            StepKind::Or(steps) => strip(steps),
            StepKind::Action(_) | StepKind::Bot(_) | StepKind::ActiveLoop(_) => {}
        }
    }
}
