//! What a new part of an assistant means for a project's files: new ones, additions to old ones, or nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustc_hash::FxHashSet;

use super::{
    discover::Paths,
    insert::{Insertions, Unsafe},
    load::Loaded,
    nlu, problem,
    write_config::write_config,
    write_domain::{self, write_domain},
    write_nlu::{by_intent, intent_items, lookup_items, write_nlu, written_intent},
    write_stories::{self, write_stories},
};
use crate::{
    data::{Assistant, Domain, Example, StepKind, Story, TrainingData},
    diagnostic::{Error, Result, Sources, count},
    files,
    yaml::emit::{Node, fits_block},
};

/// What happens to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// Its path as shown to people.
    pub shown: String,
    /// What stood there.
    pub old: Option<Vec<u8>>,
    /// What will stand there.
    pub new: Vec<u8>,
    /// What is in it, in a few words.
    pub about: String,
}

impl Change {
    /// Returns what happens in a word or two: `new`, `+12 lines`, `unchanged`, `replaced`.
    pub fn status(&self) -> String {
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count();
        match &self.old {
            None => "new".to_owned(),
            Some(old) if *old == self.new => "unchanged".to_owned(),
            Some(old) if self.new.len() > old.len() && self.keeps(old) => {
                let added = lines(&self.new).saturating_sub(lines(old)).max(1);
                format!("+{}", count(added, "line"))
            }
            Some(_) => "replaced".to_owned(),
        }
    }

    /// Tells whether every line of the old text is in the new one, in order.
    fn keeps(&self, old: &[u8]) -> bool {
        let mut new = self.new.split(|byte| *byte == b'\n');
        old.split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .all(|line| {
                let bare = line.strip_suffix(b"\r").unwrap_or(line);
                new.any(|other| other.strip_suffix(b"\r").unwrap_or(other) == bare)
            })
    }

    /// Tells whether anything happens.
    pub fn is_change(&self) -> bool {
        self.old.as_ref() != Some(&self.new)
    }
}

/// Plans the files for a new part of an assistant.
///
/// Without `existing` every file is new, and one that stands in the way is an error unless `force` is given; with it,
/// only what the project lacks is added. A configuration that is there is never touched.
pub fn plan(
    paths: &Paths,
    new: &Assistant,
    held_out: &[Example],
    existing: Option<&Loaded>,
    force: bool,
    sources: &Sources,
) -> Result<Vec<Change>> {
    let mut plan = Plan {
        paths,
        changes: Vec::new(),
        in_the_way: Vec::new(),
        force,
    };
    let data = paths
        .data
        .first()
        .cloned()
        .unwrap_or_else(|| paths.root.join("data"));
    let tests = paths.root.join("tests").join("nlu.yml");
    if let Some(existing) = existing {
        plan.add_nlu(&data.join("nlu.yml"), new, &existing.assistant, sources)?;
        plan.add_domain(new, &existing.assistant)?;
        plan.add_rules(&data.join("rules.yml"), new, &existing.assistant)?;
        if !held_out.is_empty() {
            plan.add_tests(&tests, held_out)?;
        }
    } else {
        plan.put(
            &data.join("nlu.yml"),
            write_nlu(&new.training),
            count(new.training.examples.len(), "example"),
        )?;
        plan.put(
            &domain_file(paths),
            write_domain(&new.domain),
            about_domain(new.domain.intents.len(), new.domain.responses.len()),
        )?;
        plan.put(
            &data.join("rules.yml"),
            write_stories(&new.stories),
            count(new.stories.len(), "rule"),
        )?;
        if !held_out.is_empty() {
            plan.put(
                &tests,
                held_out_text(held_out),
                format!("{} held out", count(held_out.len(), "example")),
            )?;
        }
    }
    if paths.config.exists() {
        let text = files::read(&paths.config)?;
        plan.changes.push(Change {
            path: paths.config.clone(),
            shown: files::show(&paths.config),
            old: Some(text.clone()),
            new: text,
            about: "your own".to_owned(),
        });
    } else {
        plan.put(
            &paths.config,
            write_config(&new.config),
            "pipeline and policies".to_owned(),
        )?;
    }
    if plan.in_the_way.is_empty() {
        Ok(plan.changes)
    } else {
        Err(Error::cannot(problem::in_the_way(&plan.in_the_way)))
    }
}

