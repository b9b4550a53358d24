//! What a new part of an assistant means for a project's files: new ones, additions to old ones, or nothing.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use super::{
    Change,
    discover::Paths,
    edit::{Document, Refusal},
    load::Loaded,
    problem,
    write_config::write_config,
    write_domain::{self, write_domain},
    write_nlu::{by_intent, intent_items, lookup_items, write_nlu, written_intent},
    write_stories::{self, write_stories},
};
use crate::{
    data::{Assistant, Domain, Example, Lookup, StepKind, Story, TrainingData},
    diagnostic::{Error, Result, Sources, count},
    files,
    yaml::emit::Node,
};

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

/// Plans whole files, each with its path, its text and what is in it; one that stands in the way with another content
/// is an error unless `force` is given.
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

/// Examples by intent.
type Groups<'a> = Vec<(&'a str, Vec<&'a Example>)>;

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

    /// Plans additions to a file; a file that is not there is written whole.
    fn change(
        &mut self,
        path: &Path,
        about: String,
        whole: impl FnOnce() -> String,
        add: impl FnOnce(&mut Document) -> Result<(), Refusal>,
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
        let mut document = Document::new(&shown, &text)?;
        add(&mut document)?;
        let new = document.text().as_bytes().to_vec();
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
        let main = self.paths.show(path);
        // Examples go to the file with the last ones of their intent.
        let mut by_file: Vec<(String, Groups<'_>)> = vec![(main.clone(), Vec::new())];
        for (intent, examples) in by_intent(&new.training.examples) {
            let last = old
                .training
                .examples
                .iter()
                .rev()
                .find(|example| written_intent(example) == intent);
            let file = last
                .and_then(|example| sources.get(example.origin.source))
                .map_or(main.as_str(), |source| source.name.as_str());
            match by_file.iter_mut().find(|(name, _)| name == file) {
                Some((_, groups)) => groups.push((intent, examples)),
                None => by_file.push((file.to_owned(), vec![(intent, examples)])),
            }
        }
        let known: FxHashSet<&str> = old
            .training
            .lookups
            .iter()
            .map(|lookup| lookup.name.as_str())
            .collect();
        let lacking = new.training.lookups.iter();
        let lookups: Vec<Lookup> = lacking
            .filter(|lookup| !known.contains(lookup.name.as_str()))
            .cloned()
            .collect();
        let several = by_file.len() > 1;
        for (file, groups) in by_file {
            let is_main = file == main;
            if is_main && several && groups.is_empty() && lookups.is_empty() {
                continue;
            }
            let training = || TrainingData {
                examples: groups
                    .iter()
                    .flat_map(|(_, examples)| examples.iter().copied().cloned())
                    .collect(),
                lookups: lookups.clone(),
                ..TrainingData::default()
            };
            let added = groups.iter().map(|(_, examples)| examples.len()).sum();
            self.change(
                &self.paths.root.join(&file),
                count(added, "example"),
                || write_nlu(&training()),
                |document| {
                    document.add_examples(&groups)?;
                    if is_main {
                        document.append("nlu", &Node::List(lookup_items(&lookups)))?;
                    }
                    Ok(())
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
            about,
            || write_domain(&lacking),
            |document| {
                document.append("intents", &intents)?;
                document.append("entities", &entities)?;
                document.append("responses", &responses)
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
            count(lacking.len(), "rule"),
            || write_stories(&lacking),
            |document| document.append("rules", &items),
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
            about,
            || held_out_text(held_out),
            |document| document.append("nlu", &Node::List(items)),
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