/// Plans whole files, each with its path, its text and what is in it; one that stands in the way with another content is an
/// error unless `force` is given.
pub fn plan_files(files: Vec<(PathBuf, String, String)>, force: bool) -> Result<Vec<Change>> {
    let (mut changes, mut in_the_way) = (Vec::new(), Vec::new());
    for (path, text, about) in files {
        let shown = files::show(&path);
        let old = if path.exists() {
            Some(files::read(&path)?)
        } else {
            None
        };
        if old.as_ref().is_some_and(|old| old != text.as_bytes()) && !force {
            in_the_way.push(shown.clone());
        }
        changes.push(Change {
            path,
            shown,
            old,
            new: text.into_bytes(),
            about,
        });
    }
    if in_the_way.is_empty() {
        return Ok(changes);
    }
    let mut wrong = problem::in_the_way(&in_the_way);
    wrong.help = Some("`--force` replaces what is there; or write elsewhere".to_owned());
    Err(Error::cannot(wrong))
}

/// Writes all changes, or none: what was written before a failure is taken back.
pub fn apply(changes: &[Change]) -> Result<()> {
    for (done, change) in changes.iter().enumerate() {
        if !change.is_change() {
            continue;
        }
        if let Err(problem) = files::write(&change.path, &change.new) {
            for undo in changes.iter().take(done).filter(|undo| undo.is_change()) {
                // The first failure is the one to tell; what cannot be undone has failed for the same reason.
                let _ = match &undo.old {
                    Some(old) => files::write(&undo.path, old).is_ok(),
                    None => fs::remove_file(&undo.path).is_ok(),
                };
            }
            return Err(problem.into());
        }
    }
    Ok(())
}

/// Returns the file that new parts of the domain go to.
fn domain_file(paths: &Paths) -> PathBuf {
    if paths.domain.is_dir() {
        paths.domain.join("converted.yml")
    } else {
        paths.domain.clone()
    }
}

fn about_domain(intents: usize, responses: usize) -> String {
    format!(
        "{}, {}",
        count(intents, "intent"),
        count(responses, "response")
    )
}

fn held_out_text(held_out: &[Example]) -> String {
    write_nlu(&TrainingData {
        examples: held_out.to_vec(),
        ..TrainingData::default()
    })
}

struct Plan<'a> {
    paths: &'a Paths,
    changes: Vec<Change>,
    in_the_way: Vec<String>,
    force: bool,
}

impl Plan<'_> {
    /// Plans a whole file.
    fn put(&mut self, path: &Path, text: String, about: String) -> Result<()> {
        let shown = files::show(path);
        let old = if path.exists() {
            Some(files::read(path)?)
        } else {
            None
        };
        if old.as_ref().is_some_and(|old| old != text.as_bytes()) && !self.force {
            self.in_the_way.push(shown.clone());
        }
        self.changes.push(Change {
            path: path.to_owned(),
            shown,
            old,
            new: text.into_bytes(),
            about,
        });
        Ok(())
    }

    /// Plans additions to a file, with so many examples among them; a file that is not there is written whole.
    fn change(
        &mut self,
        path: &Path,
        (about, examples): (String, usize),
        whole: impl FnOnce() -> String,
        add: impl FnOnce(&mut Insertions<'_>) -> Result<(), Unsafe>,
    ) -> Result<()> {
        // A file may hold examples, domain and rules together.
        let planned = self.changes.iter().position(|change| change.path == path);
        if planned.is_none() && !path.exists() {
            return self.put(path, whole(), about);
        }
        let shown = files::show(path);
        let old = match planned.and_then(|i| self.changes.get(i)) {
            Some(change) => change.new.clone(),
            None => files::read(path)?,
        };
        let text = String::from_utf8_lossy(&old).into_owned();
        let refuse = || Unsafe {
            key: "the file".to_owned(),
            lines: whole(),
        };
        let edited = Insertions::new(&text)
            .ok_or_else(refuse)
            .and_then(|mut insertions| {
                add(&mut insertions)?;
                let expected = nlu::count(&text).map(|before| before + examples);
                let edited = insertions.finish();
                edited
                    .filter(|new| nlu::count(new) == expected)
                    .ok_or_else(|| Unsafe {
                        key: "the file".to_owned(),
                        lines: String::new(),
                    })
            });
        let new = match edited {
            Ok(new) => new.into_bytes(),
            Err(refused) => {
                return Err(problem::cannot_add(&shown, &refused.key, &refused.lines).into());
            }
        };
        if let Some(change) = planned.and_then(|i| self.changes.get_mut(i)) {
            change.new = new;
            change.about = format!("{}, {about}", change.about);
        } else {
            self.changes.push(Change {
                path: path.to_owned(),
                shown,
                old: Some(old),
                new,
                about,
            });
        }
        Ok(())
    }

    fn add_nlu(
        &mut self,
        path: &Path,
        new: &Assistant,
        old: &Assistant,
        sources: &Sources,
    ) -> Result<()> {
        let mut rest: Vec<Example> = Vec::new();
        // Lines for the blocks that are there, by file.
        let mut lines: Vec<(String, usize, String, usize)> = Vec::new();
        for (intent, examples) in by_intent(&new.training.examples) {
            let block = last_block_line(intent, old, sources);
            let Some((file, at, indent)) = block else {
                rest.extend(examples.into_iter().cloned());
                continue;
            };
            let mut text = String::new();
            let mut added = 0;
            for example in examples {
                match super::write_annotations(example).filter(|written| fits_block(written)) {
                    Some(written) => {
                        text.extend([indent.as_str(), "- ", &written, "\n"]);
                        added += 1;
                    }
                    None => rest.push(example.clone()),
                }
            }
            if added > 0 {
                lines.push((file, at, text, added));
            }
        }
        let known: FxHashSet<&str> = old
            .training
            .lookups
            .iter()
            .map(|lookup| lookup.name.as_str())
            .collect();
        let training = TrainingData {
            examples: rest,
            lookups: new
                .training
                .lookups
                .iter()
                .filter(|lookup| !known.contains(lookup.name.as_str()))
                .cloned()
                .collect(),
            ..TrainingData::default()
        };
        let mut files: Vec<String> = lines.iter().map(|(file, ..)| file.clone()).collect();
        files.sort();
        files.dedup();
        let main = self.paths.show(path);
        let has_rest = !training.examples.is_empty() || !training.lookups.is_empty();
        if !files.contains(&main) && (has_rest || files.is_empty()) {
            files.insert(0, main.clone());
        }
        for file in files {
            let here: Vec<_> = lines.iter().filter(|(other, ..)| *other == file).collect();
            let is_main = file == main;
            let added: usize = here.iter().map(|(.., n)| n).sum::<usize>()
                + if is_main { training.examples.len() } else { 0 };
            self.change(
                &self.paths.root.join(&file),
                (count(added, "example"), added),
                || write_nlu(&training),
                |insertions| {
                    for (_, at, text, _) in here {
                        insertions.after_line(*at, text.clone());
                    }
                    if !is_main {
                        return Ok(());
                    }
                    let mut items = Vec::new();
                    for (intent, examples) in by_intent(&training.examples) {
                        items.extend(intent_items(intent, &examples));
                    }
                    items.extend(lookup_items(&training.lookups));
                    insertions.append("nlu", &Node::List(items))
                },
            )?;
        }
        Ok(())
    }

    fn add_domain(&mut self, new: &Assistant, old: &Assistant) -> Result<()> {
        let mut lacking = Domain {
            session: new.domain.session.clone(),
            ..Domain::default()
        };
        lacking.intents = new
            .domain
            .intents
            .iter()
            .filter(|intent| old.domain.intent(&intent.name).is_none())
            .cloned()
            .collect();
        lacking.entities = new
            .domain
            .entities
            .iter()
            .filter(|entity| old.domain.entity(&entity.name).is_none())
            .cloned()
            .collect();
        let used = used_actions(new, old);
        lacking.responses = new
            .domain
            .responses
            .iter()
            .filter(|response| {
                old.domain.response(&response.name).is_none()
                    && used.contains(response.name.as_str())
            })
            .cloned()
            .collect();
        let about = about_domain(lacking.intents.len(), lacking.responses.len());
        let names = |names: Vec<&str>| Node::List(names.into_iter().map(Node::text).collect());
        let intents = names(
            lacking
                .intents
                .iter()
                .map(|intent| intent.name.as_str())
                .collect(),
        );
        let entities = names(
            lacking
                .entities
                .iter()
                .map(|entity| entity.name.as_str())
                .collect(),
        );
        let responses = Node::Map(
            lacking
                .responses
                .iter()
                .map(write_domain::response)
                .collect(),
        );
        self.change(
            &domain_file(self.paths),
            (about, 0),
            || write_domain(&lacking),
            |insertions| {
                insertions.append("intents", &intents)?;
                insertions.append("entities", &entities)?;
                insertions.append("responses", &responses)
            },
        )
    }

    fn add_rules(&mut self, path: &Path, new: &Assistant, old: &Assistant) -> Result<()> {
        let lacking: Vec<Story> = lacking_rules(new, old).cloned().collect();
        if lacking.is_empty() && !path.exists() {
            return Ok(());
        }
        let items = Node::List(lacking.iter().map(write_stories::story).collect());
        self.change(
            path,
            (count(lacking.len(), "rule"), 0),
            || write_stories(&lacking),
            |insertions| insertions.append("rules", &items),
        )
    }

    fn add_tests(&mut self, path: &Path, held_out: &[Example]) -> Result<()> {
        let about = format!("{} held out", count(held_out.len(), "example"));
        let mut items = Vec::new();
        for (intent, examples) in by_intent(held_out) {
            items.extend(intent_items(intent, &examples));
        }
        self.change(
            path,
            (about, held_out.len()),
            || held_out_text(held_out),
            |insertions| insertions.append("nlu", &Node::List(items)),
        )
    }
}

/// Returns the rules whose intent no rule or story of the project answers.
fn lacking_rules<'a>(new: &'a Assistant, old: &Assistant) -> impl Iterator<Item = &'a Story> {
    let answered: FxHashSet<String> = old.stories.iter().flat_map(intents_of).collect();
    new.stories.iter().filter(move |story| {
        !intents_of(story)
            .iter()
            .any(|intent| answered.contains(intent))
    })
}

/// Returns the names of actions in the rules that are added.
fn used_actions<'a>(new: &'a Assistant, old: &Assistant) -> FxHashSet<&'a str> {
    lacking_rules(new, old)
        .flat_map(|story| &story.steps)
        .filter_map(|step| match &step.kind {
            StepKind::Action(name) => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

fn intents_of(story: &Story) -> Vec<String> {
    fn collect(steps: &[crate::data::Step], into: &mut Vec<String>) {
        for step in steps {
            match &step.kind {
                StepKind::User(user) => into.extend(user.intent.clone()),
                StepKind::Or(steps) => collect(steps, into),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(&story.steps, &mut found);
    found
}

/// Returns the last line of the block that holds an intent's examples: its file, a byte of it, its indentation.
fn last_block_line(
    intent: &str,
    old: &Assistant,
    sources: &Sources,
) -> Option<(String, usize, String)> {
    let last = old
        .training
        .examples
        .iter()
        .rev()
        .find(|example| written_intent(example) == intent)?;
    let source = sources.get(last.origin.source)?;
    let start = last.origin.span.start;
    let line = source.text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let before = source.text.get(line..start)?;
    let blanks = before.trim_end().strip_suffix('-')?;
    // `- - x` would be a list in a list, or an example that starts with a dash.
    blanks
        .bytes()
        .all(|byte| byte == b' ')
        .then(|| (source.name.clone(), last.origin.span.end, blanks.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: PathBuf, old: Option<&str>, new: &str) -> Change {
        Change {
            shown: files::show(&path),
            path,
            old: old.map(|text| text.as_bytes().to_vec()),
            new: new.as_bytes().to_vec(),
            about: String::new(),
        }
    }

    #[test]
    fn a_failure_takes_back_what_was_written_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        files::write(&path("old.yml"), b"old").unwrap();
        files::write(&path("file"), b"").unwrap();
        let changes = [
            change(path("new.yml"), None, "new"),
            change(path("old.yml"), Some("old"), "changed"),
            change(path("file/below.yml"), None, "new"),
        ];
        assert!(apply(&changes).is_err());
        assert!(!path("new.yml").exists());
        assert_eq!(files::read(&path("old.yml")).unwrap(), b"old");
    }

    #[test]
    fn the_status_says_how_much_is_added() {
        let path = PathBuf::from("a");
        assert_eq!(change(path.clone(), None, "a").status(), "new");
        assert_eq!(change(path.clone(), Some("a"), "a").status(), "unchanged");
        assert_eq!(
            change(path.clone(), Some("a\nb\n"), "a\nx\nb\n").status(),
            "+1 line"
        );
        assert_eq!(
            change(path, Some("a\nb\n"), "a\nc\nd\n").status(),
            "replaced"
        );
    }
}
